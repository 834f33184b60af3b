use std::collections::BTreeMap;

use clap::Parser;

use super::*;
use crate::cli::{Command, Typed};

fn resolve(typed: &[&str], environment: &[(&str, &str)]) -> Result<Run, Problems> {
    let environment: BTreeMap<&str, &str> = environment.iter().copied().collect();
    let given = |name: &str| environment.get(name).map(|value| (*value).to_owned());
    let arguments = ["isobar", "run", "event-counts"].iter().chain(typed);
    let Command::Run(flags) = Typed::try_parse_from(arguments).unwrap().command else { panic!() };
    run(flags, &given)
}

fn problems(typed: &[&str], environment: &[(&str, &str)]) -> Vec<String> {
    resolve(typed, environment).unwrap_err().0
}

/// A file with this text, and the flag that names it.
fn with_file(text: &str) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("isobar.yaml");
    std::fs::write(&path, text).unwrap();
    let path = path.display().to_string();
    (dir, path)
}

#[test]
fn flags_win_over_the_environment_and_the_environment_over_the_file() {
    let (_dir, path) = with_file("brokers: file:1\nworkers: 2\ngrace_ms: 3\nslot: from-file\n");
    let environment = [("ISOBAR_WORKERS", "4"), ("ISOBAR_GRACE_MS", "5")];
    let run = resolve(&["--config", &path, "--grace-ms", "6"], &environment).unwrap();
    assert_eq!((run.brokers.as_str(), run.slot.as_str()), ("file:1", "from-file"));
    assert_eq!((run.common.workers, run.common.grace), (4, Duration::from_millis(6)));
}

#[test]
fn what_is_not_given_has_the_default_that_help_tells() {
    let run = resolve(&["--brokers", "b:1", "--slot", "s"], &[]).unwrap();
    let (common, worker) = (&run.common, &run.common.worker);
    let numbers = [
        (&names::SESSION_TIMEOUT_MS, i64::from(run.session_timeout_ms)),
        (&names::TRANSACTION_TIMEOUT_MS, i64::from(run.transaction_timeout_ms)),
        (&names::COMMIT_INTERVAL_MS, worker.commit_interval_ms),
        (&names::REPLAY_BUDGET_MS, worker.replay_budget_ms),
        (&names::GRACE_MS, i64::try_from(common.grace.as_millis()).unwrap()),
        (&names::STALL_MS, i64::try_from(common.stall.as_millis()).unwrap()),
        (&names::WORKERS, i64::try_from(common.workers).unwrap()),
    ];
    for (setting, number) in numbers {
        assert_eq!(setting.default, number.to_string(), "{}", setting.name);
    }
    let defaults = kafka_runtime::KafkaSettings::new("b:1");
    assert_eq!(format!("{:?}", run.kafka()), format!("{defaults:?}"));
    assert_eq!(common.admin_address.as_deref(), Some("127.0.0.1:9464"));
    assert!(common.telemetry.traces.is_none());
}

#[test]
fn every_mistake_is_told_at_once_with_its_place() {
    let (_dir, path) = with_file(
        "# comment\nbroker: b:1\nworkers: many\nsecurity.protocol: ssl\nclient:\n  isolation.level: \
         read_uncommitted\n  sasl.passwort: x\n  linger.ms: [1]\n",
    );
    let typed = ["--config", &path, "--grace-ms", "-1", "--set", "group.id=x"];
    let told = problems(&typed, &[("ISOBAR_LOG", "inof"), ("ISOBAR_SLOT", "a b")]).join("\n");
    let expected = [
        format!("{path}:2: there is no setting broker; did you mean brokers?"),
        format!("{path}:3: workers is `many`; give a whole number from 1 to 256"),
        format!(
            "{path}:4: there is no setting security.protocol; settings of the Kafka client stand under `client:`"
        ),
        format!(
            "{path}:6: the client setting isolation.level cannot be changed: what is not committed must not be read"
        ),
        format!("{path}:7: the Kafka client does not take sasl.passwort, or not this value"),
        format!("{path}:8: linger.ms has no plain value"),
        "--set: the client setting group.id cannot be changed".to_owned(),
        "--grace-ms is `-1`; give a whole number from 0 to 3600000".to_owned(),
        "ISOBAR_LOG is `inof`; give a level".to_owned(),
        "ISOBAR_SLOT is `a b`; give 1 to 100 letters".to_owned(),
        "brokers is not given; give --brokers, ISOBAR_BROKERS or `brokers: …` in the file"
            .to_owned(),
    ];
    for line in &expected {
        assert!(told.contains(line), "missing: {line}\nin:\n{told}");
    }
    assert_eq!(told.lines().count(), expected.len(), "{told}");
}

#[test]
fn a_file_that_cannot_be_read_or_is_no_yaml_says_where() {
    let missing = problems(&["--config", "/nowhere.yaml", "--brokers", "b:1"], &[]);
    assert!(
        missing[0].starts_with("cannot read the configuration file /nowhere.yaml: "),
        "{missing:?}"
    );
    let (_dir, path) = with_file("brokers: b:1\nworkers: [\n");
    let broken = problems(&["--config", &path, "--brokers", "b:1"], &[]);
    assert!(broken[0].starts_with(&format!("{path}:3: this is no YAML")), "{broken:?}");
}

#[test]
fn a_secret_comes_from_a_file_or_the_environment_and_is_never_shown() {
    let (_secret_dir, secret) = with_file("swordfish\n");
    let text = format!(
        "brokers: b:1\nclient:\n  security.protocol: sasl_ssl\n  sasl.password: {{file: {secret}}}\n  \
         ssl.key.password: ${{KEY}}\n"
    );
    let (_dir, path) = with_file(&text);
    let typed = ["--config", path.as_str(), "--set", "sasl.username=a$${b"];
    let run = resolve(&typed, &[("KEY", "trout")]).unwrap();
    let client = run.kafka().client;
    assert_eq!(client["sasl.password"], "swordfish");
    assert_eq!(client["ssl.key.password"], "trout");
    assert_eq!(client["sasl.username"], "a${b");
    let shown = format!("{run:?}");
    assert!(!shown.contains("swordfish") && !shown.contains("trout"), "{shown}");
    let told = problems(&typed, &[]);
    assert!(told[0].contains("ssl.key.password: the environment has no variable KEY"), "{told:?}");
}

#[test]
fn liveness_must_not_fail_while_a_broker_is_away() {
    let told = problems(&["--brokers", "b:1", "--transaction-timeout-ms", "60000"], &[]);
    assert!(
        told[0].starts_with("stall_ms is its default: a broker that does not answer"),
        "{told:?}"
    );
    let patient = ["--brokers", "b:1", "--transaction-timeout-ms", "60000", "--stall-ms", "140000"];
    assert!(resolve(&patient, &[]).is_ok());
}

#[test]
fn traces_are_sent_where_either_we_or_opentelemetry_is_told_to() {
    let to = |typed: &[&str], environment: &[(&str, &str)]| {
        let typed: Vec<_> = ["--brokers", "b:1"].iter().chain(typed).copied().collect();
        resolve(&typed, environment).unwrap().common.telemetry.traces
    };
    let ours = to(&["--trace-endpoint", "http://c:4318/"], &[]).unwrap();
    assert_eq!(ours.endpoint.as_deref(), Some("http://c:4318"));
    let standard = to(&[], &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318")]).unwrap();
    assert_eq!(standard.endpoint, None);
    assert!(to(&[], &[]).is_none());
}

/// Every section that help and documentation name, in one file, each refused by its own reader only.
#[test]
fn all_sections_are_read() {
    let text = "\
brokers: b:1
slot: s
processors: {future: 10m}
windows: {metrics: {grace: 6m}}
rules: {own: false}
alerts: {receivers: [{name: ops, channel: slack}], routes: [{name: all, receivers: [ops]}]}
";
    let (_dir, path) = with_file(text);
    let services = resolve(&["--config", &path], &[]).unwrap().common.services;
    assert_eq!(services.processors.future_ms, 600_000);
    assert_eq!(services.metrics.windows.grace_ms, 360_000);
    assert!(services.processors.rules.is_none());
    assert_eq!(services.correlator.alerts.routes.len(), 1);
    let (_dir, path) = with_file("brokers: b:1\nslot: s\nwindow: {metrics: {grace: 6m}}\n");
    let told = problems(&["--config", &path], &[]).concat();
    assert!(told.contains("there is no setting window; did you mean windows?"), "{told}");
}

#[test]
fn rules_that_cannot_be_used_are_told_with_their_place() {
    let dir = tempfile::tempdir().unwrap();
    let rule = dir.path().join("wrong.yaml");
    std::fs::write(&rule, "title: t\nid: 1\nlogsource: {product: aws}\ndetecton: {}\n").unwrap();
    let text = format!("brokers: b:1\nslot: s\nrules: {{files: [{}]}}\n", rule.display());
    let (_keep, path) = with_file(&text);
    let told = problems(&["--config", &path], &[]).concat();
    assert!(told.contains("isobar.yaml:3: rules:") && told.contains("wrong.yaml:4"), "{told}");
}

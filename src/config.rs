//! What is meant: flags over environment over file, resolved to what the program works with.
//!
//! **Invariant:** every value is looked at before anything is refused, so a person sees all
//! mistakes at once, each with the place where it was made. Nothing here prints a secret.

mod alerts;
mod client;
mod file;
mod given;
mod incidents;
mod notifier;
mod processors;
mod rules;
mod section;
mod telemetry;
mod thresholds;
mod windows;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ::notifier::config::NotifierConfig;
use ::processors::service::{Asked, ProcessorsConfig};
use analytics::event_windows::EventWindowsConfig;
use analytics::metric_windows::MetricWindowsConfig;
use correlator::CorrelatorConfig;
use correlator::patterns::Plan;
use stream::{Library, Settings};

use crate::cli::{CommonSettings, RunFlags, SharedFlags, TypedSettings, UpFlags};
use crate::output::Format;
use crate::rule_editions::{RuleLibrary, RulesKey};
use crate::service::{self, Service};
use crate::settings as names;
use crate::sink::{self, SinkSettings};

pub(crate) use client::Secret;
pub(crate) use given::{Given, Problems};
pub(crate) use rules::compile;
pub(crate) use telemetry::{LogFormat, Telemetry, Traces};

/// Reads a variable of the environment; tests give their own.
pub(crate) type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// What `run` and `up` share.
#[derive(Clone, Debug)]
pub(crate) struct Common {
    /// Logs and traces.
    pub(crate) telemetry: Telemetry,
    /// How results are printed.
    pub(crate) output: Format,
    /// Worker threads of each service.
    pub(crate) workers: usize,
    /// Where the admin endpoints listen, where they do.
    pub(crate) admin_address: Option<String>,
    /// How long an orderly end may take.
    pub(crate) grace: Duration,
    /// A worker that does not move for this long is stuck.
    pub(crate) stall: Duration,
    /// The worker's own settings.
    pub(crate) worker: Settings,
    /// What each service does.
    pub(crate) services: Services,
}

/// The settings of the services themselves, each a section of the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Services {
    /// What the processors read, and how.
    pub(crate) processors: ProcessorsConfig,
    /// Windows over metrics.
    pub(crate) metrics: MetricWindowsConfig,
    /// Windows over events.
    pub(crate) events: EventWindowsConfig,
    /// Alerts, and who is told.
    pub(crate) correlator: CorrelatorConfig,
}

/// `isobar run`.
#[derive(Debug)]
pub(crate) struct Run {
    /// Which services.
    pub(crate) services: Vec<&'static Service>,
    /// The sink, if it is one of them.
    pub(crate) sink: Option<SinkSettings>,
    /// Who is told and how, if the notifier is one of them.
    pub(crate) notifier: Option<NotifierConfig>,
    /// This process's name.
    pub(crate) slot: String,
    /// Where Kafka is.
    pub(crate) brokers: String,
    /// What is passed on to the Kafka client.
    pub(crate) client: std::collections::BTreeMap<String, Secret>,
    /// A worker that is silent for this long loses its partitions.
    pub(crate) session_timeout_ms: u32,
    /// A transaction open for longer is aborted.
    pub(crate) transaction_timeout_ms: u32,
    /// What `up` has as well.
    pub(crate) common: Common,
}

impl Run {
    /// What the Kafka log wants to know.
    pub(crate) fn kafka(&self) -> kafka_runtime::KafkaSettings {
        kafka_runtime::KafkaSettings {
            brokers: self.brokers.clone(),
            client: client::revealed(&self.client),
            session_timeout_ms: self.session_timeout_ms,
            transaction_timeout_ms: self.transaction_timeout_ms,
        }
    }
}

/// `isobar up`.
#[derive(Debug)]
pub(crate) struct Up {
    /// No colours.
    pub(crate) plain: bool,
    /// End by itself after this long.
    pub(crate) lasting: Option<Duration>,
    /// Events a second.
    pub(crate) rate: u32,
    /// Which events.
    pub(crate) seed: u64,
    /// How many times faster than the clock event time passes.
    pub(crate) speed: u16,
    /// Where results go, if anywhere.
    pub(crate) sink: Option<SinkSettings>,
    /// What `run` has as well.
    pub(crate) common: Common,
}

/// Resolves `isobar run`.
///
/// # Errors
/// All mistakes in flags, environment and file.
pub(crate) fn run(flags: RunFlags, environment: Environment<'_>) -> Result<Run, Problems> {
    let CommonSettings(common) = flags.common;
    let typed: TypedSettings = flags.kafka.0.into_iter().chain(common).collect();
    let mut given = Given::new(&typed, flags.shared.config.as_deref(), environment);
    let defaults = kafka_runtime::KafkaSettings::new("");
    let (session_ms, transaction_ms) =
        (defaults.session_timeout_ms, defaults.transaction_timeout_ms);
    let file = flags.shared.config.as_deref();
    let mut run = Run {
        services: services(&flags.services),
        sink: sink_of(&flags.services, &mut given),
        notifier: None,
        slot: slot(&mut given),
        brokers: given.required(&names::BROKERS),
        client: client::resolve(&flags.client, &mut given),
        session_timeout_ms: given.number(&names::SESSION_TIMEOUT_MS, 1_000..=1_800_000, session_ms),
        transaction_timeout_ms: given.number(
            &names::TRANSACTION_TIMEOUT_MS,
            1_000..=900_000,
            transaction_ms,
        ),
        common: common_of(&mut given, &flags.shared, &RUN),
    };
    check_stall(&run, &mut given);
    let is_named = flags.services.iter().any(|name| name == ::notifier::NAME);
    let alerts = &run.common.services.correlator.alerts;
    run.notifier = notifier::read(file, is_named, alerts, &mut given);
    given.done(run)
}

/// Resolves how a cluster is reached, for commands that only talk to it. Of the file the other
/// settings are known, so that one file serves all commands.
///
/// # Errors
/// As for [`run`].
pub(crate) fn reach(
    brokers: Option<&String>,
    client: &[String],
    file: Option<&Path>,
    environment: Environment<'_>,
) -> Result<kafka_runtime::KafkaSettings, Problems> {
    let typed = brokers.map(|brokers| (names::BROKERS.name, brokers.clone())).into_iter().collect();
    let mut given = Given::new(&typed, file, environment);
    let brokers = given.required(&names::BROKERS);
    let client = client::revealed(&client::resolve(client, &mut given));
    given
        .done(kafka_runtime::KafkaSettings { client, ..kafka_runtime::KafkaSettings::new(brokers) })
}

/// The key of `rules apply`, from the environment or the file.
///
/// # Errors
/// When there is none, or none that can be used.
pub(crate) fn rules_key(
    file: Option<&Path>,
    environment: Environment<'_>,
) -> Result<RulesKey, Problems> {
    let mut given = Given::new(&TypedSettings::default(), file, environment);
    if given.secret(&names::RULES_KEY).is_none() {
        given.required(&names::RULES_KEY);
    }
    let key = rules_key_of(&mut given);
    given.done(key).and_then(|key| key.ok_or_else(|| Problems(Vec::new())))
}

fn rules_key_of(given: &mut Given<'_>) -> Option<RulesKey> {
    let (place, text) = given.secret(&names::RULES_KEY)?;
    RulesKey::new(&text).map_err(|why| given.problem(format!("{place}: {why}"))).ok()
}

/// Each once, however often it was named.
fn services(named: &[String]) -> Vec<&'static Service> {
    let is_named = |service: &&Service| named.iter().any(|name| name == service.name);
    service::SERVICES.iter().filter(is_named).collect()
}

/// The sink's settings, where it is named.
fn sink_of(named: &[String], given: &mut Given<'_>) -> Option<SinkSettings> {
    if !named.iter().any(|name| name == sink::NAME) {
        return None;
    }
    if given.secret(&names::DATABASE_URL).is_none() {
        given.required(&names::DATABASE_URL);
    }
    sink_settings(given)
}

/// The sink's settings, where a database is given.
fn sink_settings(given: &mut Given<'_>) -> Option<SinkSettings> {
    let retention = sink::retention(given);
    sink::database(given).map(|database| SinkSettings { database, retention })
}

/// Resolves `isobar up`.
///
/// # Errors
/// As for [`run`].
pub(crate) fn up(flags: UpFlags, environment: Environment<'_>) -> Result<Up, Problems> {
    let CommonSettings(typed) = flags.common;
    let mut given = Given::new(&typed, flags.shared.config.as_deref(), environment);
    let up = Up {
        plain: flags.plain,
        lasting: flags.lasting,
        rate: flags.rate,
        seed: flags.seed,
        speed: flags.speed,
        sink: sink_settings(&mut given),
        common: common_of(&mut given, &flags.shared, &UP),
    };
    given.done(up)
}

/// Where the two commands differ in what holds by default.
struct Defaults {
    admin_address: Option<&'static str>,
    log: &'static str,
}

const RUN: Defaults = Defaults { admin_address: Some("127.0.0.1:9464"), log: "info" };
const UP: Defaults = Defaults { admin_address: None, log: "warn" };

fn common_of(given: &mut Given<'_>, shared: &SharedFlags, default: &Defaults) -> Common {
    let defaults = Settings::default();
    let workers: u16 = given.number(&names::WORKERS, 1..=256, 1);
    let worker = Settings {
        commit_interval_ms: given.number(
            &names::COMMIT_INTERVAL_MS,
            1..=10_000,
            defaults.commit_interval_ms,
        ),
        replay_budget_ms: given.number(
            &names::REPLAY_BUDGET_MS,
            50..=600_000,
            defaults.replay_budget_ms,
        ),
        ..defaults
    };
    Common {
        telemetry: telemetry::telemetry(given, default.log),
        output: shared.output,
        workers: workers.into(),
        admin_address: address(given).or_else(|| default.admin_address.map(str::to_owned)),
        grace: Duration::from_millis(given.number(&names::GRACE_MS, 0..=3_600_000, 10_000)),
        stall: Duration::from_millis(given.number(&names::STALL_MS, 1_000..=3_600_000, 30_000)),
        worker,
        services: services_of(given, shared.config.as_deref()),
    }
}

fn services_of(given: &mut Given<'_>, file: Option<&Path>) -> Services {
    let read = file.map(processors::read).transpose();
    let processors = read.map_err(|problem| given.problem(problem)).ok().flatten();
    let rules = rules::read(file).map_err(|problem| given.problem(problem)).unwrap_or_default();
    let library = rules_key_of(given).map(|key| Arc::new(RuleLibrary::new(key)));
    let asked_library = library.clone().map(|library| library as Arc<dyn Library<Asked>>);
    let plan_library = library.map(|library| library as Arc<dyn Library<Plan>>);
    let processors = ProcessorsConfig {
        rules: rules.asked.clone(),
        library: asked_library,
        ..processors.unwrap_or_default()
    };
    let read = file.map(windows::read).transpose();
    let windows = read.map_err(|problem| given.problem(problem)).ok().flatten();
    let (mut metrics, mut events) = windows.unwrap_or_default();
    let read = file.map(thresholds::read).transpose();
    let thresholds = read.map_err(|problem| given.problem(problem)).ok().flatten();
    let thresholds = thresholds.unwrap_or_default();
    metrics.windows.thresholds = thresholds.clone();
    events.windows.thresholds = thresholds;
    let read = file.map(alerts::read).transpose();
    let alerts = read.map_err(|problem| given.problem(problem)).ok().flatten();
    let read = file.map(incidents::read).transpose();
    let incidents = read.map_err(|problem| given.problem(problem)).ok().flatten();
    let correlator = CorrelatorConfig {
        alerts: alerts.unwrap_or_default(),
        stateful: rules.stateful,
        asked: rules.asked,
        library: plan_library,
        incidents: incidents.unwrap_or_default(),
    };
    Services { processors, metrics, events, correlator }
}

fn address(given: &mut Given<'_>) -> Option<String> {
    let expected = "an address to listen on, such as 127.0.0.1:9464 or 0.0.0.0:9464";
    given.checked(&names::ADMIN_ADDRESS, expected, |text| {
        let (host, port) = text.rsplit_once(':')?;
        port.parse::<u16>().ok().filter(|_| !host.is_empty())?;
        Some(text.to_owned())
    })
}

fn slot(given: &mut Given<'_>) -> String {
    let fits = |text: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        (1..=100).contains(&text.len()) && text.chars().all(allowed)
    };
    let expected = "1 to 100 letters, digits, dots, underscores or hyphens";
    if let Some(slot) =
        given.checked(&names::SLOT, expected, |text| fits(text).then(|| text.to_owned()))
    {
        return slot;
    }
    let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    host.filter(|name| fits(name)).unwrap_or_else(|| given.required(&names::SLOT))
}

/// A broker that does not answer keeps a worker in one call for a while, and nobody should be
/// restarted for that: a commit and its abort, then the longest requests.
fn check_stall(run: &Run, given: &mut Given<'_>) {
    let call = Duration::from_millis(2 * u64::from(run.transaction_timeout_ms) + 15_000);
    if run.common.stall < call {
        given.refuse(
            &names::STALL_MS,
            &format!(
                "a broker that does not answer keeps a worker in one call for up to {} ms; give more, or a shorter \
                 {}",
                call.as_millis(),
                names::TRANSACTION_TIMEOUT_MS.name
            ),
        );
    }
}

#[cfg(test)]
mod tests;

//! Topics as code on real Kafka, through the binary: what it prints, how it ends, and that the
//! cluster is what the file says afterwards.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use kafka_runtime::topics::TopicFile;
use schemas::topic::{self, Cleanup};

/// How a call of the binary ended.
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ended {
    #[track_caller]
    fn with(self, code: i32, said: &[&str]) -> String {
        let Self { out, err, .. } = &self;
        assert_eq!(self.code, Some(code), "exit code\n--- out\n{out}--- err\n{err}");
        let spaces_once = format!("{out}{err}").split_whitespace().collect::<Vec<_>>().join(" ");
        for said in said {
            assert!(spaces_once.contains(said), "{said:?} is not in\n--- out\n{out}--- err\n{err}");
        }
        self.out
    }
}

/// Topics whose names no other test uses, and files about them.
struct Scene<'a> {
    brokers: &'a str,
    prefix: String,
    dir: tempfile::TempDir,
}

type Settings<'a> = &'a [(&'a str, &'a str)];

impl<'a> Scene<'a> {
    fn new(brokers: &'a str, name: &str) -> Self {
        let prefix = format!("{name}-{}.", std::process::id());
        Self { brokers, prefix, dir: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str, topics: &[String]) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, topics.concat()).unwrap();
        path
    }

    fn run(&self, verb: &str, file: &Path, more: &[&str]) -> Ended {
        let mut command = topics(verb);
        command.args(["--brokers", self.brokers, "--prefix", &self.prefix]).arg("--file").arg(file);
        ended(command.args(more))
    }

    fn plan(&self, file: &Path) -> Ended {
        self.run("plan", file, &["--replicas", "1", "--fail-on-diff"])
    }

    fn apply(&self, file: &Path) -> Ended {
        self.run("apply", file, &["--replicas", "1"])
    }

    fn delete(&self, file: &Path) -> Ended {
        self.run("apply", file, &["--replicas", "1", "--delete"])
    }

    /// Producers choose its keys.
    fn input(&self, partitions: u32) -> String {
        document(&format!("{}in.code", self.prefix), "any", partitions, &[WEEK])
    }

    fn events(&self, partitions: u32) -> String {
        document(&format!("{}events", self.prefix), "tenant", partitions, &[WEEK])
    }

    fn state(&self, partitions: u32) -> String {
        let settings =
            [("cleanup.policy", "delete"), ("retention.ms", "-1"), ("retention.bytes", "-1")];
        document(&format!("counts.{}events.state", self.prefix), "task", partitions, &settings)
    }

    fn latest(&self, partitions: u32, more: Settings<'_>) -> String {
        let settings = [&[("cleanup.policy", "compact")], more].concat();
        document(&format!("{}latest", self.prefix), "id", partitions, &settings)
    }
}

const WEEK: (&str, &str) = ("retention.ms", "604800000");

fn topics(verb: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isobar"));
    command.args(["topics", verb]);
    command
}

fn ended(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn document(name: &str, key: &str, partitions: u32, settings: Settings<'_>) -> String {
    let mut text = format!(
        "---\napiVersion: kafka.strimzi.io/v1\nkind: KafkaTopic\nmetadata:\n  name: {name}\n  \
         annotations:\n    isobar.io/key: {key}\n    isobar.io/schema: any\n    isobar.io/owner: \
         a test\nspec:\n  partitions: {partitions}\n  replicas: 3\n  config:\n    \
         min.insync.replicas: 2\n"
    );
    for (setting, value) in settings {
        writeln!(text, "    {setting}: {value}").unwrap();
    }
    text
}

/// Each step leaves the topics as the next one expects them; in the end there is one, of another
/// prefix.
pub(crate) fn topics_plan_apply_drift_refusal_export(brokers: &str) {
    let scene = Scene::new(brokers, "topics");
    a_plan_changes_nothing_and_is_applied_once(&scene);
    drift_is_shown_and_set_right(&scene);
    keyed_topics_do_not_grow_and_nothing_shrinks(&scene);
    an_export_says_what_the_cluster_is(&scene);
    only_what_is_ours_is_deleted_and_only_when_told(&scene);
}

fn a_plan_changes_nothing_and_is_applied_once(scene: &Scene<'_>) {
    let all = [scene.input(6), scene.events(16), scene.state(16), scene.latest(4, &[])];
    let file = scene.file("topics.yaml", &all);
    scene.plan(&file).with(3, &["create 6 partitions, 1 replica, delete after 7 d", "4 to create"]);
    let nine = scene.run("plan", &file, &["--replicas", "9"]);
    nine.with(0, &["refused create with 9 replicas", "give --replicas"]);
    scene.plan(&file).with(3, &["4 to create"]);
    scene.apply(&file).with(0, &["4 to create", "done"]);
    scene.apply(&file).with(0, &["nothing to do: 4 topics as"]);
    scene.plan(&file).with(0, &["nothing to do"]);
}

/// Somebody else changes one setting and adds another.
fn drift_is_shown_and_set_right(scene: &Scene<'_>) {
    let theirs =
        scene.latest(4, &[("segment.ms", "3600000"), ("min.cleanable.dirty.ratio", "0.1")]);
    scene.apply(&scene.file("theirs.yaml", &[theirs])).with(0, &["1 to set", "done"]);
    let ours = scene.file("ours.yaml", &[scene.latest(4, &[("segment.ms", "7200000")])]);
    scene.plan(&ours).with(
        3,
        &[
            "set segment.ms: 3600000 (1 h) -> 7200000 (2 h)",
            "unset min.cleanable.dirty.ratio: 0.1, which the file does not have",
            "0 to create, 0 to grow, 1 to set, 0 to delete, 0 refused",
        ],
    );
    scene.apply(&ours).with(0, &["done"]);
    scene.plan(&ours).with(0, &["nothing to do"]);
}

/// What producers choose the keys of does grow, beside the refusals.
fn keyed_topics_do_not_grow_and_nothing_shrinks(scene: &Scene<'_>) {
    let other = [scene.input(12), scene.events(32), scene.state(32), scene.latest(2, &[])];
    let other = scene.file("other.yaml", &other);
    scene.plan(&other).with(
        3,
        &[
            "6 partitions -> 12",
            "a keyed topic grows as a new generation",
            "partitions cannot be taken away",
            "3 refused",
        ],
    );
    scene.apply(&other).with(1, &["1 to grow", "3 differences were refused; the rest is done"]);
    let now = now(scene);
    scene.run("plan", &now, &["--replicas", "2", "--fail-on-diff"]).with(
        3,
        &["refused 1 replica -> 2", "kafka-reassign-partitions.sh", "0 to set", "4 refused"],
    );
    scene.plan(&now).with(0, &["nothing to do"]);
}

/// What the steps up to here come to.
fn now(scene: &Scene<'_>) -> PathBuf {
    let all = [scene.input(12), scene.events(16), scene.state(16), scene.latest(4, &[])];
    scene.file("now.yaml", &all)
}

fn an_export_says_what_the_cluster_is(scene: &Scene<'_>) {
    let now = now(scene);
    let text = scene.run("export", &now, &[]).with(0, &["KafkaTopic", "isobar.io/owner: a test"]);
    let exported = scene.file("exported.yaml", &[text]);
    ended(topics("lint").arg("--file").arg(&exported)).with(0, &["4 topics, nothing wrong"]);
    scene.run("plan", &exported, &["--fail-on-diff"]).with(0, &["nothing to do"]);
}

fn only_what_is_ours_is_deleted_and_only_when_told(scene: &Scene<'_>) {
    let stranger = Scene::new(scene.brokers, "stranger");
    let theirs = stranger.file("theirs.yaml", &[stranger.events(1)]);
    stranger.apply(&theirs).with(0, &["done"]);

    let now = now(scene);
    let less = scene.file("less.yaml", &[scene.events(16)]);
    scene.apply(&less).with(0, &["not in the file; --delete deletes it", "nothing to do"]);
    scene.plan(&now).with(0, &["nothing to do"]);
    scene.delete(&less).with(0, &["delete 12 partitions with all records", "3 to delete", "done"]);
    scene.plan(&now).with(3, &["3 to create"]);
    scene.delete(&theirs).with(0, &["1 to delete", "done"]);
    stranger.plan(&theirs).with(0, &["nothing to do"]);
}

#[test]
fn mistakes_in_a_topic_file_are_told_with_their_lines() {
    let scene = Scene::new("127.0.0.1:1", "lint");
    let keyed = document("a", "id", 12, &[WEEK]);
    let file = scene.file("bad.yaml", &[keyed, "---\nkind: KafkaTopic\n".to_owned()]);
    let lint = ended(topics("lint").arg("--file").arg(&file));
    lint.with(
        1,
        &[
            "bad.yaml:11: a: 12 partitions for a keyed topic",
            "bad.yaml:17: metadata.name is missing",
        ],
    );
    scene.plan(&file).with(1, &["bad.yaml:11: a: 12 partitions for a keyed topic"]);
    ended(&mut topics("lint")).with(0, &["33 topics, nothing wrong"]);
}

#[test]
fn what_can_never_work_is_wrong_use() {
    let plan = |more: &[&str]| ended(topics("plan").args(["--brokers", "127.0.0.1:1"]).args(more));
    plan(&["--replicas", "1", "--min-in-sync", "2"]).with(2, &["is more than --replicas 1"]);
    plan(&["--set", "no.such.setting=1"]).with(2, &["no.such.setting"]);
    plan(&["--set", "isolation.level=x"]).with(2, &["isolation.level cannot be changed"]);
    plan(&["--set", "novalue"]).with(2, &["KEY=VALUE"]);
    ended(&mut topics("plant")).with(2, &["plan"]);
}

/// One file serves `run` and `topics`, so a password never has to stand on a command line.
#[test]
fn the_settings_file_says_how_the_cluster_is_reached() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("isobar.yaml");
    let plan = |text: &str| {
        std::fs::write(&path, text).unwrap();
        ended(topics("plan").arg("--config").arg(&path))
    };
    plan("client:\n  isolation.level: x\n").with(2, &["brokers is not given", "isolation.level"]);
    plan("brokers: 127.0.0.1:1\nclient:\n  sasl.password: ${NOT_SET}\n").with(2, &["NOT_SET"]);
    plan("brokers: 127.0.0.1:1\nworkers: 2\n").with(1, &["cannot reach Kafka at 127.0.0.1:1"]);
}

#[test]
fn an_address_where_nobody_answers_is_named() {
    let plan = ended(topics("plan").args(["--brokers", "127.0.0.1:1"]));
    plan.with(1, &["cannot reach Kafka at 127.0.0.1:1", "Connection refused"]);
}

/// Programs and operators know the same topics.
#[test]
fn the_topic_file_agrees_with_the_constants() {
    let file = TopicFile::built_in();
    let flow = file.topics().iter().filter(|topic| !topic.name.ends_with(".state"));
    let names: Vec<_> = flow.map(|topic| topic.name.as_str()).collect();
    assert_eq!(names, topic::ALL.map(|topic| topic.name), "the same topics in the same order");
    for constant in topic::ALL {
        let declared = file.get(constant.name).unwrap();
        let retention_days = match constant.cleanup {
            Cleanup::Delete { retention_days } => Some(retention_days),
            Cleanup::Compact => None,
        };
        let declared_days =
            declared.retention_ms().map(|ms| u32::try_from(ms / 86_400_000).unwrap());
        let name = constant.name;
        assert_eq!(declared_days, retention_days, "{name}: retention");
        assert_eq!(declared.partitions, constant.partitions, "{name}: partitions");
        assert_eq!(declared.key(), constant.key, "{name}: key");
        assert_eq!(declared.schemas(), constant.payloads, "{name}: types of records");
        assert_eq!(declared.owners(), constant.writers, "{name}: writers");
        assert_eq!(declared.description(), constant.description, "{name}: description");
        assert_eq!(declared.message_bytes_max(), Some(constant.message_bytes_max), "{name}: size");
        let compacts = declared.cleanup() == kafka_runtime::topics::Cleanup::Compact;
        assert_eq!(compacts, constant.cleanup == Cleanup::Compact, "{name}: cleanup");
        assert_eq!(declared.is_keyed(), !constant.key.starts_with("any"), "{name}: keyed");
    }
}

#[test]
fn plan_apply_drift_refusal_and_export_on_real_kafka() {
    topics_plan_apply_drift_refusal_export(&crate::support::shared_broker().brokers);
}

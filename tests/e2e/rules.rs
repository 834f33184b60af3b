//! Rules that are applied hold from their place in each partition on: for services that run, and for
//! those that start later.

use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use kafka_runtime::plain::{PlainProducer, PlainReader};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use schemas::alert::Alert;
use schemas::dead_letter::DeadLetter;
use schemas::time::Time;
use schemas::{codec, topic};

use crate::support::Cluster;

const KEY: &str = "a key that nobody guesses";

/// A rule by the action it looks for.
fn rule(number: u32, action: &str) -> String {
    format!(
        "title: Somebody called {action}\nid: 10000000-0000-4000-8000-{number:012}\nlevel: high\n\
         logsource: {{product: aws, service: cloudtrail}}\n\
         detection: {{s: {{eventName: {action}}}, condition: s}}\n"
    )
}

struct Company {
    cluster: Cluster,
    dir: tempfile::TempDir,
    producer: PlainProducer,
    calls: u32,
}

/// A service that does not outlive its test.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Company {
    fn start() -> Self {
        let cluster = Cluster::start(&["--brokers", "1"]);
        let producer = PlainProducer::new(&cluster.settings()).unwrap();
        let company = Self { cluster, dir: tempfile::tempdir().unwrap(), producer, calls: 0 };
        let made = company.isobar(&["topics", "apply", "--replicas", "1", "--min-in-sync", "1"]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        company.write("first.yaml", &rule(1, "DeleteBucket"));
        company.write("second.yaml", &rule(2, "PutBucketPolicy"));
        let first = company.path("first.yaml");
        company.write("isobar.yaml", &format!("rules: {{own: false, files: ['{first}']}}\n"));
        company
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.dir.path().join(name), text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_isobar"));
        command.args(arguments).args(["--brokers", &self.cluster.brokers]);
        command.env("ISOBAR_RULES_KEY", KEY);
        command
    }

    fn isobar(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn run(&self, service: &str) -> Service {
        let config = self.path("isobar.yaml");
        let mut command = self.command(&["run", service, "--slot", "a", "--config", &config]);
        command.args(["--admin-address", "127.0.0.1:0", "--log", "error"]);
        Service(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap())
    }

    fn call(&mut self, action: &str) {
        self.calls += 1;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let time = Time::from_millis(now.as_millis().try_into().unwrap()).unwrap();
        let (number, bucket) = (self.calls, format!("bucket-{}", self.calls));
        let call = format!(
            r#"{{"eventVersion":"1.08","eventID":"call-{number}","eventTime":"{time}","eventSource":"s3.amazonaws.com","eventName":"{action}","recipientAccountId":"111122223333","requestParameters":{{"bucketName":"{bucket}"}}}}"#
        );
        self.producer.send(("isobar.in.audit", 1), None, call.as_bytes(), None).unwrap();
        self.producer.flush(Duration::from_secs(30)).unwrap();
    }

    /// The titles of so many alerts, sorted: partitions are read in no certain order.
    fn alerts(&self, expected: usize) -> Vec<String> {
        let mut titles = Vec::new();
        self.read(topic::ALERTS.name, |value| {
            let alert = codec::decode::<Alert>(value).unwrap().data;
            titles.extend((alert.revision == 0).then_some(alert.title));
            titles.len() == expected
        });
        titles.sort();
        titles
    }

    fn read(&self, topic: &str, mut is_all: impl FnMut(&[u8]) -> bool) {
        let reader = PlainReader::new(&self.cluster.settings(), topic, false).unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            assert!(Instant::now() < deadline, "what was expected on {topic} did not come");
            let polled = reader.poll(Duration::from_millis(200)).unwrap();
            let value = polled.and_then(|(_, record)| record.value);
            if value.is_some_and(|value| !schemas::mark::is_mark(&value) && is_all(&value)) {
                return;
            }
        }
    }
}

fn end(mut service: Service) {
    kill(Pid::from_raw(service.0.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
    assert!(service.0.wait().unwrap().success());
}

#[test]
fn rules_that_are_applied_hold_while_services_run_and_after_they_start_again() {
    let mut company = Company::start();
    let _correlator = company.run("correlator");
    let processors = company.run("processors");
    let (deleted, opened) = ("Somebody called DeleteBucket", "Somebody called PutBucketPolicy");
    company.call("DeleteBucket");
    company.call("PutBucketPolicy");
    assert_eq!(company.alerts(1), [deleted], "of the configuration's rules");

    let second = company.path("second.yaml");
    let applied = company.isobar(&["rules", "apply", &second, "--without-own"]);
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    company.call("DeleteBucket");
    company.call("PutBucketPolicy");
    assert_eq!(company.alerts(2), [deleted, opened], "of those that were applied");

    end(processors);
    let _again = company.run("processors");
    company.call("DeleteBucket");
    company.call("PutBucketPolicy");
    assert_eq!(company.alerts(3), [deleted, opened, opened], "what was applied still holds");
}

#[test]
fn an_edition_with_a_strange_seal_changes_nothing_and_a_rule_with_an_error_is_not_sent() {
    let mut company = Company::start();
    let _correlator = company.run("correlator");
    let _processors = company.run("processors");
    let second = company.path("second.yaml");
    let mut strange = company.command(&["rules", "apply", &second, "--without-own"]);
    let strange = strange.env("ISOBAR_RULES_KEY", "the key of somebody else").output().unwrap();
    assert!(strange.status.success(), "who applies cannot know which key services have");
    company.read(topic::DEAD_LETTER.name, |value| {
        let letter = codec::decode::<DeadLetter>(value).unwrap().data;
        assert!(letter.reason.contains("rules_key differs"), "{}", letter.reason);
        true
    });
    company.write("broken.yaml", &rule(3, "GetObject").replace("condition: s", "condition: t"));
    let broken = company.isobar(&["rules", "apply", &company.path("broken.yaml")]);
    let told = String::from_utf8_lossy(&broken.stderr).into_owned();
    assert!(!broken.status.success() && told.contains("broken.yaml:"), "{told}");
    company.call("PutBucketPolicy");
    company.call("DeleteBucket");
    assert_eq!(company.alerts(1), ["Somebody called DeleteBucket"]);
}

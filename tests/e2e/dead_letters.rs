//! Dead letters on real Kafka, as an operator meets them: what could not be read is listed and
//! shown, and goes back to where it came from as it was.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kafka_runtime::plain::PlainReader;
use kafka_runtime::resend::{Resender, Resent};
use serde_json::Value;
use stream::Record;

use crate::support::Cluster;

/// A service that does not outlive its test.
struct Service(Child);

impl Service {
    fn start(cluster: &Cluster) -> Self {
        let mut command = isobar(cluster, &["run", "processors"]);
        command.args(["--slot", "a", "--admin-address", "127.0.0.1:0", "--log", "warn"]);
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn isobar(cluster: &Cluster, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isobar"));
    command.args(arguments).args(["--brokers", &cluster.brokers]);
    command
}

/// What a command wrote, once it ended with `code`.
#[track_caller]
fn said(cluster: &Cluster, code: i32, arguments: &[&str]) -> Vec<u8> {
    let output = isobar(cluster, &[&["dead-letters"], arguments].concat()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n--- out\n{out}--- err\n{err}");
    if code == 0 { output.stdout } else { output.stderr }
}

#[track_caller]
fn says(cluster: &Cluster, code: i32, arguments: &[&str], expected: &[&str]) {
    let said = String::from_utf8(said(cluster, code, arguments)).unwrap();
    for expected in expected {
        assert!(said.contains(expected), "{arguments:?}: {expected:?} is not in\n{said}");
    }
}

/// The letters, once there are as many as expected.
fn letters(cluster: &Cluster, expected: usize) -> Vec<Value> {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let lines = said(cluster, 0, &["list", "--each", "--output", "json"]);
        let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let found: Vec<Value> = lines.map(|line| serde_json::from_slice(line).unwrap()).collect();
        if found.len() >= expected {
            assert_eq!(found.len(), expected, "{found:?}");
            return found;
        }
        assert!(Instant::now() < deadline, "{} of {expected} letters", found.len());
    }
}

/// The first of two lines can be read, the second cannot.
const LINES: &[u8] = b"cpu,host=h1 usage=1.5\nmem,host=h1 used=";
const LINE: &[u8] = b"mem,host=h1 used=";

fn send_broken_and_good(cluster: &Cluster) {
    let resender = Resender::new(&cluster.settings()).unwrap();
    let message = |topic, value| Resent {
        topic,
        partition: 0,
        key: Some(b"k"),
        value: Some(value),
        headers: &[("content-type", Some(b"text/plain")), ("empty", Some(b""))],
    };
    resender.send(0, &message("isobar.in.metrics", LINES));
    for number in 1..4 {
        resender.send(number, &message("isobar.in.audit", b"{\"eventName\": "));
    }
    resender.send(4, &message("isobar.in.alerts", b"\xff\xfe\xfd"));
    assert!(resender.finish().unwrap().is_empty());
}

fn records(cluster: &Cluster, topic: &str) -> Vec<Record> {
    let reader = PlainReader::new(&cluster.settings(), topic, false).unwrap();
    let records = reader.read_to_end(Duration::from_secs(20)).unwrap();
    records.into_values().flatten().collect()
}

#[test]
fn what_could_not_be_read_is_listed_shown_and_sent_back() {
    let cluster = Cluster::start(&["--brokers", "1"]);
    let cluster = &cluster;
    says(cluster, 1, &["list"], &["no topic isobar.dead-letter", "isobar topics apply"]);
    let mut apply = isobar(cluster, &["topics", "apply", "--replicas", "1", "--min-in-sync", "1"]);
    assert!(apply.output().unwrap().status.success());
    says(cluster, 0, &["list"], &["no dead letters"]);
    let _service = Service::start(cluster);
    send_broken_and_good(cluster);
    letters(cluster, 5);

    says(cluster, 0, &["list"], &["    3  isobar.in.audit", "5 dead letters in 3 groups"]);
    says(cluster, 0, &["list", "--topic", "isobar.in.alerts"], &["1 dead letter in 1 group"]);
    says(cluster, 0, &["list", "--tenant", "nobody"], &["no dead letters"]);
    let (lines, odd) = ("isobar.in.metrics/0/0", "isobar.in.alerts/0/0");
    says(cluster, 0, &["show", lines], &["influx-line-protocol", "1 | mem,host=h1 used=\n"]);
    says(cluster, 0, &["show", odd], &["text/plain", "00000000  ff fe fd "]);
    assert_eq!(said(cluster, 0, &["show", lines, "--raw"]), LINE);
    says(cluster, 1, &["show", "isobar.in.alerts/0/7"], &["no dead letter isobar.in.alerts/0/7"]);

    says(cluster, 2, &["replay"], &["--all"]);
    says(cluster, 2, &["replay", odd, "--all"], &["cannot be used with"]);
    says(cluster, 1, &["replay", odd, "isobar.in.audit/9/9"], &["nothing was sent"]);
    says(cluster, 0, &["replay", odd, "--dry-run"], &["would send  isobar.in.alerts/0/0"]);
    assert_eq!(records(cluster, "isobar.in.alerts").len(), 1);
    let of_alerts = ["replay", "--topic", "isobar.in.alerts"];
    says(cluster, 0, &of_alerts, &["1 matched = 1 sent + 0 skipped + 0 refused"]);

    // It is read again, and as nothing was mended it is a dead letter again.
    let returned = letters(cluster, 6).pop().unwrap();
    assert_eq!(returned["message"], "isobar.in.alerts/0/1");
    assert_eq!(returned["replayed_from"], odd);
    let alerts = records(cluster, "isobar.in.alerts");
    let (before, after) = (&alerts[0], &alerts[1]);
    assert_eq!((&after.key, &after.value), (&before.key, &before.value));
    let (added, as_they_were) = after.headers.split_last().unwrap();
    assert_eq!(as_they_were, before.headers);
    assert_eq!(added, &("isobar-replayed-from".to_owned(), odd.as_bytes().to_vec()));
    let balance = ["came back as isobar.in.alerts/0/1", "2 matched = 1 sent + 1 skipped"];
    says(cluster, 0, &of_alerts, &balance);
}

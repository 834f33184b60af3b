//! The processors on real Kafka, as people start them: what producers send becomes events and
//! batches, what cannot be read a dead letter, and an orderly end is one.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kafka_runtime::plain::{PlainProducer, PlainReader};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use schemas::event::Event;
use schemas::metric::{MetricBatch, is_batch};
use schemas::{codec, topic};

use crate::support::{Cluster, shared_broker};

fn isobar(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isobar"));
    command.args(arguments);
    command
}

fn start(cluster: &Cluster) -> Child {
    let arguments = ["run", "processors", "--brokers", &cluster.brokers, "--slot", "a"];
    let mut command = isobar(&arguments);
    command.args(["--admin-address", "127.0.0.1:0", "--log", "warn"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap()
}

/// Values of a topic, once there are as many as expected.
fn values(cluster: &Cluster, name: &str, expected: usize) -> Vec<Vec<u8>> {
    let reader = PlainReader::new(&cluster.settings(), name, false).unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut values = Vec::new();
    while values.len() < expected {
        assert!(Instant::now() < deadline, "{name}: {} of {expected}", values.len());
        let polled = reader.poll(Duration::from_millis(200)).unwrap();
        let value = polled.and_then(|(_, record)| record.value);
        values.extend(value.filter(|value| !schemas::mark::is_mark(value)));
    }
    values
}

/// Until the balance tells of all twenty calls, within a second of their commit.
fn await_balance(cluster: &Cluster) {
    let arguments = ["balance", "--topic", "isobar.in.audit", "--output", "json"];
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let told = isobar(&arguments).args(["--brokers", &cluster.brokers]).output().unwrap();
        let balance: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap_or_default();
        if balance["in_flight"] == 0 && balance["total"]["read"] == 20 {
            let total = &balance["total"];
            assert_eq!((&total["events"], &total["duplicates"]), (&10.into(), &10.into()));
            assert_eq!(balance["open"], 0);
            return;
        }
        assert!(Instant::now() < deadline, "{balance}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn what_producers_send_becomes_events_points_and_dead_letters() {
    let cluster = shared_broker();
    let made = isobar(&["topics", "apply", "--brokers", &cluster.brokers, "--replicas", "1"])
        .args(["--min-in-sync", "1"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut service = start(cluster);
    let producer = PlainProducer::new(&cluster.settings()).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let time = schemas::time::Time::from_millis(now.as_millis().try_into().unwrap()).unwrap();
    for number in 0..20 {
        let call = format!(
            r#"{{"eventVersion":"1.08","eventID":"e2e-{}","eventTime":"{time}","eventSource":"s3.amazonaws.com","eventName":"DeleteBucket","recipientAccountId":"111122223333"}}"#,
            number / 2
        );
        producer.send(("isobar.in.audit", 1), None, call.as_bytes(), None).unwrap();
    }
    let lines = format!("cpu,host=h1 usage=1.5 {}\nmem,host=h1 used=7", now.as_nanos());
    producer.send(("isobar.in.metrics", 0), None, lines.as_bytes(), None).unwrap();
    producer.send(("isobar.in.alerts", 0), None, b"\xff\xfe\xfd", None).unwrap();
    producer.flush(Duration::from_secs(30)).unwrap();

    let events = values(cluster, topic::EVENTS.name, 10);
    let event = codec::decode::<Event>(&events[0]).unwrap();
    assert_eq!(
        (&*event.data.action, &*event.attributes.source),
        ("DeleteBucket", "aws.cloudtrail")
    );
    let metrics = values(cluster, topic::METRICS.name, 3);
    let batch = metrics
        .iter()
        .filter(|value| is_batch(value))
        .map(|value| MetricBatch::decode(value).unwrap().points().len());
    assert_eq!(batch.sum::<usize>(), 2, "two definitions, and a batch of two points");
    values(cluster, topic::DEAD_LETTER.name, 1);

    await_balance(cluster);

    kill(Pid::from_raw(service.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
    assert!(service.wait().unwrap().success());
    // Each of the ten calls came twice: nothing more came of the second.
    let reader = PlainReader::new(&cluster.settings(), topic::EVENTS.name, false).unwrap();
    let all = reader.read_to_end(Duration::from_secs(20)).unwrap();
    let events = all.values().flatten().filter_map(|record| record.value.as_deref());
    assert_eq!(events.filter(|value| !schemas::mark::is_mark(value)).count(), 10);
}

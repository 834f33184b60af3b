//! The notifier on real Kafka, killed and with receivers that fail and hang: each key arrives at least
//! once and always says the same, groups are told in order, and results are signals.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use kafka_runtime::plain::{PlainProducer, PlainReader};
use loadtest::kill::ledger::section;
use loadtest::receiver::{Answer, Receiver};
use loadtest::workers::Workers;
use schemas::codec;
use schemas::delivery::{Delivery, DeliveryOutcome};
use schemas::id::RecordId;
use stream::{EventTime, partition_of};

use crate::support::Cluster;

const NOTIFICATIONS: &str = "isobar.notifications";
const PARTITIONS: i32 = 16;
const RECEIVERS: [&str; 3] = ["steady", "flaky", "hanging"];

fn cluster() -> Cluster {
    let cluster = Cluster::start(&["--brokers", "1"]);
    let made = Command::new(env!("CARGO_BIN_EXE_isobar"))
        .args(["topics", "apply", "--brokers", &cluster.brokers])
        .args(["--replicas", "1", "--min-in-sync", "1"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    cluster
}

fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    since.as_millis().try_into().unwrap()
}

/// What was written, by key: receiver, group, and place in the group.
#[derive(Default)]
struct Written {
    all: BTreeMap<String, (String, u32, u32)>,
    next: BTreeMap<(String, u32), u32>,
}

impl Written {
    /// A round of notifications: some of each receiver and group.
    fn write(&mut self, producer: &PlainProducer, count: u32) {
        for n in 0..count {
            for receiver in RECEIVERS {
                let group = n % 5;
                let place = self.next.entry((receiver.to_owned(), group)).or_default();
                let (key, value) = notification(receiver, group, *place);
                let to = (NOTIFICATIONS, partition_of(receiver.as_bytes(), PARTITIONS));
                let at = Some(EventTime(now_ms()));
                producer.send(to, Some(receiver.as_bytes()), value.as_bytes(), at).unwrap();
                self.all.insert(key, (receiver.to_owned(), group, *place));
                *place += 1;
            }
        }
        producer.flush(Duration::from_secs(30)).unwrap();
    }
}

fn notification(receiver: &str, group: u32, place: u32) -> (String, String) {
    let key = RecordId::of("e2e", &[receiver, &group.to_string(), &place.to_string()]).to_string();
    let life = RecordId::of("group", &[receiver, &group.to_string()]);
    let time = schemas::time::Time::from_millis(1_790_000_000_000).unwrap();
    let what = if place.is_multiple_of(2) { "firing" } else { "resolved" };
    let value = format!(
        r#"{{"specversion":"1.0","type":"isobar.notification","schemaversion":"1.1","id":"{key}","source":"isobar.correlator","time":"{time}","arrivaltime":"{time}","tenant":"acme","sourceclass":"finding","data":{{"delivery_key":"{key}","receiver":"{receiver}","channel":"webhook","what":"{what}","step":0,"level":"critical","title":"{group}/{place}","text":"","alerts":[],"group":{{"id":"{life}","route":"r{group}","sequence":{place}}}}}}}"#
    );
    (key, value)
}

/// Three receivers: one is well, one fails every third time, one hangs or drops the line now and then.
fn receivers() -> BTreeMap<&'static str, Receiver> {
    let steady = Receiver::start(|_| Answer::of(200, "")).unwrap();
    let flaky = Receiver::start(|request| match request.number % 3 {
        0 => Answer::of(500, "oops"),
        _ => Answer::of(200, ""),
    });
    let hanging = Receiver::start(|request| match request.number % 11 {
        0 => Answer::Hang(Duration::from_secs(30)),
        5 => Answer::Close,
        _ => Answer::of(200, ""),
    });
    BTreeMap::from([("steady", steady), ("flaky", flaky.unwrap()), ("hanging", hanging.unwrap())])
}

/// The keys that a receiver has taken, in the order of the first time; each always with one content.
fn taken(receiver: &Receiver) -> Vec<String> {
    let (mut contents, mut keys) = (BTreeMap::new(), Vec::new());
    for request in receiver.requests() {
        let content = contents.entry(request.key().to_owned()).or_insert(request.body.clone());
        assert_eq!(*content, request.body, "a key stands for one content, taken or not");
        if request.is_taken && !keys.iter().any(|key| key == request.key()) {
            keys.push(request.key().to_owned());
        }
    }
    keys
}

/// Deliveries among the signals, until so many different ones were delivered.
fn results(cluster: &Cluster, delivered: usize) -> Vec<(RecordId, Delivery)> {
    let reader = PlainReader::new(&cluster.settings(), "isobar.signals", false).unwrap();
    let deadline = Instant::now() + Duration::from_secs(120);
    let (mut found, mut keys) = (Vec::new(), BTreeSet::new());
    while keys.len() < delivered {
        assert!(Instant::now() < deadline, "{} of {delivered} results", keys.len());
        if let Some((_, record)) = reader.poll(Duration::from_millis(200)).unwrap() {
            let value = record.value.unwrap_or_default();
            let signal = codec::decode::<schemas::signal::Signal>(&value).unwrap();
            let delivery = signal.data.delivery.unwrap();
            if delivery.outcome == DeliveryOutcome::Delivered {
                keys.insert(delivery.key);
            }
            found.push((signal.attributes.id, delivery));
        }
    }
    found
}

#[test]
fn each_key_arrives_and_says_the_same_in_order_whoever_is_killed() {
    let (cluster, receivers) = (cluster(), receivers());
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("isobar.yaml");
    let urls = receivers.iter().map(|(name, of)| ((*name).to_owned(), of.url() + "/hook"));
    std::fs::write(&config, section(Duration::from_secs(1), urls)).unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_isobar"));
    let mut notifiers = Workers::of("notifier", binary, &cluster.brokers, dir.path())
        .with_settings(&["--config", config.to_str().unwrap()]);
    let producer = PlainProducer::new(&cluster.settings()).unwrap();
    let mut written = Written::default();
    notifiers.start("a").unwrap();
    for round in 0..3 {
        written.write(&producer, 15);
        let seen = receivers["steady"].count();
        let deadline = Instant::now() + Duration::from_secs(60);
        while receivers["steady"].count() < seen + 5 {
            assert!(Instant::now() < deadline, "round {round}: nothing arrives");
            std::thread::sleep(Duration::from_millis(20));
        }
        notifiers.kill("a").unwrap();
        notifiers.start("a").unwrap();
    }
    let found = results(&cluster, written.all.len());
    notifiers.leave("a", Duration::from_secs(30)).unwrap();
    for (name, receiver) in &receivers {
        let keys = taken(receiver);
        let due = written.all.values().filter(|(of, _, _)| of == name).count();
        assert_eq!(keys.len(), due, "{name}: each key at least once");
        let mut next: BTreeMap<u32, u32> = BTreeMap::new();
        for key in keys {
            let (_, group, place) = &written.all[&key];
            let expected = next.entry(*group).or_default();
            assert_eq!(place, expected, "{name}: group {group} is told in order");
            *expected += 1;
        }
    }
    for (id, delivery) in &found {
        assert!(
            written.all.contains_key(&delivery.key.to_string()),
            "a key that was never written"
        );
        let name = notifier::result::outcome_name(delivery.outcome);
        let expected = RecordId::of("isobar.delivery", &[&delivery.key.to_string(), name]);
        assert_eq!(*id, expected);
    }
}

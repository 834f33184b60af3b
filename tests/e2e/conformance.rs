//! The Kafka log passes the suite that the memory log passes, on a real broker.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kafka_runtime::KafkaLog;
use kafka_runtime::plain::{PlainProducer, PlainReader, create_topic};
use stream::suite::Fixture;
use stream::{Change, Log as _, Polled, Processor, Record, Store, Topology, Versions};

use crate::support::{Cluster, shared_broker, unique};

struct Kafka {
    cluster: &'static Cluster,
    topology: Topology,
}

/// The suite drives the log itself, so the processor has nothing to do.
struct Idle;

impl Processor for Idle {
    fn process(&mut self, _: &Record, _: &mut stream::Context<'_>) {}
    fn stores(&mut self) -> Vec<&mut dyn Store> {
        Vec::new()
    }
}

impl Kafka {
    fn new() -> Self {
        let cluster = shared_broker();
        let name = unique("suite");
        let topology = Topology {
            name: Arc::from(name.as_str()),
            inputs: vec![Arc::from(format!("{name}.in"))],
            outputs: vec![Arc::from(format!("{name}.out"))],
            versions: Versions { schema: 1, logic: 1 },
            compatible_logic: Vec::new(),
            stateful: true,
            marks: None,
            make: Arc::new(|_| Box::new(Idle)),
        };
        let state = topology.state_topic(&topology.inputs[0]);
        for topic in [&*topology.inputs[0], &*topology.outputs[0], state.as_str()] {
            create_topic(&cluster.settings(), topic, (2, 1), &[]).unwrap();
        }
        Self { cluster, topology }
    }
}

impl Fixture for Kafka {
    type Log = KafkaLog;

    fn topology(&self) -> &Topology {
        &self.topology
    }
    fn member(&self, slot: &str) -> KafkaLog {
        KafkaLog::new(self.cluster.settings(), &self.topology, slot)
    }
    fn member_of(&self, topology: &Topology, slot: &str) -> KafkaLog {
        KafkaLog::new(self.cluster.settings(), topology, slot)
    }
    fn produce(&self, partition: i32, value: &[u8]) {
        let producer = PlainProducer::new(&self.cluster.settings()).unwrap();
        producer.send((&self.topology.inputs[0], partition), None, value, None).unwrap();
        producer.flush(Duration::from_secs(10)).unwrap();
    }
    fn read(&self, topic: &str, partition: i32) -> Vec<Record> {
        let reader = PlainReader::new(&self.cluster.settings(), topic, false).unwrap();
        let mut records = reader.read_to_end(Duration::from_secs(10)).unwrap();
        records.remove(&partition).unwrap_or_default()
    }
    fn patience_polls(&self) -> usize {
        400
    }
}

stream::log_conformance_suite!(Kafka::new());

/// Polls until the group has changed something in this way.
fn await_change(log: &mut KafkaLog, mut beside: impl FnMut(), is_it: fn(&Change) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        assert!(Instant::now() < deadline, "the group did not change");
        beside();
        // While the broker has much to do, a poll may fail and is made again.
        if matches!(&log.poll(100, 50), Ok(Polled::Change(change)) if is_it(change)) {
            return;
        }
    }
}

/// Two members, the first of which holds all partitions, and the second of which has not joined yet.
fn members(fixture: &Kafka) -> [KafkaLog; 2] {
    let mut first = fixture.member("a");
    await_change(&mut first, || {}, |change| matches!(change, Change::Assigned(_)));
    [first, fixture.member("b")]
}

fn drop_within_a_minute(members: [KafkaLog; 2]) {
    let (ended, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        drop(members);
        ended.send(()).unwrap();
    });
    end.recv_timeout(Duration::from_secs(60)).expect("both members are dropped");
}

/// A worker that the group went on without drops its member as it is, and joins anew.
#[test]
fn a_member_that_is_dropped_before_it_answered_a_rebalance_ends() {
    let [mut first, mut second] = members(&Kafka::new());
    let joins = || drop(second.poll(100, 50));
    await_change(&mut first, joins, |change| matches!(change, Change::Revoked(_)));
    drop_within_a_minute([first, second]);
}

/// The rebalance was told by the time the second got its share, and nobody asked the first.
#[test]
fn a_member_that_is_dropped_before_it_heard_of_a_rebalance_ends() {
    let [first, mut second] = members(&Kafka::new());
    await_change(&mut second, || {}, |change| matches!(change, Change::Assigned(_)));
    drop_within_a_minute([first, second]);
}

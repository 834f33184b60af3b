//! The memory log passes the suite that the Kafka log passes.

use std::sync::Arc;

use stream::memory::{Cluster, Faults, MemoryLog};
use stream::suite::Fixture;
use stream::{EventTime, Offset, Record, TopicPartition, Topology};

mod support;

struct Memory {
    cluster: Cluster,
    topology: Topology,
}

impl Memory {
    fn new() -> Self {
        let mut topology = support::topology(support::Planted::Nothing);
        topology.inputs = vec![Arc::from("t.in")];
        topology.outputs = vec![Arc::from("t.out")];
        let cluster = Cluster::new(Faults::default(), 0);
        for topic in ["t.in", "t.out", &topology.state_topic("t.in")] {
            cluster.create_topic(topic, 2);
        }
        Self { cluster, topology }
    }
}

impl Fixture for Memory {
    type Log = MemoryLog;

    fn topology(&self) -> &Topology {
        &self.topology
    }
    fn member(&self, slot: &str) -> MemoryLog {
        self.cluster.join(&self.topology, slot)
    }
    fn member_of(&self, topology: &Topology, slot: &str) -> MemoryLog {
        self.cluster.join(topology, slot)
    }
    fn produce(&self, partition: i32, value: &[u8]) {
        let record = Record {
            offset: Offset(0),
            arrival: EventTime(0),
            key: None,
            value: Some(value.to_vec()),
            headers: Vec::new(),
        };
        self.cluster.produce(&TopicPartition::new("t.in", partition), record);
    }
    fn read(&self, topic: &str, partition: i32) -> Vec<Record> {
        self.cluster.read(&TopicPartition::new(topic, partition), Offset(0), usize::MAX).0
    }
    fn patience_polls(&self) -> usize {
        20
    }
}

stream::log_conformance_suite!(Memory::new());

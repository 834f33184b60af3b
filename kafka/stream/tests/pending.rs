//! Work that a record has made due is done without waiting for another record, also after the
//! batches in between have failed.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod support;

use std::sync::Arc;

use stream::memory::{Cluster, Faults};
use stream::testing::ManualClock;
use stream::{EventTime, Offset, Record, Settings, TopicPartition, Worker, WorkerEvent};

const KEYS: i64 = 60;

/// Each of a key of its own, so that one window holds many panes.
fn event(time: i64, id: i64) -> Record {
    Record {
        offset: Offset(0),
        arrival: EventTime(0),
        key: Some(id.to_be_bytes().to_vec()),
        value: Some([time.to_be_bytes(), id.to_be_bytes()].concat()),
        headers: Vec::new(),
    }
}

fn published(cluster: &Cluster) -> i64 {
    let records = cluster.read(&TopicPartition::new("counts", 0), Offset(0), usize::MAX).0;
    i64::try_from(records.len()).unwrap()
}

#[test]
fn pieces_left_by_a_rollback_need_no_new_record() {
    let topology = Arc::new(support::topology(support::Planted::Nothing));
    let cluster = Cluster::new(Faults::default(), 3);
    for topic in ["in", "counts", "late", &topology.state_topic("in")] {
        cluster.create_topic(topic, 1);
    }
    let input = TopicPartition::new("in", 0);
    for key in 0..KEYS {
        cluster.produce(&input, event(100, key));
    }
    let settings = Settings { batch_records_max: 3, ..Settings::default() };
    let clock = ManualClock::default();
    let log = cluster.join(&topology, "s0");
    let observer = Box::new(|_: &WorkerEvent<'_>| {});
    let mut worker = Worker::new(log, topology, settings, Box::new(clock.clone()), observer);
    let mut step = |times: u32| {
        for _ in 0..times {
            clock.advance_ms(20);
            worker.step().unwrap();
        }
    };
    step(50);
    assert_eq!(published(&cluster), 0);
    cluster.produce(&input, event(1_000_000, KEYS));
    // Half of the batches fail for a while, and then the log is well: nothing more comes in.
    cluster.set_faults(Faults { abort: 500, ..Faults::default() });
    while published(&cluster) == 0 {
        step(1);
    }
    assert!(published(&cluster) < KEYS, "nothing is left to do");
    cluster.set_faults(Faults::default());
    step(100);
    assert_eq!(published(&cluster), KEYS);
}

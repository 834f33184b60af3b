//! Events in many tasks, windows of whole groups out: both stages on one log, undisturbed and with the
//! workers killed, against a count over all events.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "a panic is how a test fails"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use analytics::event_windows::{self, EventWindowsConfig};
use analytics::group_windows;
use schemas::aggregate::{Aggregate, WindowState};
use schemas::envelope::{Attributes, Envelope, Extra};
use schemas::event::{Actor, Event, Outcome, Severity};
use schemas::id::{EventId, ResourceId};
use schemas::kind::Kind;
use schemas::mark::{InputProgress, Mark, Writer};
use schemas::resource::{Hints, Resource};
use schemas::source_class::SourceClass;
use schemas::time::Time;
use schemas::{codec, key, mark, topic};
use stream::memory::{Cluster, Dice, Faults, MemoryLog};
use stream::testing::ManualClock;
use stream::{EventTime, Offset, Record, Settings, TopicPartition, Topology, Worker, WorkerEvent};

const PARTITIONS: i32 = 4;

/// Events, failed ones, actors.
type Expected = (u64, u64, BTreeSet<u64>);

struct Happened {
    minute: i64,
    kind: Kind,
    failed: bool,
    actor: u64,
}

fn event(number: u64, seconds: i64, happened: &Happened) -> (i32, Record) {
    let resource = ResourceId::of("acme", &format!("host-{}", number % 50));
    let time = Time::from_millis(seconds * 1_000).unwrap();
    let attributes = Attributes {
        id: EventId::of("test", &number.to_string()).into(),
        source: "test".into(),
        subject: None,
        time,
        arrival_time: time,
        tenant: "acme".into(),
        source_class: SourceClass::Log,
        traceparent: None,
    };
    let actor = Actor {
        id: format!("user-{}", happened.actor),
        kind: None,
        name: None,
        extra: Extra::new(),
    };
    let region = ("cloud.region".to_owned(), "eu-west-1".to_owned());
    let event = Event {
        kind: happened.kind,
        class_uid: 6003,
        action: "Put".into(),
        outcome: if happened.failed { Outcome::Failure } else { Outcome::Success },
        severity: Severity::Low,
        resource: Resource {
            id: resource,
            attributes: BTreeMap::from([region]),
            extra: Extra::new(),
        },
        actor: Some(actor),
        network: None,
        hints: Hints::default(),
        text: None,
        age_ms: 0,
        size_bytes: 10,
        raw: None,
        extra: Extra::new(),
    };
    let key = key::resource("acme", resource).into_bytes();
    let partition = stream::partition_of(&key, PARTITIONS);
    (partition, record(key, codec::encode(&Envelope::new(attributes, event)).unwrap()))
}

fn mark_until(seconds: i64) -> Record {
    let progress = InputProgress {
        topic: "isobar.in.audit".into(),
        partition: 0,
        partitions: 1,
        read_until_ms: seconds * 1_000,
        extra: Extra::new(),
    };
    let writer = Writer { topology: "processors".into(), slot: "0".into(), extra: Extra::new() };
    let mark = Mark { writer, inputs: vec![progress], extra: Extra::new() };
    record(Vec::new(), mark::encode(&mark).unwrap())
}

fn record(key: Vec<u8>, value: Vec<u8>) -> Record {
    let (offset, arrival) = (Offset(0), EventTime(0));
    Record { offset, arrival, key: Some(key), value: Some(value), headers: Vec::new() }
}

fn worker(cluster: &Cluster, topology: &Arc<Topology>, clock: &ManualClock) -> Worker<MemoryLog> {
    let log = cluster.join(topology, "s");
    let settings = Settings { commit_interval_ms: 20, replay_budget_ms: 50, ..Settings::default() };
    let observer = Box::new(|_: &WorkerEvent<'_>| {});
    Worker::new(log, Arc::clone(topology), settings, Box::new(clock.clone()), observer)
}

/// Half an hour of events through both stages; with a seed, workers are killed now and then.
fn run(seed: Option<u64>) -> (Cluster, Vec<Happened>) {
    let cluster = Cluster::new(Faults::default(), seed.unwrap_or(1));
    let windows = EventWindowsConfig::default();
    let groups = group_windows::topology(&[&windows.windows]).unwrap();
    let topologies = [Arc::new(event_windows::topology(windows).unwrap()), Arc::new(groups)];
    for name in schemas::topic::ALL.map(|topic| topic.name) {
        cluster.create_topic(name, PARTITIONS as usize);
    }
    for topology in &topologies {
        cluster.create_topic(&topology.state_topic(&topology.inputs[0]), PARTITIONS as usize);
    }
    let (clock, mut dice) = (ManualClock::default(), Dice::new(seed.unwrap_or(1)));
    let mut workers: Vec<_> =
        topologies.iter().map(|topology| Some(worker(&cluster, topology, &clock))).collect();
    let (mut all, mut number) = (Vec::new(), 0);
    for second in 0..4_000_i64 {
        if second < 1_800 {
            for _ in 0..dice.below(8) {
                let behind = dice.below(200) as i64 * i64::from(dice.chance(100));
                let at = (second - behind).max(0);
                let kind = if dice.below(3) == 0 { Kind::Audit } else { Kind::Code };
                let (failed, actor) = (dice.below(4) == 0, dice.below(40));
                let happened = Happened { minute: at / 60, kind, failed, actor };
                let (partition, record) = event(number, at, &happened);
                cluster
                    .produce(&TopicPartition::new(topic::EVENTS.name, partition), record)
                    .unwrap();
                all.push(happened);
                number += 1;
            }
        }
        for partition in 0..PARTITIONS {
            let of = TopicPartition::new(topic::EVENTS.name, partition);
            cluster.produce(&of, mark_until(second)).unwrap();
        }
        for (place, topology) in topologies.iter().enumerate() {
            if seed.is_some() && dice.below(150) == 0 {
                workers[place] = None;
                cluster.expire(&topology.name, "s");
                cluster.expire_transactions();
                workers[place] = Some(worker(&cluster, topology, &clock));
            }
            for _ in 0..6 {
                // A little faster than the events, so that it is never behind them.
                clock.advance_ms(90);
                workers[place].as_mut().unwrap().step().unwrap();
            }
        }
    }
    for _ in 0..2_000 {
        clock.advance_ms(50);
        workers.iter_mut().for_each(|worker| worker.as_mut().unwrap().step().unwrap());
    }
    (cluster, all)
}

/// The last record of each window of a measure; each window is final once, and its revisions have no gap.
fn last_rows(cluster: &Cluster, measure: &str) -> BTreeMap<(String, i64, i64), Aggregate> {
    let mut rows: BTreeMap<(String, i64, i64), Aggregate> = BTreeMap::new();
    for partition in 0..PARTITIONS {
        let of = TopicPartition::new(topic::AGGREGATES.name, partition);
        for record in cluster.read(&of, Offset(0), usize::MAX).0 {
            let row = codec::decode::<Aggregate>(&record.value.unwrap()).unwrap().data;
            if row.measure != measure {
                continue;
            }
            let group: Vec<_> = row.group.values().cloned().collect();
            let at = (group.join(" "), row.window_size_ms / 60_000, row.window_start_ms / 60_000);
            let before = rows.get(&at);
            assert_eq!(row.revision, before.map_or(0, |row| row.revision + 1), "{at:?}");
            let was_closed = before.is_some_and(|row| row.state != WindowState::Provisional);
            let closes = row.state == WindowState::Final;
            assert!(!(was_closed && row.state != WindowState::Correction), "{at:?}");
            assert!(was_closed || closes || row.state == WindowState::Provisional, "{at:?}");
            rows.insert(at, row);
        }
    }
    rows
}

fn check(seed: Option<u64>) {
    let (cluster, all) = run(seed);
    let of_kind = |kind: Kind| if kind == Kind::Audit { "audit" } else { "code" };
    for (measure, with_outcome) in [("events", true), ("failures", false), ("actors", false)] {
        let rows = last_rows(&cluster, measure);
        let mut expected: BTreeMap<(String, i64, i64), Expected> = BTreeMap::new();
        for happened in &all {
            let outcome = if happened.failed { "failure" } else { "success" };
            let kind = of_kind(happened.kind);
            let group =
                if with_outcome { format!("{kind} {outcome} log") } else { format!("{kind} log") };
            for size in [1, 5, 15, 60, 1_440] {
                let start = happened.minute - happened.minute % size;
                let window = expected.entry((group.clone(), size, start)).or_default();
                window.0 += 1;
                window.1 += u64::from(happened.failed);
                window.2.insert(happened.actor);
            }
        }
        let (found, wanted): (Vec<_>, Vec<_>) = (rows.keys().collect(), expected.keys().collect());
        assert_eq!(found, wanted, "seed {seed:?}, {measure}");
        for (at, (count, failed, actors)) in expected {
            let row = &rows[&at];
            assert_eq!(row.statistics.count, count, "seed {seed:?}, {measure} {at:?}");
            assert!(
                at.1 > 60 || row.state != WindowState::Provisional,
                "{at:?}: all of it was closed"
            );
            match measure {
                "failures" => {
                    let mean = row.statistics.mean.unwrap().get();
                    assert!((mean - failed as f64 / count as f64).abs() < 1e-12, "{at:?}");
                }
                "actors" => assert_eq!(row.distinct, Some(actors.len() as u64), "{at:?}"),
                _ => {}
            }
        }
    }
    let letters = TopicPartition::new(topic::DEAD_LETTER.name, 0);
    assert!(cluster.read(&letters, Offset(0), usize::MAX).0.is_empty());
}

#[test]
fn groups_are_those_of_all_events() {
    check(None);
}

#[test]
fn groups_are_the_same_when_workers_are_killed() {
    for seed in 1..=3 {
        println!("seed {seed}");
        check(Some(seed));
    }
}

//! The service under every disturbance: crashes, zombies, rebalances, faults of the log, batches of any
//! size. What it publishes is what the undisturbed run publishes.

use std::collections::BTreeMap;
use std::sync::Arc;

use correlator::{CorrelatorConfig, IncidentsConfig, topology};
use schemas::dead_letter::DeadLetter;
use schemas::late::Late;
use schemas::notification::Notification;
use schemas::{codec, topic};
use stream::memory::Faults;
use stream::testing::{Disturbances, Published, Scenario, disturbed, undisturbed};
use stream::{Context, Processor, Progress, Record, Store, TopicPartition};

use crate::random::{EVERYTHING, timeline};
use crate::stateful;
use crate::support::config;

const FAULTS: Faults = Faults {
    abort: 40,
    commit_lost: 25,
    answer_lost: 25,
    unreachable: 20,
    slow_news: 600,
    leak_aborted: false,
    no_fencing: false,
};

/// With stateful rules over the hits that timelines hold.
fn everything() -> CorrelatorConfig {
    CorrelatorConfig { stateful: stateful::rules(), ..config(EVERYTHING) }
}

fn with_incidents() -> CorrelatorConfig {
    CorrelatorConfig { incidents: IncidentsConfig::default(), ..everything() }
}

fn scenario(seed: u64) -> Scenario {
    scenario_of(seed, &with_incidents())
}

fn scenario_of(seed: u64, config: &CorrelatorConfig) -> Scenario {
    let inputs = (0..2).map(|partition| {
        let tenants = [["acme", "beta"], ["gamma", "delta"]][partition as usize];
        let records = timeline(seed * 2 + partition, &tenants, 150);
        let records = records.into_iter().map(|(_, record)| record).collect();
        (TopicPartition::new(topic::SIGNALS.name, i32::try_from(partition).unwrap()), records)
    });
    Scenario { topology: topology(config).unwrap(), inputs: inputs.collect(), output_partitions: 4 }
}

/// By topic, sorted: two tasks write to one receiver. Offsets do not count, as aborted records lie
/// between; all else does.
fn sorted(published: &Published) -> BTreeMap<&str, Vec<String>> {
    let mut sorted: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for ((topic, partition, key), values) in published {
        let lines = sorted.entry(topic).or_default();
        for (number, value) in values.iter().enumerate() {
            lines.push(match topic.as_str() {
                "isobar.dead-letter" => {
                    let letter = codec::decode::<DeadLetter>(value).unwrap().data;
                    format!("{} {:?}", letter.reason, letter.message)
                }
                "isobar.late" => {
                    let late = codec::decode::<Late>(value).unwrap();
                    format!("{:?} {}", late.attributes, late.data.watermark_ms)
                }
                // The revisions of an alert, and of an incident, are in order.
                "isobar.alerts" | "isobar.incidents" => {
                    format!("{partition} {key:?} {number} {}", String::from_utf8_lossy(value))
                }
                _ => format!("{partition} {}", String::from_utf8_lossy(value)),
            });
        }
    }
    sorted.values_mut().for_each(|lines| lines.sort());
    sorted
}

fn compare(scenario: &Scenario, expected: &Published, seed: u64) -> (bool, Disturbances) {
    let (published, seen) = disturbed(scenario, seed, FAULTS, |log| log).unwrap();
    (sorted(&published) == sorted(expected), seen)
}

#[test]
fn whatever_happens_the_same_is_published() {
    let (mut kills, mut replays, mut images) = (0, 0, 0);
    for seed in 0..30 {
        let scenario = scenario(seed);
        let expected = undisturbed(&scenario).unwrap();
        let topics = [topic::ALERTS, topic::NOTIFICATIONS, topic::INCIDENTS, topic::DEAD_LETTER];
        for topic in topics {
            let has = expected.keys().any(|(of, ..)| of == topic.name);
            assert!(has, "seed {seed}: nothing on {}", topic.name);
        }
        let (is_same, seen) = compare(&scenario, &expected, seed);
        assert!(is_same, "seed {seed}: {seen:?}");
        kills += seen.kills;
        replays += seen.replays;
        images += seen.images;
    }
    println!("{kills} kills, {replays} replays, {images} images");
    assert!(kills >= 20 && replays > 0 && images > 0);
}

/// A receiver that counts: after kills each notification is there once, and no key says two things.
#[test]
fn every_notification_is_there_once_after_twenty_kills() {
    let mut kills = 0;
    for seed in 100..130 {
        let (published, seen) = disturbed(&scenario(seed), seed, FAULTS, |log| log).unwrap();
        kills += seen.kills;
        let mut heard = BTreeMap::new();
        for ((topic, ..), values) in &published {
            for value in values.iter().filter(|_| topic == topic::NOTIFICATIONS.name) {
                let told = codec::decode::<Notification>(value).unwrap().data;
                let before = heard.insert(told.delivery_key, told);
                assert_eq!(before, None, "seed {seed}");
            }
        }
        assert!(!heard.is_empty());
    }
    assert!(kills >= 20, "{kills}");
}

/// Plants a store that is in no image and is not undone.
struct Forgetful {
    processor: Box<dyn Processor>,
    forgotten: usize,
}

impl Processor for Forgetful {
    fn process(&mut self, record: &Record, context: &mut Context<'_>) {
        self.processor.process(record, context);
    }

    fn advance(&mut self, context: &mut Context<'_>) -> Progress {
        self.processor.advance(context)
    }

    fn stores(&mut self) -> Vec<&mut dyn Store> {
        let mut stores = self.processor.stores();
        stores.remove(self.forgotten);
        stores
    }
}

/// How many partitions there are above is told again by each mark.
const TOLD_AGAIN: usize = 4;
/// How many hits are kept matters at its limit only, which has a test of its own.
const HITS_KEPT: usize = 2;

/// Each store is needed: one that is forgotten shows. The last ones hold what alerts have joined, work between
/// two pieces, which timelines of this length never leave undone, and editions of the rules, which have tests
/// of their own, as incidents have.
#[test]
fn every_store_that_is_forgotten_is_caught() {
    let config = everything();
    let mut processor =
        (scenario_of(0, &config).topology.make)(&TopicPartition::new(topic::SIGNALS.name, 0));
    let count = processor.stores().len();
    for forgotten in (0..count - 7).filter(|store| ![TOLD_AGAIN, HITS_KEPT].contains(store)) {
        let is_caught = (0..60).any(|seed| {
            let mut scenario = scenario_of(seed, &config);
            let expected = undisturbed(&scenario).unwrap();
            let make = Arc::clone(&scenario.topology.make);
            scenario.topology.make =
                Arc::new(move |input| Box::new(Forgetful { processor: make(input), forgotten }));
            !compare(&scenario, &expected, seed).0
        });
        assert!(is_caught, "store {forgotten} is not needed");
    }
}

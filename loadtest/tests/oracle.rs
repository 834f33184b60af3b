//! The oracle and the service, each on its own way, over the same generated records: on the memory
//! log, undisturbed. What real Kafka and crashes add is left to `isobar-loadtest kill`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a panic is how a test fails")]

use std::collections::BTreeMap;

use analytics::event_counts::{EventCountsConfig, class_of, topology};
use loadtest::generate::{Config, Item, generate};
use loadtest::oracle::{Differences, Expected, Fact, Known, Rules};
use schemas::aggregate::{Aggregate, WindowState};
use schemas::late::Late;
use schemas::source_class::SourceClass;
use schemas::{codec, topic};
use stream::testing::{Published, Scenario, undisturbed};
use stream::{Offset, Record, TopicPartition};

fn known(item: &Item) -> Known {
    let fact = Fact::read(&item.value).unwrap();
    Known { partition: item.partition, key: item.key.clone().unwrap_or_default(), fact }
}

fn scenario(items: &[Item]) -> Scenario {
    let mut inputs: BTreeMap<TopicPartition, Vec<Record>> = BTreeMap::new();
    for item in items {
        let input = TopicPartition::new(topic::EVENTS.name, item.partition);
        inputs.entry(input).or_default().push(Record {
            offset: Offset(0),
            arrival: item.arrival,
            key: item.key.clone(),
            value: Some(item.value.clone()),
            headers: Vec::new(),
        });
    }
    let topology = topology(EventCountsConfig::default()).unwrap();
    Scenario { topology, inputs, output_partitions: 16 }
}

fn read(published: &Published) -> Expected {
    let mut found = Expected::default();
    for ((topic, _, key), values) in published {
        for value in values {
            match topic.as_str() {
                "isobar.aggregates" => {
                    let window = codec::decode::<Aggregate>(value).unwrap();
                    let class = window.attributes.source_class;
                    let name = (key.clone(), class, window.data.window_start_ms);
                    let corrects = window.data.revision > 0;
                    let state = if corrects { WindowState::Correction } else { WindowState::Final };
                    assert_eq!(window.data.state, state);
                    let revision = (window.data.revision, window.data.statistics.count);
                    found.windows.entry(name).or_default().push(revision);
                }
                "isobar.late" => {
                    let late = codec::decode::<Late>(value).unwrap();
                    *found.late.entry(late.attributes.id.0.as_u128()).or_default() += 1;
                }
                other => panic!("a record on {other}"),
            }
        }
    }
    found
}

/// One seed through both; what kinds of outcome it had.
fn check(seed: u64, config: &Config) -> [usize; 4] {
    let items: Vec<Item> = generate(seed, config).unwrap().collect::<anyhow::Result<_>>().unwrap();
    let expected = Expected::of(
        &items.iter().map(known).collect::<Vec<_>>(),
        Rules::default_of_event_counts(),
    );
    let found = read(&undisturbed(&scenario(&items)).unwrap());
    let differences = Differences::between(&expected, &found);
    assert!(differences.is_empty(), "seed {seed}: {differences:#?}");
    let corrections = found.windows.values().map(|revisions| revisions.len() - 1).sum();
    [
        found.windows.len(),
        corrections,
        found.late.len(),
        usize::try_from(expected.duplicates).unwrap(),
    ]
}

#[test]
fn the_rules_are_those_of_the_service() {
    let (rules, config) = (Rules::default_of_event_counts(), EventCountsConfig::default());
    assert_eq!(rules.window_ms, config.window.as_ms());
    assert_eq!((rules.grace_ms, rules.idle_ms), (config.grace_ms, config.patience.idle_ms));
    for class in SourceClass::ALL {
        assert_eq!((rules.disorder_ms)(class), config.patience.disorder_ms(class_of(class)));
    }
}

#[test]
fn the_service_publishes_what_the_oracle_expects_and_every_kind_of_it() {
    let quick =
        Config { records: 30_000, interval_us: 50_000, resources: 400, ..Config::default() };
    for seed in 0..4 {
        let [windows, corrections, late, duplicates] = check(seed, &quick);
        println!(
            "seed {seed}: {windows} windows, {corrections} corrections, {late} late, {duplicates} duplicates"
        );
        assert!(windows > 5_000 && corrections > 100 && late > 100 && duplicates > 100);
    }
}

#[test]
fn extreme_mixes_agree_too() {
    let base = Config {
        records: 6_000,
        interval_us: 40_000,
        resources: 40,
        tenants: 2,
        ..Config::default()
    };
    let mixes = [
        Config { duplicate_per_mille: 500, duplicate_distance: 50, ..base.clone() },
        Config { late_per_mille: 400, ..base.clone() },
        Config { future_per_mille: 400, future_reach_ms: 3_000_000, ..base.clone() },
        Config { disorder_per_mille: 900, disorder_beyond_ms: 120_000, ..base.clone() },
        Config {
            upstream: vec![("isobar.in.code".to_owned(), 1)],
            interval_us: 900_000,
            ..base.clone()
        },
        Config { upstream: Vec::new(), ..base },
    ];
    for (number, config) in (0..).zip(mixes) {
        check(100 + number, &config);
    }
}

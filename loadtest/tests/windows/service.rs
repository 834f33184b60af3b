//! The service and the oracle, each on its own way, over the same generated records: on the log in
//! memory, undisturbed and disturbed. What real Kafka adds is left to `isobar-loadtest kill`.

use crate::hand;
use crate::script::records;
use analytics::metric_windows::{MetricWindowsConfig, topology};
use loadtest::windows::Rules;
use loadtest::windows::compare::{Comparison, Seen};
use loadtest::windows::found::Published;
use loadtest::windows::generate::{Config, Item, Kind, Partitions, generate};
use loadtest::windows::oracle::Expected;
use schemas::series::Temporality;
use schemas::topic;
use stream::memory::Faults;
use stream::testing::{self, Scenario, disturbed, undisturbed};
use stream::{EventTime, Offset, Record, TopicPartition};

/// The same as partitions, for scripts.
fn partition_of(temporality: Temporality, script: &str) -> Partitions {
    let item = |value| Item { written_ms: 0, value };
    let items = records(temporality, script).into_iter().map(item);
    Partitions::from([(0, items.collect())])
}

fn scenario(partitions: &Partitions) -> Scenario {
    let record = |value: &Vec<u8>, written_ms| Record {
        offset: Offset(0),
        arrival: EventTime(written_ms),
        key: None,
        value: Some(value.clone()),
        headers: Vec::new(),
    };
    let inputs = partitions.iter().map(|(number, items)| {
        let input = TopicPartition::new(topic::METRICS.name, i32::try_from(*number).unwrap());
        (input, items.iter().map(|item| record(&item.value, item.written_ms)).collect())
    });
    Scenario {
        topology: topology(MetricWindowsConfig::default()).unwrap(),
        inputs: inputs.collect(),
        output_partitions: 2,
    }
}

fn expected(partitions: &Partitions) -> Expected {
    let mut expected = Expected::default();
    for (number, items) in partitions {
        let values = items.iter().map(|item| item.value.as_slice());
        expected.add_partition(*number, values, &Rules::default_of_metric_windows()).unwrap();
    }
    expected
}

fn read(found: &testing::Published) -> Published {
    let mut published = Published::default();
    for ((topic, _, key), values) in found {
        values.iter().for_each(|value| published.take(topic, key, value).unwrap());
    }
    published
}

fn compare(what: &str, expected: &Expected, found: &testing::Published) -> Seen {
    let comparison = Comparison::between(expected, &read(found));
    assert!(comparison.differences.is_empty(), "{what}: {}", told(&comparison));
    println!("{what}: {:?}", comparison.seen);
    comparison.seen
}

fn told(comparison: &Comparison) -> String {
    let found = &comparison.differences;
    format!(
        "{} lost, {} duplicated, {} different, {} late missing, {} late unexpected, {:?}\n{}",
        found.lost,
        found.duplicated,
        found.different,
        comparison.late_missing,
        comparison.late_unexpected,
        comparison.seen,
        found.examples.join("\n")
    )
}

/// One seed of a kind through both, with the windows closed at the end.
fn check(kind: Kind, seed: u64) {
    let partitions = generate(seed, &Config::of(kind)).unwrap();
    let expected = expected(&partitions);
    let found = undisturbed(&scenario(&partitions)).unwrap();
    let seen = compare(&format!("{kind:?} seed {seed}"), &expected, &found);
    assert!(seen.windows > 500 && seen.finals == seen.windows, "{kind:?} seed {seed}: {seen:?}");
    assert_eq!(seen.late, expected.late.values().sum::<u64>());
    let corrects = matches!(kind, Kind::Late | Kind::Shuffled | Kind::Resent | Kind::Mixed);
    assert!(!corrects || seen.corrections > 500, "{kind:?} seed {seed}: {seen:?}");
}

fn check_seeds(kind: Kind) {
    (1..=3).for_each(|seed| check(kind, seed));
}

#[test]
fn ordered_points() {
    check_seeds(Kind::Ordered);
}

#[test]
fn late_points() {
    check_seeds(Kind::Late);
}

#[test]
fn points_in_any_order_within_the_grace() {
    check_seeds(Kind::Shuffled);
}

#[test]
fn points_sent_again() {
    check_seeds(Kind::Resent);
}

#[test]
fn counters_that_begin_anew() {
    check_seeds(Kind::Resets);
}

#[test]
fn a_producer_silent_for_an_hour() {
    check(Kind::SilentHour, 1);
}

#[test]
fn processors_stopped_for_an_hour_make_nothing_late() {
    check(Kind::StoppedHour, 1);
}

#[test]
fn across_midnight() {
    check_seeds(Kind::Midnight);
}

#[test]
fn across_the_end_of_a_leap_day() {
    check_seeds(Kind::LeapDay);
}

#[test]
fn a_stalled_partition_upstream() {
    check(Kind::StalledPartition, 1);
}

#[test]
fn everything_at_once() {
    check_seeds(Kind::Mixed);
}

/// Detectors find what stands out, and no more than that in what the oracle judges.
#[test]
fn minutes_that_stand_out_are_found() {
    let config = Config { surges: true, lasting_s: 1_500, ..Config::of(Kind::Mixed) };
    let partitions = generate(1, &config).unwrap();
    let expected = expected(&partitions);
    let found = undisturbed(&scenario(&partitions)).unwrap();
    let seen = compare("surges", &expected, &found);
    assert!(seen.findings > 10, "{seen:?}");
}

/// Where the input ends in the middle, open windows may lag behind, and closed ones may not.
#[test]
fn an_input_that_ends_with_open_windows() {
    let config = Config { closes: false, ..Config::of(Kind::Late) };
    let partitions = generate(1, &config).unwrap();
    let found = undisturbed(&scenario(&partitions)).unwrap();
    let seen = compare("open", &expected(&partitions), &found);
    assert!(seen.open_current + seen.open_lagging > 20, "{seen:?}");
    assert!(seen.finals > 500, "{seen:?}");
}

/// Whether time may be told before: not where points lie far ahead of it, or another partition's
/// first mark would turn it back.
fn can_begin_later(script: &str) -> bool {
    let seconds = script.split_whitespace().filter_map(|word| word.split(':').next()?.parse().ok());
    let mut seconds = seconds.map(|seconds: f64| seconds);
    !script.contains("/2=") && seconds.all(|seconds| seconds < 900.0)
}

/// Every case that was computed by hand, through the service; two days later all is closed.
#[test]
fn the_cases_computed_by_hand() {
    let mut wrong = Vec::new();
    for (what, temporality, script) in hand::scripts() {
        let befores = ["", "@90 ;", "@390 ;"];
        for before in befores.iter().take(if can_begin_later(script) { 3 } else { 1 }) {
            let script = format!("{before} {script} ; @1000000 @2000000000");
            let partitions = partition_of(temporality, &script);
            let found = undisturbed(&scenario(&partitions)).unwrap();
            let comparison = Comparison::between(&expected(&partitions), &read(&found));
            if !comparison.differences.is_empty() {
                wrong.push(format!("== {what}: {script}\n{}", told(&comparison)));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

const FAULTS: Faults = Faults {
    abort: 40,
    commit_lost: 25,
    answer_lost: 25,
    unreachable: 20,
    slow_news: 600,
    leak_aborted: false,
    no_fencing: false,
};

#[test]
fn crashes_change_no_figure() {
    let (mut kills, mut replays) = (0, 0);
    for seed in 1..=6 {
        let config = Config { lasting_s: 420, resources: 1, ..Config::of(Kind::Mixed) };
        let partitions = generate(seed, &config).unwrap();
        let expected = expected(&partitions);
        let scenario = scenario(&partitions);
        let (found, seen) = disturbed(&scenario, seed, FAULTS, |log| log)
            .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        compare(&format!("disturbed seed {seed} {seen:?}"), &expected, &found);
        (kills, replays) = (kills + seen.kills, replays + seen.replays);
    }
    println!("{kills} kills, {replays} replays");
    assert!(kills > 50 && replays > 20);
}

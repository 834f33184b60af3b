//! Timelines in, rows out: windows over metrics, told in a line each. What figures should be is computed
//! again by the oracle of the load test; here stands what a reader of `docs/windows.md` would try first.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a panic is how a test fails"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use analytics::metric_windows::{MetricWindowsConfig, topology};
use analytics::windows::{ConfigError, WindowsConfig};
use expect_test::{Expect, expect};
use schemas::aggregate::Aggregate;
use schemas::dead_letter::DeadLetter;
use schemas::envelope::{Attributes, Envelope, Extra, Payload};
use schemas::id::{RecordId, ResourceId, SeriesId};
use schemas::late::Late;
use schemas::mark::{InputProgress, Mark, Writer};
use schemas::metric::{MetricBatch, Point, PointKind};
use schemas::resource::Resource;
use schemas::series::{SeriesDefinition, Temporality};
use schemas::source_class::SourceClass;
use schemas::time::Time;
use schemas::{codec, mark, topic};
use stream::memory::Faults;
use stream::testing::{Published, Scenario, disturbed, undisturbed};
use stream::{EventTime, Offset, Record, TopicPartition};

fn series_of(name: &str) -> SeriesId {
    SeriesId::of(ResourceId::of("acme", "web"), name, &BTreeMap::new())
}

fn definition(name: &str, temporality: Temporality) -> Record {
    let at = Time::from_millis(0).unwrap();
    let attributes = Attributes {
        id: RecordId::of(SeriesDefinition::TYPE, &[name]),
        source: "test".into(),
        subject: None,
        time: at,
        arrival_time: at,
        tenant: "acme".into(),
        source_class: SourceClass::Metric,
        traceparent: None,
    };
    let id = ResourceId::of("acme", "web");
    let data = SeriesDefinition {
        series: series_of(name),
        resource: Resource { id, attributes: BTreeMap::new(), extra: Extra::new() },
        metric: name.into(),
        unit: None,
        temporality,
        labels: BTreeMap::new(),
        extra: Extra::new(),
    };
    record(codec::encode(&Envelope::new(attributes, data)).unwrap())
}

/// Points of one series as (seconds, value); they arrive at the last of these.
fn points(name: &str, points: &[(i64, f64)]) -> Record {
    let last = points.iter().map(|(seconds, _)| *seconds).max().unwrap();
    let mut batch = MetricBatch::new(Time::from_millis(last * 1_000).unwrap());
    for (seconds, value) in points {
        let (series, kind) = (series_of(name), PointKind::Value);
        batch.push(Point { series, time_ms: seconds * 1_000, value: *value, kind }).unwrap();
    }
    record(batch.encode().unwrap())
}

fn mark_until(seconds: i64) -> Record {
    let progress = InputProgress {
        topic: "isobar.in.metrics".into(),
        partition: 0,
        partitions: 1,
        read_until_ms: seconds * 1_000,
        extra: Extra::new(),
    };
    let writer = Writer { topology: "processors".into(), slot: "0".into(), extra: Extra::new() };
    let mark = Mark { writer, inputs: vec![progress], extra: Extra::new() };
    record(mark::encode(&mark).unwrap())
}

fn record(value: Vec<u8>) -> Record {
    let (offset, arrival) = (Offset(0), EventTime(0));
    Record { offset, arrival, key: None, value: Some(value), headers: Vec::new() }
}

fn scenario(records: Vec<Record>) -> Scenario {
    Scenario {
        topology: topology(MetricWindowsConfig::default()).unwrap(),
        inputs: BTreeMap::from([(TopicPartition::new(topic::METRICS.name, 0), records)]),
        output_partitions: 1,
    }
}

fn told(published: &Published) -> String {
    let mut text = String::new();
    for ((topic, ..), values) in published {
        for value in values {
            match topic.as_str() {
                "isobar.aggregates" => writeln!(text, "{}", row(value)).unwrap(),
                "isobar.late" => {
                    let late = codec::decode::<Late>(value).unwrap();
                    let (time, value) = (late.attributes.time.millis() / 1_000, late.data.value);
                    writeln!(text, "late {time} {}", value.unwrap().get()).unwrap();
                }
                "isobar.dead-letter" => {
                    let letter = codec::decode::<DeadLetter>(value).unwrap();
                    writeln!(text, "dead letter: {}", letter.data.reason).unwrap();
                }
                _ => {}
            }
        }
    }
    text
}

fn row(value: &[u8]) -> String {
    let row = codec::decode::<Aggregate>(value).unwrap().data;
    let (minutes, start) = (row.window_size_ms / 60_000, row.window_start_ms / 60_000);
    let told = row.statistics;
    let state = format!("{:?}", row.state).to_lowercase();
    let mut text = format!(
        "{} {minutes} min from {start}: {state} {} count {} sum {}",
        row.measure,
        row.revision,
        told.count,
        told.sum.map_or(f64::NAN, |sum| sum.get())
    );
    if let Some(increase) = row.increase {
        let rate = row.rate.map_or(f64::NAN, |rate| rate.get());
        write!(text, " increase {} rate {rate}", increase.get()).unwrap();
    }
    text
}

fn check(records: Vec<Record>, expected: &Expect) {
    expected.assert_eq(&told(&undisturbed(&scenario(records)).unwrap()));
}

#[test]
fn a_minute_is_told_while_it_lasts_and_when_it_is_over() {
    let records = vec![
        definition("cpu", Temporality::Gauge),
        points("cpu", &[(5, 1.0), (15, 2.0)]),
        mark_until(20),
        points("cpu", &[(25, 3.0)]),
        mark_until(21),
        mark_until(23),
        mark_until(89),
        mark_until(90),
    ];
    check(
        records,
        &expect![[r#"
        cpu 1 min from 0: provisional 0 count 2 sum 3
        cpu 5 min from 0: provisional 0 count 2 sum 3
        cpu 15 min from 0: provisional 0 count 2 sum 3
        cpu 60 min from 0: provisional 0 count 2 sum 3
        cpu 1440 min from 0: provisional 0 count 2 sum 3
        cpu 1 min from 0: provisional 1 count 3 sum 6
        cpu 5 min from 0: provisional 1 count 3 sum 6
        cpu 15 min from 0: provisional 1 count 3 sum 6
        cpu 1 min from 0: final 2 count 3 sum 6
    "#]],
    );
}

#[test]
fn late_points_correct_and_very_late_ones_are_told_as_such() {
    let records = vec![
        definition("cpu", Temporality::Gauge),
        points("cpu", &[(5, 1.0)]),
        mark_until(200),
        points("cpu", &[(6, 2.0), (7, 4.0), (5, 8.0)]),
        mark_until(400),
        points("cpu", &[(8, 16.0), (60, 32.0)]),
        mark_until(500),
    ];
    check(
        records,
        &expect![[r#"
        cpu 1 min from 0: final 0 count 1 sum 1
        cpu 5 min from 0: provisional 0 count 1 sum 1
        cpu 15 min from 0: provisional 0 count 1 sum 1
        cpu 60 min from 0: provisional 0 count 1 sum 1
        cpu 1440 min from 0: provisional 0 count 1 sum 1
        cpu 1 min from 0: correction 1 count 3 sum 14
        cpu 5 min from 0: final 1 count 3 sum 14
        cpu 15 min from 0: provisional 1 count 3 sum 14
        cpu 60 min from 0: provisional 1 count 3 sum 14
        cpu 1440 min from 0: provisional 1 count 3 sum 14
        cpu 1 min from 1: final 0 count 1 sum 32
        cpu 5 min from 0: correction 2 count 4 sum 46
        cpu 15 min from 0: provisional 2 count 4 sum 46
        late 8 16
    "#]],
    );
}

#[test]
fn steps_belong_to_the_later_point() {
    let records = vec![
        definition("requests", Temporality::Cumulative),
        points("requests", &[(30, 100.0)]),
        points("requests", &[(90, 160.0)]),
        mark_until(160),
        points("requests", &[(150, 10.0), (50, 120.0)]),
        mark_until(400),
    ];
    check(
        records,
        &expect![[r#"
        requests 1 min from 0: final 0 count 1 sum 100
        requests 1 min from 1: final 0 count 1 sum 160 increase 60 rate 1
        requests 5 min from 0: provisional 0 count 2 sum 260 increase 60 rate 1
        requests 15 min from 0: provisional 0 count 2 sum 260 increase 60 rate 1
        requests 60 min from 0: provisional 0 count 2 sum 260 increase 60 rate 1
        requests 1440 min from 0: provisional 0 count 2 sum 260 increase 60 rate 1
        requests 1 min from 0: correction 1 count 2 sum 220 increase 20 rate 1
        requests 1 min from 1: correction 1 count 1 sum 160 increase 40 rate 1
        requests 1 min from 2: final 0 count 1 sum 10 increase 10 rate 0.16666666666666666
        requests 5 min from 0: final 1 count 4 sum 390 increase 70 rate 0.5833333333333334
        requests 15 min from 0: provisional 1 count 4 sum 390 increase 70 rate 0.5833333333333334
        requests 60 min from 0: provisional 1 count 4 sum 390 increase 70 rate 0.5833333333333334
        requests 1440 min from 0: provisional 1 count 4 sum 390 increase 70 rate 0.5833333333333334
    "#]],
    );
}

#[test]
fn what_cannot_be_used_is_told() {
    let records = vec![points("cpu", &[(5, 1.0)]), record(b"nonsense".to_vec())];
    check(
        records,
        &expect![[r#"
            dead letter: 1 of its points are of series whose definition did not come before them, or was refused; 0 are of years that cannot be written
            dead letter: cannot tell what record this is: expected JSON with the attributes `type` and `schemaversion` (does something else write to this topic?)
        "#]],
    );
}

/// Times at the ends of what a number holds would overflow, wherever they got that far.
#[test]
fn times_that_nobody_can_write_are_refused() {
    let mut batch = MetricBatch::new(Time::from_millis(0).unwrap());
    for time_ms in [i64::MIN, i64::MAX, 5_000] {
        let (series, kind) = (series_of("cpu"), PointKind::Value);
        batch.push(Point { series, time_ms, value: 1.0, kind }).unwrap();
    }
    let batch = record(batch.encode().unwrap());
    check(
        vec![definition("cpu", Temporality::Gauge), batch, mark_until(100)],
        &expect![[r#"
        cpu 1 min from 0: final 0 count 1 sum 1
        cpu 5 min from 0: provisional 0 count 1 sum 1
        cpu 15 min from 0: provisional 0 count 1 sum 1
        cpu 60 min from 0: provisional 0 count 1 sum 1
        cpu 1440 min from 0: provisional 0 count 1 sum 1
        dead letter: 0 of its points are of series whose definition did not come before them, or was refused; 2 are of years that cannot be written
    "#]],
    );
}

#[test]
fn disturbances_do_not_show() {
    let mut records =
        vec![definition("a", Temporality::Gauge), definition("b", Temporality::Cumulative)];
    for second in 0_i64..1_500 {
        let value = (second * 7 % 31) as f64;
        if second % 10 == 0 {
            records.push(points("a", &[(second - second * 13 % 200, value), (second, value)]));
            records.push(points("b", &[(second, (second % 400) as f64)]));
        }
        records.push(mark_until(second));
    }
    let scenario = scenario(records);
    // As text: offsets, and with them positions, are the log's.
    let expected = told(&undisturbed(&scenario).unwrap());
    let (mut replays, mut images) = (0, 0);
    for seed in 0..30 {
        let faults = Faults {
            unreachable: 10,
            abort: 20,
            commit_lost: 10,
            answer_lost: 10,
            ..Faults::default()
        };
        let (published, seen) = disturbed(&scenario, seed, faults, |log| log).unwrap();
        assert!(told(&published) == expected, "seed {seed} ({seen:?})");
        replays += seen.replays;
        images += seen.images;
    }
    assert!(replays > 100 && images > 20, "only {replays} replays, {images} images");
}

#[test]
fn settings_that_give_wrong_windows_are_refused() {
    let with_grace = |grace_ms: i64| {
        let windows = WindowsConfig { grace_ms, ..WindowsConfig::default() };
        topology(MetricWindowsConfig { windows, ..MetricWindowsConfig::default() })
    };
    assert!(matches!(with_grace(-1), Err(ConfigError::Negative { .. })));
    assert!(matches!(with_grace(1_000), Err(ConfigError::GraceShorterThanDisorder { .. })));
}

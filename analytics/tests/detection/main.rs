//! Records in, findings out: what the window services find in minutes that are final, undisturbed and with
//! the workers killed, and compared with the detectors over the same minutes.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a panic is how a test fails"
)]

mod records;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use analytics::detection::{DetectionConfig, IDLE_MINUTES, SERIES_FINDINGS_A_DAY};
use analytics::event_windows::{self, EventWindowsConfig, Measure, MeasureOf};
use analytics::group_windows;
use analytics::metric_windows::{self, MetricWindowsConfig};
use analytics::windows::WindowsConfig;
use detect::{Series, Setting};
use expect_test::expect;
use schemas::aggregate::{Aggregate, WindowState};
use schemas::envelope::Envelope;
use schemas::event::Outcome;
use schemas::finding::Finding;
use schemas::partial::Partial;
use schemas::series::Temporality;
use schemas::{codec, mark, topic};
use stream::memory::Faults;
use stream::testing::{Published, Scenario, disturbed, undisturbed};
use stream::{Record, TopicPartition, Topology};

use records::{
    START, definition, definition_in, event, mark_until, points, record, series_of, set,
};

/// A value that wobbles a little, by no rule that a detector could learn.
fn noise(row: i64) -> f64 {
    let mixed = row.cast_unsigned().wrapping_add(77).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    40.0 + (mixed >> 40) as f64 / f64::from(1 << 24)
}

/// A minute of a series, and the mark that makes it final.
fn minute(name: &str, at: i64, value: f64) -> [Record; 2] {
    [points(name, &[(at * 60 + 10, value)]), mark_until((at + 1) * 60 + 30)]
}

/// A gauge that jumps to `value` in these of so many minutes.
fn jumping(name: &str, minutes: i64, jumps: std::ops::Range<i64>, value: f64) -> Vec<Record> {
    let row = |at: i64| minute(name, at, if jumps.contains(&at) { value } else { noise(at) });
    let rows = (0..minutes).flat_map(row);
    std::iter::once(definition(name, Temporality::Gauge, START)).chain(rows).collect()
}

fn with(detection: DetectionConfig) -> Topology {
    let windows = WindowsConfig { detection, ..WindowsConfig::default() };
    metric_windows::topology(MetricWindowsConfig { windows, ..Default::default() }).unwrap()
}

fn scenario(topology: Topology, records: Vec<Record>) -> Scenario {
    let input = TopicPartition::new(topology.inputs[0].clone(), 0);
    Scenario { topology, inputs: BTreeMap::from([(input, records)]), output_partitions: 1 }
}

fn values<'p>(published: &'p Published, topic: &str) -> impl Iterator<Item = &'p Vec<u8>> {
    let of = published.iter().filter(move |((of, ..), _)| of == topic);
    of.flat_map(|(_, values)| values).collect::<Vec<_>>().into_iter()
}

fn findings(published: &Published) -> Vec<Envelope<Finding>> {
    values(published, topic::SIGNALS.name).map(|value| codec::decode(value).unwrap()).collect()
}

fn found(topology: Topology, records: Vec<Record>) -> Vec<Envelope<Finding>> {
    findings(&undisturbed(&scenario(topology, records)).unwrap())
}

/// A line for each finding: minute, severity, sentence.
fn told(findings: &[Envelope<Finding>]) -> String {
    let mut text = String::new();
    for finding in findings {
        let of = &finding.data;
        let minute = of.window_start_ms / 60_000 - START;
        let severity = format!("{:?}", of.severity).to_lowercase();
        writeln!(text, "{minute} {severity} {}: {}", of.detector, of.reason).unwrap();
    }
    text
}

#[test]
fn a_jump_is_found_with_its_reason() {
    let found = found(with(DetectionConfig::default()), jumping("latency", 200, 150..155, 120.0));
    expect![[r#"
        150 high series.anomaly: latency [s] of web-1 (route /pay): 120 where 40.5 was expected (usually 39.72 to 41.28); 1 in 100000 rows by forecast, residual, drift, neighbour, since 2026-11-22 02:30 UTC
    "#]].assert_eq(&told(&found));
    let finding = &found[0].data;
    assert_eq!(finding.resource.attributes["host.name"], "web-1");
    assert_eq!(finding.labels["route"], "/pay");
    assert_eq!((finding.series, finding.window_size_ms), (Some(series_of("latency")), 60_000));
    assert!(finding.score >= finding.threshold && finding.evidence.len() > 2);
    let excerpt = finding.excerpt.as_ref().unwrap();
    assert_eq!(excerpt.times_ms.len(), 60);
    assert_eq!(excerpt.times_ms.last(), Some(&finding.window_start_ms));
    assert_eq!(excerpt.values.last().map(|value| value.get()), Some(120.0));
    for column in [&excerpt.low, &excerpt.high] {
        assert_eq!(column.len(), 60);
    }
    assert!(excerpt.high[59].unwrap().get() < 50.0);
}

/// The partition is that of the tenant, as for all signals.
#[test]
fn a_finding_goes_where_its_tenant_is_correlated() {
    let records = jumping("latency", 60, 50..55, 120.0);
    let published = undisturbed(&scenario(with(DetectionConfig::default()), records)).unwrap();
    let keys: Vec<_> =
        published.keys().filter(|(topic, ..)| topic == topic::SIGNALS.name).collect();
    assert_eq!(keys.iter().map(|(.., key)| &**key).collect::<Vec<_>>(), [b"acme"]);
}

/// A correction to an immense value, and a minute that comes after a later one was judged.
#[test]
fn what_is_no_first_final_record_in_order_is_not_judged() {
    let mut records = jumping("latency", 100, 0..0, 0.0);
    let before = found(with(DetectionConfig::default()), records.clone());
    records.push(points("latency", &[(98 * 60 + 20, 1e6)]));
    records.push(mark_until(101 * 60 + 31));
    records.push(points("latency", &[(102 * 60 + 10, 40.5)]));
    records.push(mark_until(103 * 60 + 30));
    // Nothing came in this minute before.
    records.push(points("latency", &[(100 * 60 + 10, 1e6)]));
    records.push(mark_until(103 * 60 + 31));
    let after = undisturbed(&scenario(with(DetectionConfig::default()), records)).unwrap();
    let corrected = values(&after, topic::AGGREGATES.name)
        .filter(|value| {
            codec::decode::<Aggregate>(value).unwrap().data.state == WindowState::Correction
        })
        .count();
    assert!(corrected > 0);
    assert_eq!(told(&findings(&after)), told(&before));
    assert_eq!(told(&before), "");
}

/// Totals by their growth a second, increments by their sum a second.
#[test]
fn flows_are_judged_by_their_rate() {
    for temporality in [Temporality::Cumulative, Temporality::Delta] {
        let mut records = vec![definition("requests", temporality, START)];
        let mut total = 1e9;
        for at in 0..120 {
            let grown = if at == 100 { 0.0 } else { noise(at) * 60.0 };
            total += grown;
            let value = if temporality == Temporality::Delta { grown } else { total };
            records.extend(minute("requests", at, value));
        }
        let found = found(with(DetectionConfig::default()), records);
        assert_eq!(found[0].data.window_start_ms / 60_000, START + 100, "{}", told(&found));
        assert!(found[0].data.observed.get().abs() < 1e-9, "{}", told(&found));
        assert!(
            found[0]
                .data
                .reason
                .starts_with("requests [s] a second of web-1 (route /pay): 0 where 40")
        );
    }
}

/// What a set of values in a unit adds up to says nothing; where things are counted it says all.
#[test]
fn statistic_sets_are_judged_by_what_they_measure() {
    for (unit, said) in [
        ("%", "cpu [%] of web-1 (route /pay): 90 where 4"),
        ("1", "cpu [1] a second of web-1 (route /pay): 90 where 4"),
    ] {
        let mut records = vec![definition_in(unit, "cpu", Temporality::Delta, START)];
        for at in 0..120 {
            let usual = noise(at);
            let (count, mean) = match (unit, at) {
                ("%", 100) => (60.0, 90.0),
                // Far more values are nothing to tell.
                ("%", _) => (60.0 + 600.0 * f64::from(u8::from(at == 90)), usual),
                (_, 100) => (90.0 * 60.0, 1.0),
                (_, _) => (usual * 60.0, 1.0),
            };
            records.push(set("cpu", at * 60 + 10, count, mean));
            records.push(mark_until((at + 1) * 60 + 30));
        }
        let found = found(with(DetectionConfig::default()), records);
        assert_eq!(found[0].data.window_start_ms / 60_000, START + 100, "{}", told(&found));
        assert!(found[0].data.reason.starts_with(said), "{}", told(&found));
    }
}

/// Some thirty events a minute, one in ten failed; once a hundred, half of them failed.
fn events() -> Vec<Record> {
    let (mut records, mut number) = (Vec::new(), 0);
    for at in 0..120 {
        let many = if at == 100 { 100 } else { 30 + at * 7 % 5 };
        for place in 0..many {
            let failed = if at == 100 { place % 2 == 0 } else { place % 10 == at % 10 };
            records.push(event(number, at * 60 + place % 60, "web-1", failed));
            number += 1;
        }
        records.push(mark_until((at + 1) * 60 + 30));
    }
    records
}

#[test]
fn events_of_a_resource_are_counted_and_judged_where_they_are() {
    let by = vec!["resource".to_owned(), "kind".to_owned()];
    let measure = |name: &str, of| Measure {
        name: name.to_owned(),
        of,
        by: by.clone(),
        only: BTreeMap::new(),
    };
    let count = measure("events", MeasureOf::Count);
    let failures = measure("failures", MeasureOf::Share(Outcome::Failure));
    let config = EventWindowsConfig { measures: vec![count, failures], ..Default::default() };
    let found = found(event_windows::topology(config).unwrap(), events());
    expect![[r#"
        100 high series.anomaly: events of web-1 (kind code, source_class log): 100 where 32.03 was expected (usually 28.21 to 35.84); 1 in 62297 rows by drift, residual, forecast, neighbour, since 2026-11-22 01:40 UTC
        100 medium series.anomaly: failures of web-1 (kind code, source_class log): 0.5 where 0.09824 was expected (usually 0.07233 to 0.1241); 1 in 26891 rows by residual, forecast, drift, neighbour, since 2026-11-22 01:40 UTC
    "#]].assert_eq(&told(&found));
    assert_eq!(found[0].data.resource.attributes["host.name"], "web-1");
}

#[test]
fn groups_are_judged_where_they_are_merged() {
    let config = EventWindowsConfig::default();
    let groups = group_windows::topology(&[&config.windows]).unwrap();
    let shares =
        undisturbed(&scenario(event_windows::topology(config).unwrap(), events())).unwrap();
    assert!(findings(&shares).is_empty(), "a share is no group");
    let mut shares: Vec<(i64, Vec<u8>)> = values(&shares, topic::PARTIALS.name)
        .filter(|value| !mark::is_mark(value))
        .map(|value| (codec::decode::<Partial>(value).unwrap().data.pane_start_ms, value.clone()))
        .collect();
    shares.sort_by_key(|(start_ms, _)| *start_ms);
    let mut records = Vec::new();
    for (start_ms, share) in shares {
        // The latest share of a minute counts, so a mark may follow each.
        let seconds = start_ms / 1_000 - START * 60;
        records.push(mark_until(seconds + 29));
        records.push(record(share));
    }
    records.push(mark_until(120 * 60 + 30));
    expect![[r#"
        100 high series.anomaly: events_by_action (action Put, source_class log): 100 where 32.03 was expected (usually 28.21 to 35.84); 1 in 62297 rows by drift, residual, forecast, neighbour, since 2026-11-22 01:40 UTC
        100 medium series.anomaly: events (kind code, outcome success, source_class log): 50 where 28.84 was expected (usually 25.04 to 32.64); 1 in 4308 rows by neighbour, forecast, residual, drift, since 2026-11-22 01:40 UTC
        100 medium series.anomaly: failures (kind code, source_class log): 0.5 where 0.09824 was expected (usually 0.07233 to 0.1241); 1 in 26891 rows by residual, forecast, drift, neighbour, since 2026-11-22 01:40 UTC
        100 high series.anomaly: events (kind code, outcome failure, source_class log): 50 where 3.048 was expected (usually 2.379 to 3.718); 1 in 100000 rows by forecast, residual, drift, neighbour, since 2026-11-22 01:40 UTC
        100 high series.anomaly: events_by_region (region eu-west-1, source_class log): 100 where 32.03 was expected (usually 28.21 to 35.84); 1 in 62297 rows by drift, residual, forecast, neighbour, since 2026-11-22 01:40 UTC
    "#]].assert_eq(&told(&found(groups, records)));
}

#[test]
fn only_so_many_series_are_judged_and_none_where_it_is_off() {
    let both = || {
        let of = ["first", "second"].map(|name| jumping(name, 60, 50..55, 120.0));
        let [first, second] = of;
        first.into_iter().zip(second).flat_map(<[Record; 2]>::from).collect::<Vec<_>>()
    };
    let measures = |config: DetectionConfig| {
        let found = found(with(config), both());
        found.into_iter().map(|finding| finding.data.measure).collect::<Vec<_>>()
    };
    assert_eq!(measures(DetectionConfig::default()), ["first", "second"]);
    assert_eq!(
        measures(DetectionConfig { series_max: 1, ..DetectionConfig::default() }),
        ["first"]
    );
    assert!(measures(DetectionConfig::off()).is_empty());
}

/// A seat is free again two days after its last row, so another series is judged.
#[test]
fn idle_series_give_their_seats_away() {
    for (silent_minutes, expected) in [(IDLE_MINUTES - 120, "first"), (IDLE_MINUTES + 61, "second")]
    {
        let mut records = jumping("first", 60, 50..55, 120.0);
        records.push(mark_until((60 + silent_minutes) * 60));
        let later = 60 + silent_minutes + 60;
        records.push(definition("second", Temporality::Gauge, START + later));
        for at in later..later + 60 {
            let value = if at < later + 50 { noise(at) } else { 120.0 };
            records.extend(minute("second", at, value));
        }
        let found =
            found(with(DetectionConfig { series_max: 1, ..DetectionConfig::default() }), records);
        assert_eq!(found.last().unwrap().data.measure, expected, "{silent_minutes}");
    }
}

/// A series that jumps ever higher, hours apart, at a sensitivity that tells everything.
#[test]
fn a_day_has_a_budget() {
    let config = DetectionConfig { sensitivity: 10.0, ..DetectionConfig::default() };
    let mut records = vec![definition("wild", Temporality::Gauge, START)];
    for at in 0..2 * 1_440 {
        let value = if at % 40 == 39 { noise(at) * (10 + at) as f64 } else { noise(at) };
        records.extend(minute("wild", at, value));
    }
    let mut of_day: BTreeMap<i64, u32> = BTreeMap::new();
    for finding in found(with(config), records) {
        *of_day.entry(finding.data.window_start_ms / 86_400_000).or_default() += 1;
    }
    let spent: Vec<u32> = of_day.into_values().collect();
    assert_eq!(spent, [SERIES_FINDINGS_A_DAY; 2]);
}

/// What the detectors say of the final minutes that were published, read back from their topic.
fn judged_again(published: &Published) -> Vec<(String, i64)> {
    let (mut series, mut told) = (BTreeMap::new(), BTreeMap::new());
    for value in values(published, topic::AGGREGATES.name) {
        let row = codec::decode::<Aggregate>(value).unwrap().data;
        if row.window_size_ms == 60_000 && row.state == WindowState::Final {
            let value = row.increase.map_or(row.statistics.mean, |_| row.rate);
            let state = series
                .entry(row.measure.clone())
                .or_insert_with(|| Series::new(&Setting::default()));
            let is_first = row.increase.is_none() && row.measure == "total";
            let value = value.map(|value| value.get()).filter(|_| !is_first);
            if let Some(value) = value
                && state.step(row.window_start_ms, Some(value)).alarm
            {
                told.insert((row.measure, row.window_start_ms), ());
            }
        }
    }
    told.into_keys().collect()
}

#[test]
fn disturbances_do_not_show_and_findings_are_those_of_the_minutes() {
    let mut records = vec![
        definition("gauge", Temporality::Gauge, START),
        definition("total", Temporality::Cumulative, START),
    ];
    let mut total = 0.0;
    for at in 0..180 {
        let value = if at % 60 == 50 { 300.0 } else { noise(at) };
        total += if at % 70 == 60 { 1e5 } else { noise(at) * 60.0 };
        records.push(points("gauge", &[(at * 60 + 10, value), ((at - at % 4) * 60 + 11, value)]));
        records.push(points("total", &[(at * 60 + 20, total)]));
        records.push(mark_until((at + 1) * 60 + 29));
    }
    let scenario = scenario(with(DetectionConfig::default()), records);
    let calm = undisturbed(&scenario).unwrap();
    let expected = told(&findings(&calm));
    let mut at: Vec<_> = findings(&calm)
        .into_iter()
        .map(|finding| (finding.data.measure, finding.data.window_start_ms))
        .collect();
    at.sort();
    assert_eq!(at, judged_again(&calm));
    assert!(at.len() > 3, "{expected}");
    let (mut replays, mut images) = (0, 0);
    for seed in 0..20 {
        let faults = Faults {
            unreachable: 10,
            abort: 20,
            commit_lost: 10,
            answer_lost: 10,
            ..Faults::default()
        };
        let (published, seen) = disturbed(&scenario, seed, faults, |log| log).unwrap();
        assert_eq!(told(&findings(&published)), expected, "seed {seed} ({seen:?})");
        replays += seen.replays;
        images += seen.images;
    }
    assert!(replays > 50 && images > 10, "only {replays} replays, {images} images");
}

/// Findings are read by what is known of them only.
#[test]
fn a_finding_is_small_enough_to_be_many() {
    let records = jumping("latency", 200, 150..155, 120.0);
    let published = undisturbed(&scenario(with(DetectionConfig::default()), records)).unwrap();
    let largest = values(&published, topic::SIGNALS.name).map(Vec::len).max().unwrap();
    assert!(largest < 6_000, "{largest} bytes");
}

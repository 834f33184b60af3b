//! Records in, findings out, through the services: undisturbed and with the workers killed.

use std::collections::BTreeMap;
use std::sync::Arc;

use analytics::detection::DetectionConfig;
use analytics::event_windows::{self, EventWindowsConfig, Measure, MeasureOf};
use analytics::group_windows;
use analytics::metric_windows::{self, GroupBy, MetricWindowsConfig};
use analytics::thresholds::ThresholdsConfig;
use analytics::windows::WindowsConfig;
use expect_test::expect;
use schemas::envelope::Envelope;
use schemas::event::Outcome;
use schemas::finding::Finding;
use schemas::partial::Partial;
use schemas::series::Temporality;
use schemas::{codec, mark, topic};
use stream::memory::Faults;
use stream::testing::{Published, Scenario, disturbed, undisturbed};
use stream::{Context, Effects, Offset, Progress, Record, TopicPartition, Topology};

use crate::records::{START, definition, event, mark_until, points, record};
use crate::rules_of;

const HIGH: &str = "
title: It is high
id: 00000000-0000-4000-8000-000000000001
name: high
measure: latency
statistic: p99
above: 2
for: 3m
severity: high
labels: {team: payments}
runbook: Look.
";

fn windows(rules: &str) -> WindowsConfig {
    let thresholds =
        ThresholdsConfig { rules: Arc::from(rules_of(rules)), ..ThresholdsConfig::default() };
    WindowsConfig { detection: DetectionConfig::off(), thresholds, ..WindowsConfig::default() }
}

fn metrics(rules: &str) -> Topology {
    let config = MetricWindowsConfig { windows: windows(rules), groups: Vec::new() };
    metric_windows::topology(config).unwrap()
}

fn scenario(topology: Topology, records: Vec<Record>) -> Scenario {
    let input = TopicPartition::new(topology.inputs[0].clone(), 0);
    Scenario { topology, inputs: BTreeMap::from([(input, records)]), output_partitions: 1 }
}

fn values<'p>(published: &'p Published, topic: &str) -> Vec<&'p Vec<u8>> {
    published.iter().filter(|((of, ..), _)| of == topic).flat_map(|(_, values)| values).collect()
}

/// A line for each finding: the minute it was said in, how it stands, and the sentence.
fn told(published: &Published) -> String {
    let line = |value: &&Vec<u8>| {
        let found: Envelope<Finding> = codec::decode(value).unwrap();
        let condition = found.data.condition.unwrap();
        let minute = condition.said_ms as f64 / 60_000.0 - START as f64;
        let status = format!("{:?}", condition.status).to_lowercase();
        format!("{minute} {status} {}: {}\n", found.data.detector, found.data.reason)
    };
    values(published, topic::SIGNALS.name).iter().map(line).collect()
}

fn found(topology: Topology, records: Vec<Record>) -> String {
    told(&undisturbed(&scenario(topology, records)).unwrap())
}

/// A value in each minute, where there is one, and the marks that make it final.
fn minutes(name: &str, values: &[Option<f64>]) -> Vec<Record> {
    let mut records = vec![definition(name, Temporality::Gauge, START)];
    for (at, value) in (0_i64..).zip(values) {
        records.extend(value.map(|value| points(name, &[(at * 60 + 10, value)])));
        records.push(mark_until((at + 1) * 60 + 30));
    }
    records
}

fn some(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().copied().map(Some).collect()
}

#[test]
fn a_threshold_is_told_with_its_figures_and_its_end() {
    let values = some(&[1.0, 2.31, 2.31, 2.31, 2.5, 1.0]);
    let published = undisturbed(&scenario(metrics(HIGH), minutes("latency", &values))).unwrap();
    expect![[r#"
        4.5 begins threshold.high: p99 of latency [s] of web-1 (route /pay) was 2.31, above 2 for 3 min, since 2026-11-22 00:01 UTC
        6.5 over threshold.high: p99 of latency [s] of web-1 (route /pay) was 1, not above 2; over after 5 min, begun 2026-11-22 00:01 UTC
    "#]].assert_eq(&told(&published));
    let findings = values_of(&published);
    let begins = &findings[0];
    let condition = begins.data.condition.as_ref().unwrap();
    assert_eq!(condition.labels["team"], "payments");
    assert_eq!(condition.runbook.as_deref(), Some("Look."));
    assert_eq!(condition.since_ms, (START + 1) * 60_000);
    assert_eq!(begins.data.window_start_ms, (START + 3) * 60_000);
    assert_eq!(begins.data.resource.attributes["host.name"], "web-1");
    assert_eq!((begins.data.observed.get(), condition.limit.unwrap().get()), (2.31, 2.0));
    assert_eq!(begins.data.fingerprint, findings[1].data.fingerprint);
    assert!(
        published.keys().any(|(topic, _, key)| topic == topic::SIGNALS.name && &**key == b"acme")
    );
}

fn values_of(published: &Published) -> Vec<Envelope<Finding>> {
    let values = values(published, topic::SIGNALS.name).into_iter();
    values.map(|value| codec::decode(value).unwrap()).collect()
}

/// What comes late changes windows and no decision: up, down, and into a minute that was empty.
#[test]
fn corrections_and_late_first_points_decide_nothing_again() {
    let rules = HIGH.replace("for: 3m", "for: 0m");
    let mut records =
        minutes("latency", &[Some(1.0), Some(1.0), None, Some(3.0), Some(3.0), Some(1.0)]);
    let calm = found(metrics(&rules), records.clone());
    expect![[r#"
        4.5 begins threshold.high: p99 of latency [s] of web-1 (route /pay) was 3, above 2 for 1 min, since 2026-11-22 00:03 UTC
        6.5 over threshold.high: p99 of latency [s] of web-1 (route /pay) was 1, not above 2; over after 3 min, begun 2026-11-22 00:03 UTC
    "#]].assert_eq(&calm);
    for (second, value) in [(20, 9.0), (61, 9.0), (140, 9.0), (200, 0.5), (320, 9.0)] {
        records.push(points("latency", &[(second, value)]));
        records.push(mark_until(6 * 60 + 31));
    }
    assert_eq!(found(metrics(&rules), records), calm);
}

/// A minute that comes after its end, while none after it was judged, is judged as any other.
#[test]
fn a_first_point_that_comes_late_is_judged() {
    let mut records = minutes("latency", &[Some(1.0), None]);
    records.push(points("latency", &[(70, 9.0)]));
    records.push(mark_until(160));
    expect![[r#"
        2.5 begins threshold.high: p99 of latency [s] of web-1 (route /pay) was 9, above 2 for 1 min, since 2026-11-22 00:01 UTC
    "#]].assert_eq(&found(metrics(&HIGH.replace("for: 3m", "for: 0m")), records));
}

/// The series just stops: the marks alone tell, at the time of the stream.
#[test]
fn silence_is_told_by_marks_however_finely_they_come() {
    let silent = HIGH.replace("for: 3m", "no_data: {then: firing, after: 5m}");
    let mut fine = minutes("latency", &some(&[1.0, 1.0]));
    fine.extend((3..12).map(|minute| mark_until(minute * 60 + 30)));
    let mut coarse = minutes("latency", &some(&[1.0, 1.0]));
    coarse.push(mark_until(11 * 60 + 30));
    expect![[r#"
        7.5 begins threshold.high: nothing came of latency [s] of web-1 (route /pay) for 5 min, since 2026-11-22 00:02 UTC
    "#]].assert_eq(&found(metrics(&silent), fine));
    expect![[r#"
        11.5 begins threshold.high: nothing came of latency [s] of web-1 (route /pay) for 5 min, since 2026-11-22 00:02 UTC
    "#]].assert_eq(&found(metrics(&silent), coarse));
}

#[test]
fn other_figures_and_longer_windows_are_those_of_the_aggregates() {
    let rule = |name: &str, number: u8, rest: &str| {
        format!(
            "- {{title: {name}, id: 00000000-0000-4000-8000-00000000000{number}, name: {name}, measure: total, \
             severity: low, {rest}}}\n"
        )
    };
    let rules = [
        rule("rate", 1, "statistic: rate, above: 1.4"),
        rule("growth", 2, "statistic: increase, window: 5m, above: 350"),
        rule("count", 3, "statistic: count, window: 5m, above: 4"),
    ];
    let mut records = vec![definition("total", Temporality::Cumulative, START)];
    for at in 0..11_i64 {
        let value = (at * 60 + at.max(7) * 30) as f64;
        records.push(points("total", &[(at * 60 + 10, value)]));
        records.push(mark_until((at + 1) * 60 + 30));
    }
    expect![[r#"
        5.5 begins threshold.count: count of total [s] of web-1 (route /pay) was 5, above 4 for 5 min, since 2026-11-22 00:00 UTC
        9.5 begins threshold.rate: rate of total [s] of web-1 (route /pay) was 1.5, above 1.4 for 1 min, since 2026-11-22 00:08 UTC
        10.5 begins threshold.growth: increase of total [s] of web-1 (route /pay) was 360, above 350 for 5 min, since 2026-11-22 00:05 UTC
    "#]].assert_eq(&found(metrics(&rules.concat()), records));
}

#[test]
fn events_of_a_resource_are_watched_where_they_are_and_groups_where_they_are_merged() {
    let rule = |name: &str, number: u8, rest: &str| {
        format!(
            "- {{title: {name}, id: 00000000-0000-4000-8000-00000000000{number}, name: {name}, measure: failures, \
             statistic: mean, above: 0.2, severity: low, {rest}}}\n"
        )
    };
    let own = rule("own", 1, "where: {host.name: 'web-*'}");
    let group = rule("group", 2, "by: [kind], where: {kind: code}, min_count: 50");
    // Audit trails come late, so windows over events have to be as patient.
    let windows = WindowsConfig { grace_ms: 900_000, ..windows(&(own + &group)) };
    let of = |by: &[&str]| {
        let by = by.iter().map(|name| (*name).to_owned()).collect();
        let of = MeasureOf::Share(Outcome::Failure);
        let measures = vec![Measure { name: "failures".into(), of, by, only: BTreeMap::new() }];
        EventWindowsConfig { windows: windows.clone(), measures }
    };
    let mut records = Vec::new();
    for place in 0..240_usize {
        let seconds = i64::try_from(place).unwrap();
        records.push(event(place, seconds, "web-1", seconds / 60 == 2 && place % 2 == 0));
        records.push(mark_until(seconds));
    }
    records.push(mark_until(270));
    let one = event_windows::topology(of(&["resource", "kind"])).unwrap();
    expect![[r#"
        3.5 begins threshold.own: mean of failures of web-1 (kind code) was 0.5, above 0.2 for 1 min, since 2026-11-22 00:02 UTC
        4.5 over threshold.own: mean of failures of web-1 (kind code) was 0, not above 0.2; over after 2 min, begun 2026-11-22 00:02 UTC
    "#]].assert_eq(&found(one, records.clone()));
    let shares = event_windows::topology(of(&["kind"])).unwrap();
    let published = undisturbed(&scenario(shares, records)).unwrap();
    assert_eq!(told(&published), "", "a share is no group");
    let groups = group_windows::topology(&[&windows]).unwrap();
    expect![[r#"
        6.5 begins threshold.group: mean of failures (kind code) was 0.5, above 0.2 for 1 min, since 2026-11-22 00:02 UTC
        6.5 over threshold.group: mean of failures (kind code) was 0, not above 0.2; over after 2 min, begun 2026-11-22 00:02 UTC
    "#]].assert_eq(&found(groups, shares_in_order(&published)));
}

/// What the stage above wrote, minute by minute, with marks between.
fn shares_in_order(published: &Published) -> Vec<Record> {
    let mut shares: Vec<(i64, Vec<u8>)> = values(published, topic::PARTIALS.name)
        .into_iter()
        .filter(|value| !mark::is_mark(value))
        .map(|value| (codec::decode::<Partial>(value).unwrap().data.pane_start_ms, value.clone()))
        .collect();
    shares.sort_by_key(|(start_ms, _)| *start_ms);
    let mut records = Vec::new();
    for (start_ms, share) in shares {
        records.push(mark_until(start_ms / 1_000 - START * 60 + 29));
        records.push(record(share));
    }
    records.push(mark_until(390));
    records
}

/// A group of metrics has the name of its metric, and is meant only where its group-by is named.
#[test]
fn groups_of_metrics_are_meant_by_their_group_by() {
    let by = format!("{}by: [cloud.region]\n", HIGH.replace("for: 3m", "for: 1m"));
    let config = MetricWindowsConfig {
        windows: windows(&by),
        groups: vec![GroupBy { metric: "latency".into(), by: vec!["cloud.region".into()] }],
    };
    let records = minutes("latency", &some(&[1.0, 3.0, 1.0]));
    let published =
        undisturbed(&scenario(metric_windows::topology(config).unwrap(), records)).unwrap();
    assert_eq!(told(&published), "");
    let groups = group_windows::topology(&[&windows(&by)]).unwrap();
    expect![[r#"
        6.5 begins threshold.high: p99 of latency [s] (cloud.region eu-west-1) was 3, above 2 for 1 min, since 2026-11-22 00:01 UTC
        6.5 over threshold.high: p99 of latency [s] (cloud.region eu-west-1) was 1, not above 2; over after 2 min, begun 2026-11-22 00:01 UTC
    "#]].assert_eq(&found(groups, shares_in_order(&published)));
}

/// What was counted, and how many findings there were.
fn counted(topology: &Topology, records: &[Record]) -> (usize, BTreeMap<&'static str, u64>) {
    let mut processor = (topology.make)(&TopicPartition::new(topology.inputs[0].clone(), 0));
    let (mut counts, mut findings) = (BTreeMap::new(), 0);
    for (offset, of) in (0..).zip(records) {
        let record = Record { offset: Offset(offset), ..of.clone() };
        let mut effects = Effects::default();
        processor.process(&record, &mut Context::new(&mut effects, false));
        while processor.advance(&mut Context::new(&mut effects, false)) == Progress::Pending {}
        findings += effects.outputs.iter().filter(|out| &*out.topic == topic::SIGNALS.name).count();
        for (counted, amount) in effects.counts {
            *counts.entry(counted.what).or_default() += amount;
        }
        processor.stores().into_iter().for_each(|store| store.commit());
    }
    (findings, counts)
}

#[test]
fn only_so_many_series_are_watched_and_more_are_counted() {
    let rules = HIGH.replace("measure: latency", "measure: '*'").replace("for: 3m", "for: 0m");
    let mut windows = windows(&rules);
    windows.thresholds.series_max = 1;
    let topology =
        metric_windows::topology(MetricWindowsConfig { windows, groups: Vec::new() }).unwrap();
    let mut records = minutes("first", &some(&[3.0]));
    records.splice(1..1, minutes("second", &some(&[3.0])).into_iter().take(2));
    let (findings, counts) = counted(&topology, &records);
    assert_eq!(findings, 1);
    assert_eq!((counts["threshold_findings"], counts["threshold_series_refused"]), (1, 1));
}

#[test]
fn windows_that_come_after_later_ones_are_counted() {
    let mut records = minutes("latency", &[Some(1.0), None, Some(1.0)]);
    records.extend([points("latency", &[(70, 1.0)]), mark_until(211)]);
    assert_eq!(counted(&metrics(HIGH), &records).1["threshold_windows_late"], 1);
}

/// Killed workers, lost commits and lost answers: images and replays lead to the same findings, each once.
#[test]
fn disturbances_do_not_show() {
    let rules =
        HIGH.replace("for: 3m", "for: 2m\nkeep_firing_for: 2m\nno_data: {then: firing, after: 6m}");
    let previous = "---
title: It jumped
id: 00000000-0000-4000-8000-000000000002
name: jumped
measure: latency
statistic: mean
above: {times: 2, of: {mean_of: 10m}}
severity: low
";
    let value = |at: i64| match at % 50 {
        0..20 => Some(1.0 + (at % 3) as f64 / 10.0),
        20..30 | 33 => Some(4.0),
        30..40 => Some(1.0),
        _ => None,
    };
    let values: Vec<Option<f64>> = (0..240).map(value).collect();
    let mut records = minutes("latency", &values);
    records.extend((241..330).map(|minute| mark_until(minute * 60 + 30)));
    let scenario = scenario(metrics(&(rules + previous)), records);
    let calm = told(&undisturbed(&scenario).unwrap());
    let of = |what: &str| calm.lines().filter(|line| line.contains(what)).count();
    assert!(of(" begins threshold.high") > 5 && of(" over threshold.jumped") > 3, "{calm}");
    assert!(of(" lasts ") > 0 && of("nothing came") > 3, "{calm}");
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
        assert_eq!(told(&published), calm, "seed {seed} ({seen:?})");
        replays += seen.replays;
        images += seen.images;
    }
    assert!(replays > 50 && images > 10, "only {replays} replays, {images} images");
}

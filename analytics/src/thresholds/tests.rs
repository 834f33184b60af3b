//! What a task's thresholds do when their rules, or the names of series, change.

use std::collections::BTreeMap;

use schemas::finding::ConditionStatus;
use schemas::id::{ResourceId, SeriesId};
use schemas::source_class::SourceClass;

use super::*;
use crate::windows::{Flow, MINUTE_MS};

const START: Minute = 29_921_760;
const RULE: &str = "{title: one, id: 00000000-0000-4000-8000-000000000001, measure: m, statistic: mean, above: 2, \
    severity: low, no_data: keep}";

fn config(text: &str) -> ThresholdsConfig {
    let (rules, problems) = read(&[("f.yaml", text)]);
    assert_eq!(problems, []);
    ThresholdsConfig { rules: Arc::from(rules), ..ThresholdsConfig::default() }
}

fn thresholds(text: &str) -> Thresholds {
    Thresholds::new(&config(text), &TopicPartition::new("isobar.metrics", 0))
}

fn series(measure: &str) -> Series {
    let resource = ResourceId::of("acme", "web-1");
    Series {
        id: SeriesId::of(resource, measure, &BTreeMap::new()),
        tenant: Arc::from("acme"),
        class: SourceClass::Metric,
        measure: Arc::from(measure),
        unit: None,
        resource: Some(resource),
        group: BTreeMap::new(),
        flow: Flow::Gauge,
        is_share: false,
        groups: Vec::new(),
    }
}

fn now(minute: i64) -> Now {
    let closed = START + minute;
    let said_ms = closed * MINUTE_MS;
    Now { closed: vec![closed; SourceClass::ALL.len()], said_ms, offset: minute }
}

fn begin(thresholds: &mut Thresholds, measure: &str) {
    thresholds.define(&series(measure), &About::default(), START);
}

/// A window of one minute with this value.
fn window(thresholds: &mut Thresholds, minute: i64, value: f64) -> Vec<(ConditionStatus, String)> {
    let window = Window {
        start: START + minute,
        minutes: 1,
        count: 1,
        arrival_ms: 0,
        value: &|_| Some(value),
    };
    said(thresholds.take(series("m").id.as_u64(), &window, &now(minute + 1)))
}

fn said(told: Told) -> Vec<(ConditionStatus, String)> {
    let of = |found: Envelope<Finding>| {
        let data = found.data;
        (data.condition.unwrap().status, format!("{}: {}", data.detector, data.reason))
    };
    told.into_iter().map(of).collect()
}

/// As after a restart with another configuration.
fn restart(thresholds: &mut Thresholds, text: &str) {
    let fresh = self::thresholds(text);
    (thresholds.config, thresholds.number) = (fresh.config, fresh.number);
}

#[test]
fn a_rule_that_is_changed_or_gone_tells_the_end_of_what_it_told() {
    for (next, places) in [(RULE.replace("above: 2", "above: 9"), 1), ("[]".to_owned(), 0)] {
        let mut thresholds = thresholds(RULE);
        begin(&mut thresholds, "m");
        assert_eq!(window(&mut thresholds, 0, 3.0).len(), 1);
        restart(&mut thresholds, if next == "[]" { "# none" } else { &next });
        let (told, progress) = thresholds.pass(&now(2));
        let told = said(told);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].0, ConditionStatus::Over);
        let wanted = "threshold.00000000-0000-4000-8000-000000000001: one: the rule does not watch m any more";
        assert!(told[0].1.starts_with(wanted), "{told:?}");
        assert_eq!((progress, thresholds.places.len()), (Progress::Done, places));
    }
}

#[test]
fn a_rule_of_which_only_the_words_are_changed_goes_on() {
    let mut thresholds = thresholds(RULE);
    begin(&mut thresholds, "m");
    window(&mut thresholds, 0, 3.0);
    restart(&mut thresholds, &RULE.replace("severity: low", "severity: high, runbook: look"));
    assert_eq!(thresholds.pass(&now(2)).0, []);
    let over = window(&mut thresholds, 2, 1.0);
    assert_eq!(over[0].0, ConditionStatus::Over);
}

/// New rules watch the series that are known within the minute, and others when they are told of again.
#[test]
fn a_rule_that_is_new_watches_what_is_there() {
    let mut thresholds = thresholds(RULE);
    begin(&mut thresholds, "m");
    let more = RULE.replace("one", "two").replace("0001", "0002").replace("above: 2", "above: 5");
    restart(&mut thresholds, &format!("- {RULE}\n- {more}\n"));
    assert_eq!(window(&mut thresholds, 3, 9.0).len(), 2);
}

#[test]
fn a_series_that_is_called_otherwise_is_watched_by_other_rules() {
    let rule = RULE.replace("no_data", "where: {team: a}, no_data");
    let mut thresholds = thresholds(&rule);
    let called = |team: &str| BTreeMap::from([("team".to_owned(), team.to_owned())]);
    let (a, b) = (called("a"), called("b"));
    let about = |of| About { attributes: Some(of), labels: None };
    thresholds.define(&series("m"), &about(&a), START);
    assert_eq!(window(&mut thresholds, 0, 3.0).len(), 1);
    thresholds.define(&series("m"), &about(&b), START);
    let told = said(thresholds.pass(&now(2)).0);
    assert_eq!((told.len(), told[0].0), (1, ConditionStatus::Over));
    assert_eq!(thresholds.places.len(), 0);
}

#[test]
fn an_abort_takes_back_what_was_decided() {
    let mut thresholds = thresholds(RULE);
    begin(&mut thresholds, "m");
    thresholds.stores().into_iter().for_each(|store| store.commit());
    let first = window(&mut thresholds, 0, 3.0);
    thresholds.stores().into_iter().for_each(|store| store.rollback());
    assert_eq!(window(&mut thresholds, 0, 3.0), first);
}

/// Places are looked through in pieces, and each once for one mark.
#[test]
fn many_places_are_looked_through_in_pieces() {
    let rule =
        RULE.replace("measure: m", "measure: '*'").replace("keep", "{then: firing, after: 1m}");
    let mut thresholds = thresholds(&rule);
    let many = 2 * PLACES_A_PIECE + 1;
    for number in 0..many {
        begin(&mut thresholds, &format!("m{number}"));
    }
    let (mut told, mut pieces) = (0, 0);
    loop {
        let (more, progress) = thresholds.pass(&now(1));
        (told, pieces) = (told + more.len(), pieces + 1);
        if progress == Progress::Done {
            break;
        }
    }
    assert_eq!((told, pieces), (many, 3));
    assert_eq!(thresholds.pass(&now(1)), (Told::new(), Progress::Done));
}

#[test]
fn a_series_has_so_many_rules_and_more_are_counted() {
    let rules: String = (0..RULES_OF_A_SERIES + 3)
        .map(|number| format!("- {}\n", RULE.replace("000000000001", &format!("{number:012}"))))
        .collect();
    let mut thresholds = thresholds(&rules);
    begin(&mut thresholds, "m");
    assert_eq!(window(&mut thresholds, 0, 3.0).len(), RULES_OF_A_SERIES);
    assert_eq!(thresholds.take_counts()[2], ("threshold_rules_refused", 3));
}

//! Findings with a condition: they open an alert, keep it, and end it.

use std::collections::BTreeMap;

use expect_test::expect;
use schemas::codec;
use schemas::envelope::{Attributes, Envelope, Extra, Payload};
use schemas::event::Severity;
use schemas::finding::{Condition, ConditionStatus, Finding};
use schemas::finite::Finite;
use schemas::id::{Fingerprint, RecordId, ResourceId};
use schemas::position::Position;
use schemas::resource::Resource;
use schemas::source_class::SourceClass;
use stream::Record;

use crate::support::{ONE_ROUTE, START_MS, World, record, time};

/// A threshold says this at a second, of the episode that began at `since`.
fn said(at: i64, since: i64, status: ConditionStatus) -> Record {
    let number = |value: f64| Finite::new(value).unwrap();
    let condition = Condition {
        status,
        title: "Checkout is slow".into(),
        since_ms: START_MS + since * 1_000,
        said_ms: START_MS + at * 1_000,
        limit: None,
        labels: BTreeMap::from([
            ("team".into(), "payments".into()),
            ("measure".into(), "not this".into()),
        ]),
        runbook: Some("Look at its last deployment.".into()),
        extra: Extra::new(),
    };
    let attributes = BTreeMap::from([("service".into(), "checkout".into())]);
    let finding = Finding {
        detector: "threshold.slow".into(),
        fingerprint: Fingerprint::of("acme", "threshold.slow", &BTreeMap::new()),
        resource: Resource {
            id: ResourceId::of("acme", "checkout"),
            attributes,
            extra: Extra::new(),
        },
        series: None,
        measure: "latency".into(),
        labels: BTreeMap::new(),
        window_start_ms: START_MS + (at - 90) * 1_000,
        window_size_ms: 60_000,
        position: Position { partition: 0, offset: 0, row: 0 },
        severity: Severity::High,
        score: number(1.0),
        threshold: number(1.0),
        observed: number(2.5),
        expected: None,
        reason: "p99 was 2.5, above 2".into(),
        evidence: Vec::new(),
        excerpt: None,
        condition: Some(condition),
        extra: Extra::new(),
    };
    let id = RecordId::of(Finding::TYPE, &[&at.to_string(), &format!("{status:?}")]);
    let attributes = Attributes {
        id,
        source: "isobar.analytics".into(),
        subject: None,
        time: time(at - 90),
        arrival_time: time(at),
        tenant: "acme".into(),
        source_class: SourceClass::Finding,
        traceparent: None,
    };
    let value = codec::encode(&Envelope::new(attributes, finding)).unwrap();
    record(b"acme".to_vec(), value, at)
}

#[test]
fn a_condition_is_one_alert_until_it_is_said_to_be_over() {
    let mut world = World::new(ONE_ROUTE);
    world.until(1_000).take(said(1_000, 700, ConditionStatus::Begins));
    for hour in 1..4 {
        let at = 1_000 + hour * 3_600;
        world.until(at).take(said(at, 700, ConditionStatus::Lasts));
    }
    world.until(13_000).take(said(13_000, 700, ConditionStatus::Over));
    world.until(14_000).take(said(14_000, 13_500, ConditionStatus::Begins));
    expect![[r#"
        1000 #1 firing r0 Critical x1
        1030 tell ops firing: #1 firing
        4600 #1 firing r1 Critical x2
        8200 #1 firing r2 Critical x3
        11800 #1 firing r3 Critical x4
        13000 #1 resolved r4 Critical x4 910..12910 ended
        13000 tell ops resolved: #1 resolved
        14000 #2 firing r0 Critical x1"#]]
    .assert_eq(&world.lines());
    let alert = &world.alerts[0].data;
    assert_eq!(alert.rule.rule, "threshold.slow");
    assert_eq!((&*alert.labels["team"], &*alert.labels["measure"]), ("payments", "latency"));
    assert!(alert.reason.ends_with("above 2\nLook at its last deployment."), "{}", alert.reason);
}

/// Twice its window is no quiet: what says its end is believed for a day.
#[test]
fn without_a_word_for_a_day_it_is_over() {
    let mut world = World::new(ONE_ROUTE);
    world.until(1_000).take(said(1_000, 700, ConditionStatus::Begins));
    world.until(80_000);
    assert!(!world.lines().contains("resolved"));
    world.until(90_000);
    assert!(world.lines().contains("quiet"));
}

/// An end that comes after the next beginning ends nothing.
#[test]
fn the_end_of_an_earlier_episode_closes_nothing() {
    let mut world = World::new(ONE_ROUTE);
    world.until(1_000).take(said(1_000, 900, ConditionStatus::Begins));
    world.until(1_010).take(said(1_010, 300, ConditionStatus::Over));
    assert!(!world.lines().contains("resolved"));
}

//! What is said, as a record.
//!
//! **Invariant:** one rule on one series has one fingerprint, through all its episodes and versions; each
//! thing said has an id of its own.

use std::collections::BTreeMap;

use schemas::envelope::{Attributes, Envelope, Extra, Payload};
use schemas::event::Severity;
use schemas::finding::{Condition, ConditionStatus, Finding};
use schemas::finite::Finite;
use schemas::id::{Fingerprint, RecordId, ResourceId};
use schemas::position::Position;
use schemas::resource::Resource;
use schemas::source_class::SourceClass;

use super::place::Called;
use super::rule::Rule;
use super::sentence;
use super::watch::{Turn, What, Why};
use crate::windows::{MINUTE_MS, Minute, time_of};

/// Where and when a turn was taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) partition: u32,
    pub(super) offset: i64,
    /// The window that led to it: its start and its size in minutes; a minute, where time did.
    pub(super) window: (Minute, i64),
    /// The latest arrival of what led to it.
    pub(super) arrival_ms: i64,
    /// Up to when everything was heard.
    pub(super) said_ms: i64,
}

/// What a rule says of a series; nothing where a figure cannot be written.
pub(super) fn of(
    rule: &Rule,
    called: &Called,
    turn: &Turn,
    moment: Moment,
) -> Option<Envelope<Finding>> {
    let limit = match turn.why {
        Why::Value(_, limit) => Finite::new(limit),
        _ => None,
    };
    let condition = Condition {
        status: status_of(turn.what),
        title: rule.title.clone(),
        since_ms: turn.since.saturating_mul(MINUTE_MS),
        said_ms: moment.said_ms,
        limit,
        labels: rule.labels.clone(),
        runbook: rule.runbook.clone(),
        extra: Extra::new(),
    };
    let reason = sentence::of(rule, called, turn);
    envelope(&rule.detector(), called, turn, moment, (rule.severity, condition, reason))
}

/// The end of what a rule said that is not there any more.
pub(super) fn of_gone(
    (detector, title): (&str, &str),
    called: &Called,
    turn: &Turn,
    moment: Moment,
) -> Option<Envelope<Finding>> {
    let condition = Condition {
        status: status_of(turn.what),
        title: title.to_owned(),
        since_ms: turn.since.saturating_mul(MINUTE_MS),
        said_ms: moment.said_ms,
        limit: None,
        labels: BTreeMap::new(),
        runbook: None,
        extra: Extra::new(),
    };
    let reason = sentence::of_gone(title, called, turn);
    envelope(detector, called, turn, moment, (Severity::Informational, condition, reason))
}

fn status_of(what: What) -> ConditionStatus {
    match what {
        What::Fires => ConditionStatus::Begins,
        What::Lasts => ConditionStatus::Lasts,
        What::Ends => ConditionStatus::Over,
    }
}

fn envelope(
    detector: &str,
    called: &Called,
    turn: &Turn,
    moment: Moment,
    (severity, condition, reason): (Severity, Condition, String),
) -> Option<Envelope<Finding>> {
    let observed = match turn.why {
        Why::Value(value, _) => value,
        _ => 0.0,
    };
    let holds = if turn.what == What::Ends { 0.0 } else { 1.0 };
    let group = || ResourceId::of(&called.tenant, &format!("group {}", called.id));
    let series = BTreeMap::from([("series".to_owned(), called.id.to_string())]);
    let fingerprint = Fingerprint::of(&called.tenant, detector, &series);
    let (start, minutes) = moment.window;
    let attributes = attributes_of(called, fingerprint, &condition, moment);
    let finding = Finding {
        detector: detector.to_owned(),
        fingerprint,
        resource: Resource {
            id: called.resource.unwrap_or_else(group),
            attributes: called.attributes.clone(),
            extra: Extra::new(),
        },
        series: Some(called.id),
        measure: called.measure.to_string(),
        labels: called.labels.clone(),
        window_start_ms: start.saturating_mul(MINUTE_MS),
        window_size_ms: minutes.saturating_mul(MINUTE_MS),
        position: Position {
            partition: moment.partition,
            offset: u64::try_from(moment.offset).unwrap_or_default(),
            row: 0,
        },
        severity,
        score: Finite::new(holds)?,
        threshold: Finite::new(1.0)?,
        observed: Finite::new(observed)?,
        expected: None,
        reason,
        evidence: Vec::new(),
        excerpt: None,
        condition: Some(condition),
        extra: Extra::new(),
    };
    Some(Envelope::new(attributes, finding))
}

fn attributes_of(
    called: &Called,
    fingerprint: Fingerprint,
    condition: &Condition,
    moment: Moment,
) -> Attributes {
    let status = format!("{:?}", condition.status);
    let times = [condition.since_ms, condition.said_ms, moment.window.0].map(|of| of.to_string());
    let [since, said, start] = &times;
    let parts = [&*fingerprint.to_string(), &*status, since, said, start];
    Attributes {
        id: RecordId::of(Finding::TYPE, &parts),
        source: "isobar.analytics".to_owned(),
        subject: Some(sentence::series(called)),
        time: time_of(moment.window.0.saturating_mul(MINUTE_MS)),
        arrival_time: time_of(moment.arrival_ms),
        tenant: called.tenant.to_string(),
        source_class: SourceClass::Finding,
        traceparent: None,
    }
}

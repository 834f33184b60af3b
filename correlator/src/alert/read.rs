//! What signals and findings say of conditions.
//!
//! **Invariant:** which labels tell conditions apart follows from the kind of source alone, so that a
//! source which adds a label does not begin its alerts anew: of a hit the resource, of another tool's
//! alert the labels it has there, of a finding the fingerprint its detector gave it.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemas::alert::Level;
use schemas::delivery::{DELIVERY_RULE, Delivery, DeliveryOutcome};
use schemas::envelope::{Envelope, Extra};
use schemas::event::{Outcome, Severity};
use schemas::finding::{Condition, ConditionStatus, Finding};
use schemas::resource::Resource;
use schemas::signal::{RuleHit, Signal, SignalKind};
use schemas::time::Time;
use serde_json::Value;

use super::occurrence::{Identity, Occurrence, Place, Says};

const MINUTE_MS: i64 = 60_000;
/// A hit has no end of its own.
const HIT_QUIET_MS: i64 = 15 * MINUTE_MS;
/// Other tools say when an alert ends, and say again that it goes on; one that does neither is lost.
const TOOL_QUIET_MS: i64 = 24 * 60 * MINUTE_MS;
/// A receiver that is down is told of again with the next notification it does not take.
const DELIVERY_QUIET_MS: i64 = 24 * 60 * MINUTE_MS;
/// A condition is told again every hour while it lasts, and its end is told; a day without a word is none.
const CONDITION_QUIET_MS: i64 = 24 * 60 * MINUTE_MS;
/// Words by which other tools say that it is over.
const ENDS: [&str; 12] = [
    "resolved",
    "ok",
    "closed",
    "normal",
    "recovered",
    "recovery",
    "inactive",
    "cleared",
    "green",
    "up",
    "deactivated",
    "completed",
];

/// What a signal says: of each rule it hit, or of the other tool's alert it is.
#[must_use]
pub fn occurrences_of_signal(signal: &Envelope<Signal>) -> Vec<Occurrence> {
    let data = &signal.data;
    let flagged = data.rules.iter().filter(|hit| !hit.building_block);
    let mut found: Vec<_> = flagged.map(|hit| of_hit(signal, hit)).collect();
    if data.kind == SignalKind::Alert {
        found.push(of_tool(signal));
    }
    if data.kind == SignalKind::Delivery {
        found.extend(data.delivery.as_ref().and_then(|of| of_delivery(signal, of)));
    }
    found
}

/// A receiver that could not be told is an alert of that receiver, until it is told something again. What
/// only told of such alerts raises none, so two receivers that are down do not keep each other's alerts up.
fn of_delivery(signal: &Envelope<Signal>, delivery: &Delivery) -> Option<Occurrence> {
    let is_told = delivery.outcome == DeliveryOutcome::Delivered;
    if delivery.about_deliveries && !is_told {
        return None;
    }
    let mut labels = base_labels(signal);
    labels.insert("receiver".to_owned(), delivery.receiver.clone());
    Some(Occurrence {
        rule: DELIVERY_RULE.to_owned(),
        rule_title: Some("a receiver cannot be told".to_owned()),
        level: Level::Critical,
        labels,
        identity: Identity::Named(Arc::from(["receiver".to_owned()])),
        says: if is_told { Says::Ended } else { Says::Holds },
        // It is said when it comes.
        said_ms: signal.attributes.arrival_time.millis(),
        quiet_ms: DELIVERY_QUIET_MS,
        ..base(signal)
    })
}

fn of_hit(signal: &Envelope<Signal>, hit: &RuleHit) -> Occurrence {
    let data = &signal.data;
    let title = hit.title.clone().unwrap_or_else(|| data.title.clone());
    Occurrence {
        rule: hit.rule.clone(),
        version: hit.version.clone(),
        rule_title: hit.title.clone(),
        level: hit.level.unwrap_or_else(|| level_of(data.severity)),
        identity: Identity::Named(Arc::from(["resource".to_owned()])),
        text: reason_of(data),
        title,
        ..base(signal)
    }
}

fn of_tool(signal: &Envelope<Signal>) -> Occurrence {
    let data = &signal.data;
    let source = &signal.attributes.source;
    let name = text(&data.extra, "alert_name").unwrap_or(&data.title);
    let own = labels_of(&data.extra);
    let (names, labels) = identity_of(data, own, base_labels(signal));
    let arrival_ms = signal.attributes.arrival_time.millis();
    Occurrence {
        rule: format!("{source}:{name}"),
        version: String::new(),
        rule_title: Some(name.to_owned()),
        labels,
        identity: Identity::Named(names),
        says: says(data),
        // It is said now, whenever it began.
        said_ms: arrival_ms,
        episode_ms: text(&data.extra, "starts_at")
            .and_then(|at| at.parse::<Time>().ok())
            .map(Time::millis),
        quiet_ms: TOOL_QUIET_MS,
        ..base(signal)
    }
}

/// What both have in common.
fn base(signal: &Envelope<Signal>) -> Occurrence {
    let (attributes, data) = (&signal.attributes, &signal.data);
    Occurrence {
        tenant: attributes.tenant.clone(),
        rule: String::new(),
        version: String::new(),
        rule_title: None,
        level: level_of(data.severity),
        labels: base_labels(signal),
        identity: Identity::Every,
        says: Says::Holds,
        time_ms: attributes.time.millis(),
        arrival_ms: attributes.arrival_time.millis(),
        said_ms: attributes.time.millis(),
        episode_ms: None,
        class: attributes.source_class,
        record: data.event.into(),
        before: Vec::new(),
        title: data.title.clone(),
        text: reason_of(data),
        advice: None,
        place: data.resource.as_ref().map(place_of),
        quiet_ms: HIT_QUIET_MS,
    }
}

/// The labels that a tool tells its alerts apart by, and all labels.
fn identity_of(
    data: &Signal,
    own: BTreeMap<String, String>,
    mut labels: BTreeMap<String, String>,
) -> (Arc<[String]>, BTreeMap<String, String>) {
    let names: Vec<String> = if !own.is_empty() {
        own.keys().cloned().collect()
    } else if let Some(fingerprint) = text(&data.extra, "fingerprint") {
        labels.insert("fingerprint".to_owned(), fingerprint.to_owned());
        vec!["fingerprint".to_owned()]
    } else {
        vec!["resource".to_owned()]
    };
    labels.extend(own);
    (names.into(), labels)
}

fn base_labels(signal: &Envelope<Signal>) -> BTreeMap<String, String> {
    let data = &signal.data;
    let mut labels = data.resource.as_ref().map_or_else(BTreeMap::new, resource_labels);
    labels.insert("source".to_owned(), signal.attributes.source.clone());
    labels.insert("kind".to_owned(), data.event_kind.as_str().to_owned());
    if let Some(actor) = &data.actor {
        labels.insert("actor".to_owned(), actor.id.clone());
    }
    labels
}

fn resource_labels(resource: &Resource) -> BTreeMap<String, String> {
    let mut labels = resource.attributes.clone();
    labels.insert("resource".to_owned(), resource.id.to_string());
    labels
}

fn labels_of(extra: &Extra) -> BTreeMap<String, String> {
    let all = extra.get("labels").and_then(Value::as_object).into_iter().flatten();
    let texts = all.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    texts.filter(|(name, value)| !name.is_empty() && !value.is_empty()).collect()
}

fn says(data: &Signal) -> Says {
    let status = text(&data.extra, "status").unwrap_or(&data.action).to_lowercase();
    let is_end = ENDS.contains(&status.as_str()) || data.outcome == Outcome::Success;
    if is_end { Says::Ended } else { Says::Holds }
}

fn text<'a>(extra: &'a Extra, name: &str) -> Option<&'a str> {
    extra.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn reason_of(data: &Signal) -> String {
    match (&data.text, &data.actor) {
        (Some(text), _) => text.clone(),
        (None, Some(actor)) => format!("{} by {}", data.action, actor.id),
        (None, None) => data.action.clone(),
    }
}

fn place_of(resource: &Resource) -> Place {
    Place { id: resource.id, attributes: resource.attributes.clone() }
}

/// How urgent it is, by how serious a source says it is.
fn level_of(severity: Severity) -> Level {
    match severity {
        Severity::Unknown | Severity::Informational | Severity::Low => Level::Info,
        Severity::Medium => Level::Warning,
        Severity::High | Severity::Critical => Level::Critical,
        Severity::Fatal => Level::Emergency,
    }
}

/// What a finding says: the condition held in a window, or is over, where whoever told it tells ends.
#[must_use]
pub fn occurrence_of_finding(finding: &Envelope<Finding>) -> Occurrence {
    let found = of_found(finding);
    match &finding.data.condition {
        Some(condition) => of_condition(condition, found),
        None => found,
    }
}

/// A condition is said when it was decided, also where its window is long over, and ends when it is told to.
fn of_condition(condition: &Condition, found: Occurrence) -> Occurrence {
    let own = ["finding", "measure", "resource"];
    let given = condition.labels.clone().into_iter().filter(|(name, _)| !own.contains(&&**name));
    let runbook = condition.runbook.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let is_over = condition.status == ConditionStatus::Over;
    Occurrence {
        rule_title: Some(condition.title.clone()),
        title: condition.title.clone(),
        labels: found.labels.into_iter().chain(given).collect(),
        says: if is_over { Says::Ended } else { Says::Holds },
        said_ms: condition.said_ms,
        episode_ms: Some(condition.since_ms),
        text: runbook.map_or(found.text.clone(), |runbook| format!("{}\n{runbook}", found.text)),
        advice: runbook.map(str::to_owned),
        quiet_ms: CONDITION_QUIET_MS,
        ..found
    }
}

fn of_found(finding: &Envelope<Finding>) -> Occurrence {
    let (attributes, data) = (&finding.attributes, &finding.data);
    let mut labels = resource_labels(&data.resource);
    labels.insert("measure".to_owned(), data.measure.clone());
    labels.insert("finding".to_owned(), data.fingerprint.to_string());
    let size_ms = data.window_size_ms.clamp(0, 366 * 24 * 60 * MINUTE_MS);
    Occurrence {
        tenant: attributes.tenant.clone(),
        rule: data.detector.clone(),
        version: String::new(),
        rule_title: None,
        level: level_of(data.severity),
        labels,
        identity: Identity::Named(Arc::from(["finding".to_owned()])),
        says: Says::Holds,
        time_ms: data.window_start_ms,
        arrival_ms: attributes.arrival_time.millis(),
        said_ms: data.window_start_ms.saturating_add(size_ms),
        episode_ms: None,
        class: attributes.source_class,
        record: attributes.id,
        before: Vec::new(),
        title: title_of(data),
        text: data.reason.clone(),
        advice: None,
        place: Some(place_of(&data.resource)),
        quiet_ms: size_ms.saturating_mul(2).saturating_add(5 * MINUTE_MS),
    }
}

fn title_of(Finding { detector, measure, .. }: &Finding) -> String {
    match detector.as_str() {
        "series.anomaly" => format!("{measure} is unusual"),
        "series.flat-line" => format!("{measure} stays the same"),
        "series.missing" => format!("{measure} was missing"),
        detector => format!("{detector}: {measure}"),
    }
}

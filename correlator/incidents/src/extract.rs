//! An item of a canonical event: what it is, where, whose, and what it names.
//!
//! What is named is looked for in the record that the source wrote, by the shape of values and the
//! words of field names, never by a list of calls. So a format that is new tomorrow is read as well.

mod session;
mod value;
mod walk;

use std::collections::BTreeMap;

use schemas::alert::Level;
use schemas::envelope::Envelope;
use schemas::event::{Event, Severity};
use schemas::id::{EventId, Fingerprint};
use schemas::kind::Kind as Input;
use serde_json::Value;

use crate::find::MENTIONS_MAX;
use crate::item::{Item, Kind, Mention, Way};
use walk::Walk;

/// Attributes that say where an alert holds, the narrowest first.
const PLACES: [&str; 8] = [
    "k8s.pod.name",
    "container.id",
    "service.instance.id",
    "host.id",
    "host.name",
    "k8s.deployment.name",
    "service.name",
    "cloudevents.event_subject",
];
/// Fields by which tools name the rule of an alert.
const RULES: [&str; 8] =
    ["rule", "rule_id", "ruleId", "rule_name", "ruleName", "alertname", "alert_name", "signature"];
/// Calls that make what they name begin with these.
const MAKES: [&str; 8] =
    ["Create", "Run", "Allocate", "Register", "Request", "Launch", "Import", "Copy"];
/// An address that a call came from is part of its session; that of a finding is named by it.
const NO_ADDRESS: &str = "-";

/// The item of an event.
#[must_use]
pub fn of_event(event: &Envelope<Event>) -> Item {
    let raw = event.data.raw.as_ref().and_then(|raw| raw.parse().ok()).unwrap_or(Value::Null);
    let data = &event.data;
    let rule = rule(data, &raw);
    let place = place(data, rule.is_some());
    let session = session::of(data).filter(|_| rule.is_none());
    let (source, tenant) = (&event.attributes.source, &event.attributes.tenant);
    let action = format!("{source} {}", data.action);
    let named = rule.as_deref().unwrap_or(&action);
    let labels = place.iter().map(|place| ("place".to_owned(), place.clone())).collect();
    Item {
        event: EventId(event.attributes.id.0),
        time_ms: event.attributes.time.millis(),
        arrival_ms: event.attributes.arrival_time.millis(),
        mentions: mentions(data, &raw, session.is_some()),
        makes: MAKES.iter().any(|verb| data.action.starts_with(verb)),
        level: level(data.severity),
        title: title(data, rule.as_deref(), &raw),
        fingerprint: Fingerprint::of(tenant, named, &labels),
        tenant: tenant.clone(),
        action,
        rule,
        place,
        session,
    }
}

fn level(severity: Severity) -> Level {
    match severity {
        Severity::Unknown | Severity::Informational | Severity::Low => Level::Info,
        Severity::Medium | Severity::High => Level::Warning,
        Severity::Critical => Level::Critical,
        Severity::Fatal => Level::Emergency,
    }
}

/// The rule of an alert: what the source calls an alert's action, else a field of its own.
fn rule(data: &Event, raw: &Value) -> Option<String> {
    if data.kind == Input::Alerts {
        return Some(data.action.clone());
    }
    let of = |object: &Value| RULES.iter().find_map(|name| text(object.get(name)?));
    of(raw).or_else(|| raw.get("data").and_then(of))
}

/// A text, or what an object says it is called.
fn text(value: &Value) -> Option<String> {
    let named = |object: &Value| ["id", "name"].iter().find_map(|name| text(object.get(name)?));
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(_) => named(value),
        _ => None,
    }
}

fn place(data: &Event, is_alert: bool) -> Option<String> {
    let attributes = &data.resource.attributes;
    let narrowest = PLACES.iter().find_map(|name| attributes.get(*name));
    let whole =
        || Some(data.resource.id.to_string()).filter(|_| is_alert && !attributes.is_empty());
    narrowest.cloned().or_else(whole)
}

fn title(data: &Event, rule: Option<&str>, raw: &Value) -> String {
    let own = ["title", "summary", "message"]
        .iter()
        .find_map(|name| raw.get("data")?.get(name)?.as_str());
    let words = data.text.as_deref().or(own).unwrap_or_default();
    let name = rule.unwrap_or(&data.action);
    let title = if words.is_empty() { name.to_owned() } else { format!("{name}: {words}") };
    title.chars().take(200).collect()
}

fn mentions(data: &Event, raw: &Value, of_session: bool) -> Vec<Mention> {
    let mut named = BTreeMap::new();
    let mut walk = Walk::new(data, &mut named);
    walk.record(raw);
    hints(data, &mut named);
    if !of_session {
        sides(data, &mut named);
    }
    let mentions = named.into_iter().map(|((kind, value), way)| Mention { kind, value, way });
    let mut mentions: Vec<Mention> = mentions.collect();
    // What links comes first, where there is too much.
    mentions.sort_by_key(|mention| !mention.way.links());
    mentions.truncate(MENTIONS_MAX);
    mentions
}

/// The ids by which sources say themselves what belongs together.
fn hints(data: &Event, named: &mut BTreeMap<(Kind, String), Way>) {
    for change in data.hints.change_ids.iter().filter(|id| id.len() > 6) {
        named.insert((Kind::Change, change.clone()), Way::Used);
    }
    if let Some(trace) = &data.hints.trace_id {
        named.insert((Kind::Trace, trace.clone()), Way::Used);
    }
}

/// The two sides of what a finding is about.
fn sides(data: &Event, named: &mut BTreeMap<(Kind, String), Way>) {
    let network = data.network.as_ref();
    let addresses =
        network.into_iter().flat_map(|of| [&of.source_address, &of.destination_address]);
    for address in addresses.flatten().filter(|address| *address != NO_ADDRESS) {
        named.insert((Kind::Address, address.clone()), Way::Used);
    }
    if let Some(actor) = data.actor.as_ref().filter(|actor| !actor.id.is_empty()) {
        named.insert((Kind::Principal, actor.id.clone()), Way::Used);
    }
}

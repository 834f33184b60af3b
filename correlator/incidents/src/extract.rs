//! Items of canonical events, of signals and of findings: what each is, where, whose, and what it names.
//!
//! **Invariant:** an event and its signal give items that name the same, at the same place, of the same
//! session and rule: files and topics are correlated alike.

mod finding;
mod signal;

use std::collections::BTreeMap;

use naming::{Kind, Mention, Naming, Way};
use schemas::alert::Level;
use schemas::envelope::{Attributes, Envelope};
use schemas::event::{Event, Severity};
use schemas::id::{EventId, Fingerprint};
use schemas::kind::Kind as Input;
use schemas::resource::Resource;
use serde_json::Value;

use crate::item::{Item, Stands};

pub use finding::of_finding;
pub use signal::of_signal;

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
/// Calls that make what they name begin with these.
const MAKES: [&str; 8] =
    ["Create", "Run", "Allocate", "Register", "Request", "Launch", "Import", "Copy"];
const TITLE_LETTERS_MAX: usize = 200;

/// The item of an event.
#[must_use]
pub fn of_event(event: &Envelope<Event>) -> Item {
    let (attributes, data) = (&event.attributes, &event.data);
    let said = Said {
        event: EventId(attributes.id.0),
        action: &data.action,
        kind: data.kind,
        severity: data.severity,
        resource: Some(&data.resource),
        words: data.text.clone().or_else(|| own_words(data)).unwrap_or_default(),
    };
    item(attributes, &said, Naming::of_event(event))
}

/// What a record says of itself that has no text for people.
fn own_words(data: &Event) -> Option<String> {
    let raw: Value = data.raw.as_ref()?.parse().ok()?;
    let words = ["title", "summary", "message"];
    let own = words.iter().find_map(|name| raw.get("data")?.get(name)?.as_str());
    own.map(str::to_owned)
}

/// What events and signals both say.
struct Said<'a> {
    event: EventId,
    action: &'a str,
    kind: Input,
    severity: Severity,
    resource: Option<&'a Resource>,
    words: String,
}

fn item(attributes: &Attributes, said: &Said<'_>, naming: Naming) -> Item {
    let Naming { rule, session, mentions } = naming;
    let (source, tenant) = (&attributes.source, &attributes.tenant);
    let service = service_of(&mentions).filter(|_| rule.is_some());
    let place = said.resource.and_then(|resource| place(resource, service, rule.is_some()));
    let action = format!("{source} {}", said.action);
    let named = rule.as_deref().unwrap_or(&action);
    let labels: BTreeMap<_, _> =
        place.iter().map(|place| ("place".to_owned(), place.clone())).collect();
    Item {
        event: said.event,
        record: said.event.into(),
        stands: Stands::Event,
        time_ms: attributes.time.millis(),
        arrival_ms: attributes.arrival_time.millis(),
        is_delivery: said.kind == Input::Code,
        makes: MAKES.iter().any(|verb| said.action.starts_with(verb)),
        level: level(said.severity),
        title: title(rule.as_deref().unwrap_or(said.action), &said.words),
        fingerprint: Fingerprint::of(tenant, named, &labels),
        tenant: tenant.clone(),
        resource: said.resource.cloned(),
        advice: None,
        because: Vec::new(),
        action,
        rule,
        place,
        session,
        mentions,
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

/// The first service that a field names.
fn service_of(mentions: &[Mention]) -> Option<&str> {
    let named = |of: &&Mention| of.kind == Kind::Service && of.way == Way::Used;
    mentions.iter().find(named).map(|of| of.value.as_str())
}

/// An alert that says of which service it is holds there, and not at the monitor that raised it.
fn place(resource: &Resource, service: Option<&str>, is_alert: bool) -> Option<String> {
    let attributes = &resource.attributes;
    let narrowest = PLACES.iter().find_map(|name| attributes.get(*name));
    let whole = || Some(resource.id.to_string()).filter(|_| is_alert && !attributes.is_empty());
    narrowest.cloned().or_else(|| service.map(str::to_owned)).or_else(whole)
}

/// The narrowest thing that a resource is known by.
#[must_use]
pub fn place_of(resource: &Resource) -> Option<String> {
    place(resource, None, false)
}

fn title(name: &str, words: &str) -> String {
    let title = if words.is_empty() { name.to_owned() } else { format!("{name}: {words}") };
    title.chars().take(TITLE_LETTERS_MAX).collect()
}

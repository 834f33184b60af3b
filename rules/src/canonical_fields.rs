//! Isobar's own records, as rules with `product: isobar` ask for their fields.
//!
//! **Invariant:** a record is borrowed and nothing is computed before a rule asks for it. A name means
//! the same in every category: first what all records have, then the record's own details, then the
//! attributes of its resource, then the short names, each of which is the first of some of these.

use std::borrow::Cow;

use rsigma_eval::event::{Event as Fields, EventValue};
use schemas::envelope::{Attributes, Envelope, Extra};
use schemas::event::{Actor, Event, Network, Outcome, Severity};
use schemas::finding::Finding;
use schemas::resource::{Hints, Resource};
use schemas::signal::Signal;
use serde_json::Value;

/// What `category` may be of a rule with `product: isobar`: the eight kinds, and findings.
pub const CATEGORIES: [&str; 9] = [
    "code",
    "documents",
    "projects",
    "messages",
    "metrics",
    "alerts",
    "knowledge",
    "audit",
    FINDING,
];
/// The category of findings.
pub const FINDING: &str = "finding";
/// The product of rules over records of ours.
pub(crate) const PRODUCT: &str = "isobar";

/// Short names, and what each is the first of: attributes of the resource, or details.
const SHORT: [(&str, &[&str]); 14] = [
    ("service", &["service.name", "labels.service", "labels.app"]),
    ("component", &["service.name", "labels.service", "components", "vcs.repository.name"]),
    ("repository", &["vcs.repository.name"]),
    ("application", &["service.namespace", "k8s.namespace.name"]),
    ("project", &["project.key", "project.name"]),
    ("environment", &["deployment.environment.name", "labels.environment"]),
    ("host", &["host.name", "host.id"]),
    ("account", &["cloud.account.id"]),
    ("region", &["cloud.region"]),
    ("cluster", &["k8s.cluster.name"]),
    ("namespace", &["k8s.namespace.name"]),
    ("pod", &["k8s.pod.name"]),
    ("document", &["document.id", "document.name"]),
    ("channel", &["chat.channel.name", "chat.channel.id"]),
];

/// A record of ours: an event, what correlation was told of one, or a finding.
#[derive(Debug, Clone, Copy)]
pub struct Canonical<'a> {
    category: &'static str,
    attributes: &'a Attributes,
    resource: Option<&'a Resource>,
    details: &'a Extra,
    of: Of<'a>,
}

/// What only some records have.
#[derive(Debug, Clone, Copy)]
enum Of<'a> {
    Done(Done<'a>),
    Found(&'a Finding),
}

/// What events and signals have in common.
#[derive(Debug, Clone, Copy)]
struct Done<'a> {
    action: &'a str,
    outcome: Outcome,
    severity: Severity,
    actor: Option<&'a Actor>,
    network: Option<&'a Network>,
    hints: &'a Hints,
    text: Option<&'a str>,
    class_uid: Option<u32>,
}

impl<'a> Canonical<'a> {
    /// An event.
    #[must_use]
    pub fn event(event: &'a Envelope<Event>) -> Self {
        let data = &event.data;
        let done = Done {
            action: &data.action,
            outcome: data.outcome,
            severity: data.severity,
            actor: data.actor.as_ref(),
            network: data.network.as_ref(),
            hints: &data.hints,
            text: data.text.as_deref(),
            class_uid: Some(data.class_uid),
        };
        Self {
            category: data.kind.as_str(),
            attributes: &event.attributes,
            resource: Some(&data.resource),
            details: &data.extra,
            of: Of::Done(done),
        }
    }

    /// A signal: the event it was made from, as far as it tells.
    #[must_use]
    pub fn signal(signal: &'a Envelope<Signal>) -> Self {
        let data = &signal.data;
        let done = Done {
            action: &data.action,
            outcome: data.outcome,
            severity: data.severity,
            actor: data.actor.as_ref(),
            network: None,
            hints: &data.hints,
            text: data.text.as_deref(),
            class_uid: None,
        };
        Self {
            category: data.event_kind.as_str(),
            attributes: &signal.attributes,
            resource: data.resource.as_ref(),
            details: &data.extra,
            of: Of::Done(done),
        }
    }

    /// A finding.
    #[must_use]
    pub fn finding(finding: &'a Envelope<Finding>) -> Self {
        Self {
            category: FINDING,
            attributes: &finding.attributes,
            resource: Some(&finding.data.resource),
            details: &finding.data.extra,
            of: Of::Found(&finding.data),
        }
    }

    /// What it is about, as rules name it.
    #[must_use]
    pub fn category(&self) -> &'static str {
        self.category
    }

    /// The feed it is of: the `service` of a rule's log source.
    #[must_use]
    pub fn feed(&self) -> &'a str {
        &self.attributes.source
    }

    /// A field as text; none where it is missing, or no text, number or truth. Of a list it is the first.
    #[must_use]
    pub fn text_of(&self, field: &str) -> Option<String> {
        match self.field(field)? {
            EventValue::Array(items) => items.first()?.as_str().map(Cow::into_owned),
            value => value.as_str().map(Cow::into_owned),
        }
    }

    fn field(&self, name: &str) -> Option<EventValue<'a>> {
        let name = name.strip_prefix("data.").unwrap_or(name);
        self.common(name)
            .or_else(|| match &self.of {
                Of::Done(done) => done.field(name),
                Of::Found(finding) => of_finding(finding, name),
            })
            .or_else(|| detail(self.details, name))
            .or_else(|| self.attribute(name))
            .or_else(|| self.short(name))
    }

    /// What all records have.
    fn common(&self, name: &str) -> Option<EventValue<'a>> {
        match name {
            "kind" | "category" => Some(text(self.category)),
            "source" | "feed" => Some(text(&self.attributes.source)),
            "class" => Some(text(self.attributes.source_class.as_str())),
            "tenant" => Some(text(&self.attributes.tenant)),
            "subject" | "title" => self.attributes.subject.as_deref().map(text),
            _ => None,
        }
    }

    fn attribute(&self, name: &str) -> Option<EventValue<'a>> {
        let resource = self.resource?;
        let name = name.strip_prefix("resource.").unwrap_or(name);
        resource.attributes.get(name).map(|value| text(value))
    }

    fn short(&self, name: &str) -> Option<EventValue<'a>> {
        let name = name.strip_prefix("resource.").unwrap_or(name);
        let (_, ways) = SHORT.iter().find(|(short, _)| *short == name)?;
        let known = ways.iter().find_map(|way| {
            let value = self.attribute(way).or_else(|| detail(self.details, way))?;
            first_of(value)
        });
        known.or_else(|| self.ticket().filter(|_| name == "project"))
    }

    /// The project of the first ticket that is named in the words: `SHOP` of `SHOP-17`.
    fn ticket(&self) -> Option<EventValue<'a>> {
        let Of::Done(done) = &self.of else { return None };
        let words = [self.attributes.subject.as_deref(), done.text];
        words.into_iter().flatten().find_map(project_of_ticket).map(text)
    }

    fn texts(&self) -> Vec<&'a str> {
        let mut found = vec![self.attributes.subject.as_deref().unwrap_or_default()];
        match &self.of {
            Of::Done(done) => found.extend([done.action, done.text.unwrap_or_default()]),
            Of::Found(finding) => {
                found.extend([&*finding.detector, &*finding.measure, &*finding.reason]);
            }
        }
        found.extend(self.resource.into_iter().flat_map(|of| of.attributes.values()).map(|v| &**v));
        self.details.values().for_each(|value| texts_of(value, &mut found));
        found
    }
}

impl<'a> Done<'a> {
    fn field(&self, name: &str) -> Option<EventValue<'a>> {
        match name {
            "action" => Some(text(self.action)),
            "outcome" => Some(text(outcome(self.outcome))),
            "severity" => Some(text(severity(self.severity))),
            "text" => self.text.map(text),
            "class_uid" => self.class_uid.map(|uid| EventValue::Int(uid.into())),
            "actor" | "actor.id" | "user" => self.actor.map(|actor| text(&actor.id)),
            "actor.kind" => self.actor?.kind.as_deref().map(text),
            "actor.name" => self.actor?.name.as_deref().map(text),
            "change_ids" | "hints.change_ids" => some_texts(&self.hints.change_ids),
            _ => self.of_network(name).or_else(|| self.of_hints(name)),
        }
    }

    fn of_network(&self, name: &str) -> Option<EventValue<'a>> {
        let network = self.network?;
        match name.strip_prefix("network.").unwrap_or(name) {
            "source_address" => network.source_address.as_deref().map(text),
            "source_port" => network.source_port.map(|port| EventValue::Int(port.into())),
            "destination_address" => network.destination_address.as_deref().map(text),
            "destination_port" => network.destination_port.map(|port| EventValue::Int(port.into())),
            "user_agent" => network.user_agent.as_deref().map(text),
            _ => None,
        }
    }

    fn of_hints(&self, name: &str) -> Option<EventValue<'a>> {
        match name.strip_prefix("hints.").unwrap_or(name) {
            "trace_id" => self.hints.trace_id.as_deref().map(text),
            "request_id" => self.hints.request_id.as_deref().map(text),
            "session_id" => self.hints.session_id.as_deref().map(text),
            _ => None,
        }
    }
}

fn of_finding<'a>(finding: &'a Finding, name: &str) -> Option<EventValue<'a>> {
    match name {
        "action" | "detector" => Some(text(&finding.detector)),
        "measure" => Some(text(&finding.measure)),
        "severity" => Some(text(severity(finding.severity))),
        "text" | "reason" => Some(text(&finding.reason)),
        "score" => Some(EventValue::Float(finding.score.get())),
        "threshold" => Some(EventValue::Float(finding.threshold.get())),
        "observed" => Some(EventValue::Float(finding.observed.get())),
        "expected.low" => finding.expected.as_ref().map(|range| EventValue::Float(range.low.get())),
        "expected.high" => {
            finding.expected.as_ref().map(|range| EventValue::Float(range.high.get()))
        }
        "window_size_ms" => Some(EventValue::Int(finding.window_size_ms)),
        _ => None,
    }
}

/// A detail by its name, else part by part; through lists to all their elements.
fn detail<'a>(details: &'a Extra, name: &str) -> Option<EventValue<'a>> {
    if let Some(value) = details.get(name) {
        return Some(EventValue::from(value)).filter(|value| !value.is_null());
    }
    let (first, rest) = name.split_once('.')?;
    let mut found = Vec::new();
    reach(details.get(first)?, rest, &mut found);
    if found.len() > 1 { Some(EventValue::Array(found)) } else { found.pop() }
}

fn reach<'a>(value: &'a Value, path: &str, found: &mut Vec<EventValue<'a>>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| reach(item, path, found)),
        Value::Object(fields) => {
            if let Some(value) = fields.get(path) {
                found.push(EventValue::from(value));
            } else if let Some((first, rest)) = path.split_once('.')
                && let Some(value) = fields.get(first)
            {
                reach(value, rest, found);
            }
        }
        _ => {}
    }
}

fn first_of(value: EventValue<'_>) -> Option<EventValue<'_>> {
    match value {
        EventValue::Array(items) => items.into_iter().next(),
        value => Some(value),
    }
}

fn some_texts(texts: &[String]) -> Option<EventValue<'_>> {
    let all: Vec<_> = texts.iter().map(|value| text(value)).collect();
    (!all.is_empty()).then_some(EventValue::Array(all))
}

fn texts_of<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts_of(item, found)),
        Value::Object(fields) => fields.values().for_each(|value| texts_of(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The letters before the number of the first ticket: two to ten capitals, a hyphen, digits.
fn project_of_ticket(words: &str) -> Option<&str> {
    let is_of_key = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let parts = words.split(|letter| !is_of_key(letter));
    parts.filter_map(|part| part.split_once('-')).find_map(|(project, number)| {
        let is_project = (2..=10).contains(&project.len())
            && project.bytes().all(|byte| byte.is_ascii_uppercase());
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        (is_project && is_number).then_some(project)
    })
}

fn text(text: &str) -> EventValue<'_> {
    EventValue::Str(Cow::Borrowed(text))
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Success => "success",
        Outcome::Failure => "failure",
        Outcome::Unknown => "unknown",
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Unknown => "unknown",
        Severity::Informational => "informational",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
        Severity::Fatal => "fatal",
    }
}

impl Fields for Canonical<'_> {
    fn get_field(&self, path: &str) -> Option<EventValue<'_>> {
        self.field(path)
    }

    fn any_string_value(&self, is_wanted: &dyn Fn(&str) -> bool) -> bool {
        self.texts().into_iter().any(is_wanted)
    }

    fn all_string_values(&self) -> Vec<Cow<'_, str>> {
        self.texts().into_iter().map(Cow::Borrowed).collect()
    }

    fn to_json(&self) -> Value {
        Value::Object(self.details.clone())
    }
}

#[cfg(test)]
mod tests {
    use schemas::kind::Kind;

    use super::*;

    #[test]
    fn the_categories_are_the_kinds_and_findings() {
        let kinds = Kind::ALL.map(Kind::as_str);
        assert!(CATEGORIES.iter().take(8).eq(&kinds));
    }

    #[test]
    fn tickets_name_their_projects() {
        let of = project_of_ticket;
        assert_eq!(of("deploy of (SHOP-17), please"), Some("SHOP"));
        assert_eq!(of("see https://jira.example.com/browse/PAY-9"), Some("PAY"));
        assert_eq!([of("X-1"), of("shop-17"), of("CVE-2026-1234"), of("")], [None; 4]);
    }
}

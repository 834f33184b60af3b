//! What is measured over events: a value for each event, by group.
//!
//! **Invariant:** a measure names fields that events have and that take a bounded number of values in
//! groups; others are refused when the configuration is read.

use std::collections::BTreeMap;

use schemas::event::{Event, Outcome};

use crate::summary::Distinct;

/// Fields that an event may be grouped by, beside those of its resource: names with a dot.
const FIELDS: [&str; 8] =
    ["action", "actor", "class_uid", "kind", "outcome", "region", "resource", "severity"];
/// Fields with a value of their own for nearly every event.
const UNBOUNDED: [&str; 9] = [
    "id",
    "time",
    "text",
    "raw",
    "trace_id",
    "request_id",
    "session_id",
    "source_address",
    "user_agent",
];
/// Fields that are numbers.
const NUMBERS: [&str; 2] = ["age_ms", "size_bytes"];
/// What a region is called in resources.
const REGION: &str = "cloud.region";

/// One measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Its name.
    pub name: String,
    /// The value of an event.
    pub of: MeasureOf,
    /// What it is grouped by; `source_class` always is.
    pub by: Vec<String>,
    /// Fields that must have these values.
    pub only: BTreeMap<String, String>,
}

/// The value of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MeasureOf {
    /// Each is one.
    Count,
    /// Those with this outcome are one, others zero.
    Share(Outcome),
    /// The number in a field.
    Number(String),
    /// How many different values a field has.
    Distinct(String),
}

/// A measure that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MeasureError {
    /// Events have no such field.
    #[error(
        "measure {measure}: events have no field `{field}`; there are {known}, and attributes of resources by their name, such as cloud.region or service.name{hint}"
    )]
    UnknownField {
        /// Which measure.
        measure: String,
        /// The field.
        field: String,
        /// Those there are.
        known: String,
        /// What may have been meant.
        hint: String,
    },
    /// There would be a group for nearly every event.
    #[error(
        "measure {measure}: `{field}` differs for nearly every event, and a group for each would never end; \
         count its values with `distinct: {field}`, or group by kind, action or an attribute of the resource"
    )]
    UnboundedGroup {
        /// Which measure.
        measure: String,
        /// The field.
        field: String,
    },
    /// The field is no number.
    #[error("measure {measure}: `{field}` is no number; there are {}", NUMBERS.join(", "))]
    NoNumber {
        /// Which measure.
        measure: String,
        /// The field.
        field: String,
    },
}

impl Measure {
    /// What is measured unless the configuration says otherwise: what the dashboards draw.
    #[must_use]
    pub fn defaults() -> Vec<Self> {
        let measure = |name: &str, of, by: &[&str]| Self {
            name: name.to_owned(),
            of,
            by: by.iter().map(|&field| field.to_owned()).collect(),
            only: BTreeMap::new(),
        };
        vec![
            measure("events", MeasureOf::Count, &["kind", "outcome"]),
            measure("events_by_action", MeasureOf::Count, &["action"]),
            measure("events_by_region", MeasureOf::Count, &["region"]),
            measure("failures", MeasureOf::Share(Outcome::Failure), &["kind"]),
            measure("actors", MeasureOf::Distinct("actor".to_owned()), &["kind"]),
        ]
    }

    /// Whether it can be made.
    ///
    /// # Errors
    /// When it names a field that events do not have, or that has no bound.
    pub fn check(&self) -> Result<(), MeasureError> {
        for field in &self.by {
            self.check_field(field)?;
            if UNBOUNDED.contains(&field.as_str()) {
                let (measure, field) = (self.name.clone(), field.clone());
                return Err(MeasureError::UnboundedGroup { measure, field });
            }
        }
        self.only.keys().try_for_each(|field| self.check_field(field))?;
        match &self.of {
            MeasureOf::Distinct(field) => self.check_field(field),
            MeasureOf::Number(field) if !NUMBERS.contains(&field.as_str()) => {
                Err(MeasureError::NoNumber { measure: self.name.clone(), field: field.clone() })
            }
            _ => Ok(()),
        }
    }

    fn check_field(&self, field: &str) -> Result<(), MeasureError> {
        let known = |known: &[&str]| known.contains(&field);
        if known(&FIELDS) || known(&UNBOUNDED) || field.contains('.') {
            return Ok(());
        }
        let near = FIELDS.iter().find(|known| is_near(known, field));
        Err(MeasureError::UnknownField {
            measure: self.name.clone(),
            field: field.to_owned(),
            known: FIELDS.join(", "),
            hint: near.map_or_else(String::new, |near| format!("; did you mean {near}?")),
        })
    }

    /// Whether its groups are finer than the key of events, so that no other task has a share.
    pub(super) fn is_by_resource(&self) -> bool {
        self.by.iter().any(|field| field == "resource")
    }

    /// The value of an event, and what is told apart of it; nothing where it is not selected.
    pub(super) fn value(&self, event: &Event) -> Option<(f64, Option<u64>)> {
        let selected =
            |(field, wanted): (&String, &String)| value_of(event, field) == Some(wanted.into());
        if !self.only.iter().all(selected) {
            return None;
        }
        match &self.of {
            MeasureOf::Count => Some((1.0, None)),
            MeasureOf::Share(outcome) => Some((f64::from(event.outcome == *outcome), None)),
            MeasureOf::Number(field) if field == "age_ms" => Some((event.age_ms as f64, None)),
            MeasureOf::Number(_) => Some((event.size_bytes as f64, None)),
            MeasureOf::Distinct(field) => {
                let value = value_of(event, field)?;
                Some((1.0, Some(Distinct::hash(value.as_bytes()))))
            }
        }
    }

    /// The values that its groups differ by, in the order of `by`; empty where an event has none.
    pub(super) fn group<'e>(&self, event: &'e Event) -> Vec<std::borrow::Cow<'e, str>> {
        let value = |field: &String| value_of(event, field).unwrap_or_default();
        self.by.iter().map(value).collect()
    }
}

/// The value of a field as text.
fn value_of<'e>(event: &'e Event, field: &str) -> Option<std::borrow::Cow<'e, str>> {
    use std::borrow::Cow::{Borrowed, Owned};
    let resource = |name: &str| event.resource.attributes.get(name).map(|value| Borrowed(&**value));
    match field {
        "action" => Some(Borrowed(&event.action)),
        "actor" => event.actor.as_ref().map(|actor| Borrowed(&*actor.id)),
        "class_uid" => Some(Owned(event.class_uid.to_string())),
        "kind" => Some(Borrowed(event.kind.as_str())),
        "outcome" => Some(Borrowed(match event.outcome {
            Outcome::Success => "success",
            Outcome::Failure => "failure",
            Outcome::Unknown => "unknown",
        })),
        "region" => resource(REGION),
        "resource" => Some(Owned(event.resource.id.to_string())),
        "severity" => Some(Owned(format!("{:?}", event.severity).to_lowercase())),
        "trace_id" => event.hints.trace_id.as_deref().map(Borrowed),
        "request_id" => event.hints.request_id.as_deref().map(Borrowed),
        "session_id" => event.hints.session_id.as_deref().map(Borrowed),
        "source_address" => event.network.as_ref()?.source_address.as_deref().map(Borrowed),
        "user_agent" => event.network.as_ref()?.user_agent.as_deref().map(Borrowed),
        "text" => event.text.as_deref().map(Borrowed),
        name => resource(name),
    }
}

/// Whether one letter was mistyped, left out or added, or two were exchanged.
fn is_near(known: &str, found: &str) -> bool {
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    let common = known.chars().zip(found.chars()).take_while(|(one, other)| one == other).count();
    let tail = known.chars().rev().zip(found.chars().rev());
    let after = tail.take_while(|(one, other)| one == other).count();
    common + after + 1 >= known.len().max(found.len()) || sorted(known) == sorted(found)
}

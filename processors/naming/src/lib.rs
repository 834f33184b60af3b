//! What an event names, so that others can tell what belongs together.
//!
//! What is named is looked for in the record that the source wrote, by the shape of values and the
//! words of field names, never by a list of calls. So a format that is new tomorrow is read as well.
//!
//! **Invariant:** what is found is bounded, in the same order every time, and tells the same whether it is
//! read of an event or of the entities of its signal.

mod change;
mod entity;
mod mention;
mod record;
mod rule;
mod service;
mod session;
pub mod shape;
mod value;
mod walk;

use schemas::envelope::Envelope;
use schemas::event::Event;
use schemas::resource::Entity;
use serde_json::Value;

pub use mention::{Kind, Mention, Way};
pub use service::of_labels as services_of_labels;
pub use session::{CHAT, Session};

/// So much of what an event names is used; the rest is left out.
pub const MENTIONS_MAX: usize = 40;

/// What an event names, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naming {
    /// The rule or check that raised it, where it is an alert.
    pub rule: Option<String>,
    /// Whose calls it is one of; an alert is nobody's.
    pub session: Option<Session>,
    /// What it names; what links comes first.
    pub mentions: Vec<Mention>,
}

impl Naming {
    /// What an event names.
    #[must_use]
    pub fn of_event(event: &Envelope<Event>) -> Self {
        let raw = event.data.raw.as_ref().and_then(|raw| raw.parse().ok()).unwrap_or(Value::Null);
        let rule = rule::of(&event.data, &raw);
        let session = session::of(&event.data).filter(|_| rule.is_none());
        let mentions = record::mentions(event, &raw, session.is_some());
        let rule = rule.map(|rule| rule_of_service(rule, &mentions));
        Self { rule, session, mentions }
    }

    /// What the entities of a signal tell of its event.
    #[must_use]
    pub fn of_entities(entities: &[Entity]) -> Self {
        entity::read(entities)
    }

    /// The same as entities of a signal.
    #[must_use]
    pub fn entities(self) -> Vec<Entity> {
        entity::write(self)
    }
}

/// What a tool watches all services for says little of two of them: it is another rule of each.
#[must_use]
pub fn rule_of_service(rule: String, mentions: &[Mention]) -> String {
    let named = |of: &&Mention| of.kind == Kind::Service && of.way == Way::Used;
    match mentions.iter().find(named) {
        Some(service) => format!("{rule} of {}", service.value),
        None => rule,
    }
}

//! Which rules an event matches.
//!
//! **Invariant:** an event is asked about as its source wrote it, and as the record of ours that it became.
//! What is no more than material raises a signal where another rule asks for it, and goes along where there
//! is one anyway.

pub use rules::Asked;
use rules::{Canonical, Record};
use schemas::envelope::Envelope;
use schemas::event::Event;
use schemas::signal::RuleHit;
use stream::Context;

/// The rules that an event matches.
#[derive(Debug, Default)]
pub(super) struct Hits {
    /// All of them.
    pub(super) rules: Vec<RuleHit>,
    /// Whether one of them is reason enough for a signal.
    pub(super) are_asked_for: bool,
}

impl Hits {
    pub(super) fn of(
        asked: Option<&Asked>,
        event: &Envelope<Event>,
        context: &mut Context<'_>,
    ) -> Self {
        let Some(asked) = asked else { return Self::default() };
        let mut rules = of_raw(asked, event, context);
        if asked.matcher.is_about(event.data.kind.as_str()) {
            rules.append(&mut asked.of_canonical(&Canonical::event(event)));
        }
        context.count("rule_hits", rules.len() as u64);
        Self { are_asked_for: rules.iter().any(|hit| asked.wants(hit)), rules }
    }
}

fn of_raw(asked: &Asked, event: &Envelope<Event>, context: &mut Context<'_>) -> Vec<RuleHit> {
    let feed = &event.attributes.source;
    let Some(raw) = event.data.raw.as_ref().filter(|_| asked.matcher.counts(feed).0 > 0) else {
        return Vec::new();
    };
    let Ok(record) = Record::decode(raw.text()) else {
        // Nested deeper than anybody writes rules for.
        context.count("not_asked_about", 1);
        return Vec::new();
    };
    asked.of_raw(feed, &record)
}

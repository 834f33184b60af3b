//! Which rules an event matches.
//!
//! **Invariant:** an event is asked about as its source wrote it. What is no more than material for
//! correlation raises no signal by itself, and goes along where there is one anyway.

use rules::{Matcher, Record, Rule};
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
    pub(super) are_flagged: bool,
}

impl Hits {
    pub(super) fn of(
        matcher: Option<&Matcher>,
        event: &Envelope<Event>,
        context: &mut Context<'_>,
    ) -> Self {
        let feed = &event.attributes.source;
        let (Some(matcher), Some(raw)) = (matcher, &event.data.raw) else { return Self::default() };
        if matcher.counts(feed).0 == 0 {
            return Self::default();
        }
        let Ok(record) = Record::decode(raw.text()) else {
            // Nested deeper than anybody writes rules for.
            context.count("not_asked_about", 1);
            return Self::default();
        };
        let hits = matcher.hits(feed, &record);
        context.count("rule_hits", hits.len() as u64);
        Self {
            are_flagged: hits.iter().any(|rule| !rule.is_building_block),
            rules: hits.into_iter().map(Rule::hit).collect(),
        }
    }
}

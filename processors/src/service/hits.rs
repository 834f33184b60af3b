//! Which rules an event matches.
//!
//! **Invariant:** an event is asked about as its source wrote it. What is no more than material raises a
//! signal where another rule asks for it, and goes along where there is one anyway.

use std::collections::BTreeMap;

use rules::{Matcher, Record, Rule};
use schemas::envelope::Envelope;
use schemas::event::Event;
use schemas::signal::RuleHit;
use stream::Context;

/// The rules that events are asked about, and what stateful rules want to know of their hits.
#[derive(Debug)]
pub struct Asked {
    /// The rules.
    pub matcher: Matcher,
    /// The fields that stateful rules ask for, by the ids of the rules whose hits they take.
    pub fields: BTreeMap<String, Vec<String>>,
}

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
        let feed = &event.attributes.source;
        let (Some(asked), Some(raw)) = (asked, &event.data.raw) else { return Self::default() };
        if asked.matcher.counts(feed).0 == 0 {
            return Self::default();
        }
        let Ok(record) = Record::decode(raw.text()) else {
            // Nested deeper than anybody writes rules for.
            context.count("not_asked_about", 1);
            return Self::default();
        };
        let hits = asked.matcher.hits(feed, &record);
        context.count("rule_hits", hits.len() as u64);
        let is_asked_for =
            |rule: &&Rule| !rule.is_building_block || asked.fields.contains_key(&rule.id);
        Self {
            are_asked_for: hits.iter().any(is_asked_for),
            rules: hits.into_iter().map(|rule| asked.hit(rule, &record)).collect(),
        }
    }
}

impl Asked {
    fn hit(&self, rule: &Rule, record: &Record<'_>) -> RuleHit {
        let names = self.fields.get(&rule.id).into_iter().flatten();
        let field = |name: &String| Some((name.clone(), record.text_of(name)?));
        RuleHit { fields: names.filter_map(field).collect(), ..rule.hit() }
    }
}

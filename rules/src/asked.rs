//! The rules that records are asked about, and what of their hits goes along.
//!
//! **Invariant:** what a hit carries depends on the record and on what stateful rules ask for alone; so
//! whoever asks, processors or correlator, says the same of the same record.

use std::collections::BTreeMap;

use schemas::signal::RuleHit;

use crate::canonical_fields::Canonical;
use crate::matcher::Matcher;
use crate::record::Record;
use crate::rule::Rule;

/// Rules, and what stateful rules want to know of their hits.
#[derive(Debug)]
pub struct Asked {
    /// The rules.
    pub matcher: Matcher,
    /// The fields that stateful rules ask for, by the ids of the rules whose hits they take.
    pub fields: BTreeMap<String, Vec<String>>,
}

impl Asked {
    /// The hits of an event as its source wrote it.
    #[must_use]
    pub fn of_raw(&self, feed: &str, record: &Record<'_>) -> Vec<RuleHit> {
        let hits = self.matcher.hits(feed, record).into_iter();
        hits.map(|rule| self.hit(rule, &|name| record.text_of(name))).collect()
    }

    /// The hits of a record of ours: an event, a signal or a finding.
    #[must_use]
    pub fn of_canonical(&self, record: &Canonical<'_>) -> Vec<RuleHit> {
        let hits = self.matcher.canonical_hits(record).into_iter();
        hits.map(|rule| self.hit(rule, &|name| record.text_of(name))).collect()
    }

    /// Whether a hit is reason enough for a signal: it flags something, or another rule asks for it.
    #[must_use]
    pub fn wants(&self, hit: &RuleHit) -> bool {
        !hit.building_block || self.fields.contains_key(&hit.rule)
    }

    fn hit(&self, rule: &Rule, text_of: &dyn Fn(&str) -> Option<String>) -> RuleHit {
        let names = self.fields.get(&rule.id).into_iter().flatten();
        let field = |name: &String| Some((name.clone(), text_of(name)?));
        RuleHit { fields: names.filter_map(field).collect(), ..rule.hit() }
    }
}

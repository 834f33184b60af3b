//! From what an event holds to the rules that may match it.
//!
//! **Invariant:** every rule that matches an event is among its candidates.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rsigma_eval::CompiledRule;
use rsigma_eval::event::{Event, EventValue};

use crate::necessary::Weights;

/// Rules by the values they need.
#[derive(Debug, Default)]
pub(crate) struct Index {
    fields: BTreeMap<String, BTreeMap<String, Vec<usize>>>,
    /// Those of which nothing is known.
    always: Vec<usize>,
}

impl Index {
    /// The index over these rules, which are known by their places.
    pub(crate) fn over(rules: &[&CompiledRule]) -> Self {
        let weights = Weights::of(rules.iter().copied());
        let mut index = Self::default();
        for (place, rule) in rules.iter().enumerate() {
            let Some(clause) = weights.clause(rule) else {
                index.always.push(place);
                continue;
            };
            for (field, value) in clause {
                index.fields.entry(field).or_default().entry(value).or_default().push(place);
            }
        }
        index
    }

    /// The places of the rules that may match, in order.
    pub(crate) fn candidates(&self, record: &impl Event) -> Vec<usize> {
        let mut found = self.always.clone();
        for (field, values) in &self.fields {
            if let Some(value) = record.get_field(field) {
                look_up(&value, values, &mut found);
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// How many rules every event meets.
    pub(crate) fn always(&self) -> usize {
        self.always.len()
    }
}

fn look_up(value: &EventValue<'_>, values: &BTreeMap<String, Vec<usize>>, found: &mut Vec<usize>) {
    if let EventValue::Array(items) = value {
        return items.iter().for_each(|item| look_up(item, values, found));
    }
    let Some(text) = value.as_str() else { return };
    if let Some(places) = values.get(lower(&text).as_ref()) {
        found.extend_from_slice(places);
    }
}

fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.to_lowercase())
}

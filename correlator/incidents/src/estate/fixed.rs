//! What people have written down: relations that always hold, and how important services are.

use std::collections::{BTreeMap, BTreeSet};

use schemas::signal::Relation;

use super::edge::{Edge, End, TOLD_APART_MAX, first_end};
use super::thing::{Thing, ThingId};

/// Relations of a file. They hold for every tenant and are no part of the state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fixed {
    things: BTreeMap<ThingId, Thing>,
    tiers: BTreeMap<ThingId, u8>,
    ends: BTreeSet<End>,
}

impl Fixed {
    /// These relations, and the tiers of some things: 1 is the most important.
    #[must_use]
    pub fn new(relations: &[Relation], tiers: &[(Thing, u8)]) -> Self {
        let mut fixed = Self::default();
        for edge in relations.iter().filter_map(Edge::of) {
            fixed.ends.extend(edge.ends());
            fixed.things.extend([edge.above, edge.below].map(|thing| (thing.id(), thing)));
        }
        for (thing, tier) in tiers {
            fixed.things.insert(thing.id(), thing.clone());
            fixed.tiers.insert(thing.id(), *tier);
        }
        fixed.keep_what_is_told_apart();
        fixed
    }

    fn keep_what_is_told_apart(&mut self) {
        let (mut last, mut count) = (None, 0);
        self.ends.retain(|(thing, side, how, _)| {
            let of = Some((*thing, *side, *how));
            count = if last == of { count + 1 } else { 1 };
            last = of;
            count <= TOLD_APART_MAX + 1
        });
    }

    pub(super) fn thing(&self, id: ThingId) -> Option<&Thing> {
        self.things.get(&id)
    }

    /// How important a thing is; what nobody said anything of comes last.
    pub(super) fn tier(&self, id: ThingId) -> Option<u8> {
        self.tiers.get(&id).copied()
    }

    pub(super) fn ends(&self, thing: ThingId) -> impl Iterator<Item = End> {
        let all = self.ends.range(first_end(thing)..);
        all.take_while(move |(of, ..)| *of == thing).copied()
    }
}

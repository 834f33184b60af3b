//! Ways from one thing to others.
//!
//! **Invariant:** a thing is reached once, on a shortest way, so cycles end. No way is longer than
//! [`STEPS_MAX`], none leads through a hub, and a walk looks at no more than [`LOOKED_AT_MAX`] things.

use std::collections::{BTreeMap, BTreeSet};

use schemas::signal::RelationKind;

use super::Estate;
use super::edge::{End, Side, TOLD_APART_MAX, carries_faults};
use super::learnt::Hour;
use super::thing::{Thing, ThingId};

pub(super) const STEPS_MAX: u8 = 4;
/// Things whose neighbours one walk looks at.
pub(super) const LOOKED_AT_MAX: usize = 500;
/// Things that one walk reaches.
const REACHED_MAX: usize = 2_000;

/// What is known of a tenant's things at a time.
#[derive(Clone, Copy)]
pub(super) struct View<'e> {
    pub(super) estate: &'e Estate,
    pub(super) tenant: u32,
    pub(super) hour: Hour,
}

/// A thing that was reached.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reached {
    pub(super) id: ThingId,
    /// From which, by its place among those reached, and how the two are related.
    pub(super) from: Option<(usize, RelationKind)>,
    pub(super) steps: u8,
}

/// What came of a walk.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// In the order in which they were reached, where it began first.
    pub(super) reached: Vec<Reached>,
    /// Things whose neighbours were looked at.
    pub(super) looked_at: usize,
}

impl<'e> View<'e> {
    pub(super) fn thing(&self, id: ThingId) -> Option<&'e Thing> {
        let learnt = self.estate.learnt.thing(self.tenant, id);
        learnt.or_else(|| self.estate.fixed.thing(id))
    }

    fn holds(&self, seen: Hour) -> bool {
        self.hour.abs_diff(seen) <= self.estate.limits.holds_hours()
    }

    /// All relations of a thing that hold, in the order of their sides and kinds.
    fn around(&self, id: ThingId) -> BTreeSet<End> {
        let learnt = self.estate.learnt.ends(self.tenant, id).into_iter();
        let learnt = learnt.filter(|(_, seen)| self.holds(*seen)).map(|(end, _)| end);
        learnt.chain(self.estate.fixed.ends(id)).collect()
    }

    /// Things that are related to a thing on a side.
    pub(super) fn beside(&self, id: ThingId, side: Side) -> Vec<(RelationKind, ThingId)> {
        let all = self.around(id).into_iter().filter(|(_, of, ..)| *of == side);
        all.map(|(.., how, other)| (how, other)).collect()
    }

    /// Whether any relation of a thing is known.
    pub(super) fn knows(&self, id: ThingId) -> bool {
        !self.around(id).is_empty()
    }

    /// Walks from some things to one side, until as many others are reached as are enough.
    pub(super) fn walk(&self, starts: &BTreeSet<ThingId>, side: Side, enough: usize) -> Walk {
        let start = |id: &ThingId| Reached { id: *id, from: None, steps: 0 };
        let mut walk = Walk { reached: starts.iter().map(start).collect(), looked_at: 0 };
        let mut known = starts.clone();
        let mut begin = 0;
        for steps in 1..=STEPS_MAX {
            let end = walk.reached.len();
            for at in begin..end {
                self.go_on((at, steps), side, &mut known, &mut walk);
            }
            begin = end;
            if walk.reached.len() - starts.len() >= enough {
                break;
            }
        }
        walk
    }

    /// Adds what is next to a thing that was reached.
    fn go_on(
        &self,
        (at, steps): (usize, u8),
        side: Side,
        known: &mut BTreeSet<ThingId>,
        walk: &mut Walk,
    ) {
        let Some(here) = walk.reached.get(at).copied() else { return };
        if walk.looked_at >= LOOKED_AT_MAX {
            return;
        }
        walk.looked_at += 1;
        let around = self.around(here.id);
        if here.steps > 0 && is_hub(&around) {
            return;
        }
        let ways = around.iter().filter(|(_, of, how, _)| *of == side && carries_faults(*how));
        for (.., how, other) in ways {
            if walk.reached.len() < REACHED_MAX && known.insert(*other) {
                walk.reached.push(Reached { id: *other, from: Some((at, *how)), steps });
            }
        }
    }
}

fn is_hub(around: &BTreeSet<End>) -> bool {
    let mut counts: BTreeMap<(Side, RelationKind), usize> = BTreeMap::new();
    for (_, side, how, _) in around {
        *counts.entry((*side, *how)).or_default() += 1;
    }
    counts.values().any(|count| *count > TOLD_APART_MAX)
}

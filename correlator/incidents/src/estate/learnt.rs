//! What was seen of who depends on whom.
//!
//! **Invariant:** which relations are kept does not depend on the order in which those of one hour came.
//! On each side of a thing, and of each kind, the [`TOLD_APART_MAX`] + 1 with the least ids are kept; of
//! things, those seen last, and of these the ones with the greatest ids.
//!
//! Times are kept in whole hours, so what is told again and again is written once an hour.

use std::ops::Bound;

use schemas::signal::RelationKind;
use serde::{Deserialize, Serialize};
use stream::{KeyedStore, Store};

use super::edge::{Edge, End, Side, TOLD_APART_MAX, first_end};
use super::thing::{Thing, ThingId};
use super::{Counts, Limits};

type Tenant = u32;
pub(super) type Hour = u32;

const HOUR_MS: i64 = 3_600_000;
/// So many things that were not seen for long are forgotten for each relation that is learnt.
const FORGOTTEN_AT_ONCE: usize = 4;

/// The hour of a time; times that no hour is of are those of broken clocks and stay at the ends.
pub(super) fn hour_of(time_ms: i64) -> Hour {
    let hours = time_ms.div_euclid(HOUR_MS).max(0);
    Hour::try_from(hours).unwrap_or(Hour::MAX)
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Known {
    thing: Thing,
    seen: Hour,
}

/// What a tenant has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Sums {
    things: usize,
    ends: usize,
}

/// The state.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    things: KeyedStore<(Tenant, ThingId), Known>,
    /// Things in the order in which they were seen last.
    oldest: KeyedStore<(Tenant, Hour, ThingId), ()>,
    /// When each was seen last. A relation has an end at both of its things.
    ends: KeyedStore<(Tenant, End), Hour>,
    sums: KeyedStore<Tenant, Sums>,
}

impl Learnt {
    pub(super) fn stores(&mut self) -> Vec<&mut dyn Store> {
        vec![&mut self.things, &mut self.oldest, &mut self.ends, &mut self.sums]
    }

    pub(super) fn thing(&self, tenant: Tenant, id: ThingId) -> Option<&Thing> {
        self.things.get(&(tenant, id)).map(|known| &known.thing)
    }

    /// A relation was seen.
    pub(super) fn tie(
        &mut self,
        (tenant, hour): (Tenant, Hour),
        edge: &Edge,
        limits: &Limits,
        counts: &mut Counts,
    ) {
        for thing in [&edge.above, &edge.below] {
            self.see((tenant, hour), thing, limits, counts);
        }
        let is_known = |thing: &Thing| self.things.get(&(tenant, thing.id())).is_some();
        if !is_known(&edge.above) || !is_known(&edge.below) {
            return;
        }
        for end in edge.ends() {
            self.put((tenant, hour), end, counts);
        }
        while self.sum(tenant).ends > limits.relations.saturating_mul(2) {
            let Some((_, id)) = self.first(tenant) else { return };
            self.forget(tenant, id);
            counts.things_evicted += 1;
        }
    }

    /// Forgets some of what was not seen since an hour.
    pub(super) fn forget_before(&mut self, tenant: Tenant, hour: Hour, counts: &mut Counts) {
        for _ in 0..FORGOTTEN_AT_ONCE {
            let Some((_, id)) = self.first(tenant).filter(|(seen, _)| *seen < hour) else { return };
            self.forget(tenant, id);
            counts.things_expired += 1;
        }
    }

    fn see(
        &mut self,
        (tenant, hour): (Tenant, Hour),
        thing: &Thing,
        limits: &Limits,
        counts: &mut Counts,
    ) {
        let key = (tenant, thing.id());
        match self.things.get(&key).map(|known| known.seen) {
            Some(seen) if seen >= hour => return,
            Some(seen) => {
                self.oldest.remove(&(tenant, seen, key.1));
                self.drop_ends(tenant, key.1, |last| {
                    last < hour.saturating_sub(limits.holds_hours())
                });
            }
            None => self.change(tenant, |sums| sums.things += 1),
        }
        self.things.insert(&key, Known { thing: thing.clone(), seen: hour });
        self.oldest.insert(&(tenant, hour, key.1), ());
        // The new one may itself be the one that makes room.
        while self.sum(tenant).things > limits.things {
            let Some((_, id)) = self.first(tenant) else { return };
            self.forget(tenant, id);
            counts.things_evicted += 1;
        }
    }

    /// Keeps an end, unless there are too many like it that come before.
    fn put(&mut self, (tenant, hour): (Tenant, Hour), end: End, counts: &mut Counts) {
        if let Some(seen) = self.ends.get(&(tenant, end)).copied() {
            if seen < hour {
                self.ends.insert(&(tenant, end), hour);
            }
            return;
        }
        let (thing, side, how, _) = end;
        let alike = self.alike(tenant, (thing, side, how));
        if alike.len() > TOLD_APART_MAX {
            counts.relations_left_out += 1;
            match alike.last() {
                Some(last) if *last > end => self.remove_end(tenant, *last),
                _ => return,
            }
        }
        self.ends.insert(&(tenant, end), hour);
        self.change(tenant, |sums| sums.ends += 1);
    }

    fn alike(&self, tenant: Tenant, of: (ThingId, Side, RelationKind)) -> Vec<End> {
        let from = (tenant, (of.0, of.1, of.2, ThingId::MIN));
        let all = self.ends.range(Bound::Included(&from), Bound::Unbounded);
        let own = all.take_while(|((other, (thing, side, how, _)), _)| {
            *other == tenant && (*thing, *side, *how) == of
        });
        own.map(|((_, end), _)| *end).collect()
    }

    /// The relations of a thing, with when they were seen last.
    pub(super) fn ends(&self, tenant: Tenant, thing: ThingId) -> Vec<(End, Hour)> {
        let from = (tenant, first_end(thing));
        let all = self.ends.range(Bound::Included(&from), Bound::Unbounded);
        let own = all.take_while(|((other, (of, ..)), _)| (*other, *of) == (tenant, thing));
        own.map(|((_, end), seen)| (*end, *seen)).collect()
    }

    fn forget(&mut self, tenant: Tenant, id: ThingId) {
        self.drop_ends(tenant, id, |_| true);
        if let Some(known) = self.things.remove(&(tenant, id)) {
            self.oldest.remove(&(tenant, known.seen, id));
            self.change(tenant, |sums| sums.things = sums.things.saturating_sub(1));
        }
    }

    /// Drops relations of a thing at both of their ends, by when they were seen last.
    fn drop_ends(&mut self, tenant: Tenant, id: ThingId, is_over: impl Fn(Hour) -> bool) {
        let gone = self.ends(tenant, id).into_iter().filter(|(_, seen)| is_over(*seen));
        let gone: Vec<End> = gone.map(|(end, _)| end).collect();
        for (thing, side, how, other) in gone {
            let across = if side == Side::Below { Side::Above } else { Side::Below };
            self.remove_end(tenant, (thing, side, how, other));
            self.remove_end(tenant, (other, across, how, thing));
        }
    }

    fn remove_end(&mut self, tenant: Tenant, end: End) {
        if self.ends.remove(&(tenant, end)).is_some() {
            self.change(tenant, |sums| sums.ends = sums.ends.saturating_sub(1));
        }
    }

    fn first(&self, tenant: Tenant) -> Option<(Hour, ThingId)> {
        let from = (tenant, Hour::MIN, ThingId::MIN);
        let first = self.oldest.range(Bound::Included(&from), Bound::Unbounded).next();
        first.filter(|((of, ..), ())| *of == tenant).map(|((_, seen, id), ())| (*seen, *id))
    }

    fn sum(&self, tenant: Tenant) -> Sums {
        self.sums.get(&tenant).copied().unwrap_or_default()
    }

    fn change(&mut self, tenant: Tenant, change: impl FnOnce(&mut Sums)) {
        change(self.sums.get_or_insert_with(&tenant, Sums::default));
    }

    /// How many things and relations are known of a tenant.
    pub(super) fn len(&self, tenant: Tenant) -> (usize, usize) {
        let Sums { things, ends } = self.sum(tenant);
        (things, ends.div_ceil(2))
    }
}

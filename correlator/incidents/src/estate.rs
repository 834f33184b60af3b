//! What depends on what: things of a tenant and the relations between them, who is touched by a fault,
//! and where it may have begun.
//!
//! **Invariant:** the same relations give the same answers in whatever order those of one hour were
//! learnt, as long as nothing had to make room. Tenants share what is written down, [`Fixed`], and
//! nothing else. Every answer looks at a bounded number of things, whatever the estate looks like.

mod case;
mod causes;
mod edge;
mod fixed;
mod learnt;
mod reason;
mod score;
mod thing;
mod touched;
mod walk;

use std::sync::Arc;

use schemas::envelope::Extra;
use schemas::incident::Affected;
use schemas::signal::Relation;
use stream::Store;

pub use case::{Case, Change, Ranked, Symptom};
pub use fixed::Fixed;
pub use thing::Thing;

use edge::{Edge, Side, carries_faults};
use learnt::{Hour, Learnt, hour_of};
use walk::View;

const HOUR_MS: i64 = 3_600_000;
/// More neighbours of a thing are not looked at.
const BESIDE_MAX: usize = 16;

/// The bounds of one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Things that are known; those not seen for longest make room.
    pub things: usize,
    /// Relations that are known; things not seen for longest make room with theirs.
    pub relations: usize,
    /// How long a relation holds after it was last seen, in whole hours.
    pub holds_ms: i64,
}

/// A thing at which an alert holds, among those that are touched.
pub(crate) fn here(thing: &Thing) -> Affected {
    Affected {
        kind: thing.kind().to_owned(),
        name: thing.name().to_owned(),
        steps: 0,
        reason: thing.called() + " has alerts",
        extra: Extra::new(),
    }
}

impl Limits {
    fn holds_hours(&self) -> Hour {
        hour_of(self.holds_ms)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { things: 200_000, relations: 1_000_000, holds_ms: 7 * 24 * HOUR_MS }
    }
}

/// What was counted since it was last asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Relations that were told and taken.
    pub relations_told: u64,
    /// Relations that name nothing, something too long, or the same thing twice.
    pub relations_refused: u64,
    /// Ends of relations at a hub, which has more of a kind than are told apart.
    pub relations_left_out: u64,
    /// Things forgotten for want of room.
    pub things_evicted: u64,
    /// Things forgotten because they were not seen for long.
    pub things_expired: u64,
    /// Things whose neighbours were looked at for answers.
    pub looked_at: u64,
}

/// What is known of what depends on what.
#[derive(Debug, Default)]
pub struct Estate {
    limits: Limits,
    fixed: Arc<Fixed>,
    learnt: Learnt,
    counts: Counts,
}

impl Estate {
    /// An estate of which only that is known which was written down.
    #[must_use]
    pub fn new(limits: Limits, fixed: Arc<Fixed>) -> Self {
        Self { limits, fixed, ..Self::default() }
    }

    /// Its state.
    pub fn stores(&mut self) -> Vec<&mut dyn Store> {
        self.learnt.stores()
    }

    /// What was counted since this was last asked.
    pub fn take_counts(&mut self) -> Counts {
        std::mem::take(&mut self.counts)
    }

    /// How many things and relations are known of a tenant by having been seen.
    #[must_use]
    pub fn len(&self, tenant: u32) -> (usize, usize) {
        self.learnt.len(tenant)
    }

    /// A relation was seen. The time is the tenant's: what it leaves far behind is forgotten.
    pub fn learn(&mut self, tenant: u32, relation: &Relation, time_ms: i64) {
        let Some(edge) = Edge::of(relation) else {
            self.counts.relations_refused += 1;
            return;
        };
        self.counts.relations_told += 1;
        let hour = hour_of(time_ms);
        let oldest = hour.saturating_sub(self.limits.holds_hours());
        self.learnt.forget_before(tenant, oldest, &mut self.counts);
        let pods = [Edge::of_pod(&edge.above), Edge::of_pod(&edge.below)];
        for edge in pods.into_iter().flatten().chain([edge]) {
            self.learnt.tie((tenant, hour), &edge, &self.limits, &mut self.counts);
        }
    }

    /// Who depends on these things, and is none of them: the nearest first, at most 32.
    pub fn affected(&mut self, tenant: u32, at: &[&Thing], time_ms: i64) -> Vec<Affected> {
        let (affected, looked_at) = self.view(tenant, time_ms).affected(at);
        self.counts.looked_at += looked_at as u64;
        affected
    }

    /// What may have caused an incident, the likeliest first; empty where nothing speaks for a cause.
    pub fn causes(&mut self, tenant: u32, case: &Case<'_>) -> Vec<Ranked> {
        let (causes, looked_at) = causes::rank(self.view(tenant, case.time_ms), case);
        self.counts.looked_at += looked_at as u64;
        causes
    }

    /// What depends on a thing, and what it depends on, in one step by which faults go; with whether the
    /// thing depends on it. At most 16.
    #[must_use]
    pub fn beside(&self, tenant: u32, thing: &Thing, time_ms: i64) -> Vec<(Thing, bool)> {
        let view = self.view(tenant, time_ms);
        let of = |(side, asked)| {
            let others = view.beside(thing.id(), side).into_iter();
            others.map(move |(how, other)| (how, other, asked))
        };
        let others = [(Side::Below, true), (Side::Above, false)].into_iter().flat_map(of);
        let carrying = others.filter(|(how, _, _)| carries_faults(*how));
        let things = carrying.filter_map(|(_, of, asked)| Some((view.thing(of)?.clone(), asked)));
        things.take(BESIDE_MAX).collect()
    }

    fn view(&self, tenant: u32, time_ms: i64) -> View<'_> {
        View { estate: self, tenant, hour: hour_of(time_ms) }
    }
}

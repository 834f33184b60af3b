//! Hits in, firings out, with what is remembered between them.
//!
//! **Invariant:** everything kept has a limit and goes by time: a group no later than the span of its rule
//! after its last hit; at a limit the group that would go first goes. A rule that has fired for a group
//! fires again when so much time has passed as its hits may lie apart.

use std::ops::Bound;
use std::sync::Arc;

use rules::Asked;
use schemas::id::RecordId;
use stream::{KeyedStore, Store};

use super::entry::{Entry, Value};
use super::firing::{Firing, Hit};
use super::group::{Group, Named, group_id};
use super::stateful::{Fires, Plan, Stateful};
use super::window::{Found, find};

/// A tenant, and a group of a rule and its version.
type Key = (u32, RecordId);

/// How much may be kept by one task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Groups of all rules, and values that were seen.
    pub groups: usize,
    /// Hits of all groups.
    pub hits: usize,
    /// How late hits may come and still count.
    pub late_ms: i64,
}

impl Default for Limits {
    /// Groups and hits take some 100 MB each.
    fn default() -> Self {
        Self { groups: 200_000, hits: 1_000_000, late_ms: 15 * 60_000 }
    }
}

/// What was not as it should be, since it was asked for last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Hits without a field of their group.
    pub ungrouped: u64,
    /// Hits that gave way to later ones of their group.
    pub dropped_hits: u64,
    /// Groups that gave way to others.
    pub dropped_groups: u64,
}

/// Stateful rules at work.
#[derive(Debug)]
pub struct Patterns {
    plan: Arc<Plan>,
    limits: Limits,
    groups: KeyedStore<Key, Group>,
    /// When groups go, and when something is decided of them, or earlier: in the order of time.
    timers: KeyedStore<(u32, i64, RecordId), ()>,
    /// One entry: how many hits all groups keep.
    kept: KeyedStore<(), usize>,
    counts: Counts,
}

impl Patterns {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(plan: Arc<Plan>, limits: Limits) -> Self {
        let (groups, timers, kept) = Default::default();
        Self { plan, limits, groups, timers, kept, counts: Counts::default() }
    }

    /// From here on these rules count. A rule whose text is another begins with nothing seen; what was
    /// seen of rules that are gone is forgotten when its time comes.
    pub fn go_by(&mut self, plan: &Arc<Plan>) {
        if !Arc::ptr_eq(&self.plan, plan) {
            self.plan = Arc::clone(plan);
        }
    }

    /// The stateless rules that belong to those in force.
    #[must_use]
    pub fn asked(&self) -> Option<&Asked> {
        self.plan.asked.as_deref()
    }

    /// All stores.
    pub fn stores(&mut self) -> [&mut dyn Store; 3] {
        [&mut self.groups, &mut self.timers, &mut self.kept]
    }

    /// What was not as it should be.
    pub fn take_counts(&mut self) -> Counts {
        std::mem::take(&mut self.counts)
    }

    /// How many groups are remembered.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.groups.len()
    }

    /// How many hits they keep.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.kept.get(&()).copied().unwrap_or(0)
    }

    /// Takes a hit of a tenant whose time is `now_ms`.
    pub fn take(&mut self, hit: &Hit<'_>, now_ms: i64, fired: &mut Vec<Firing>) {
        let plan = Arc::clone(&self.plan);
        for (stateful, place) in plan.that_take(hit.rule) {
            let Some(values) = stateful.group_of(place, hit.fields) else {
                self.counts.ungrouped += 1;
                continue;
            };
            let value = stateful.value_of(hit.fields);
            let entry = Entry { time_ms: hit.time_ms, rule: place, value, record: hit.record };
            match &stateful.fires {
                Fires::FirstSeen { memory_ms, learning_ms } => {
                    let terms = (*memory_ms, *learning_ms);
                    self.first_seen(stateful, (hit.tenant, values), entry, terms, fired);
                }
                _ => self.add(stateful, (hit.tenant, values), entry, now_ms, fired),
            }
        }
    }

    fn add(
        &mut self,
        stateful: &Arc<Stateful>,
        (tenant, values): (u32, Vec<String>),
        entry: Entry,
        now_ms: i64,
        fired: &mut Vec<Firing>,
    ) {
        let key = (tenant, group_id(stateful, &values));
        self.make_room(tenant, &key);
        let span_ms = stateful.within_ms().saturating_add(self.limits.late_ms);
        let of = || Arc::new(Named::of(stateful, values));
        let group = self.groups.get_or_insert_with(&key, || Group::new(of()));
        let before = group.entries.len();
        let inserted = group.insert(entry, now_ms.saturating_sub(span_ms));
        self.counts.dropped_hits += inserted.dropped;
        keep(&mut self.kept, before, group.entries.len());
        let Some(new) = inserted.place else { return };
        group.expires_ms = group.expires_ms.max(entry.time_ms.saturating_add(span_ms));
        match &stateful.fires {
            Fires::AtOnce(pattern) => {
                if group.may_fire_yet(pattern.within_ms)
                    && let Some(found) = find(pattern, &group.entries, new)
                    && group.may_fire(found.end_ms, pattern.within_ms)
                {
                    group.fired_ms = Some(found.end_ms);
                    fired.push(Firing::of(
                        stateful,
                        tenant,
                        &group.of.values,
                        &group.taken(&found),
                        &found,
                    ));
                }
            }
            Fires::Unless { pattern, for_ms, .. } => {
                if group.decided_ms.is_none()
                    && group.may_fire_yet(pattern.within_ms)
                    && let Some(found) = find(pattern, &group.entries, new)
                    && group.may_fire(found.end_ms, pattern.within_ms)
                {
                    // What happens in the last millisecond still counts.
                    group.decided_ms = Some(found.end_ms.saturating_add(*for_ms).saturating_add(1));
                }
            }
            Fires::FirstSeen { .. } => {}
        }
        arm(&mut self.timers, key, group);
    }

    /// Each value is a group of its own, and so is the group itself, which says since when it is watched.
    fn first_seen(
        &mut self,
        stateful: &Arc<Stateful>,
        (tenant, values): (u32, Vec<String>),
        entry: Entry,
        (memory_ms, learning_ms): (i64, i64),
        fired: &mut Vec<Firing>,
    ) {
        let Some(value) = entry.value else {
            self.counts.ungrouped += 1;
            return;
        };
        let since_ms = self.remember(stateful, tenant, values.clone(), entry, memory_ms);
        let mut named = values.clone();
        named.push(match value {
            Value::Text(hash) => format!("{hash:016x}"),
            Value::Number(number) => number.to_string(),
        });
        let is_new = self.remember(stateful, tenant, named, entry, memory_ms).is_none();
        let is_watched_long = since_ms.is_some_and(|since| entry.time_ms - since >= learning_ms);
        if is_new && is_watched_long {
            let found = Found { entries: vec![0], figure: None, end_ms: entry.time_ms };
            fired.push(Firing::of(stateful, tenant, &values, &[entry], &found));
        }
    }

    /// Notes that a group was seen; since when it is known, if it was.
    fn remember(
        &mut self,
        stateful: &Stateful,
        tenant: u32,
        values: Vec<String>,
        entry: Entry,
        memory_ms: i64,
    ) -> Option<i64> {
        let key = (tenant, group_id(stateful, &values));
        self.make_room(tenant, &key);
        let is_known = self.groups.get(&key).is_some();
        let of = || Arc::new(Named::of(stateful, values));
        let group = self.groups.get_or_insert_with(&key, || Group::new(of()));
        // The first hit stays, for it says since when; nothing else is asked of it.
        if group.entries.is_empty() {
            group.entries.push(entry);
            keep(&mut self.kept, 0, 1);
        }
        group.expires_ms = group.expires_ms.max(entry.time_ms.saturating_add(memory_ms));
        arm(&mut self.timers, key, group);
        let since_ms = group.entries.first().map(|first| first.time_ms);
        since_ms.filter(|_| is_known)
    }

    /// Decides and forgets what is due for a tenant: nothing earlier than `settled_ms` can still come.
    /// Does at most so many pieces; true when nothing is left.
    pub fn advance(
        &mut self,
        tenant: u32,
        settled_ms: i64,
        mut pieces: usize,
        fired: &mut Vec<Firing>,
    ) -> bool {
        while let Some((due_ms, id)) =
            self.first_timer(tenant).filter(|(due, _)| *due <= settled_ms)
        {
            if pieces == 0 {
                return false;
            }
            pieces -= 1;
            self.due((tenant, id), due_ms, fired);
        }
        true
    }

    fn due(&mut self, key: Key, due_ms: i64, fired: &mut Vec<Firing>) {
        if !self.take_timer(key, due_ms) {
            return;
        }
        let Some(group) = self.groups.get_mut(&key) else { return };
        if group.decided_ms != Some(due_ms) {
            return self.forget(&key);
        }
        let (of, plan) = (Arc::clone(&group.of), Arc::clone(&self.plan));
        let stateful = plan.all.iter().find(|stateful| of.is_of(stateful));
        group.decided_ms = None;
        if let Some(stateful) = stateful {
            fired.extend(group.decide(stateful, key.0, due_ms));
        }
        arm(&mut self.timers, key, group);
    }

    /// Takes a timer that stands first; false where its group has since put it off.
    fn take_timer(&mut self, key: Key, at_ms: i64) -> bool {
        self.timers.remove(&(key.0, at_ms, key.1));
        let Some(group) = self.groups.get_mut(&key) else { return false };
        group.armed_ms = None;
        let is_due = group.next_ms() <= at_ms;
        if !is_due {
            arm(&mut self.timers, key, group);
        }
        is_due
    }

    fn forget(&mut self, key: &Key) {
        if let Some(group) = self.groups.remove(key) {
            keep(&mut self.kept, group.entries.len(), 0);
        }
    }

    /// Where all places are taken the group goes that would go first.
    fn make_room(&mut self, tenant: u32, key: &Key) {
        let is_new = self.groups.get(key).is_none();
        let is_full = is_new && self.groups.len() >= self.limits.groups;
        if !is_full && self.kept() < self.limits.hits {
            return;
        }
        while let Some((tenant, at_ms, id)) = self.first_to_go(tenant) {
            if self.take_timer((tenant, id), at_ms) {
                self.counts.dropped_groups += 1;
                return self.forget(&(tenant, id));
            }
        }
    }

    /// The tenant's own timer that stands first, or else that of any.
    fn first_to_go(&self, tenant: u32) -> Option<(u32, i64, RecordId)> {
        let own = self.first_timer(tenant).map(|(at_ms, id)| (tenant, at_ms, id));
        own.or_else(|| self.timers.iter().next().map(|(timer, ())| *timer))
    }

    fn first_timer(&self, tenant: u32) -> Option<(i64, RecordId)> {
        let from = (tenant, i64::MIN, RecordId(schemas::id::Hash128::MIN));
        let first = self.timers.range(Bound::Included(&from), Bound::Unbounded).next();
        first
            .map(|(timer, ())| *timer)
            .filter(|timer| timer.0 == tenant)
            .map(|(_, due, id)| (due, id))
    }
}

/// Sets the timer of a group, unless one stands that comes earlier.
fn arm(timers: &mut KeyedStore<(u32, i64, RecordId), ()>, (tenant, id): Key, group: &mut Group) {
    let next_ms = group.next_ms();
    match group.armed_ms {
        Some(armed_ms) if armed_ms <= next_ms => return,
        Some(armed_ms) => drop(timers.remove(&(tenant, armed_ms, id))),
        None => {}
    }
    group.armed_ms = Some(next_ms);
    timers.insert(&(tenant, next_ms, id), ());
}

/// Counts the hits that a group keeps.
fn keep(kept: &mut KeyedStore<(), usize>, before: usize, after: usize) {
    if before != after {
        let all = kept.get_or_insert_with(&(), || 0);
        *all = (*all + after).saturating_sub(before);
    }
}

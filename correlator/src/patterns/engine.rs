//! Hits in, firings out, with what is remembered between them.
//!
//! **Invariant:** everything kept has a limit and goes by time: a group no later than the span of its rule
//! after its last hit; at a limit the group that would go first goes. A rule that has fired for a group
//! fires again when so much time has passed as its hits may lie apart.

use std::ops::Bound;
use std::sync::Arc;

use rules::Asked;
use schemas::id::RecordId;
use serde::{Deserialize, Serialize};
use stream::{KeyedStore, Store};

use super::entry::{Entry, Value};
use super::firing::{Firing, Hit};
use super::stateful::{Fires, Plan, Stateful};
use super::window::{Found, find};

/// Hits of one group that are kept.
pub const ENTRIES_MAX: usize = 1_000;

/// A tenant, and a group of a rule and its version.
type Key = (u32, RecordId);

/// How much may be kept by one task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Groups of all rules, and values that were seen.
    pub groups: usize,
    /// How late hits may come and still count.
    pub late_ms: i64,
}

impl Default for Limits {
    /// As many groups as fit into some 100 MB.
    fn default() -> Self {
        Self { groups: 200_000, late_ms: 15 * 60_000 }
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

/// What is remembered of a group.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Group {
    entries: Vec<Entry>,
    /// The end of what it fired for last.
    fired_ms: Option<i64>,
    /// When it goes.
    expires_ms: i64,
    /// When it is decided whether something was absent.
    decided_ms: Option<i64>,
    /// The rule it belongs to, and what its hits have in common.
    of: Arc<Named>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Named {
    rule: String,
    version: String,
    values: Vec<String>,
}

/// Stateful rules at work.
#[derive(Debug)]
pub struct Patterns {
    plan: Arc<Plan>,
    limits: Limits,
    groups: KeyedStore<Key, Group>,
    /// When groups go, and when something is decided of them: in the order of time.
    timers: KeyedStore<(u32, i64, RecordId), ()>,
    counts: Counts,
}

impl Patterns {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(plan: Arc<Plan>, limits: Limits) -> Self {
        let (groups, timers) = (KeyedStore::default(), KeyedStore::default());
        Self { plan, limits, groups, timers, counts: Counts::default() }
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
    pub fn stores(&mut self) -> [&mut dyn Store; 2] {
        [&mut self.groups, &mut self.timers]
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
        let (expired_ms, before) = (now_ms.saturating_sub(span_ms), group.next_ms());
        let Some((new, dropped)) = group.insert(entry, expired_ms) else { return };
        group.expires_ms = group.expires_ms.max(entry.time_ms.saturating_add(span_ms));
        self.counts.dropped_hits += dropped;
        match &stateful.fires {
            Fires::AtOnce(pattern) => {
                if let Some(found) = find(pattern, &group.entries, new)
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
                    && let Some(found) = find(pattern, &group.entries, new)
                    && group.may_fire(found.end_ms, pattern.within_ms)
                {
                    // What happens in the last millisecond still counts.
                    group.decided_ms = Some(found.end_ms.saturating_add(*for_ms).saturating_add(1));
                }
            }
            Fires::FirstSeen { .. } => {}
        }
        let after = group.next_ms();
        self.move_timer(key, Some(before).filter(|before| *before < i64::MAX), Some(after));
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
        let before = group.next_ms();
        // The first hit stays, for it says since when; nothing else is asked of it.
        if group.entries.is_empty() {
            group.entries.push(entry);
        }
        group.expires_ms = group.expires_ms.max(entry.time_ms.saturating_add(memory_ms));
        let (since_ms, after) = (group.entries.first().map(|first| first.time_ms), group.next_ms());
        self.move_timer(key, Some(before).filter(|before| *before < i64::MAX), Some(after));
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
        self.timers.remove(&(key.0, due_ms, key.1));
        let Some(group) = self.groups.get(&key) else { return };
        if group.decided_ms != Some(due_ms) {
            self.groups.remove(&key);
            return;
        }
        let (of, plan) = (Arc::clone(&group.of), Arc::clone(&self.plan));
        let stateful = plan.all.iter().find(|stateful| of.is_of(stateful));
        let Some(group) = self.groups.get_mut(&key) else { return };
        group.decided_ms = None;
        if let Some(stateful) = stateful {
            fired.extend(group.decide(stateful, key.0, due_ms));
        }
        let after = group.next_ms();
        self.move_timer(key, None, Some(after));
    }

    /// Where all places are taken the group goes that would go first.
    fn make_room(&mut self, tenant: u32, key: &Key) {
        if self.groups.len() < self.limits.groups || self.groups.get(key).is_some() {
            return;
        }
        let own = self.first_timer(tenant).map(|(due, id)| (tenant, due, id));
        let any = || self.timers.iter().next().map(|(timer, ())| *timer);
        if let Some(timer) = own.or_else(any) {
            self.timers.remove(&timer);
            self.groups.remove(&(timer.0, timer.2));
            self.counts.dropped_groups += 1;
        }
    }

    fn first_timer(&self, tenant: u32) -> Option<(i64, RecordId)> {
        let from = (tenant, i64::MIN, RecordId(schemas::id::Hash128::MIN));
        let first = self.timers.range(Bound::Included(&from), Bound::Unbounded).next();
        first
            .map(|(timer, ())| *timer)
            .filter(|timer| timer.0 == tenant)
            .map(|(_, due, id)| (due, id))
    }

    fn move_timer(&mut self, (tenant, id): Key, before: Option<i64>, after: Option<i64>) {
        if before == after {
            return;
        }
        if let Some(before) = before {
            self.timers.remove(&(tenant, before, id));
        }
        if let Some(after) = after {
            self.timers.insert(&(tenant, after, id), ());
        }
    }
}

fn group_id(stateful: &Stateful, values: &[String]) -> RecordId {
    let mut parts = vec![stateful.id.as_str(), stateful.version.as_str()];
    parts.extend(values.iter().map(String::as_str));
    RecordId::of("pattern group", &parts)
}

impl Named {
    fn of(stateful: &Stateful, values: Vec<String>) -> Self {
        Self { rule: stateful.id.clone(), version: stateful.version.clone(), values }
    }

    fn is_of(&self, stateful: &Stateful) -> bool {
        self.rule == stateful.id && self.version == stateful.version
    }
}

impl Group {
    fn new(of: Arc<Named>) -> Self {
        Self { entries: Vec::new(), fired_ms: None, expires_ms: i64::MIN, decided_ms: None, of }
    }

    /// When something is to be done about it.
    fn next_ms(&self) -> i64 {
        if self.expires_ms == i64::MIN {
            return i64::MAX;
        }
        self.decided_ms.unwrap_or(self.expires_ms).min(self.expires_ms)
    }

    /// Keeps a hit unless it is there already; its place, and how many others went for it.
    fn insert(&mut self, entry: Entry, expired_ms: i64) -> Option<(usize, u64)> {
        self.entries.retain(|known| known.time_ms >= expired_ms);
        let place = self.entries.partition_point(|known| known.order() < entry.order());
        if self.entries.get(place).is_some_and(|known| known.order() == entry.order()) {
            return None;
        }
        self.entries.insert(place, entry);
        if self.entries.len() <= ENTRIES_MAX {
            return Some((place, 0));
        }
        self.entries.remove(0);
        Some((place.checked_sub(1)?, 1))
    }

    fn may_fire(&self, end_ms: i64, within_ms: i64) -> bool {
        self.fired_ms.is_none_or(|fired| end_ms.saturating_sub(fired) >= within_ms)
    }

    fn taken(&self, found: &Found) -> Vec<Entry> {
        found.entries.iter().filter_map(|place| self.entries.get(*place).copied()).collect()
    }

    /// Whether what had to be absent was, until now.
    fn decide(&mut self, stateful: &Arc<Stateful>, tenant: u32, due_ms: i64) -> Option<Firing> {
        let Fires::Unless { pattern, absent, for_ms } = &stateful.fires else { return None };
        let end_ms = due_ms.saturating_sub(*for_ms).saturating_sub(1);
        let ends = self.entries.iter().position(|entry| entry.time_ms == end_ms)?;
        let last = self.entries.partition_point(|entry| entry.time_ms <= end_ms);
        let found = (ends..last).find_map(|new| find(pattern, self.entries.get(..last)?, new))?;
        let came = |entry: &&Entry| {
            absent.contains(&entry.rule) && (end_ms..due_ms).contains(&entry.time_ms)
        };
        if self.entries.iter().any(|entry| came(&entry)) {
            return None;
        }
        self.fired_ms = Some(end_ms);
        Some(Firing::of(stateful, tenant, &self.of.values, &self.taken(&found), &found))
    }
}

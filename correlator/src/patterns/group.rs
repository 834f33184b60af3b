//! What is remembered of one group of a stateful rule.
//!
//! **Invariant:** hits are in the order of their own times, each of them once; its timer stands no later than
//! when something is to be done about it.

use std::sync::Arc;

use schemas::id::RecordId;
use serde::{Deserialize, Serialize};

use super::entry::Entry;
use super::firing::Firing;
use super::stateful::{Fires, Stateful};
use super::window::{Found, find};

/// Hits of one group that are kept.
pub const ENTRIES_MAX: usize = 1_000;

/// A group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Group {
    pub(super) entries: Vec<Entry>,
    /// The end of what it fired for last.
    pub(super) fired_ms: Option<i64>,
    /// When it goes.
    pub(super) expires_ms: i64,
    /// When it is decided whether something was absent.
    pub(super) decided_ms: Option<i64>,
    /// Where its timer stands. Hits move on when it goes, and the timer follows when it comes due.
    pub(super) armed_ms: Option<i64>,
    /// The rule it belongs to, and what its hits have in common.
    pub(super) of: Arc<Named>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Named {
    rule: String,
    version: String,
    pub(super) values: Vec<String>,
}

/// What a hit did to its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Inserted {
    /// The place of the hit; none where it gave way at once, or was there already.
    pub(super) place: Option<usize>,
    /// Hits that gave way to later ones.
    pub(super) dropped: u64,
}

pub(super) fn group_id(stateful: &Stateful, values: &[String]) -> RecordId {
    let mut parts = vec![stateful.id.as_str(), stateful.version.as_str()];
    parts.extend(values.iter().map(String::as_str));
    RecordId::of("pattern group", &parts)
}

impl Named {
    pub(super) fn of(stateful: &Stateful, values: Vec<String>) -> Self {
        Self { rule: stateful.id.clone(), version: stateful.version.clone(), values }
    }

    pub(super) fn is_of(&self, stateful: &Stateful) -> bool {
        self.rule == stateful.id && self.version == stateful.version
    }
}

impl Group {
    pub(super) fn new(of: Arc<Named>) -> Self {
        let (fired_ms, decided_ms, armed_ms) = (None, None, None);
        Self { entries: Vec::new(), fired_ms, expires_ms: i64::MIN, decided_ms, armed_ms, of }
    }

    /// When something is to be done about it.
    pub(super) fn next_ms(&self) -> i64 {
        if self.expires_ms == i64::MIN {
            return i64::MAX;
        }
        self.decided_ms.unwrap_or(self.expires_ms).min(self.expires_ms)
    }

    /// Keeps a hit unless it is there already.
    pub(super) fn insert(&mut self, entry: Entry, expired_ms: i64) -> Inserted {
        self.entries.drain(..self.entries.partition_point(|known| known.time_ms < expired_ms));
        let place = self.entries.partition_point(|known| known.order() < entry.order());
        if self.entries.get(place).is_some_and(|known| known.order() == entry.order()) {
            return Inserted { place: None, dropped: 0 };
        }
        self.entries.insert(place, entry);
        if self.entries.len() <= ENTRIES_MAX {
            return Inserted { place: Some(place), dropped: 0 };
        }
        self.entries.remove(0);
        Inserted { place: place.checked_sub(1), dropped: 1 }
    }

    pub(super) fn may_fire(&self, end_ms: i64, within_ms: i64) -> bool {
        self.fired_ms.is_none_or(|fired| end_ms.saturating_sub(fired) >= within_ms)
    }

    /// Whether any window that ends at one of its hits may fire: no need to look at them where none may.
    pub(super) fn may_fire_yet(&self, within_ms: i64) -> bool {
        self.entries.last().is_some_and(|last| self.may_fire(last.time_ms, within_ms))
    }

    pub(super) fn taken(&self, found: &Found) -> Vec<Entry> {
        found.entries.iter().filter_map(|place| self.entries.get(*place).copied()).collect()
    }

    /// Whether what had to be absent was, until now.
    pub(super) fn decide(
        &mut self,
        stateful: &Arc<Stateful>,
        tenant: u32,
        due_ms: i64,
    ) -> Option<Firing> {
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

//! Timers: what is due when, by two clocks.
//!
//! What follows from *not* having heard something (quiet, `for`, `keep_firing_for`, the end of flapping)
//! waits until everything up to then has come through, so that a stalled stage above is never mistaken
//! for silence. What only tells people (groups, escalation) and what people set (silences) goes by the
//! foremost time, so that a stalled stage holds up no notification.

use std::ops::Bound;

use schemas::id::{AlertId, Fingerprint, Hash128, RecordId};
use serde::{Deserialize, Serialize};
use stream::KeyedStore;

use super::state::TenantNumber;

/// Which time a timer waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum By {
    /// That up to which everything has come through.
    Settled,
    /// The foremost.
    Now,
    /// The foremost, too; apart, so that what is forgotten first is found at once.
    Memory,
}

/// What is due. At one moment silences come before groups, so that a group sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Due {
    Alert(AlertId),
    Silence(RecordId),
    Forget(Fingerprint),
    Group(RecordId),
}

type Key = (TenantNumber, By, i64, Due);

/// All timers of a task.
#[derive(Debug, Default)]
pub(super) struct Timers {
    pub(super) entries: KeyedStore<Key, ()>,
}

impl Due {
    fn by(self) -> By {
        match self {
            Self::Alert(_) => By::Settled,
            Self::Silence(_) | Self::Group(_) => By::Now,
            Self::Forget(_) => By::Memory,
        }
    }
}

impl Timers {
    /// Sets, moves or clears a timer.
    pub(super) fn set(
        &mut self,
        tenant: TenantNumber,
        what: Due,
        before: Option<i64>,
        after: Option<i64>,
    ) {
        if before == after {
            return;
        }
        if let Some(before) = before {
            self.entries.remove(&(tenant, what.by(), before, what));
        }
        if let Some(after) = after {
            self.entries.insert(&(tenant, what.by(), after, what), ());
        }
    }

    /// The first timer of a tenant that is due, taken off.
    pub(super) fn take_due(
        &mut self,
        tenant: TenantNumber,
        settled_ms: i64,
        now_ms: i64,
    ) -> Option<(i64, Due)> {
        let due = |by, until_ms| self.first(tenant, by).filter(|key: &Key| key.2 <= until_ms);
        let all = [due(By::Settled, settled_ms), due(By::Now, now_ms), due(By::Memory, now_ms)];
        let first = all.into_iter().flatten().min_by_key(|(_, by, due, _)| (*due, *by))?;
        self.entries.remove(&first);
        Some((first.2, first.3))
    }

    fn first(&self, tenant: TenantNumber, by: By) -> Option<Key> {
        let from = (tenant, by, i64::MIN, Due::Alert(AlertId(Hash128::MIN)));
        let first = self.entries.range(Bound::Included(&from), Bound::Unbounded).next();
        first.map(|(key, ())| *key).filter(|key| key.0 == tenant && key.1 == by)
    }

    /// The condition that is forgotten first.
    pub(super) fn first_to_forget(&self, tenant: TenantNumber) -> Option<Fingerprint> {
        match self.first(tenant, By::Memory)?.3 {
            Due::Forget(fingerprint) => Some(fingerprint),
            Due::Alert(_) | Due::Silence(_) | Due::Group(_) => None,
        }
    }
}

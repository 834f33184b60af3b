//! Room: which conditions are remembered, and which alert makes place for another.
//!
//! **Invariant:** what is dropped at a limit is the oldest by time and then by id, so a replay drops the
//! same.

use schemas::alert::Closing;
use schemas::id::{AlertId, Fingerprint};

use super::lifecycle::Work;
use super::stores::Stores;
use super::timers::Due;

/// How long a condition is remembered after its alert is over: longer than flapping is looked at, and
/// than records of one source overtake each other.
const REMEMBERED_MS: i64 = 3_600_000;

impl Work<'_> {
    /// Notes which alert of a condition is open.
    pub(super) fn remember_open(&mut self, fingerprint: Fingerprint, id: AlertId) {
        let condition = self.condition_mut(fingerprint);
        condition.open = Some(id);
        let forget = condition.forget_ms.take();
        if forget.is_some() {
            self.stores.timers.set(self.tenant, Due::Forget(fingerprint), forget, None);
            self.stores.change(self.tenant, |of| of.remembered = of.remembered.saturating_sub(1));
        }
    }

    /// Remembers a condition of which nothing is open, for a while.
    pub(super) fn remember(&mut self, fingerprint: Fingerprint) {
        let until = Some(self.at_ms().saturating_add(REMEMBERED_MS));
        let condition = self.condition_mut(fingerprint);
        if condition.open.is_some() {
            return;
        }
        let before = std::mem::replace(&mut condition.forget_ms, until);
        self.stores.timers.set(self.tenant, Due::Forget(fingerprint), before, until);
        if before.is_none() {
            self.stores.change(self.tenant, |tenant| tenant.remembered += 1);
        }
        let remembered = self.stores.tenant(self.tenant).map_or(0, |tenant| tenant.remembered);
        if usize::try_from(remembered).is_ok_and(|count| count > self.plan.limits.remembered)
            && let Some(first) = self.stores.timers.first_to_forget(self.tenant)
        {
            self.out.count("forgotten_early", 1);
            self.forget(first);
        }
    }

    pub(super) fn forget(&mut self, fingerprint: Fingerprint) {
        let key = (self.tenant, fingerprint);
        let Some(condition) = self.stores.conditions.remove(&key) else { return };
        self.stores.timers.set(self.tenant, Due::Forget(fingerprint), condition.forget_ms, None);
        self.stores.change(self.tenant, |of| of.remembered = of.remembered.saturating_sub(1));
    }

    /// Closes the alert that was quiet for longest, where there is no room for another.
    pub(super) fn make_room(&mut self) {
        let open = self.stores.tenant(self.tenant).map_or(0, |tenant| tenant.open);
        if usize::try_from(open).is_ok_and(|open| open < self.plan.limits.open_alerts) {
            return;
        }
        while let Some((ordered_ms, id)) = Stores::first_of(&self.stores.oldest, self.tenant) {
            let happened_ms = self.alert(id).map_or(ordered_ms, |alert| alert.happened_ms);
            if happened_ms == ordered_ms {
                self.out.count("alerts_evicted", 1);
                return self.evict(id);
            }
            // It has happened again since it was put there.
            self.stores.oldest.remove(&(self.tenant, ordered_ms, id));
            self.stores.oldest.insert(&(self.tenant, happened_ms, id), ());
            if let Some(alert) = self.alert_mut(id) {
                alert.ordered_ms = happened_ms;
            }
        }
    }

    fn evict(&mut self, id: AlertId) {
        let limit = self.plan.limits.open_alerts;
        if let Some(alert) = self.alert_mut(id) {
            alert.body_mut().reason = format!(
                "closed because {limit} alerts were open and this one was quiet for longest, not because it ended"
            );
        }
        self.close(id, Closing::Evicted);
    }
}

//! What time does to incidents: they become quiet, are resolved, and at last closed.
//!
//! **Invariant:** only the time of the tenant decides, and what is due is done before the item that
//! moved it.

use crate::incident::{Incident, Stage};
use crate::tenant::Tenant;

/// How long a resolved incident is kept, so that what comes back can say what it follows.
const KEPT_MS: i64 = 86_400_000;
/// So much is looked at before one item; the rest before the next ones.
const LOOKED_AT_MAX: usize = 64;

impl Tenant {
    pub(crate) fn look_at_what_is_due(&mut self) {
        for _ in 0..LOOKED_AT_MAX {
            let Some((due_ms, number)) = self.due.first().copied() else { return };
            if due_ms > self.now_ms {
                return;
            }
            self.due.remove(&(due_ms, number));
            self.look_at(number);
        }
    }

    fn look_at(&mut self, number: u64) {
        let quiet_ms = self.limits.quiet_ms;
        let Some(incident) = self.incidents.get_mut(&number) else { return };
        let quiet_from_ms = incident.last_ms.saturating_add(quiet_ms);
        if quiet_from_ms > self.now_ms && incident.stage != Stage::Resolved {
            return self.look_again(number, quiet_from_ms);
        }
        match (incident.stage, incident.resolved_ms) {
            (Stage::Candidate, _) => self.close(number),
            (Stage::Resolved, Some(ended_ms))
                if ended_ms.saturating_add(KEPT_MS) <= self.now_ms =>
            {
                self.close(number);
            }
            (Stage::Resolved, Some(ended_ms)) => {
                self.look_again(number, ended_ms.saturating_add(KEPT_MS))
            }
            _ => {
                (incident.stage, incident.resolved_ms) = (Stage::Resolved, Some(quiet_from_ms));
                self.look_again(number, quiet_from_ms.saturating_add(KEPT_MS));
            }
        }
    }

    pub(crate) fn look_again(&mut self, number: u64, due_ms: i64) {
        let Some(incident) = self.incidents.get_mut(&number) else { return };
        let before_ms = std::mem::replace(&mut incident.due_ms, due_ms);
        self.due.remove(&(before_ms, number));
        self.due.insert((due_ms, number));
    }

    /// Hands an incident out for good.
    fn close(&mut self, number: u64) {
        let Some(incident) = self.incidents.remove(&number) else { return };
        self.due.remove(&(incident.due_ms, number));
        for other in &incident.took_over {
            self.aliases.remove(other);
        }
        self.closed.push(incident);
    }

    /// Closes the incident that is due first, where there is no room for another.
    pub(crate) fn make_room(&mut self) {
        let mut looked_at = 0;
        while self.incidents.len() >= self.limits.incidents {
            let Some((due_ms, number)) = self.due.first().copied() else { return };
            let quiet_from_ms = self.quiet_from_ms(number);
            if quiet_from_ms > due_ms && looked_at < LOOKED_AT_MAX {
                looked_at += 1;
                self.look_again(number, quiet_from_ms);
                continue;
            }
            self.counts.incidents_evicted += 1;
            self.close(number);
        }
    }

    fn quiet_from_ms(&self, number: u64) -> i64 {
        let last_ms = |incident: &Incident| incident.last_ms.saturating_add(self.limits.quiet_ms);
        self.incidents.get(&number).map_or(i64::MIN, last_ms)
    }
}

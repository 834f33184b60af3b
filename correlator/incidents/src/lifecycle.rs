//! What time does to incidents: they become quiet, are resolved, and at last closed.
//!
//! **Invariant:** only the time of the tenant decides, and what is due is done before the item that
//! moved it.

use std::ops::Bound;

use schemas::incident::MomentKind;

use crate::incident::{Incident, Stage};
use crate::tenant::Tenant;
use crate::timeline::Happened;

/// How long a resolved incident is kept, so that what comes back can say what it follows.
const KEPT_MS: i64 = 86_400_000;
/// So much is looked at before one item; the rest before the next ones.
const LOOKED_AT_MAX: usize = 64;

impl Tenant<'_> {
    /// Does a bounded piece of what is due; true when nothing is left.
    pub(crate) fn look_at_what_is_due(&mut self) -> bool {
        for _ in 0..LOOKED_AT_MAX {
            match self.first_due() {
                Some((due_ms, number)) if due_ms <= self.row.now_ms => self.look_at(number),
                _ => return self.tell_what_is_due(),
            }
        }
        self.tell_what_is_due();
        false
    }

    /// The incident that is looked at next.
    fn first_due(&self) -> Option<(i64, u64)> {
        let (from, to) = ((self.number, i64::MIN, 0), (self.number, i64::MAX, u64::MAX));
        let mut due = self.stores.due.range(Bound::Included(&from), Bound::Included(&to));
        due.next().map(|((_, due_ms, number), ())| (*due_ms, *number))
    }

    fn look_at(&mut self, number: u64) {
        let Some(incident) = self.incident(number) else { return };
        let (stage, ended_ms) = (incident.stage, incident.resolved_ms);
        let quiet_from_ms = self.quiet_from_ms(incident);
        match (stage, ended_ms.map(|ended_ms| ended_ms.saturating_add(KEPT_MS))) {
            (Stage::Resolved, Some(kept_ms)) if kept_ms > self.row.now_ms => {
                self.look_again(number, kept_ms);
            }
            (Stage::Resolved, _) => self.close(number),
            _ if quiet_from_ms > self.row.now_ms => self.look_again(number, quiet_from_ms),
            (Stage::Candidate, _) => self.close(number),
            _ => self.resolve_by_quiet(number, quiet_from_ms),
        }
    }

    fn resolve_by_quiet(&mut self, number: u64, quiet_from_ms: i64) {
        let Some(incident) = self.incident_mut(number) else { return };
        let holds = incident.holding > 0;
        (incident.stage, incident.resolved_ms) = (Stage::Resolved, Some(quiet_from_ms));
        let why = if holds { "resolved: it has lasted too long" } else { "resolved: it is quiet" };
        self.note_moment(number, Happened::new(quiet_from_ms, MomentKind::State, why));
        self.look_again(number, quiet_from_ms.saturating_add(KEPT_MS));
        self.tell(number);
    }

    pub(crate) fn look_again(&mut self, number: u64, due_ms: i64) {
        let tenant = self.number;
        let Some(incident) = self.incident_mut(number) else { return };
        let before_ms = std::mem::replace(&mut incident.due_ms, due_ms);
        self.stores.due.remove(&(tenant, before_ms, number));
        self.stores.due.insert(&(tenant, due_ms, number), ());
    }

    /// Looks at an incident that goes on no later than when it counts as quiet.
    pub(crate) fn look_sooner(&mut self, number: u64) {
        let goes_on = |incident: &&Incident| incident.stage != Stage::Resolved;
        let Some(incident) = self.incident(number).filter(goes_on) else { return };
        let (due_ms, quiet_from_ms) = (incident.due_ms, self.quiet_from_ms(incident));
        if quiet_from_ms < due_ms {
            self.look_again(number, quiet_from_ms);
        }
    }

    /// Tells of an incident for the last time, and forgets it.
    fn close(&mut self, number: u64) {
        let Some(incident) = self.take_out(number) else { return };
        self.write_last(&incident, None);
        let at = self.at(number);
        for (other, _) in self.stores.lists.took_over.take(at) {
            self.stores.aliases.remove(&(self.number, other));
        }
        for (place, raised) in self.stores.lists.alerts.take(at) {
            let member = (self.number, raised.alert);
            if self.stores.members.get(&member) == Some(&(number, place)) {
                self.stores.members.remove(&member);
            }
        }
        self.stores.forget(at);
    }

    /// Takes an incident off everything it is found by, but for what it has many of.
    pub(crate) fn take_out(&mut self, number: u64) -> Option<Incident> {
        self.forget_to_tell(number);
        let incident = self.stores.incidents.remove(&(self.number, number))?;
        self.stores.due.remove(&(self.number, incident.due_ms, number));
        self.stores.ids.remove(&(self.number, incident.id));
        self.row.incidents = self.row.incidents.saturating_sub(1);
        Some(incident)
    }

    /// Closes the incident that is due first, where there is no room for another.
    pub(crate) fn make_room(&mut self) {
        let mut looked_at = 0;
        while self.row.incidents >= self.limits.incidents {
            let Some((due_ms, number)) = self.first_due() else { return };
            let quiet_from_ms =
                self.incident(number).map_or(i64::MIN, |incident| self.quiet_from_ms(incident));
            if quiet_from_ms > due_ms && looked_at < LOOKED_AT_MAX {
                looked_at += 1;
                self.look_again(number, quiet_from_ms);
                continue;
            }
            self.counts.incidents_evicted += 1;
            self.close(number);
        }
    }
}

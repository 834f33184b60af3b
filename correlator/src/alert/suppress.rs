//! What follows when an alert becomes quiet or loud.
//!
//! **Invariant:** whatever made alerts quiet or loud is worked off before anything is told: sweeps and
//! rechecks come before timers. An alert that becomes loud while it fires is told again, as after
//! Alertmanager's silences people expect to hear what still goes on.

use std::ops::Bound;

use schemas::id::{AlertId, Hash128};

use super::lifecycle::Work;
use super::state::Phase;

/// Alerts that one piece of work looks at.
const SWEPT_A_PIECE: usize = 2_000;

impl Work<'_> {
    /// Does a piece of what is left to look at: how many alerts that were.
    pub(super) fn sweep(&mut self) -> usize {
        if let Some(from) = self.stores.sweeps.get(&self.tenant).copied() {
            return self.sweep_from(from);
        }
        let from = (self.tenant, AlertId(Hash128::MIN));
        let all = self.stores.rechecks.range(Bound::Included(&from), Bound::Unbounded);
        let own = all.take_while(|((tenant, _), ())| *tenant == self.tenant);
        let piece: Vec<AlertId> = own.take(SWEPT_A_PIECE).map(|((_, id), ())| *id).collect();
        for id in &piece {
            self.stores.rechecks.remove(&(self.tenant, *id));
            self.recheck(*id);
        }
        piece.len()
    }

    /// All silences of the tenant are to be looked at anew.
    pub(super) fn begin_sweep(&mut self) {
        self.stores.sweeps.insert(&self.tenant, AlertId(Hash128::MIN));
    }

    fn sweep_from(&mut self, from: AlertId) -> usize {
        let key = (self.tenant, from);
        let all = self.stores.alerts.range(Bound::Included(&key), Bound::Unbounded);
        let own = all.take_while(|((tenant, _), _)| *tenant == self.tenant);
        let mut piece: Vec<AlertId> = own.take(SWEPT_A_PIECE + 1).map(|((_, id), _)| *id).collect();
        match piece.get(SWEPT_A_PIECE).copied() {
            Some(next) => self.stores.sweeps.insert(&self.tenant, next),
            None => drop(self.stores.sweeps.remove(&self.tenant)),
        }
        piece.truncate(SWEPT_A_PIECE);
        for id in &piece {
            self.look_again(*id);
        }
        // A sweep of no alerts is work, too.
        piece.len().max(1)
    }

    fn look_again(&mut self, id: AlertId) {
        let Some(alert) = self.alert(id).filter(|alert| alert.is_open()) else { return };
        let (before, was_quiet) = (alert.silenced_by, alert.is_quiet());
        self.look_for_silences(id);
        if self.alert(id).is_some_and(|alert| alert.silenced_by != before) {
            self.quiet_changed(id, was_quiet);
        }
    }

    /// Finds the silence of an alert.
    pub(super) fn look_for_silences(&mut self, id: AlertId) {
        let Some(alert) = self.alert(id) else { return };
        let (body, before) = (std::sync::Arc::clone(&alert.body), alert.silenced_by);
        let view =
            super::matcher::View { rule: &body.rule, level: body.level, labels: &body.labels };
        let silenced_by = self.silence_of(view);
        if silenced_by != before
            && let Some(alert) = self.alert_mut(id)
        {
            alert.silenced_by = silenced_by;
        }
    }

    /// An alert is quiet or loud for another reason than before.
    pub(super) fn quiet_changed(&mut self, id: AlertId, was_quiet: bool) {
        self.tell(id);
        let Some(alert) = self.alert(id) else { return };
        if was_quiet && alert.is_loud() && alert.phase == Phase::Firing {
            self.speak_up(id);
        }
    }
}

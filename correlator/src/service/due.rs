//! What time makes due, a bounded piece of it at a time.
//!
//! **Invariant:** where a piece ends says nothing about what comes of the whole; the place is kept in stores, or
//! to look again from the beginning changes nothing.

use super::Correlator;
use super::fired::Cause;

/// Tenants whose incidents one piece of work looks at.
const SETTLED_A_PIECE: usize = 500;
/// Once so many revisions of incidents wait, a piece of work ends: each may have some hundred kilobytes.
const TOLD_A_PIECE: usize = 100;
/// Groups of stateful rules that one piece of work looks at.
const DECIDED_A_PIECE: usize = 2_000;

impl Correlator {
    /// What was absent until now; true when everything is decided that can be.
    pub(super) fn decide(&mut self, tenant: u32, pieces: usize) -> bool {
        let settled_ms = self.alerts.settled_ms(tenant);
        let mut fired = Vec::new();
        let is_done = self.patterns.advance(tenant, settled_ms, pieces, &mut fired);
        if !fired.is_empty() {
            let cause = Cause::time(self.alerts.name_of(tenant).unwrap_or_default(), settled_ms);
            self.raise(fired, &cause, self.alerts.now_ms(tenant));
            // What that makes due is told now, not with the next record.
            self.alerts.go_on(tenant);
        }
        is_done
    }

    /// The same of every tenant, where time has passed.
    pub(super) fn decide_all(&mut self) -> bool {
        while let Some(tenant) = self.undecided {
            if tenant >= self.alerts.tenants() {
                self.undecided = None;
            } else if self.decide(tenant, DECIDED_A_PIECE) {
                self.undecided = Some(tenant + 1);
            } else {
                return false;
            }
        }
        true
    }

    /// What time makes due among incidents, a piece of it, tenant by tenant since the last mark; true when
    /// nothing is left.
    pub(super) fn settle(&mut self) -> bool {
        for _ in 0..SETTLED_A_PIECE {
            let Some(tenant) = self.incidents.unsettled() else { return true };
            let Some(name) = self.alerts.name_of(tenant) else {
                self.incidents.settle_from(None);
                return true;
            };
            if !self.incidents.advance(name, self.alerts.settled_ms(tenant)) {
                return false;
            }
            self.incidents.settle_from(Some(tenant + 1));
            if self.incidents.waits() >= TOLD_A_PIECE {
                return false;
            }
        }
        false
    }
}

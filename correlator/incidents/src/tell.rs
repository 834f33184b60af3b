//! When which record is told.
//!
//! **Invariant:** what people wait for is told at once: that an incident is opened, its stage and its level,
//! what merged and what was parted, the first of what belongs to it, and every time that it has grown to
//! twice of what was told. What is new in its course, as the end of an alert, is told within ten seconds of
//! its tenant's time. What only counts, as another occurrence of a known alert, waits for a tenth of the
//! incident's age: ten seconds at least, and a minute at most.

use std::collections::BTreeSet;
use std::ops::Bound;

use schemas::alert::Level;
use schemas::id::IncidentId;
use schemas::incident::IncidentState;

use crate::incident::{Incident, Stage};
use crate::key;
use crate::list::At;
use crate::tenant::Tenant;

/// What is new and need not be told at once waits so long.
const WAITS_MS: i64 = 10_000;
/// What only counts waits so long at most.
const COUNTS_WAIT_MS: i64 = 60_000;
/// What only counts waits for such a part of the incident's age.
const OF_AGE: i64 = 10;
/// So many records are written before one item; the rest before the next ones.
const TOLD_MAX: usize = 8;
/// So many conditions and pieces of evidence are told at once.
const FIRST_MAX: u64 = 8;

/// What is told at once when it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    stage: Stage,
    level: Level,
    /// How many conditions and pieces of evidence it has.
    parts: u64,
    /// How much has happened in its course.
    moments: u64,
}

impl Incident {
    pub(crate) fn standing(&self) -> Standing {
        let parts = self.conditions + self.evidence;
        Standing { stage: self.stage, level: self.level, parts, moments: self.moments }
    }

    fn differs(&self, before: Standing) -> bool {
        let now = self.standing();
        let grown = self.conditions >= self.told_conditions.saturating_mul(2);
        now.stage != before.stage
            || now.level != before.level
            || (now.parts != before.parts && (now.parts <= FIRST_MAX || grown))
    }

    /// How long it waits to be told that there is more of what is known of it.
    fn counts_wait_ms(&self, now_ms: i64) -> i64 {
        let age_ms = now_ms.saturating_sub(self.opened_ms);
        (age_ms / OF_AGE).clamp(WAITS_MS, COUNTS_WAIT_MS)
    }
}

impl Tenant<'_> {
    /// An incident was changed: tells of it when the work is done, or soon, or when it is time to.
    pub(crate) fn note_change(&mut self, number: u64, before: Standing) {
        let Some(incident) = self.incident(number) else { return };
        if incident.differs(before) {
            self.urgent.push(number);
        } else if incident.moments != before.moments {
            self.tell_soon(number);
        } else {
            self.tell_within(number, incident.counts_wait_ms(self.row.now_ms));
        }
    }

    /// Tells of an incident within ten seconds.
    pub(crate) fn tell_soon(&mut self, number: u64) {
        self.tell_within(number, WAITS_MS);
    }

    /// Tells of an incident in so long, unless it is told before that anyway.
    fn tell_within(&mut self, number: u64, wait_ms: i64) {
        let due_ms = self.row.now_ms.saturating_add(wait_ms);
        let sooner =
            |of: &&Incident| of.is_told() && of.tell_ms.is_none_or(|tell_ms| due_ms < tell_ms);
        if self.incident(number).filter(sooner).is_none() {
            return;
        }
        self.forget_to_tell(number);
        if let Some(incident) = self.incident_mut(number) {
            incident.tell_ms = Some(due_ms);
            self.stores.to_tell.insert(&(self.number, due_ms, number), ());
        }
    }

    /// Tells of what is due, a bounded piece; true when nothing is left.
    pub(crate) fn tell_what_is_due(&mut self) -> bool {
        for _ in 0..TOLD_MAX {
            let (from, to) = ((self.number, i64::MIN, 0), (self.number, self.row.now_ms, u64::MAX));
            let mut due = self.stores.to_tell.range(Bound::Included(&from), Bound::Included(&to));
            let Some(((.., number), ())) = due.next() else { return true };
            let number = *number;
            drop(due);
            self.tell(number);
        }
        false
    }

    /// Tells of everything that waits.
    pub(crate) fn tell_all(&mut self) {
        let (from, to) = ((self.number, i64::MIN, 0), (self.number, i64::MAX, u64::MAX));
        let waiting = self.stores.to_tell.range(Bound::Included(&from), Bound::Included(&to));
        let waiting: Vec<u64> = waiting.map(|((.., number), ())| *number).collect();
        waiting.into_iter().for_each(|number| self.tell(number));
    }

    /// Tells of the incidents that something urgent happened to, by their present names.
    pub(crate) fn tell_urgent(&mut self) {
        let urgent = std::mem::take(&mut self.urgent);
        let names: BTreeSet<u64> =
            urgent.into_iter().filter_map(|number| self.name(number)).collect();
        names.into_iter().for_each(|number| self.tell(number));
    }

    /// Tells of an incident as it is now.
    pub(crate) fn tell(&mut self, number: u64) {
        let Some(incident) = self.incident(number) else { return };
        let state = match incident.stage {
            Stage::Candidate | Stage::Open => IncidentState::Open,
            Stage::Acknowledged => IncidentState::Acknowledged,
            Stage::Mitigating => IncidentState::Mitigating,
            Stage::Resolved => IncidentState::Resolved,
        };
        let told = incident.is_told();
        self.forget_to_tell(number);
        if told {
            self.write(number, state);
        }
    }

    /// Writes a record of an incident.
    fn write(&mut self, number: u64, state: IncidentState) {
        let at = self.at(number);
        let Some(incident) = self.incident_mut(number) else { return };
        incident.told_conditions = incident.conditions;
        incident.revision += 1;
        let incident = incident.clone();
        self.write_as(&incident, at, state, None);
    }

    /// Writes the last record of an incident that is gone: closed, or merged into another.
    pub(crate) fn write_last(&mut self, gone: &Incident, into: Option<IncidentId>) {
        if gone.revision == 0 {
            return;
        }
        let state = into.map_or(IncidentState::Closed, |_| IncidentState::Merged);
        let last = Incident { revision: gone.revision + 1, ..gone.clone() };
        self.write_as(&last, self.at(gone.number), state, into);
        let spent =
            self.stores.spent.touch(self.number, &mut self.row.spent, key::incident(gone.id));
        if let Some(spent) = spent {
            *spent = last.revision;
        }
    }

    /// How many records an incident had that is gone; none where there was none of that id.
    pub(crate) fn spent(&self, id: IncidentId) -> Option<u32> {
        self.stores.spent.get(self.number, key::incident(id)).copied()
    }

    fn write_as(
        &mut self,
        incident: &Incident,
        at: At,
        state: IncidentState,
        into: Option<IncidentId>,
    ) {
        let mut record = self.record(incident, at);
        (record.state, record.merged_into) = (state, into);
        self.told.push((self.name.to_owned(), record));
    }

    /// There is nothing to tell of an incident any more.
    pub(crate) fn forget_to_tell(&mut self, number: u64) {
        let Some(due_ms) = self.incident(number).and_then(|incident| incident.tell_ms) else {
            return;
        };
        self.stores.to_tell.remove(&(self.number, due_ms, number));
        if let Some(incident) = self.incident_mut(number) {
            incident.tell_ms = None;
        }
    }
}

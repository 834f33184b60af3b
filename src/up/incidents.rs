//! Which incidents there are, each with what speaks for it.

use std::collections::BTreeMap;

use schemas::codec;
use schemas::id::IncidentId;
use schemas::incident::{Incident, IncidentState};
use schemas::topic::INCIDENTS;
use stream::memory::Cluster;

use super::reading::Reading;

/// Reads `isobar.incidents`.
#[derive(Debug)]
pub(super) struct Incidents {
    records: Reading,
    known: BTreeMap<IncidentId, Known>,
}

/// An incident as it was told last.
#[derive(Debug)]
pub(super) struct Known {
    /// When each of its revisions was told.
    pub(super) told_ms: Vec<i64>,
    /// Its last revision.
    pub(super) last: Incident,
}

/// How things stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// Incidents that were opened.
    pub(super) opened: usize,
    /// Those that went into another.
    pub(super) merged: usize,
    /// Those that are over.
    pub(super) resolved: usize,
}

impl Incidents {
    /// Nothing read yet.
    pub(super) fn new(cluster: &Cluster) -> Self {
        Self { records: Reading::new(cluster, &INCIDENTS), known: BTreeMap::new() }
    }

    /// Reads what is new; the incidents that were opened since the last look.
    pub(super) fn take(&mut self) -> Vec<Incident> {
        let mut opened = Vec::new();
        for record in self.records.take() {
            let value = record.value.as_deref().map(codec::decode::<Incident>);
            if let Some(Ok(incident)) = value {
                opened.extend(self.follow(incident.attributes.time.millis(), incident.data));
            }
        }
        opened
    }

    fn follow(&mut self, told_ms: i64, incident: Incident) -> Option<Incident> {
        let known = self.known.get_mut(&incident.incident);
        if let Some(known) = known {
            known.told_ms.push(told_ms);
            known.last = incident;
            return None;
        }
        let id = incident.incident;
        self.known.insert(id, Known { told_ms: vec![told_ms], last: incident.clone() });
        Some(incident)
    }

    /// What is known of each.
    pub(super) fn known(&self) -> impl Iterator<Item = &Known> + Clone {
        self.known.values()
    }

    /// How things stand.
    pub(super) fn standing(&self) -> Standing {
        let in_state = |state: &[IncidentState]| {
            self.known.values().filter(|known| state.contains(&known.last.state)).count()
        };
        Standing {
            opened: self.known.len(),
            merged: in_state(&[IncidentState::Merged]),
            resolved: in_state(&[IncidentState::Resolved, IncidentState::Closed]),
        }
    }
}

impl Standing {
    /// Those that go on.
    pub(super) fn open(&self) -> usize {
        self.opened - self.merged - self.resolved
    }
}

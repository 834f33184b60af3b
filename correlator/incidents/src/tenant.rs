//! One tenant, at work: its part of the stores.

use schemas::id::IncidentId;
use schemas::incident::Incident as Told;

use crate::incident::Incident;
use crate::limits::{Counts, Limits};
use crate::list::At;
use crate::posting::float;
use crate::stores::{Row, Stores, TenantNumber};

/// An item this far ahead of everything else moves the tenant's time only when a second one agrees.
const AHEAD_MS: i64 = 86_400_000;

/// One tenant with everything that its items change.
#[derive(Debug)]
pub(crate) struct Tenant<'e> {
    pub(crate) number: TenantNumber,
    pub(crate) name: &'e str,
    pub(crate) row: Row,
    pub(crate) limits: &'e Limits,
    pub(crate) stores: &'e mut Stores,
    pub(crate) counts: &'e mut Counts,
    pub(crate) told: &'e mut Vec<(String, Told)>,
    /// Incidents with something to tell at once, when all is done.
    pub(crate) urgent: Vec<u64>,
}

impl Tenant<'_> {
    /// Keeps what was changed of the tenant itself, and tells what is not to wait.
    pub(crate) fn end_of_work(mut self, before: &Row) {
        self.tell_urgent();
        let dropped = |row: &Row| row.keys.dropped;
        self.counts.keys_evicted += dropped(&self.row) - dropped(before);
        self.counts.keys_refused += self.row.refused() - before.refused();
        self.stores.tenants.insert(&self.number, self.row);
    }

    /// Moves the tenant's time. A single record with a time far ahead moves nothing.
    pub(crate) fn observe(&mut self, time_ms: i64) {
        let row = &mut self.row;
        if time_ms - row.now_ms <= AHEAD_MS {
            row.now_ms = row.now_ms.max(time_ms);
            row.ahead_ms = None;
        } else if let Some(before_ms) = row.ahead_ms.replace(time_ms) {
            row.now_ms = row.now_ms.max(before_ms.min(time_ms));
        }
    }

    /// An incident's place among those of all tenants.
    pub(crate) fn at(&self, incident: u64) -> At {
        (self.number, incident)
    }

    pub(crate) fn incident(&self, number: u64) -> Option<&Incident> {
        self.stores.incidents.get(&(self.number, number))
    }

    pub(crate) fn incident_mut(&mut self, number: u64) -> Option<&mut Incident> {
        self.stores.incidents.get_mut(&(self.number, number))
    }

    /// What an incident is called now, unless it is closed.
    pub(crate) fn name(&self, number: u64) -> Option<u64> {
        self.stores.name(self.number, number)
    }

    /// The id of an incident that is not closed, by any number it ever had.
    pub(crate) fn id_of(&self, number: u64) -> Option<IncidentId> {
        let incident = self.name(number).and_then(|name| self.incident(name));
        incident.map(|incident| incident.id)
    }

    /// How many items an incident has.
    pub(crate) fn size(&self, incident: u64) -> f64 {
        let items = self.incident(incident).map_or(1, |incident| incident.items);
        float(i64::try_from(items).unwrap_or(i64::MAX))
    }
}

impl Row {
    fn refused(&self) -> u64 {
        let lags = &self.lags;
        let own = [self.keys, self.sessions, self.seen, self.spent, self.nodes];
        let all = own.into_iter().chain([lags.kinds, lags.pairs, lags.scopes]);
        all.map(|queue| queue.refused).sum()
    }
}

impl Stores {
    /// What an incident is called now, unless it is closed.
    pub(crate) fn name(&self, tenant: TenantNumber, number: u64) -> Option<u64> {
        let mut name = number;
        while let Some(next) = self.aliases.get(&(tenant, name)) {
            name = *next;
        }
        self.incidents.get(&(tenant, name)).map(|_| name)
    }
}

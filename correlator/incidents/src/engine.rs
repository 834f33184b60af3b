//! The engine: one state a tenant, all of it in stores.
//!
//! **Invariant:** no item of one tenant changes what comes of another's, but at the bound on what is
//! remembered of all tenants together. What is told and counted leaves with the transaction, and
//! decides nothing.

use std::ops::RangeInclusive;
use std::sync::Arc;

use schemas::id::{AlertId, IncidentId};
use schemas::incident::Incident as Told;
use schemas::signal::Relation;
use stream::Store;

use crate::command::{Asked, CannotFollow};
use crate::decide::Taken;
use crate::estate::{self, Estate, Fixed};
use crate::item::Item;
use crate::limits::{Counts, Limits};
use crate::stores::{Row, Stores, TenantNumber};
use crate::tenant::Tenant;

/// Times that differences are taken of, 35,000 years around 1970; what is beyond counts as the end.
const TIMES_MS: RangeInclusive<i64> = -(1 << 50)..=1 << 50;

fn clamp(ms: i64) -> i64 {
    ms.clamp(*TIMES_MS.start(), *TIMES_MS.end())
}

fn within_times(item: &Item) -> Item {
    Item { time_ms: clamp(item.time_ms), arrival_ms: clamp(item.arrival_ms), ..item.clone() }
}

/// Takes items, and says which incidents they are part of.
#[derive(Debug)]
pub struct Engine {
    limits: Limits,
    stores: Stores,
    counts: Counts,
    told: Vec<(String, Told)>,
}

impl Default for Engine {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Engine {
    /// An engine that knows nothing yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self::knowing(limits, Arc::default())
    }

    /// An engine that knows of what depends on what only that which was written down.
    #[must_use]
    pub fn knowing(limits: Limits, fixed: Arc<Fixed>) -> Self {
        let stores = Stores::new(&limits, Estate::new(estate::Limits::default(), fixed));
        Self { limits, stores, counts: Counts::default(), told: Vec::new() }
    }

    /// Takes the next item.
    pub fn take(&mut self, item: &Item) -> Taken {
        let clamped;
        let item = if TIMES_MS.contains(&item.time_ms) && TIMES_MS.contains(&item.arrival_ms) {
            item
        } else {
            clamped = within_times(item);
            &clamped
        };
        match self.enter(&item.tenant, item.time_ms.min(item.arrival_ms)) {
            Some(number) => self.work(&item.tenant, number, |tenant| tenant.take(item)),
            None => {
                self.counts.tenants_refused += 1;
                Taken::NOTHING
            }
        }
    }

    /// Learns how things were seen to depend on one another.
    pub fn learn(&mut self, tenant: &str, relations: &[Relation], time_ms: i64) {
        let Some(number) = self.enter(tenant, clamp(time_ms)) else {
            self.counts.tenants_refused += 1;
            return;
        };
        for relation in relations {
            self.stores.estate.learn(number, relation, clamp(time_ms));
        }
    }

    /// Whether an alert is one of an incident, told or not.
    #[must_use]
    pub fn knows(&self, tenant: &str, alert: AlertId) -> bool {
        let number = self.number(tenant);
        number.is_some_and(|number| self.stores.members.get(&(number, alert)).is_some())
    }

    /// An alert is over.
    pub fn end(&mut self, tenant: &str, alert: AlertId, time_ms: i64) {
        if let Some(number) = self.number(tenant) {
            self.work(tenant, number, |of| of.end(alert, clamp(time_ms)));
        }
    }

    /// Follows what a person asks of a tenant's incidents.
    ///
    /// # Errors
    /// When it cannot be followed; then nothing has changed but the time.
    pub fn follow(&mut self, tenant: &str, asked: &Asked<'_>) -> Result<Taken, CannotFollow> {
        let Some(number) = self.number(tenant) else {
            self.counts.commands_refused += 1;
            return Err(CannotFollow(format!("nothing is known of tenant {tenant}")));
        };
        let asked = Asked { time_ms: clamp(asked.time_ms), ..*asked };
        self.work(tenant, number, |of| of.follow(&asked))
    }

    /// Does what the time of a tenant alone makes due, a bounded piece of it; true when nothing is left.
    pub fn advance(&mut self, tenant: &str, time_ms: i64) -> bool {
        let Some(number) = self.number(tenant) else { return true };
        self.work(tenant, number, |of| {
            of.row.now_ms = of.row.now_ms.max(clamp(time_ms));
            of.look_at_what_is_due()
        })
    }

    /// Tells of everything that waits to be told: nothing comes after this, as at the end of a file.
    pub fn tell_all(&mut self) {
        let all: Vec<(String, TenantNumber)> =
            self.stores.numbers.iter().map(|(name, number)| (name.clone(), *number)).collect();
        for (name, number) in all {
            self.work(&name, number, |of| of.tell_all());
        }
    }

    /// The revisions to write since this was last asked, in order, with their tenants.
    pub fn told(&mut self) -> Vec<(String, Told)> {
        std::mem::take(&mut self.told)
    }

    /// The incident that an alert is part of, once it has been told.
    #[must_use]
    pub fn incident_of(&self, tenant: &str, alert: AlertId) -> Option<IncidentId> {
        let number = self.number(tenant)?;
        let (incident, _) = self.stores.members.get(&(number, alert))?;
        let incident = self.stores.incidents.get(&(number, *incident))?;
        Some(incident.id).filter(|_| incident.is_told())
    }

    /// What was counted since this was last asked, of all tenants together.
    pub fn take_counts(&mut self) -> Counts {
        std::mem::take(&mut self.counts)
    }

    /// What was counted since this was last asked of what depends on what.
    pub fn take_estate_counts(&mut self) -> estate::Counts {
        self.stores.estate.take_counts()
    }

    /// How many revisions wait to be written.
    #[must_use]
    pub fn waits(&self) -> usize {
        self.told.len()
    }

    /// How many entries are kept, of all tenants together.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.stores.kept()
    }

    /// All state of the engine.
    pub fn stores(&mut self) -> Vec<&mut dyn Store> {
        self.stores.all()
    }

    fn number(&self, tenant: &str) -> Option<TenantNumber> {
        self.stores.numbers.get(tenant).copied()
    }

    /// The number of a tenant, a new one where there is none and still room.
    fn enter(&mut self, tenant: &str, first_ms: i64) -> Option<TenantNumber> {
        if let Some(number) = self.number(tenant) {
            return Some(number);
        }
        let number = self.stores.numbers.len();
        if number >= self.limits.tenants {
            return None;
        }
        let number = TenantNumber::try_from(number).ok()?;
        self.stores.numbers.insert(tenant, number);
        self.stores.tenants.insert(&number, Row::new(first_ms));
        Some(number)
    }

    /// Does something with a tenant, and keeps what it changes.
    fn work<T>(
        &mut self,
        name: &str,
        number: TenantNumber,
        work: impl FnOnce(&mut Tenant<'_>) -> T,
    ) -> T {
        let row = self.stores.tenants.get(&number).copied().unwrap_or_else(|| Row::new(0));
        let mut tenant = Tenant {
            number,
            name,
            row,
            limits: &self.limits,
            stores: &mut self.stores,
            counts: &mut self.counts,
            told: &mut self.told,
            urgent: Vec::new(),
        };
        let done = work(&mut tenant);
        tenant.end_of_work(&row);
        done
    }
}

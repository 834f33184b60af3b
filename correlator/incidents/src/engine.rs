//! The engine: one state a tenant.
//!
//! **Invariant:** no item of one tenant changes what comes of another's.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::command::{CannotFollow, Command};
use crate::decide::Taken;
use crate::incident::Incident;
use crate::item::Item;
use crate::limits::{Counts, Limits};
use crate::tenant::Tenant;

/// Times that differences are taken of, 35,000 years around 1970; what is beyond counts as the end.
const TIMES_MS: RangeInclusive<i64> = -(1 << 50)..=1 << 50;

fn within_times(item: &Item) -> Item {
    let clamp = |ms: i64| ms.clamp(*TIMES_MS.start(), *TIMES_MS.end());
    Item { time_ms: clamp(item.time_ms), arrival_ms: clamp(item.arrival_ms), ..item.clone() }
}

/// Takes items, and says which incidents they are part of.
#[derive(Debug, Default)]
pub struct Engine {
    limits: Limits,
    tenants: BTreeMap<String, Tenant>,
    tenants_refused: u64,
}

impl Engine {
    /// An engine that knows nothing yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
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
        match self.tenant(&item.tenant, item.time_ms.min(item.arrival_ms)) {
            Some(tenant) => tenant.take(item),
            None => {
                self.tenants_refused += 1;
                Taken { incident: None, merged: Vec::new() }
            }
        }
    }

    /// Follows what a person asks of a tenant's incidents.
    ///
    /// # Errors
    /// When it cannot be followed; then nothing has changed.
    pub fn follow(
        &mut self,
        tenant: &str,
        command: &Command,
        time_ms: i64,
    ) -> Result<Taken, CannotFollow> {
        match self.tenants.get_mut(tenant) {
            Some(known) => known.follow(command, time_ms),
            None => Err(CannotFollow(format!("nothing is known of tenant {tenant}"))),
        }
    }

    fn tenant(&mut self, name: &str, first_ms: i64) -> Option<&mut Tenant> {
        if !self.tenants.contains_key(name) {
            if self.tenants.len() >= self.limits.tenants {
                return None;
            }
            self.tenants.insert(name.to_owned(), Tenant::new(&self.limits, first_ms));
        }
        self.tenants.get_mut(name)
    }

    /// The incidents that were closed since this was last asked, with their tenants.
    pub fn closed(&mut self) -> Vec<(String, Incident)> {
        let of = |(name, tenant): (&String, &mut Tenant)| {
            let closed = std::mem::take(&mut tenant.closed);
            closed.into_iter().map(|incident| (name.clone(), incident)).collect::<Vec<_>>()
        };
        self.tenants.iter_mut().flat_map(of).collect()
    }

    /// The incidents that are not closed, with their tenants, in the order in which they were opened.
    pub fn incidents(&self) -> impl Iterator<Item = (&str, &Incident)> {
        let all = self.tenants.iter();
        all.flat_map(|(name, tenant)| {
            tenant.incidents.values().map(|incident| (name.as_str(), incident))
        })
    }

    /// What was counted, of all tenants together.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut all = Counts { tenants_refused: self.tenants_refused, ..Counts::default() };
        self.tenants.values().for_each(|tenant| all.add(&tenant.counted()));
        all
    }

    /// How many entries are kept, of all tenants together.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.tenants.values().map(Tenant::kept).sum()
    }
}

impl Tenant {
    fn counted(&self) -> Counts {
        Counts { keys_evicted: self.keys.dropped(), ..self.counts }
    }
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.items += other.items;
        self.repeated += other.repeated;
        self.late += other.late;
        self.opened += other.opened;
        self.merged += other.merged;
        self.merges_refused += other.merges_refused;
        self.children += other.children;
        self.incidents_evicted += other.incidents_evicted;
        self.keys_evicted += other.keys_evicted;
        self.commands_refused += other.commands_refused;
    }
}

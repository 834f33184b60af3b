//! The lifecycle of all tenants of one task.
//!
//! **Invariant:** what a record makes due by moving time is done before the record itself is taken, in
//! the order of the times at which it was due. So it does not matter how finely time came. Work is done
//! in pieces; a record whose turn has not come waits as part of the state.

use std::sync::Arc;

use schemas::command::Command;
use schemas::id::{AlertId, IncidentId, RecordId};
use serde::{Deserialize, Serialize};
use stream::upstream::UpstreamRead;
use stream::{KeyedStore, Store};

use super::check::Plan;
use super::lifecycle::Work;
use super::occurrence::Occurrence;
use super::out::Out;
use super::state::{Tenant, TenantNumber};
use super::stores::Stores;
use super::timers::Due;

/// Timers that one piece of work fires, and alerts that it looks at.
const DONE_A_PIECE: usize = 2_000;
/// Alerts and notifications that one piece of work says: of the longest they are 50 MB.
const SAID_A_PIECE: usize = 200;

/// All alerts of one task.
#[derive(Debug)]
pub struct Alerts {
    plan: Arc<Plan>,
    stores: Stores,
    /// One entry: which tenants are to be worked off still.
    due: KeyedStore<(), Span>,
}

/// From one tenant to another.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Span {
    from: TenantNumber,
    to: TenantNumber,
}

/// How much is kept of all tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kept {
    /// Alerts that are open.
    pub open: u64,
    /// Alerts that are over and not told yet.
    pub closing: u64,
    /// Conditions remembered after their alert.
    pub remembered: u64,
    /// Groups.
    pub groups: u64,
    /// Silences.
    pub silences: u64,
    /// All entries of all stores.
    pub entries: u64,
}

impl Alerts {
    /// No alerts yet.
    #[must_use]
    pub fn new(plan: Arc<Plan>) -> Self {
        Self { plan, stores: Stores::default(), due: KeyedStore::default() }
    }

    /// All stores.
    pub fn stores(&mut self) -> Vec<&mut dyn Store> {
        let mut all = self.stores.all();
        all.push(&mut self.due);
        all
    }

    /// How much is kept.
    #[must_use]
    pub fn kept(&self) -> Kept {
        let mut kept = Kept::default();
        for (_, tenant) in self.stores.tenants.iter() {
            kept.open += u64::from(tenant.open);
            kept.closing += u64::from(tenant.closing);
            kept.remembered += u64::from(tenant.remembered);
            kept.groups += u64::from(tenant.groups);
            kept.silences += u64::from(tenant.silences);
        }
        let stores = &self.stores;
        let entries = [
            stores.alerts.len(),
            stores.conditions.len(),
            stores.members.len(),
            stores.groups.len(),
            stores.oldest.len(),
            stores.closing.len(),
            stores.timers.entries.len(),
            stores.scopes.len(),
            stores.silences.len(),
            stores.rechecks.len(),
        ];
        kept.entries = entries.iter().map(|count| *count as u64).sum();
        kept
    }

    /// Takes a progress mark: time may have passed for every tenant.
    pub fn mark(&mut self, reads: &[UpstreamRead]) {
        if self.stores.clock.mark(reads) {
            self.due.insert(&(), Span { from: 0, to: TenantNumber::MAX });
        }
    }

    /// Moves the time of a tenant by a record of it; its number, where there is room for another tenant.
    pub fn observe(&mut self, tenant: &str, time_ms: i64, arrival_ms: i64) -> Option<u32> {
        let number = self.number_of(tenant)?;
        let time_ms = self.stores.clock.bounded(time_ms, arrival_ms);
        let of = self.stores.tenants.get(&number)?;
        let now_ms = self.stores.clock.now_ms(of).max(time_ms);
        if of.now_ms != now_ms {
            self.stores.change(number, |tenant| tenant.now_ms = now_ms);
        }
        Some(number)
    }

    fn number_of(&mut self, tenant: &str) -> Option<TenantNumber> {
        if let Some(number) = self.stores.numbers.get(tenant) {
            return Some(*number);
        }
        let count = self.stores.numbers.len();
        let number = TenantNumber::try_from(count).ok()?;
        if count >= self.plan.limits.tenants {
            return None;
        }
        self.stores.numbers.insert(tenant, number);
        self.stores.tenants.insert(&number, new_tenant(tenant));
        Some(number)
    }

    /// Does a piece of what is due for a tenant; true when nothing is left.
    pub fn catch_up(&mut self, tenant: u32, out: &mut Out) -> bool {
        let Some(of) = self.stores.tenants.get(&tenant) else { return true };
        let now_ms = self.stores.clock.now_ms(of);
        let settled_ms = self.stores.clock.settled_ms(of);
        let (mut left, said_max) = (DONE_A_PIECE, out.said.len() + SAID_A_PIECE);
        let mut work = self.work(tenant, out);
        while left > 0 && work.out.said.len() < said_max {
            let swept = work.sweep();
            left = left.saturating_sub(swept);
            if swept > 0 {
                continue;
            }
            let Some((due_ms, due)) = work.stores.timers.take_due(tenant, settled_ms, now_ms)
            else {
                work.reach(now_ms);
                return true;
            };
            work.reach(due_ms);
            work.do_due(due);
            left -= 1;
        }
        false
    }

    /// Does a piece of what is due for all tenants that time has passed for; true when nothing is left.
    pub fn advance(&mut self, out: &mut Out) -> bool {
        let Some(Span { from, to }) = self.due.get(&()).copied() else { return true };
        let mut tenant = from;
        let end = TenantNumber::try_from(self.stores.numbers.len()).unwrap_or(TenantNumber::MAX);
        while tenant < end && tenant <= to {
            let before = out.said.len();
            let is_done = self.catch_up(tenant, out);
            tenant += u32::from(is_done);
            if !is_done || out.said.len() > before + SAID_A_PIECE {
                self.due.insert(&(), Span { from: tenant, to });
                return false;
            }
        }
        self.due.remove(&());
        true
    }

    /// What a record has made due at once is to be done by the next pieces.
    pub fn go_on(&mut self, tenant: u32) {
        let span = self.due.get(&()).copied().unwrap_or(Span { from: tenant, to: tenant });
        let span = Span { from: span.from.min(tenant), to: span.to.max(tenant) };
        self.due.insert(&(), span);
    }

    /// Takes an occurrence of a tenant that is caught up; the alert it is one of, where that fires and
    /// nobody has silenced it.
    pub fn occur(&mut self, tenant: u32, occurrence: Occurrence, out: &mut Out) -> Option<AlertId> {
        self.work(tenant, out).occur(occurrence)
    }

    /// Follows a command to a tenant that is caught up.
    pub fn follow(
        &mut self,
        tenant: u32,
        (id, command, by): (RecordId, &Command, Option<&str>),
        out: &mut Out,
    ) {
        self.work(tenant, out).follow(id, command, by);
    }

    /// An alert is part of an incident, and says so, if it is open still.
    pub fn join(&mut self, tenant: u32, alert: AlertId, incident: IncidentId, out: &mut Out) {
        self.work(tenant, out).join_incident(alert, incident);
    }

    /// How far back records of a tenant still count, for who tells that one came too late.
    #[must_use]
    pub fn settled_ms(&self, tenant: u32) -> i64 {
        self.stores.tenant(tenant).map_or(i64::MIN, |of| self.stores.clock.settled_ms(of))
    }

    /// A tenant's foremost time.
    #[must_use]
    pub fn now_ms(&self, tenant: u32) -> i64 {
        self.stores.tenant(tenant).map_or(i64::MIN, |of| self.stores.clock.now_ms(of))
    }

    /// The number of a tenant that has been heard of.
    #[must_use]
    pub fn tenant_of(&self, name: &str) -> Option<u32> {
        self.stores.numbers.get(name).copied()
    }

    /// What a tenant is called.
    #[must_use]
    pub fn name_of(&self, tenant: u32) -> Option<&str> {
        self.stores.tenant(tenant).map(|of| &*of.name)
    }

    /// How many tenants there are: each has a number below.
    #[must_use]
    pub fn tenants(&self) -> u32 {
        TenantNumber::try_from(self.stores.numbers.len()).unwrap_or(TenantNumber::MAX)
    }

    /// The open alerts of a tenant, in the order of their ids.
    #[must_use]
    pub fn open_alerts(&self, tenant: u32) -> Vec<AlertId> {
        let own = self.stores.alerts.iter().filter(|((of, _), _)| *of == tenant);
        own.filter(|(_, alert)| alert.is_open()).map(|((_, id), _)| *id).collect()
    }

    fn work<'a>(&'a mut self, tenant: u32, out: &'a mut Out) -> Work<'a> {
        Work { plan: &self.plan, stores: &mut self.stores, out, tenant }
    }
}

fn new_tenant(name: &str) -> Tenant {
    Tenant {
        name: Arc::from(name),
        now_ms: i64::MIN,
        at_ms: i64::MIN,
        open: 0,
        closing: 0,
        remembered: 0,
        groups: 0,
        silences: 0,
    }
}

impl Work<'_> {
    /// Time has come to here; it never goes back.
    fn reach(&mut self, ms: i64) {
        if self.at_ms() < ms {
            self.stores.change(self.tenant, |tenant| tenant.at_ms = ms);
        }
    }

    fn do_due(&mut self, due: Due) {
        match due {
            Due::Alert(id) => self.look_at(id),
            Due::Silence(id) => self.silence_due(id),
            Due::Forget(fingerprint) => {
                // The timer is off already; forgetting would take it off again.
                let key = (self.tenant, fingerprint);
                if let Some(condition) = self.stores.conditions.get_mut(&key) {
                    condition.forget_ms = None;
                }
                self.forget(fingerprint);
            }
            Due::Group(id) => self.group_due(id),
        }
    }
}

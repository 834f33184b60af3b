//! Everything that is kept, and what of it one tenant has.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use schemas::id::{AlertId, Fingerprint, Hash128, IncidentId, RecordId};
use stream::{KeyedStore, Store};

use super::clock::Clock;
use super::matcher::Matcher;
use super::state::{Alert, Condition, Group, Member, Side, Silence, Tenant, TenantNumber};
use super::timers::{Due, Timers};

/// All state of a task.
#[derive(Debug, Default)]
pub(super) struct Stores {
    pub(super) clock: Clock,
    pub(super) numbers: KeyedStore<String, TenantNumber>,
    pub(super) tenants: KeyedStore<TenantNumber, Tenant>,
    pub(super) conditions: KeyedStore<(TenantNumber, Fingerprint), Condition>,
    pub(super) alerts: KeyedStore<(TenantNumber, AlertId), Alert>,
    /// Open alerts in the order in which they last happened, or earlier.
    pub(super) oldest: KeyedStore<(TenantNumber, i64, AlertId), ()>,
    /// Alerts that are over and not told yet, in the order in which that was.
    pub(super) closing: KeyedStore<(TenantNumber, i64, AlertId), ()>,
    pub(super) timers: Timers,
    pub(super) groups: KeyedStore<(TenantNumber, RecordId), Group>,
    pub(super) members: KeyedStore<(TenantNumber, RecordId, AlertId), Member>,
    pub(super) silences: KeyedStore<(TenantNumber, RecordId), Silence>,
    /// Who takes part in an inhibition, by the values that have to be equal.
    pub(super) scopes: KeyedStore<(TenantNumber, RecordId, Side, AlertId), ()>,
    /// Alerts that may have become quiet, or loud, by an inhibition.
    pub(super) rechecks: KeyedStore<(TenantNumber, AlertId), ()>,
    /// Tenants whose silences have changed, and the alert to go on from.
    pub(super) sweeps: KeyedStore<TenantNumber, AlertId>,
    /// The incidents that alerts have joined.
    pub(super) joined: KeyedStore<(TenantNumber, AlertId), IncidentId>,
    /// Silences ready to be matched. A memory aid only: made again where it is missing.
    pub(super) compiled: BTreeMap<(TenantNumber, RecordId), Arc<[Matcher]>>,
}

impl Stores {
    pub(super) fn all(&mut self) -> Vec<&mut dyn Store> {
        let [marks, partitions] = self.clock.stores();
        vec![
            marks,
            partitions,
            &mut self.numbers,
            &mut self.tenants,
            &mut self.conditions,
            &mut self.alerts,
            &mut self.oldest,
            &mut self.closing,
            &mut self.timers.entries,
            &mut self.groups,
            &mut self.members,
            &mut self.silences,
            &mut self.scopes,
            &mut self.rechecks,
            &mut self.sweeps,
            &mut self.joined,
        ]
    }

    pub(super) fn tenant(&self, tenant: TenantNumber) -> Option<&Tenant> {
        self.tenants.get(&tenant)
    }

    pub(super) fn name_of(&self, tenant: TenantNumber) -> Arc<str> {
        self.tenant(tenant).map_or_else(|| Arc::from(""), |tenant| Arc::clone(&tenant.name))
    }

    /// Up to when a tenant was worked off.
    pub(super) fn at_ms(&self, tenant: TenantNumber) -> i64 {
        self.tenant(tenant).map_or(i64::MIN, |tenant| tenant.at_ms)
    }

    /// Changes what is counted of a tenant.
    pub(super) fn change(&mut self, tenant: TenantNumber, change: impl FnOnce(&mut Tenant)) {
        if let Some(tenant) = self.tenants.get_mut(&tenant) {
            change(tenant);
        }
    }

    /// Moves the timer of an alert.
    pub(super) fn arm_alert(&mut self, tenant: TenantNumber, id: AlertId, due: Option<i64>) {
        if let Some(alert) = self.alerts.get_mut(&(tenant, id)) {
            let before = std::mem::replace(&mut alert.armed_ms, due);
            self.timers.set(tenant, Due::Alert(id), before, due);
        }
    }

    /// Moves the timer of a group to what it waits for next.
    pub(super) fn arm_group(&mut self, tenant: TenantNumber, id: RecordId, due: Option<i64>) {
        if let Some(group) = self.groups.get_mut(&(tenant, id)) {
            let before = std::mem::replace(&mut group.armed_ms, due);
            self.timers.set(tenant, Due::Group(id), before, due);
        }
    }

    /// The members of a group, in the order of their ids.
    pub(super) fn members_of(
        &self,
        tenant: TenantNumber,
        group: RecordId,
    ) -> Vec<(AlertId, Member)> {
        let from = (tenant, group, AlertId(Hash128::MIN));
        let all = self.members.range(Bound::Included(&from), Bound::Unbounded);
        let own = all.take_while(|((of, at, _), _)| (*of, *at) == (tenant, group));
        own.map(|((.., alert), member)| (*alert, *member)).collect()
    }

    /// The first alerts on one side of an inhibition.
    pub(super) fn on_side(
        &self,
        tenant: TenantNumber,
        (scope, side): (RecordId, Side),
        max: usize,
    ) -> Vec<AlertId> {
        let from = (tenant, scope, side, AlertId(Hash128::MIN));
        let all = self.scopes.range(Bound::Included(&from), Bound::Unbounded);
        let own = all.take_while(|((of, at, on, _), ())| (*of, *at, *on) == (tenant, scope, side));
        own.take(max).map(|((.., alert), ())| *alert).collect()
    }

    /// The first of a tenant's alerts in one of the two orders.
    pub(super) fn first_of(
        order: &KeyedStore<(TenantNumber, i64, AlertId), ()>,
        tenant: TenantNumber,
    ) -> Option<(i64, AlertId)> {
        let from = (tenant, i64::MIN, AlertId(Hash128::MIN));
        let first = order.range(Bound::Included(&from), Bound::Unbounded).next();
        first.filter(|((of, ..), ())| *of == tenant).map(|((_, at, id), ())| (*at, *id))
    }
}

//! From alerts, and what happens beside them, to incidents.
//!
//! **Invariant:** an occurrence becomes a member once its alert fires and nobody has silenced it; an alert that
//! fires later, by time or because its silence ended, becomes one when it says so. Whatever is over is told to
//! be over.

mod asked;
mod member;

use std::sync::Arc;

use incidents::command::Asked;
use incidents::{Counts, Engine, Limits, estate};
use schemas::alert::{Alert, AlertState};
use schemas::command::Command;
use schemas::envelope::Envelope;
use schemas::id::AlertId;
use schemas::incident::Incident;
use schemas::signal::{Signal, SignalKind};
use stream::{Context, KeyedStore, Store};

use super::{IncidentsConfig, Item};
use crate::alert::Occurrence;

/// Alerts and evidence on their way into incidents, where there are to be any.
#[derive(Debug)]
pub(super) struct Joining {
    engine: Option<Engine>,
    /// One entry: from which tenant on it is to be looked what time has made due.
    unsettled: KeyedStore<(), u32>,
}

impl Joining {
    pub(super) fn new(config: &IncidentsConfig) -> Self {
        let known = || Engine::knowing(Limits::default(), Arc::clone(&config.relations));
        Self { engine: config.enabled.then(known), unsettled: KeyedStore::default() }
    }

    pub(super) fn stores(&mut self) -> Vec<&mut dyn Store> {
        let Some(engine) = &mut self.engine else { return Vec::new() };
        let mut stores = engine.stores();
        stores.push(&mut self.unsettled);
        stores
    }

    /// From which tenant on it is to be looked what time has made due.
    pub(super) fn unsettled(&self) -> Option<u32> {
        self.unsettled.get(&()).copied()
    }

    pub(super) fn settle_from(&mut self, tenant: Option<u32>) {
        match tenant.filter(|_| self.engine.is_some()) {
            Some(tenant) => self.unsettled.insert(&(), tenant),
            None => drop(self.unsettled.remove(&())),
        }
    }

    /// Takes a record: each of its occurrences is a member with its alert; without one it may be evidence.
    pub(super) fn take(&mut self, item: &Item, occurred: &[(Occurrence, AlertId)]) {
        let Some(engine) = &mut self.engine else { return };
        let member = match item {
            Item::Signal(signal) if signal.data.kind == SignalKind::Relation => {
                let tenant = &signal.attributes.tenant;
                return engine.learn(tenant, &signal.data.relations, item.time_ms());
            }
            Item::Signal(signal) if !may_belong(signal) && occurred.is_empty() => return,
            Item::Signal(signal) => incidents::of_signal(signal),
            Item::Finding(_, _) if occurred.is_empty() => return,
            Item::Finding(finding, _) => incidents::of_finding(finding),
        };
        if occurred.is_empty() {
            engine.take(&member);
        }
        for (at, (occurrence, alert)) in occurred.iter().enumerate() {
            engine.take(&member::occurring(&member, at, occurrence, *alert));
        }
    }

    /// A stateful rule fired: what it fired on belongs together.
    pub(super) fn fired(&mut self, occurrence: &Occurrence, alert: AlertId) {
        if let Some(engine) = &mut self.engine {
            engine.take(&member::of_firing(occurrence, alert));
        }
    }

    /// Follows what a person asks of an incident.
    ///
    /// # Errors
    /// Why it cannot be followed.
    pub(super) fn follow(
        &mut self,
        tenant: &str,
        (command, by, time_ms): (&Command, Option<&str>, i64),
    ) -> Result<(), String> {
        let Some(engine) = &mut self.engine else {
            return Err("there are no incidents: the configuration says so".to_owned());
        };
        let (asks, note) = (asked::read(command)?, command.note.as_deref());
        let asked = Asked { command: &asks, by, note, time_ms };
        engine.follow(tenant, &asked).map(drop).map_err(|why| why.0)
    }

    /// Hears what became of an alert.
    pub(super) fn hear(&mut self, alert: &Envelope<Alert>) {
        let Some(engine) = &mut self.engine else { return };
        let (tenant, id) = (&alert.attributes.tenant, alert.data.alert);
        match alert.data.state {
            AlertState::Pending => {}
            AlertState::Resolved => {
                let ended_ms = alert.data.ends_at_ms.unwrap_or(alert.attributes.time.millis());
                engine.end(tenant, id, ended_ms);
            }
            AlertState::Firing | AlertState::Acknowledged | AlertState::Suppressed => {
                if alert.data.silenced_by.is_none() && !engine.knows(tenant, id) {
                    engine.take(&member::of_alert(alert));
                }
            }
        }
    }

    /// Does a piece of what time alone makes due for a tenant; true when nothing is left.
    pub(super) fn advance(&mut self, tenant: &str, time_ms: i64) -> bool {
        self.engine.as_mut().is_none_or(|engine| engine.advance(tenant, time_ms))
    }

    /// The revisions to write.
    pub(super) fn told(&mut self) -> Vec<(String, Incident)> {
        self.engine.as_mut().map(Engine::told).unwrap_or_default()
    }

    /// How many revisions wait to be written.
    pub(super) fn waits(&self) -> usize {
        self.engine.as_ref().map_or(0, Engine::waits)
    }

    pub(super) fn count(&mut self, context: &mut Context<'_>) {
        let Some(engine) = &mut self.engine else { return };
        let (counts, estate) = (engine.take_counts(), engine.take_estate_counts());
        for (what, amount) in counted(&counts).into_iter().chain(learnt(&estate)) {
            context.count(what, amount);
        }
    }
}

/// What is counted of incidents, by the names that metrics have.
fn counted(counts: &Counts) -> [(&'static str, u64); 12] {
    [
        ("incident_items", counts.items),
        ("incident_items_repeated", counts.repeated),
        ("incident_items_late", counts.late),
        ("incident_items_refused_tenants_full", counts.tenants_refused),
        ("incidents_opened", counts.opened),
        ("incidents_opened_beside_full_ones", counts.children),
        ("incidents_merged", counts.merged),
        ("incident_merges_refused", counts.merges_refused),
        ("incidents_evicted", counts.incidents_evicted),
        ("incident_keys_evicted", counts.keys_evicted),
        ("incident_keys_refused", counts.keys_refused),
        ("incident_commands_refused", counts.commands_refused),
    ]
}

/// What is counted of the estate.
fn learnt(counts: &estate::Counts) -> [(&'static str, u64); 6] {
    [
        ("relations_told", counts.relations_told),
        ("relations_refused", counts.relations_refused),
        ("relations_left_out", counts.relations_left_out),
        ("related_things_evicted", counts.things_evicted),
        ("related_things_expired", counts.things_expired),
        ("related_things_looked_at", counts.looked_at),
    ]
}

/// What says that something was changed, asked or written, beside the alerts.
fn may_belong(signal: &Envelope<Signal>) -> bool {
    matches!(signal.data.kind, SignalKind::Change | SignalKind::Ticket | SignalKind::Message)
}

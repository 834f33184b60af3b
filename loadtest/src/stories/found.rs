//! What the correlator itself makes of a set: which record it says is part of which incident.
//!
//! **Invariant:** only what it publishes counts. An alert names its incident and its records, an incident what
//! else is part of it; the last revisions are the truth.

use std::collections::BTreeMap;

use correlator::CorrelatorConfig;
use schemas::alert::Alert;
use schemas::codec;
use schemas::id::{AlertId, IncidentId, RecordId};
use schemas::incident::Incident;
use schemas::signal::Relation;
use schemas::topic;
use stream::{Context, Effects, Output, Progress, Record, TopicPartition};

use super::feed::feed;
use super::read::Read;

/// What a record was found to be part of; none where it is alone.
pub(super) type Assigned = Vec<Option<IncidentId>>;

/// What was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) assigned: Assigned,
    /// What each incident is said to come from.
    pub(super) causes: BTreeMap<IncidentId, RecordId>,
    pub(super) incidents: usize,
}

/// Runs the correlator over all records.
pub(super) fn correlate(all: &[Read], relations: &[Relation]) -> anyhow::Result<Found> {
    let mut published = Published::default();
    let topology = correlator::topology(&CorrelatorConfig::default())?;
    let mut task = (topology.make)(&TopicPartition::new(topic::SIGNALS.name, 0));
    for record in &feed(all, relations)? {
        let mut effects = Effects::default();
        process(&mut *task, record, &mut effects);
        effects.outputs.iter().try_for_each(|output| published.take(output))?;
    }
    Ok(published.found(all))
}

fn process(task: &mut dyn stream::Processor, record: &Record, effects: &mut Effects) {
    task.process(record, &mut Context::new(effects, false));
    while task.advance(&mut Context::new(effects, false)) == Progress::Pending {}
}

/// The last revisions.
#[derive(Debug, Default)]
struct Published {
    alerts: BTreeMap<AlertId, Alert>,
    incidents: BTreeMap<IncidentId, Incident>,
}

impl Published {
    fn take(&mut self, output: &Output) -> anyhow::Result<()> {
        let value = output.value.as_deref().unwrap_or_default();
        if *output.topic == *topic::ALERTS.name {
            let alert: Alert = codec::decode(value)?.data;
            self.alerts.insert(alert.alert, alert);
        } else if *output.topic == *topic::INCIDENTS.name {
            let incident: Incident = codec::decode(value)?.data;
            self.incidents.insert(incident.incident, incident);
        } else {
            anyhow::ensure!(*output.topic != *topic::DEAD_LETTER.name, "a record was refused");
        }
        Ok(())
    }

    /// The incident that another is part of now, where it was told.
    fn last(&self, mut id: IncidentId) -> Option<IncidentId> {
        while let Some(next) = self.incidents.get(&id)?.merged_into {
            id = next;
        }
        Some(id)
    }

    fn found(&self, all: &[Read]) -> Found {
        let mut of = BTreeMap::new();
        for incident in self.incidents.values().filter(|told| told.merged_into.is_none()) {
            let shown = incident.timeline.iter().filter_map(|moment| moment.record);
            of.extend(shown.map(|record| (record, incident.incident)));
        }
        for alert in self.alerts.values() {
            let Some(incident) = alert.incident.and_then(|id| self.last(id)) else { continue };
            of.extend(alert.evidence.iter().map(|shown| (shown.record, incident)));
        }
        let assigned = all.iter().map(|Read { item, .. }| {
            of.get(&item.event.into()).or_else(|| of.get(&item.record)).copied()
        });
        let lasting = self.incidents.values().filter(|told| told.merged_into.is_none());
        let cause = |told: &Incident| Some((told.incident, told.causes.first()?.record?));
        Found {
            assigned: assigned.collect(),
            causes: lasting.clone().filter_map(cause).collect(),
            incidents: lasting.count(),
        }
    }
}

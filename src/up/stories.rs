//! What the company did on purpose, and what became of it: which of its stories were found, as which incident,
//! with which cause, after how long.
//!
//! **Invariant:** a story is found by what its own messages and its own service say, never by time alone: an
//! incident tells it when one of its moments is a record of the story's alarm, or alerts of it hold at the
//! story's service, and one of its alerts began after the deploy and before the end of the trouble.

use std::collections::BTreeSet;

use loadtest::company::{EventTruth, Message, Step, StoryStep};
use schemas::id::{EventId, RecordId};
use schemas::incident::{Incident, IncidentState, MomentKind};
use schemas::signal::Signal;
use serde_json::{Value, json};

use super::incidents::Known;

/// How long after the end of a trouble its last minute may still raise alerts.
const AFTERMATH_MS: i64 = 120_000;

/// One story, as far as it has come.
#[derive(Clone, Debug)]
pub(super) struct Story {
    deploy: String,
    service: &'static str,
    /// When it was there, and when it was over.
    deployed_ms: Option<i64>,
    resolved_ms: Option<i64>,
    changes: BTreeSet<RecordId>,
    alarms: BTreeSet<RecordId>,
}

/// What became of a story.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Verdict {
    /// What was done.
    pub(super) story: String,
    /// The incident that tells it, if any.
    pub(super) found: Option<Found>,
}

/// How a story was found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) incident: Incident,
    /// From the deploy until somebody could know, in event time.
    pub(super) after_ms: i64,
    /// Whether the first cause that is named is the deploy.
    pub(super) by_its_cause: bool,
}

/// All stories, in the order in which they began.
#[derive(Debug, Default)]
pub(super) struct Stories(Vec<Story>);

impl Stories {
    /// Notes a message, if it tells a step of a story.
    pub(super) fn note(&mut self, message: &Message) {
        let Some(step) = &message.truth.step else { return };
        let at_ms = message.arrival.0;
        let records = message.truth.events.iter().map(record_of);
        let Some(story) = self.of(step) else { return };
        match step.step {
            Step::Merged | Step::Begun => story.changes.extend(records),
            Step::Deployed => {
                story.deployed_ms = Some(at_ms);
                story.changes.extend(records);
            }
            Step::Alarmed => story.alarms.extend(records),
            Step::Resolved => story.resolved_ms = Some(at_ms),
        }
    }

    fn of(&mut self, step: &StoryStep) -> Option<&mut Story> {
        let is_it = |story: &Story| story.deploy == step.deploy;
        if !self.0.iter().any(is_it) {
            self.0.push(Story::new(step));
        }
        self.0.iter_mut().find(|story| is_it(story))
    }

    /// What became of the stories in which a service came to be in trouble.
    pub(super) fn verdicts<'k>(
        &self,
        known: &(impl Iterator<Item = &'k Known> + Clone),
    ) -> Vec<Verdict> {
        let begun = self.0.iter().filter(|story| story.deployed_ms.is_some());
        begun.map(|story| story.verdict(known.clone())).collect()
    }
}

fn record_of(truth: &EventTruth) -> RecordId {
    Signal::record_of(EventId::of(&truth.source, &truth.native_id))
}

impl Story {
    fn new(step: &StoryStep) -> Self {
        Self {
            deploy: step.deploy.clone(),
            service: step.service,
            deployed_ms: None,
            resolved_ms: None,
            changes: BTreeSet::new(),
            alarms: BTreeSet::new(),
        }
    }

    fn verdict<'k>(&self, known: impl Iterator<Item = &'k Known>) -> Verdict {
        let deployed_ms = self.deployed_ms.unwrap_or_default();
        let telling = known.filter(|known| self.is_told_by(&known.last));
        let when = telling.filter_map(|known| Some((self.told_ms(known)?, known)));
        let found = when.min_by_key(|(told_ms, _)| *told_ms).map(|(told_ms, known)| Found {
            after_ms: told_ms.saturating_sub(deployed_ms),
            by_its_cause: self.is_caused(&known.last),
            incident: known.last.clone(),
        });
        Verdict { story: format!("deploy {} of {}", self.deploy, self.service), found }
    }

    fn is_told_by(&self, incident: &Incident) -> bool {
        if incident.state == IncidentState::Merged {
            return false;
        }
        let mut records = incident.timeline.iter().filter_map(|moment| moment.record);
        let mut at_service = incident.affected.iter().filter(|affected| affected.steps == 0);
        records.any(|record| self.alarms.contains(&record))
            || at_service.any(|affected| affected.name == self.service)
    }

    /// When an incident was told first with an alert that began in the time of the trouble: it may have been
    /// open long before.
    fn told_ms(&self, known: &Known) -> Option<i64> {
        let until_ms = self.resolved_ms.map_or(i64::MAX, |ms| ms.saturating_add(AFTERMATH_MS));
        let trouble = self.deployed_ms?..=until_ms;
        let alerts = known.last.timeline.iter().filter(|of| of.kind == MomentKind::Alert);
        let first = alerts.map(|of| of.at_ms).filter(|at_ms| trouble.contains(at_ms)).min()?;
        known.told_ms.iter().copied().filter(|told_ms| *told_ms >= first).min()
    }

    fn is_caused(&self, incident: &Incident) -> bool {
        let first = incident.causes.first().and_then(|cause| cause.record);
        first.is_some_and(|record| self.changes.contains(&record))
    }
}

impl Verdict {
    /// A line for people.
    pub(super) fn line(&self) -> String {
        let Some(found) = &self.found else {
            return format!("  not found  {}", self.story);
        };
        let Found { incident, after_ms, by_its_cause } = found;
        let cause = match (incident.causes.first(), by_its_cause) {
            (Some(cause), true) => format!("cause: {}", cause.reason),
            (Some(cause), false) => format!("another cause is named: {}", cause.reason),
            (None, _) => "no cause is named".to_owned(),
        };
        let (id, alerts) = (incident.incident.to_string(), incident.alerts.len());
        format!(
            "  found      {}: incident {} after {} s, {} alerts: {}\n             {cause}",
            self.story,
            id.get(..8).unwrap_or(&id),
            after_ms / 1_000,
            alerts,
            incident.title,
        )
    }

    /// The same for programs.
    pub(super) fn json(&self) -> Value {
        let found = self.found.as_ref();
        json!({
            "story": self.story,
            "incident": found.map(|found| found.incident.incident),
            "told": found.map(|found| &found.incident),
            "after_ms": found.map(|found| found.after_ms),
            "cause": found.and_then(|found| found.incident.causes.first()).map(|of| &of.reason),
            "by_its_cause": found.map(|found| found.by_its_cause),
        })
    }
}

#[cfg(test)]
#[path = "stories/tests.rs"]
mod tests;

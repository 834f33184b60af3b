//! An alert as a record.
//!
//! **Invariant:** each record of an alert has the next revision, and says all that is known of it.

use std::collections::BTreeMap;

use schemas::alert::{
    Acknowledgement, Alert as AlertTold, AlertState, Duplicate, Evidence, Feedback,
};
use schemas::envelope::{Attributes, Envelope, Extra, Payload};
use schemas::finite::Finite;
use schemas::id::{AlertId, IncidentId, RecordId};
use schemas::resource::Resource;
use schemas::signal::RuleHit;
use schemas::source_class::SourceClass;
use schemas::time::Time;

use super::lifecycle::Work;
use super::occurrence::Place;
use super::out::Said;
use super::state::{Alert, Body, Phase, Proof};

pub(super) const SOURCE: &str = "isobar.correlator";

impl Work<'_> {
    /// Writes what has become of an alert.
    pub(super) fn tell(&mut self, id: AlertId) {
        let (at_ms, tenant) = (self.at_ms(), self.stores.name_of(self.tenant));
        let incident = self.stores.joined.get(&(self.tenant, id)).copied();
        let Some(alert) = self.alert_mut(id) else { return };
        let told = AlertTold { incident, ..told(id, alert) };
        alert.revision += 1;
        let parts = [id.to_string(), told.revision.to_string()];
        let attributes = Attributes {
            id: RecordId::of(AlertTold::TYPE, &parts.each_ref().map(String::as_str)),
            source: SOURCE.to_owned(),
            subject: Some(told.rule.rule.clone()),
            time: time_of(at_ms),
            arrival_time: time_of(alert.arrival_ms),
            tenant: tenant.to_string(),
            source_class: SourceClass::Finding,
            traceparent: None,
        };
        let alert = Box::new(Envelope::new(attributes, told));
        self.out.said.push(Said::Alert(alert));
    }

    /// An open alert is part of an incident, and says so.
    pub(super) fn join_incident(&mut self, id: AlertId, incident: IncidentId) {
        let key = (self.tenant, id);
        let is_open = self.alert(id).is_some_and(Alert::is_open);
        if is_open && self.stores.joined.get(&key) != Some(&incident) {
            self.stores.joined.insert(&key, incident);
            self.tell(id);
        }
    }
}

/// The state of an alert as it is told. That nobody is told counts for more than that somebody has
/// taken it on.
pub(super) fn state_of(alert: &Alert) -> AlertState {
    match alert.phase {
        Phase::Closed(_) => AlertState::Resolved,
        Phase::Pending => AlertState::Pending,
        Phase::Firing if alert.is_quiet() => AlertState::Suppressed,
        Phase::Firing if alert.body.acknowledged.is_some() => AlertState::Acknowledged,
        Phase::Firing => AlertState::Firing,
    }
}

fn told(id: AlertId, alert: &Alert) -> AlertTold {
    let body = &*alert.body;
    let closed = match alert.phase {
        Phase::Closed(closing) => Some(closing),
        Phase::Pending | Phase::Firing => None,
    };
    AlertTold {
        alert: id,
        revision: alert.revision,
        fingerprint: alert.fingerprint,
        state: state_of(alert),
        level: body.level,
        title: body.title.clone(),
        reason: body.reason.clone(),
        rule: rule_of(body),
        labels: body.labels.clone(),
        resource: body.place.as_ref().map(resource_of),
        starts_at_ms: alert.starts_ms,
        ends_at_ms: alert.ends_ms,
        count: alert.count,
        evidence: body.evidence.iter().map(evidence_of).collect(),
        incident: None,
        duplicate: body.duplicate.as_ref().map(|(kind, changed)| Duplicate {
            kind: *kind,
            changed: changed.clone(),
            extra: Extra::new(),
        }),
        flapping: alert.flaps_until_ms.is_some(),
        acknowledged: acknowledgement_of(body),
        silenced_by: alert.silenced_by,
        inhibited_by: alert.inhibited_by,
        feedback: body.feedback.as_ref().map(|(by, verdict, note)| Feedback {
            by: by.clone(),
            verdict: *verdict,
            note: note.clone(),
            extra: Extra::new(),
        }),
        closed,
        extra: Extra::new(),
    }
}

fn rule_of(body: &Body) -> RuleHit {
    RuleHit {
        rule: body.rule.clone(),
        version: body.version.clone(),
        level: Some(body.level),
        title: body.rule_title.clone(),
        building_block: false,
        fields: BTreeMap::new(),
        extra: Extra::new(),
    }
}

fn acknowledgement_of(body: &Body) -> Option<Acknowledgement> {
    body.acknowledged.as_ref().map(|taken| Acknowledgement {
        by: taken.by.clone(),
        at_ms: taken.at_ms,
        note: taken.note.clone(),
        extra: Extra::new(),
    })
}

fn resource_of(place: &Place) -> Resource {
    Resource { id: place.id, attributes: place.attributes.clone(), extra: Extra::new() }
}

fn evidence_of(proof: &Proof) -> Evidence {
    #[expect(clippy::expect_used, reason = "one is finite")]
    let weight = Finite::new(1.0).expect("a finite number");
    Evidence {
        record: proof.record,
        role: proof.role,
        time_ms: proof.time_ms,
        weight,
        reason: proof.reason.clone(),
        extra: Extra::new(),
    }
}

/// A time that can be written, whatever a record said.
pub(super) fn time_of(ms: i64) -> Time {
    let ms = ms.clamp(Time::MIN.millis(), Time::MAX.millis());
    Time::from_millis(ms).unwrap_or(Time::MIN)
}

//! From occurrences to alerts: opened and fired. What is repeated stands in `repeat`, how they end in `close`.
//!
//! **Invariant:** a record that is late, or that belongs to an episode which its source has ended, opens
//! nothing and closes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemas::alert::EvidenceRole;
use schemas::id::{AlertId, Fingerprint, RecordId};

use super::check::Plan;
use super::labels::{bounded, cut, without_empty};
use super::occurrence::{Identity, Occurrence, Says};
use super::out::Out;
use super::state::{Alert, Body, Condition, Past, Phase, Proof, TenantNumber, Waits};
use super::stores::Stores;

/// Records that an alert names as its evidence.
pub(super) const EVIDENCE_MAX: usize = 20;
pub(super) const TEXT_BYTES_MAX: usize = 4_096;
pub(super) const NAME_BYTES_MAX: usize = 512;

/// Work on one tenant.
pub(super) struct Work<'a> {
    pub(super) plan: &'a Plan,
    pub(super) stores: &'a mut Stores,
    pub(super) out: &'a mut Out,
    pub(super) tenant: TenantNumber,
}

impl Work<'_> {
    /// The time that is being worked off.
    pub(super) fn at_ms(&self) -> i64 {
        self.stores.at_ms(self.tenant)
    }

    /// The foremost time there is.
    pub(super) fn now_ms(&self) -> i64 {
        self.stores.tenant(self.tenant).map_or(i64::MIN, |of| self.stores.clock.now_ms(of))
    }

    pub(super) fn alert(&self, id: AlertId) -> Option<&Alert> {
        self.stores.alerts.get(&(self.tenant, id))
    }

    pub(super) fn alert_mut(&mut self, id: AlertId) -> Option<&mut Alert> {
        self.stores.alerts.get_mut(&(self.tenant, id))
    }

    pub(super) fn condition_mut(&mut self, fingerprint: Fingerprint) -> &mut Condition {
        let key = (self.tenant, fingerprint);
        self.stores.conditions.get_or_insert_with(&key, Condition::default)
    }

    /// Takes an occurrence; the alert it is one of, where that fires and nobody has silenced it.
    pub(super) fn occur(&mut self, mut occurrence: Occurrence) -> Option<AlertId> {
        self.out.count("occurrences", 1);
        without_empty(&mut occurrence.labels);
        let fingerprint = self.fingerprint(&occurrence);
        let holds = occurrence.says == Says::Holds && !self.is_late(&occurrence);
        self.judge(fingerprint, occurrence);
        let condition = self.stores.conditions.get(&(self.tenant, fingerprint));
        let open = condition.filter(|_| holds).and_then(|condition| condition.open);
        open.filter(|id| self.alert(*id).is_some_and(Alert::is_heard))
    }

    fn judge(&mut self, fingerprint: Fingerprint, occurrence: Occurrence) {
        let key = (self.tenant, fingerprint);
        let condition = self.stores.conditions.get(&key);
        let open = condition.and_then(|condition| condition.open);
        let past = condition.and_then(|condition| condition.past);
        if self.is_late(&occurrence) {
            return self.late(open, &occurrence);
        }
        match (occurrence.says, open) {
            (Says::Holds, Some(id)) => self.repeat(id, occurrence),
            (Says::Holds, None) => self.begin(fingerprint, past, occurrence),
            (Says::Ended, Some(id)) => self.end(id, &occurrence),
            (Says::Ended, None) => self.end_of_nothing(fingerprint, &occurrence),
        }
    }

    fn fingerprint(&self, occurrence: &Occurrence) -> Fingerprint {
        let Occurrence { tenant, rule, labels, .. } = occurrence;
        let named = |names: &[String]| -> BTreeMap<String, String> {
            let of = |name: &String| labels.get(name).map(|value| (name.clone(), value.clone()));
            names.iter().filter_map(of).collect()
        };
        match (&self.plan.policy(rule).group_labels, &occurrence.identity) {
            (Some(names), _) => Fingerprint::of(tenant, rule, &named(names)),
            (None, Identity::Named(names)) => Fingerprint::of(tenant, rule, &named(names)),
            (None, Identity::Every) => Fingerprint::of(tenant, rule, labels),
        }
    }

    fn is_late(&self, occurrence: &Occurrence) -> bool {
        let Some(tenant) = self.stores.tenant(self.tenant) else { return false };
        let settled_ms = self.stores.clock.settled_ms(tenant);
        let late_ms = self.plan.late_ms(occurrence.class);
        occurrence.said_ms < settled_ms.saturating_sub(late_ms)
    }

    /// A late record supports an alert that is open, and does nothing else.
    fn late(&mut self, open: Option<AlertId>, occurrence: &Occurrence) {
        self.out.count("late", 1);
        self.out.is_late = true;
        let Some(alert) = open.and_then(|id| self.alert_mut(id)) else { return };
        let is_known = alert.body.evidence.iter().any(|proof| proof.record == occurrence.record);
        if is_known || alert.body.evidence.len() >= EVIDENCE_MAX {
            return;
        }
        self.out.is_late = false;
        let reason = format!("came too late to decide anything: {}", occurrence.title);
        let proof = proof(occurrence, EvidenceRole::Late, reason);
        if let Some(alert) = open.and_then(|id| self.alert_mut(id)) {
            alert.body_mut().evidence.push(proof);
            alert.arrival_ms = alert.arrival_ms.max(occurrence.arrival_ms);
        }
        open.into_iter().for_each(|id| self.tell(id));
    }

    /// A condition holds of which no alert is open.
    fn begin(&mut self, fingerprint: Fingerprint, past: Option<Past>, occurrence: Occurrence) {
        let ended = past.and_then(|past| past.episode_ended_ms);
        if let (Some(episode), Some(ended)) = (occurrence.episode_ms, ended)
            && episode <= ended
        {
            return self.out.count("stale", 1);
        }
        let mut id = AlertId::of(&occurrence.tenant, fingerprint, occurrence.record);
        if let Some(before) = past.and_then(|past| past.alert).filter(|before| *before == id) {
            if occurrence.episode_ms.is_none() {
                // The same event once more; its alert is over.
                return self.out.count("duplicates_full", 1);
            }
            // Its source says that it still goes on: another alert, and so another id.
            let parts = [occurrence.record.to_string(), before.to_string()];
            let again = RecordId::of("isobar.again", &parts.each_ref().map(String::as_str));
            id = AlertId::of(&occurrence.tenant, fingerprint, again);
        }
        self.make_room();
        self.open(id, fingerprint, occurrence);
    }

    fn open(&mut self, id: AlertId, fingerprint: Fingerprint, occurrence: Occurrence) {
        let at_ms = self.at_ms();
        let alert = self.alert_of(fingerprint, occurrence, at_ms);
        let (happened_ms, holds_for_ms) = (alert.happened_ms, alert.waits.holds_for_ms);
        self.stores.alerts.insert(&(self.tenant, id), alert);
        self.stores.oldest.insert(&(self.tenant, happened_ms, id), ());
        self.remember_open(fingerprint, id);
        self.stores.change(self.tenant, |tenant| tenant.open += 1);
        self.out.count("alerts_opened", 1);
        self.enter_scopes(id);
        self.look_for_silences(id);
        if holds_for_ms == 0 {
            self.fire(id);
        } else {
            self.tell(id);
        }
        self.arm(id);
    }

    fn alert_of(&mut self, fingerprint: Fingerprint, occurrence: Occurrence, at_ms: i64) -> Alert {
        let policy = self.plan.policy(&occurrence.rule);
        let waits = Waits {
            holds_for_ms: policy.holds_for.0,
            keep_firing_ms: policy.keep_firing_for.0,
            quiet_ms: policy.resolve_after.map_or(occurrence.quiet_ms, |after| after.0),
        };
        let level = policy.level.unwrap_or(occurrence.level);
        let happened_ms = self.stores.clock.bounded(occurrence.time_ms, occurrence.arrival_ms);
        let (arrival_ms, last_record) = (occurrence.arrival_ms, occurrence.record);
        let episode_ms = occurrence.episode_ms;
        let mut body = self.body_of(occurrence, happened_ms);
        body.level = level;
        Alert {
            body: Arc::new(body),
            fingerprint,
            phase: Phase::Pending,
            revision: 0,
            count: 1,
            starts_ms: happened_ms,
            ends_ms: None,
            opened_ms: at_ms,
            heard_ms: at_ms,
            arrival_ms,
            happened_ms,
            ordered_ms: happened_ms,
            last_record,
            episode_ms,
            ended: None,
            flaps_until_ms: None,
            silenced_by: None,
            inhibited_by: None,
            waits,
            armed_ms: None,
            memberships: 0,
        }
    }

    fn body_of(&mut self, occurrence: Occurrence, happened_ms: i64) -> Body {
        let mut evidence = Vec::new();
        add_proofs(&mut evidence, &occurrence, happened_ms);
        let (labels, dropped) = bounded(occurrence.labels);
        self.out.count("labels_dropped", dropped);
        let (title, _) = cut(occurrence.title, NAME_BYTES_MAX);
        let (mut reason, _) = cut(occurrence.text, TEXT_BYTES_MAX);
        if dropped > 0 {
            reason.push_str(&format!(
                " ({dropped} labels were cut or left out: too long or too many)"
            ));
        }
        Body {
            rule: cut(occurrence.rule, NAME_BYTES_MAX).0,
            version: cut(occurrence.version, NAME_BYTES_MAX).0,
            rule_title: occurrence.rule_title.map(|title| cut(title, NAME_BYTES_MAX).0),
            level: occurrence.level,
            title,
            reason,
            labels,
            place: occurrence.place,
            evidence,
            duplicate: None,
            acknowledged: None,
            feedback: None,
            groups: Vec::new(),
            scopes: Vec::new(),
        }
    }

    /// The condition has held for long enough.
    pub(super) fn fire(&mut self, id: AlertId) {
        let at_ms = self.at_ms();
        let Some(fingerprint) = self.alert(id).map(|alert| alert.fingerprint) else { return };
        let condition = self.condition_mut(fingerprint);
        condition.changed(at_ms);
        let flaps_until_ms = condition.flaps_until(at_ms);
        let Some(alert) = self.alert_mut(id) else { return };
        alert.phase = Phase::Firing;
        alert.flaps_until_ms = flaps_until_ms;
        self.out.count("alerts_fired", 1);
        self.out.count("flapping", u64::from(flaps_until_ms.is_some()));
        self.out.urgent = true;
        self.inhibit_others(id, true);
        self.stores.rechecks.insert(&(self.tenant, id), ());
        self.join_groups(id);
        self.tell(id);
    }
}

/// An occurrence shows itself, and then what came before it; all of it while there is room.
pub(super) fn add_proofs(evidence: &mut Vec<Proof>, occurrence: &Occurrence, happened_ms: i64) {
    let trigger = proof(occurrence, EvidenceRole::Trigger, occurrence.title.clone());
    let before = occurrence.before.iter().map(|(record, time_ms)| Proof {
        record: *record,
        role: EvidenceRole::Context,
        time_ms: (*time_ms).min(occurrence.arrival_ms),
        reason: "came before it".to_owned(),
    });
    let own = Proof { time_ms: happened_ms, ..trigger };
    for proof in std::iter::once(own).chain(before) {
        let is_known = evidence.iter().any(|known| known.record == proof.record);
        if !is_known && evidence.len() < EVIDENCE_MAX {
            evidence.push(proof);
        }
    }
}

fn proof(occurrence: &Occurrence, role: EvidenceRole, reason: String) -> Proof {
    let time_ms = occurrence.time_ms.min(occurrence.arrival_ms);
    Proof { record: occurrence.record, role, time_ms, reason: cut(reason, NAME_BYTES_MAX).0 }
}

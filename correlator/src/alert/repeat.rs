//! Records of a condition whose alert is open: duplicates, and why.
//!
//! **Invariant:** a duplicate is counted once, and keeps its alert open. Its reason is full or partial, with
//! what differs; the level only rises. However many come, the records told of them grow with the logarithm.

use schemas::alert::{DuplicateKind, Level};
use schemas::id::AlertId;

use super::labels::{bounded, cut};
use super::lifecycle::{NAME_BYTES_MAX, TEXT_BYTES_MAX, Work, add_proofs};
use super::occurrence::Occurrence;
use super::state::{Body, Phase};

/// Each of the first so many records of an alert is told; then each that doubles their number.
const TOLD_ONE_BY_ONE: u64 = 8;

impl Work<'_> {
    /// A condition holds of which an alert is open.
    pub(super) fn repeat(&mut self, id: AlertId, occurrence: Occurrence) {
        let at_ms = self.at_ms();
        let happened_ms = self.stores.clock.bounded(occurrence.time_ms, occurrence.arrival_ms);
        let policy_level = self.plan.policy(&occurrence.rule).level;
        let Some(alert) = self.alert_mut(id) else { return };
        let is_again = alert.last_record == occurrence.record
            || alert.body.evidence.iter().any(|proof| proof.record == occurrence.record);
        if is_again && occurrence.episode_ms.is_none() {
            // The same event by two paths says nothing new, not even that it goes on.
            return self.out.count("duplicates_full", 1);
        }
        alert.heard_ms = at_ms;
        alert.arrival_ms = alert.arrival_ms.max(occurrence.arrival_ms);
        alert.happened_ms = alert.happened_ms.max(happened_ms);
        let held_again = alert.ended.take().is_some();
        if is_again {
            self.out.count("duplicates_full", 1);
        } else {
            alert.last_record = occurrence.record;
            alert.count += 1;
            let count = alert.count;
            let changed = changes(&alert.body, &occurrence, policy_level);
            let is_raised = changed.contains(&"level");
            let what = if changed.is_empty() { "duplicates_full" } else { "duplicates_partial" };
            self.out.count(what, 1);
            if is_raised || count <= TOLD_ONE_BY_ONE || count.is_power_of_two() {
                self.tell_repeat(id, occurrence, &changed, policy_level);
            }
        }
        if held_again {
            self.held_again(id);
        }
    }

    /// An alert that was about to end goes on.
    fn held_again(&mut self, id: AlertId) {
        let flaps = self.alert(id).is_some_and(|alert| alert.flaps_until_ms.is_some());
        if flaps {
            self.flap(id);
        }
        self.arm(id);
    }

    fn tell_repeat(
        &mut self,
        id: AlertId,
        mut occurrence: Occurrence,
        changed: &[&str],
        policy_level: Option<Level>,
    ) {
        let kind = if changed.is_empty() { DuplicateKind::Full } else { DuplicateKind::Partial };
        let changed: Vec<String> = changed.iter().map(|field| (*field).to_owned()).collect();
        let (labels, _) = bounded(std::mem::take(&mut occurrence.labels));
        let happened_ms = occurrence.time_ms.min(occurrence.arrival_ms);
        let Some(alert) = self.alert_mut(id) else { return };
        let raised_before = alert.body.level;
        let body = alert.body_mut();
        add_proofs(&mut body.evidence, &occurrence, happened_ms);
        body.level = body.level.max(policy_level.unwrap_or(occurrence.level));
        body.title = cut(occurrence.title, NAME_BYTES_MAX).0;
        body.reason = cut(occurrence.text, TEXT_BYTES_MAX).0;
        body.version = cut(occurrence.version, NAME_BYTES_MAX).0;
        body.labels = labels;
        body.duplicate = Some((kind, changed));
        if body.level > raised_before {
            self.raised(id);
        }
        self.tell(id);
    }

    /// It has become more urgent: others may have to be told, and other silences may hold.
    fn raised(&mut self, id: AlertId) {
        self.look_for_silences(id);
        let Some(alert) = self.alert(id) else { return };
        if alert.phase == Phase::Firing {
            self.out.urgent = true;
            self.join_groups(id);
            self.speak_up(id);
        }
    }
}

/// What a duplicate says otherwise than its alert.
fn changes(body: &Body, occurrence: &Occurrence, policy_level: Option<Level>) -> Vec<&'static str> {
    let all = [
        ("level", policy_level.unwrap_or(occurrence.level) > body.level),
        ("title", body.title != occurrence.title),
        ("text", body.reason != occurrence.text),
        ("labels", body.labels != occurrence.labels),
        ("version", body.version != occurrence.version),
    ];
    all.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect()
}

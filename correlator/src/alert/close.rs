//! How alerts end: said by their source, by quiet, or for want of room.
//!
//! **Invariant:** an alert ends once, and its condition then begins another alert. What was told of it is
//! told to be over, to those who were told; an alert nobody heard of is forgotten at once.

use schemas::alert::Closing;
use schemas::id::{AlertId, Fingerprint};

use super::lifecycle::Work;
use super::occurrence::Occurrence;
use super::state::{Alert, Past, Phase, Waits};

impl Work<'_> {
    /// A source says that the condition has ended.
    pub(super) fn end(&mut self, id: AlertId, occurrence: &Occurrence) {
        let at_ms = self.at_ms();
        let ends_ms = self.stores.clock.bounded(occurrence.time_ms, occurrence.arrival_ms);
        let Some(alert) = self.alert_mut(id) else { return };
        if let (Some(ended), Some(begun)) = (occurrence.episode_ms, alert.episode_ms)
            && ended < begun
        {
            // The end of an episode before this one came after this one's beginning.
            return self.out.count("stale", 1);
        }
        alert.arrival_ms = alert.arrival_ms.max(occurrence.arrival_ms);
        let fingerprint = alert.fingerprint;
        if let Some(episode_ms) = occurrence.episode_ms {
            self.remember_end(fingerprint, episode_ms);
        }
        self.ended(id, ends_ms, at_ms);
    }

    /// The condition no longer holds; the alert may go on for a while.
    fn ended(&mut self, id: AlertId, ends_ms: i64, heard_ms: i64) {
        let Some(alert) = self.alert_mut(id) else { return };
        if alert.ended.is_some() {
            return;
        }
        alert.ended = Some((ends_ms, heard_ms));
        if alert.flaps_until_ms.is_some() {
            self.flap(id);
        } else if alert.phase == Phase::Pending || alert.waits.keep_firing_ms == 0 {
            return self.close_or_hold(id, Closing::Ended);
        }
        self.arm(id);
    }

    /// Ends an alert, unless that makes it one that flaps.
    fn close_or_hold(&mut self, id: AlertId, closing: Closing) {
        let at_ms = self.at_ms();
        let Some(alert) = self.alert(id) else { return };
        let (fingerprint, phase) = (alert.fingerprint, alert.phase);
        if phase == Phase::Firing {
            let condition = self.condition_mut(fingerprint);
            condition.changed(at_ms);
            if let Some(until_ms) = condition.flaps_until(at_ms) {
                return self.hold(id, until_ms);
            }
        }
        self.close(id, closing);
    }

    fn hold(&mut self, id: AlertId, until_ms: i64) {
        if let Some(alert) = self.alert_mut(id) {
            alert.flaps_until_ms = Some(until_ms);
        }
        self.out.count("flapping", 1);
        self.tell(id);
        self.arm(id);
    }

    /// It began or ended once more while it flaps.
    pub(super) fn flap(&mut self, id: AlertId) {
        let at_ms = self.at_ms();
        let Some(fingerprint) = self.alert(id).map(|alert| alert.fingerprint) else { return };
        let condition = self.condition_mut(fingerprint);
        condition.changed(at_ms);
        let until_ms = condition.flaps_until(at_ms);
        if let (Some(alert), Some(until_ms)) = (self.alert_mut(id), until_ms) {
            alert.flaps_until_ms = Some(until_ms);
        }
    }

    /// A source says that something has ended of which no alert is open.
    pub(super) fn end_of_nothing(&mut self, fingerprint: Fingerprint, occurrence: &Occurrence) {
        self.out.count("ended_unknown", 1);
        let Some(episode_ms) = occurrence.episode_ms else { return };
        self.remember_end(fingerprint, episode_ms);
        self.remember(fingerprint);
    }

    fn remember_end(&mut self, fingerprint: Fingerprint, episode_ms: i64) {
        let condition = self.condition_mut(fingerprint);
        let before = condition.past.and_then(|past| past.episode_ended_ms);
        let alert = condition.past.and_then(|past| past.alert);
        condition.past = Some(Past { alert, episode_ended_ms: before.max(Some(episode_ms)) });
    }

    /// Looks at an alert whose timer came.
    pub(super) fn look_at(&mut self, id: AlertId) {
        let at_ms = self.at_ms();
        let Some(alert) = self.alert_mut(id) else { return };
        alert.armed_ms = None;
        let (quiet_at, heard) = (quiet_at(alert), alert.happened_ms);
        if alert.ended.is_none() && quiet_at <= at_ms {
            alert.ended = Some((heard, quiet_at));
            if alert.phase == Phase::Pending || alert.waits.keep_firing_ms == 0 {
                return self.quiet_or_calm(id, at_ms);
            }
        }
        self.look_further(id, at_ms);
    }

    fn quiet_or_calm(&mut self, id: AlertId, at_ms: i64) {
        let flaps = self.alert(id).and_then(|alert| alert.flaps_until_ms);
        match flaps.filter(|until_ms| *until_ms > at_ms) {
            Some(_) => self.arm(id),
            None => self.close_or_hold(id, Closing::Quiet),
        }
    }

    fn look_further(&mut self, id: AlertId, at_ms: i64) {
        let Some(alert) = self.alert(id) else { return };
        let Alert { ended, flaps_until_ms, waits, opened_ms, phase, .. } = *alert;
        if let Some(until_ms) = flaps_until_ms {
            if until_ms <= at_ms {
                return self.calm(id);
            }
        } else if let Some((_, heard_ms)) = ended {
            if heard_ms.saturating_add(waits.keep_firing_ms) <= at_ms {
                let said = self.alert(id).is_some_and(|alert| quiet_at(alert) > heard_ms);
                let closing = if said { Closing::Ended } else { Closing::Quiet };
                return self.close_or_hold(id, closing);
            }
        } else if phase == Phase::Pending && opened_ms.saturating_add(waits.holds_for_ms) <= at_ms {
            self.fire(id);
        }
        self.arm(id);
    }

    /// It flaps no longer: what its condition said last counts.
    fn calm(&mut self, id: AlertId) {
        let Some(alert) = self.alert_mut(id) else { return };
        alert.flaps_until_ms = None;
        if alert.ended.is_some() {
            return self.close(id, Closing::Ended);
        }
        self.tell(id);
        self.arm(id);
    }

    /// Sets the timer of an alert to what it waits for next.
    pub(super) fn arm(&mut self, id: AlertId) {
        let Some(alert) = self.alert(id) else { return };
        let due = due_of(alert);
        // A later deadline needs no move: the timer finds it when it comes.
        if alert.armed_ms.is_none_or(|armed| armed > due) {
            self.stores.arm_alert(self.tenant, id, Some(due));
        }
    }

    /// Ends an alert.
    pub(super) fn close(&mut self, id: AlertId, closing: Closing) {
        let Some(alert) = self.alert_mut(id) else { return };
        let was_firing = alert.phase == Phase::Firing;
        alert.phase = Phase::Closed(closing);
        alert.ends_ms = Some(alert.ended.map_or(alert.happened_ms, |(ends_ms, _)| ends_ms));
        alert.flaps_until_ms = None;
        let (fingerprint, ordered_ms) = (alert.fingerprint, alert.ordered_ms);
        self.stores.arm_alert(self.tenant, id, None);
        self.stores.oldest.remove(&(self.tenant, ordered_ms, id));
        self.stores.change(self.tenant, |tenant| tenant.open = tenant.open.saturating_sub(1));
        self.out.count("alerts_closed", 1);
        if was_firing {
            self.inhibit_others(id, false);
            self.out.urgent = true;
        }
        self.leave_scopes(id);
        self.tell(id);
        let condition = self.condition_mut(fingerprint);
        let episode_ended_ms = condition.past.and_then(|past| past.episode_ended_ms);
        condition.open = None;
        condition.past = Some(Past { alert: Some(id), episode_ended_ms });
        self.remember(fingerprint);
        self.leave_groups(id);
    }
}

fn quiet_at(alert: &Alert) -> i64 {
    alert.heard_ms.saturating_add(alert.waits.quiet_ms)
}

/// What an open alert waits for next.
fn due_of(alert: &Alert) -> i64 {
    let Waits { holds_for_ms, keep_firing_ms, .. } = alert.waits;
    match (alert.flaps_until_ms, alert.ended) {
        (Some(until_ms), Some(_)) => until_ms,
        (Some(until_ms), None) => until_ms.min(quiet_at(alert)),
        (None, Some((_, heard_ms))) => heard_ms.saturating_add(keep_firing_ms),
        (None, None) if alert.phase == Phase::Pending => {
            quiet_at(alert).min(alert.opened_ms.saturating_add(holds_for_ms))
        }
        (None, None) => quiet_at(alert),
    }
}

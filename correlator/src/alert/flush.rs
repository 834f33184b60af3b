//! When a group tells its receivers, and what.
//!
//! **Invariants:** a receiver is told that an alert is over only if its bit says that it heard of it; of an
//! alert that is quiet nothing is told but its end. Whatever is told has the next sequence number of its
//! group, so no two notifications of one group to one receiver have the same key.

use schemas::id::{AlertId, RecordId};
use schemas::notification::Occasion;

use super::check::Route;
use super::config::{OccasionName, ReceiverConfig};
use super::lifecycle::Work;
use super::notice::Telling;
use super::state::{Group, Member, Phase};

/// A member of a group, as far as telling goes.
#[derive(Debug, Clone, Copy)]
struct Seen {
    id: AlertId,
    member: Member,
    phase: Phase,
    is_loud: bool,
    is_acknowledged: bool,
}

impl Seen {
    fn is_told(&self, bit: u64) -> bool {
        self.member.told & bit != 0
    }

    fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closed(_))
    }

    /// Somebody heard of it, and nobody has taken it on.
    fn is_unanswered(&self) -> bool {
        self.is_loud && self.member.told != 0 && !self.is_acknowledged
    }
}

impl Work<'_> {
    /// Looks at a group whose timer came.
    pub(super) fn group_due(&mut self, id: RecordId) {
        let at_ms = self.at_ms();
        let plan = self.plan;
        let Some(group) = self.stores.groups.get_mut(&(self.tenant, id)) else { return };
        group.armed_ms = None;
        let group = group.clone();
        let Some(route) = plan.route(&group.route) else { return self.drop_group(id) };
        let is_due = |due: Option<i64>| due.is_some_and(|due| due <= at_ms);
        if self.is_outdated(&group, route) {
            self.skip_reminders(id, route);
        } else if is_due(group.flush_due_ms) || is_due(group.repeat_due_ms) {
            self.flush(id, route, is_due(group.repeat_due_ms));
        } else {
            self.escalate(id, route);
        }
        self.arm_group(id);
    }

    /// Only a reminder is due, and the one after it as well: time has jumped, and nobody is helped by
    /// hearing the same many times at once.
    fn is_outdated(&self, group: &Group, route: &Route) -> bool {
        let now_ms = self.now_ms();
        let next_ms = group.repeat_due_ms.map(|due| due.saturating_add(route.repeat_ms));
        let is_all = group.flush_due_ms.is_none()
            && group.unanswered_since_ms.is_none_or(|_| {
                usize::try_from(group.steps_taken).is_ok_and(|taken| taken >= route.steps.len())
            });
        is_all && next_ms.is_some_and(|next| next <= now_ms)
    }

    /// The next reminder is the last of those that are due.
    fn skip_reminders(&mut self, id: RecordId, route: &Route) {
        let now_ms = self.now_ms();
        let Some(group) = self.stores.groups.get_mut(&(self.tenant, id)) else { return };
        let Some(due_ms) = group.repeat_due_ms else { return };
        let skipped = now_ms.saturating_sub(due_ms).checked_div(route.repeat_ms).unwrap_or(0);
        group.repeat_due_ms = Some(due_ms.saturating_add(skipped.saturating_mul(route.repeat_ms)));
        self.out.count("reminders_skipped", u64::try_from(skipped).unwrap_or(0));
    }

    /// The configuration has no such route any more: nobody can be told.
    fn drop_group(&mut self, id: RecordId) {
        self.out.count("groups_without_route", 1);
        for (alert, _) in self.stores.members_of(self.tenant, id) {
            self.leave(id, alert);
            self.forget_if_told(alert);
        }
    }

    fn seen(&self, group: RecordId) -> Vec<Seen> {
        let members = self.stores.members_of(self.tenant, group).into_iter();
        let seen = members.filter_map(|(id, member)| {
            let alert = self.alert(id)?;
            Some(Seen {
                id,
                member,
                phase: alert.phase,
                is_loud: alert.is_loud(),
                is_acknowledged: alert.body.acknowledged.is_some(),
            })
        });
        seen.collect()
    }

    fn flush(&mut self, id: RecordId, route: &Route, repeats: bool) {
        let seen = self.seen(id);
        let Some(mut group) = self.stores.groups.get(&(self.tenant, id)).cloned() else { return };
        let was_unanswered = seen.iter().any(Seen::is_unanswered);
        group.sequence += 1;
        let mut told: Vec<u64> = seen.iter().map(|of| of.member.told).collect();
        let mut has_told = false;
        for (place, receiver) in hearing(route, &group) {
            let Some(occasion) = occasion(&seen, bit(place), place < route.always, repeats) else {
                continue;
            };
            if !receiver.occasions.contains(&OccasionName::from(occasion)) {
                continue;
            }
            let ids = listed(&seen, bit(place));
            self.notify(&Telling { group: &group, receiver, occasion, step: 0, alerts: &ids });
            has_told = true;
            for (bits, _) in told.iter_mut().zip(&seen).filter(|(_, of)| of.is_loud) {
                *bits |= bit(place);
            }
        }
        self.settle(id, &seen, &told);
        self.after_flush(id, route, has_told, was_unanswered);
    }

    /// Notes what was told, and forgets alerts that are over.
    fn settle(&mut self, group: RecordId, seen: &[Seen], told: &[u64]) {
        for (of, told) in seen.iter().zip(told) {
            if of.is_closed() {
                self.leave(group, of.id);
                self.forget_if_told(of.id);
            } else if of.is_loud
                && let Some(member) = self.stores.members.get_mut(&(self.tenant, group, of.id))
            {
                *member = Member { told: *told, fresh: false };
            }
        }
    }

    fn after_flush(&mut self, id: RecordId, route: &Route, has_told: bool, was_unanswered: bool) {
        let at_ms = self.at_ms();
        let seen = self.seen(id);
        let Some(group) = self.stores.groups.get_mut(&(self.tenant, id)) else { return };
        group.flush_due_ms = None;
        if has_told {
            group.sequence += 1;
            group.last_told_ms = Some(at_ms);
        }
        let is_loud = seen.iter().any(|of| of.is_loud && of.member.told != 0);
        group.repeat_due_ms = is_loud.then(|| at_ms.saturating_add(route.repeat_ms));
        let is_unanswered = seen.iter().any(Seen::is_unanswered);
        if !is_unanswered {
            group.unanswered_since_ms = None;
        } else if !was_unanswered || group.unanswered_since_ms.is_none() {
            group.unanswered_since_ms = Some(at_ms);
            group.steps_taken = 0;
        }
    }

    /// Nobody has taken the group's alerts on: the next step is told as well.
    fn escalate(&mut self, id: RecordId, route: &Route) {
        let seen = self.seen(id);
        let key = (self.tenant, id);
        let Some(group) = self.stores.groups.get_mut(&key) else { return };
        let unanswered: Vec<AlertId> =
            seen.iter().filter(|of| of.is_unanswered()).map(|of| of.id).collect();
        if unanswered.is_empty() {
            group.unanswered_since_ms = None;
            return;
        }
        let step = usize::try_from(group.steps_taken).ok();
        let Some((_, places)) = step.and_then(|step| route.steps.get(step)) else { return };
        group.steps_taken += 1;
        group.steps_reached = group.steps_reached.max(group.steps_taken);
        group.sequence += 1;
        let group = group.clone();
        for place in places {
            let Some(receiver) = route.receivers.get(*place) else { continue };
            if receiver.occasions.contains(&OccasionName::Escalated) {
                let (occasion, step) = (Occasion::Escalated, group.steps_taken);
                let telling =
                    Telling { group: &group, receiver, occasion, step, alerts: &unanswered };
                self.notify(&telling);
                self.heard(id, &unanswered, bit(*place));
            }
        }
    }

    fn heard(&mut self, group: RecordId, alerts: &[AlertId], bit: u64) {
        for alert in alerts {
            if let Some(member) = self.stores.members.get_mut(&(self.tenant, group, *alert)) {
                member.told |= bit;
            }
        }
    }
}

fn bit(place: usize) -> u64 {
    u32::try_from(place).ok().and_then(|place| 1_u64.checked_shl(place)).unwrap_or(0)
}

/// Who hears of a group: the route's receivers, and those of the steps that were reached.
fn hearing<'r>(
    route: &'r Route,
    group: &Group,
) -> impl Iterator<Item = (usize, &'r ReceiverConfig)> {
    let reached = usize::try_from(group.steps_reached).unwrap_or(usize::MAX);
    let steps = route.steps.iter().take(reached).flat_map(|(_, places)| places.iter().copied());
    let places: std::collections::BTreeSet<usize> = (0..route.always).chain(steps).collect();
    places.into_iter().filter_map(|place| Some((place, route.receivers.get(place)?)))
}

/// What there is to say to a receiver, if anything.
fn occasion(seen: &[Seen], bit: u64, always: bool, repeats: bool) -> Option<Occasion> {
    let is_untold = |of: &Seen| of.member.fresh || (always && !of.is_told(bit));
    let is_new = |of: &Seen| of.is_loud && !of.is_acknowledged && is_untold(of);
    if seen.iter().any(is_new) {
        return Some(Occasion::Firing);
    }
    if seen.iter().any(|of| of.is_closed() && of.is_told(bit)) {
        // One that is silenced goes on all the same: what was opened for the group stays open.
        let goes_on = seen.iter().any(|of| !of.is_closed() && (of.is_loud || of.is_told(bit)));
        return Some(if goes_on { Occasion::Updated } else { Occasion::Resolved });
    }
    let is_reminder = repeats && seen.iter().any(|of| of.is_unanswered() && of.is_told(bit));
    is_reminder.then_some(Occasion::Updated)
}

/// The alerts that a receiver is told of: those that fire, then those that are over.
fn listed(seen: &[Seen], bit: u64) -> Vec<AlertId> {
    let firing = seen.iter().filter(|of| of.is_loud);
    let closed = seen.iter().filter(|of| of.is_closed() && of.is_told(bit));
    firing.chain(closed).map(|of| of.id).collect()
}

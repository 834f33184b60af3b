//! Groups: alerts of one route with the same values of its labels, told together.
//!
//! **Invariant:** an alert joins its groups when it fires, and more when it becomes more urgent; it leaves
//! none before it is over. So whoever heard of it hears of its end, however routes are written.

use std::collections::BTreeMap;

use schemas::id::{AlertId, RecordId};

use super::check::Route;
use super::lifecycle::Work;
use super::state::{Group, Member};

/// What stands for the values of groups beyond the limit.
const OTHER: &str = "(other)";

impl Work<'_> {
    /// An alert that fires joins the groups of the routes that take it.
    pub(super) fn join_groups(&mut self, id: AlertId) {
        let plan = self.plan;
        let Some(alert) = self.alert(id) else { return };
        let routes = plan.routes_of(alert.view());
        let named: Vec<_> = routes
            .into_iter()
            .map(|route| {
                let value = |label: &String| (label.clone(), alert.view().get(label).to_owned());
                (route, route.group_by.iter().map(value).collect::<BTreeMap<_, _>>())
            })
            .collect();
        for (route, labels) in named {
            self.join(id, route, labels);
        }
    }

    fn join(&mut self, id: AlertId, route: &Route, labels: BTreeMap<String, String>) {
        let group = self.group_for(id, route, labels);
        let key = (self.tenant, group, id);
        if self.stores.members.get(&key).is_some() {
            return;
        }
        self.stores.members.insert(&key, Member { told: 0, fresh: true });
        if let Some(group) = self.stores.groups.get_mut(&(self.tenant, group)) {
            group.members += 1;
        }
        if let Some(alert) = self.alert_mut(id) {
            alert.memberships += 1;
            alert.body_mut().groups.push(group);
        }
        self.touch(group, id);
    }

    /// The group of a route with these labels; beyond the limit that of all others.
    fn group_for(
        &mut self,
        id: AlertId,
        route: &Route,
        mut labels: BTreeMap<String, String>,
    ) -> RecordId {
        let name = self.stores.name_of(self.tenant);
        let mut group = group_id(&name, &route.name, &labels);
        if self.stores.groups.get(&(self.tenant, group)).is_some() {
            return group;
        }
        let groups = self.stores.tenant(self.tenant).map_or(0, |tenant| tenant.groups);
        if usize::try_from(groups).is_ok_and(|count| count >= self.plan.limits.groups) {
            self.out.count("groups_refused", 1);
            labels.values_mut().for_each(|value| OTHER.clone_into(value));
            group = group_id(&name, &route.name, &labels);
        }
        let key = (self.tenant, group);
        if self.stores.groups.get(&key).is_none() {
            self.stores.groups.insert(&key, new_group(group, id, &route.name, labels));
            self.stores.change(self.tenant, |tenant| tenant.groups += 1);
        }
        group
    }

    /// A group has something to say of an alert: soon for its first, else after the interval.
    pub(super) fn touch(&mut self, group: RecordId, alert: AlertId) {
        let at_ms = self.at_ms();
        let arrival_ms = self.alert(alert).map_or(i64::MIN, |alert| alert.arrival_ms);
        let plan = self.plan;
        let Some(of) = self.stores.groups.get_mut(&(self.tenant, group)) else { return };
        of.arrival_ms = of.arrival_ms.max(arrival_ms);
        let route = plan.route(&of.route);
        let (wait_ms, interval_ms) = route.map_or((0, 0), |of| (of.wait_ms, of.interval_ms));
        if of.flush_due_ms.is_none() {
            let due_ms = match of.last_told_ms {
                None => at_ms.saturating_add(wait_ms),
                Some(told_ms) => told_ms.saturating_add(interval_ms).max(at_ms),
            };
            of.flush_due_ms = Some(due_ms);
            self.arm_group(group);
        }
    }

    /// An alert that was quiet, or that has become more urgent, is told again.
    pub(super) fn speak_up(&mut self, id: AlertId) {
        let Some(alert) = self.alert(id) else { return };
        for group in alert.body.groups.clone() {
            if let Some(member) = self.stores.members.get_mut(&(self.tenant, group, id)) {
                member.fresh = true;
                self.touch(group, id);
            }
        }
    }

    /// An alert is over: groups that told of it have to say so, the others forget it.
    pub(super) fn leave_groups(&mut self, id: AlertId) {
        let Some(alert) = self.alert(id) else { return };
        let (groups, ends_ms) = (alert.body.groups.clone(), self.at_ms());
        self.stores.closing.insert(&(self.tenant, ends_ms, id), ());
        self.stores.change(self.tenant, |tenant| tenant.closing += 1);
        if let Some(alert) = self.alert_mut(id) {
            // From here on the order in which it stands is that of its end.
            alert.ordered_ms = ends_ms;
        }
        for group in groups {
            let key = (self.tenant, group, id);
            match self.stores.members.get(&key) {
                Some(member) if member.told != 0 => self.touch(group, id),
                _ => self.leave(group, id),
            }
        }
        self.forget_if_told(id);
        self.bound_closing();
    }

    /// Takes an alert out of a group.
    pub(super) fn leave(&mut self, group: RecordId, id: AlertId) {
        if self.stores.members.remove(&(self.tenant, group, id)).is_none() {
            return;
        }
        if let Some(alert) = self.alert_mut(id) {
            alert.memberships = alert.memberships.saturating_sub(1);
        }
        let key = (self.tenant, group);
        let Some(of) = self.stores.groups.get_mut(&key) else { return };
        of.members = of.members.saturating_sub(1);
        if of.members == 0 {
            self.stores.arm_group(self.tenant, group, None);
            self.stores.groups.remove(&key);
            self.stores.change(self.tenant, |of| of.groups = of.groups.saturating_sub(1));
        }
    }

    /// Forgets an alert that is over, when no group has to tell of it any more.
    pub(super) fn forget_if_told(&mut self, id: AlertId) {
        let Some(alert) = self.alert(id) else { return };
        if alert.is_open() || alert.memberships > 0 {
            return;
        }
        let ordered_ms = alert.ordered_ms;
        self.stores.closing.remove(&(self.tenant, ordered_ms, id));
        self.stores.alerts.remove(&(self.tenant, id));
        self.stores.joined.remove(&(self.tenant, id));
        self.stores.change(self.tenant, |of| of.closing = of.closing.saturating_sub(1));
    }

    /// Drops the alert that has waited longest to be told to be over, where there are too many.
    fn bound_closing(&mut self) {
        let closing = self.stores.tenant(self.tenant).map_or(0, |tenant| tenant.closing);
        if usize::try_from(closing).is_ok_and(|count| count <= self.plan.limits.closing_alerts) {
            return;
        }
        let first = super::stores::Stores::first_of(&self.stores.closing, self.tenant);
        let Some((_, id)) = first else { return };
        self.out.count("resolved_untold", 1);
        let groups = self.alert(id).map(|alert| alert.body.groups.clone()).unwrap_or_default();
        for group in groups {
            self.leave(group, id);
        }
        self.forget_if_told(id);
    }

    /// Sets the timer of a group to what it waits for next.
    pub(super) fn arm_group(&mut self, group: RecordId) {
        let Some(of) = self.stores.groups.get(&(self.tenant, group)) else { return };
        let steps = self.plan.route(&of.route).map_or(&[][..], |route| &route.steps);
        let next = usize::try_from(of.steps_taken).ok().and_then(|taken| steps.get(taken));
        let since_ms = of.unanswered_since_ms;
        let step_ms = since_ms.zip(next).map(|(since, (after, _))| since.saturating_add(*after));
        let due = [of.flush_due_ms, of.repeat_due_ms, step_ms].into_iter().flatten().min();
        self.stores.arm_group(self.tenant, group, due);
    }
}

fn group_id(tenant: &str, route: &str, labels: &BTreeMap<String, String>) -> RecordId {
    let mut parts = vec![tenant, route];
    parts.extend(labels.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]));
    RecordId::of("isobar.group", &parts)
}

fn new_group(
    group: RecordId,
    first: AlertId,
    route: &str,
    labels: BTreeMap<String, String>,
) -> Group {
    Group {
        route: route.to_owned(),
        labels,
        life: RecordId::of("isobar.group-life", &[&group.to_string(), &first.to_string()]),
        members: 0,
        sequence: 0,
        last_told_ms: None,
        flush_due_ms: None,
        repeat_due_ms: None,
        unanswered_since_ms: None,
        steps_taken: 0,
        steps_reached: 0,
        arrival_ms: i64::MIN,
        armed_ms: None,
    }
}

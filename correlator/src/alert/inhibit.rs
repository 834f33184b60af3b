//! Inhibition: while a source fires, targets with equal labels are quiet.
//!
//! **Invariant:** which alerts may keep an alert quiet is known by key (the inhibition and the values that
//! have to be equal), so neither firing nor closing looks at alerts that are not concerned. A pending
//! alert keeps nobody quiet.
//!
//! As in Alertmanager an alert that is source and target of one inhibition is not kept quiet by another
//! such, so two of them do not keep each other quiet.

use schemas::id::{AlertId, RecordId};

use super::check::Inhibition;
use super::lifecycle::Work;
use super::matcher::{Matcher, View, all_take};
use super::state::Side;

impl Work<'_> {
    /// Notes in which inhibitions an alert takes part.
    pub(super) fn enter_scopes(&mut self, id: AlertId) {
        let Some(alert) = self.alert(id) else { return };
        let all = self.plan.inhibitions.iter();
        let scopes: Vec<_> = all.filter_map(|inhibition| scope(inhibition, alert.view())).collect();
        if scopes.is_empty() {
            return;
        }
        for (scope, side) in scopes.iter().filter(|(_, side)| *side == Side::Target) {
            self.stores.scopes.insert(&(self.tenant, *scope, *side, id), ());
        }
        let inhibited_by = self.inhibitor(&scopes);
        if let Some(alert) = self.alert_mut(id) {
            alert.body_mut().scopes = scopes;
            alert.inhibited_by = inhibited_by;
        }
    }

    /// The first alert that keeps one with these scopes quiet.
    fn inhibitor(&self, scopes: &[(RecordId, Side)]) -> Option<AlertId> {
        let first = |scope, side| self.stores.on_side(self.tenant, (scope, side), 1).pop();
        let mut found = scopes.iter().filter_map(|(scope, side)| match side {
            Side::Source => None,
            Side::Both => first(*scope, Side::Source),
            Side::Target => first(*scope, Side::Source).or_else(|| first(*scope, Side::Both)),
        });
        found.next()
    }

    /// An alert begins or ceases to fire, and so to keep others quiet.
    pub(super) fn inhibit_others(&mut self, id: AlertId, fires: bool) {
        let Some(alert) = self.alert(id) else { return };
        let scopes = alert.body.scopes.clone();
        for (scope, side) in scopes.into_iter().filter(|(_, side)| *side != Side::Target) {
            let key = (self.tenant, scope, side, id);
            let is_alone = |work: &Self| {
                let others = work.stores.on_side(work.tenant, (scope, side), 2);
                others.iter().all(|other| *other == id)
            };
            if is_alone(self) {
                self.look_at_targets(scope);
            }
            if fires {
                self.stores.scopes.insert(&key, ());
            } else {
                self.stores.scopes.remove(&key);
            }
        }
    }

    fn look_at_targets(&mut self, scope: RecordId) {
        for side in [Side::Both, Side::Target] {
            for target in self.stores.on_side(self.tenant, (scope, side), usize::MAX) {
                self.stores.rechecks.insert(&(self.tenant, target), ());
            }
        }
    }

    pub(super) fn leave_scopes(&mut self, id: AlertId) {
        let Some(alert) = self.alert(id) else { return };
        for (scope, side) in alert.body.scopes.clone() {
            self.stores.scopes.remove(&(self.tenant, scope, side, id));
        }
    }

    /// Whether an alert is kept quiet now; it is told if that has changed.
    pub(super) fn recheck(&mut self, id: AlertId) {
        let Some(alert) = self.alert(id).filter(|alert| alert.is_open()) else { return };
        let (before, was_quiet) = (alert.inhibited_by, alert.is_quiet());
        let scopes = alert.body.scopes.clone();
        let inhibited_by = self.inhibitor(&scopes).filter(|by| *by != id);
        // One that is kept quiet by another than before is as quiet as before.
        if before.is_some() != inhibited_by.is_some() {
            if let Some(alert) = self.alert_mut(id) {
                alert.inhibited_by = inhibited_by;
            }
            self.quiet_changed(id, was_quiet);
        }
    }
}

/// The side of an alert in an inhibition, and with whom it has to do there.
fn scope(inhibition: &Inhibition, view: View<'_>) -> Option<(RecordId, Side)> {
    let is_source = all_take(&inhibition.source, view);
    let is_target = all_take(&inhibition.target, view);
    let side = match (is_source, is_target) {
        (false, false) => return None,
        (true, false) => Side::Source,
        (true, true) => Side::Both,
        (false, true) => Side::Target,
    };
    let mut parts = vec!["source".to_owned()];
    parts.extend(inhibition.source.iter().map(text_of));
    parts.push("target".to_owned());
    parts.extend(inhibition.target.iter().map(text_of));
    for label in &inhibition.equal {
        parts.push(label.clone());
        parts.push(view.get(label).to_owned());
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    Some((RecordId::of("isobar.inhibition", &parts), side))
}

/// Another inhibition is another scope, also after the configuration has changed.
fn text_of(matcher: &Matcher) -> String {
    format!("{}{:?}{}", matcher.label(), matcher.operator(), matcher.value())
}

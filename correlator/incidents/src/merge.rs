//! Two incidents become one.
//!
//! **Invariant:** the older survives, and the other's id leads to it for ever; but evidence alone, which
//! nobody was told of, always goes into what has alerts.

use schemas::id::IncidentId;
use schemas::incident::MomentKind;

use crate::incident::{Incident, Raised, Stage};
use crate::list::At;
use crate::tenant::Tenant;
use crate::timeline::Happened;

impl Tenant<'_> {
    /// Makes two incidents one; gives the one that survives.
    pub(crate) fn unite(
        &mut self,
        a: u64,
        b: u64,
        merged: &mut Vec<(IncidentId, IncidentId)>,
    ) -> u64 {
        let has_alerts = |number| self.incident(number).is_some_and(|of| of.alerts > 0);
        let (survivor, other) = if has_alerts(a.min(b)) || !has_alerts(a.max(b)) {
            (a.min(b), a.max(b))
        } else {
            (a.max(b), a.min(b))
        };
        let Some(id) = self.incident(survivor).map(|incident| incident.id) else { return survivor };
        let Some(gone) = self.take_out(other) else { return survivor };
        merged.push((gone.id, id));
        self.counts.merged += 1;
        self.write_last(&gone, Some(id));
        self.stores.aliases.insert(&(self.number, other), survivor);
        self.take_over(survivor, &gone);
        survivor
    }

    fn take_over(&mut self, survivor: u64, gone: &Incident) {
        let (at, from) = (self.at(survivor), self.at(gone.number));
        self.take_over_title(survivor, gone);
        if let Some(incident) = self.incident_mut(survivor) {
            incident.take_over(gone);
        }
        self.take_over_alerts(survivor, from);
        self.take_over_links(survivor, from);
        self.take_over_things(survivor, from);
        self.unite_moments(survivor, from, gone.moments);
        if gone.revision > 0 {
            let happened =
                Happened::new(gone.last_ms, MomentKind::Merged, "another incident is this one");
            self.note_moment(survivor, happened);
        }
        self.take_over_said(survivor, from);
        self.take_over_words(survivor, gone.number);
        self.stores.lists.took_over.insert(at, gone.number, ());
        self.stores.forget(from);
        if let Some(incident) = self.incident_mut(survivor) {
            incident.rise();
        }
        self.look_sooner(survivor);
        self.urgent.push(survivor);
    }

    /// The title is that of the most urgent.
    fn take_over_title(&mut self, survivor: u64, gone: &Incident) {
        let more_urgent = self.incident(survivor).is_some_and(|of| gone.level > of.level);
        let title = self.stores.titles.get(&self.at(gone.number)).cloned();
        if let Some(title) = title.filter(|_| more_urgent && gone.alerts > 0) {
            self.stores.titles.insert(&self.at(survivor), title);
        }
    }

    fn take_over_alerts(&mut self, survivor: u64, from: At) {
        let (at, max) = (self.at(survivor), self.limits.named);
        for (_, raised) in self.stores.lists.alerts.take(from) {
            let member = (self.number, raised.alert);
            let Some(incident) = self.incident_mut(survivor) else { return };
            let named = raised.named && incident.named.alerts < max;
            incident.named.alerts += usize::from(named);
            if named || raised.holds {
                let place = incident.place();
                self.stores.lists.alerts.insert(at, place, Raised { named, ..raised });
                self.stores.members.insert(&member, (survivor, place));
            } else {
                self.stores.members.remove(&member);
            }
        }
    }

    fn take_over_links(&mut self, survivor: u64, from: At) {
        for (_, tie) in self.stores.lists.links.take(from) {
            self.add_tie(survivor, tie);
        }
    }

    fn take_over_things(&mut self, survivor: u64, from: At) {
        let mut things = self.stores.lists.named.take(from);
        things.sort_by_key(|(_, named)| named.place);
        for (key, named) in things {
            self.name_thing(survivor, key, &named.mention);
        }
    }

    /// Takes over what was said and done: changes, advice, judgements, and what people parted.
    fn take_over_said(&mut self, survivor: u64, from: At) {
        let at = self.at(survivor);
        for (_, symptom) in self.stores.lists.symptoms.take(from) {
            self.keep_symptom(survivor, symptom);
        }
        for (_, change) in self.stores.lists.changes.take(from) {
            self.add_change(survivor, change);
        }
        for (_, (rule, text)) in self.stores.lists.advice.take(from) {
            self.advise(survivor, &rule, &text);
        }
        for (_, judged) in self.stores.lists.judged.take(from) {
            self.judge(survivor, judged);
        }
        for (number, ()) in self.stores.lists.apart.take(from) {
            self.stores.lists.apart.insert(at, number, ());
        }
        for (number, ()) in self.stores.lists.took_over.take(from) {
            self.stores.lists.took_over.insert(at, number, ());
        }
    }

    fn take_over_words(&mut self, survivor: u64, gone: u64) {
        let (at, from) = (self.at(survivor), self.at(gone));
        let Some(theirs) = self.stores.bags.get(&from).cloned() else { return };
        if let Some(bag) = self.stores.bags.get_mut(&at) {
            bag.take_over(&theirs);
        } else {
            self.stores.bags.insert(&at, theirs);
        }
    }
}

impl Incident {
    /// Takes over the counts and times of another.
    fn take_over(&mut self, gone: &Self) {
        self.items += gone.items;
        self.conditions += gone.conditions;
        self.evidence += gone.evidence;
        self.live |= gone.live;
        self.holding += gone.holding;
        self.merges += gone.merges + 1;
        if gone.alerts > 0 || self.alerts == 0 {
            self.level = self.level.max(gone.level);
            self.opened_ms = self.opened_ms.min(gone.opened_ms);
        }
        self.alerts += gone.alerts;
        self.stage = self.stage.max(gone.stage.min(Stage::Mitigating));
        if gone.last_ms >= self.last_ms {
            self.last_ms = gone.last_ms;
            self.last_kind = gone.last_kind;
            self.last_alert = if gone.alerts > 0 { gone.last_alert } else { self.last_alert };
        }
        self.ended_ms = self.ended_ms.max(gone.ended_ms);
        self.bare &= gone.bare;
        self.follows = self.follows.or(gone.follows);
        self.reopened = self.reopened.max(gone.reopened);
    }
}

//! Alerts that hold, and their end.
//!
//! **Invariant:** an alert is one of one incident at a time, and stays in it as long as that goes on. It
//! holds from its first occurrence to the first time that its end is told; what comes of it later does
//! not make it hold again.

use schemas::id::{AlertId, IncidentId};
use schemas::incident::MomentKind;

use crate::decide::Arriving;
use crate::incident::{Incident, Raised, Stage};
use crate::item::{Item, Stands};
use crate::tenant::Tenant;
use crate::timeline::{Happened, cut};

impl Tenant<'_> {
    /// An alert is over.
    pub(crate) fn end(&mut self, alert: AlertId, time_ms: i64) {
        self.observe(time_ms);
        self.look_at_what_is_due();
        let Some(number) = self.let_go(alert) else { return };
        let began = self.title_of(self.at(number), alert);
        let title = began.map_or("an alert is over".to_owned(), |title| format!("over: {title}"));
        let ended = Happened::new(time_ms, MomentKind::Ended, &title);
        self.note_moment(number, ended.of(alert));
        if let Some(incident) = self.incident_mut(number) {
            incident.ended_ms = incident.ended_ms.max(Some(time_ms));
        }
        self.look_sooner(number);
        self.tell_soon(number);
    }

    /// An alert does not hold any more in the incident it is part of; gives that, where it held.
    fn let_go(&mut self, alert: AlertId) -> Option<u64> {
        let (number, place) = *self.stores.members.get(&(self.number, alert))?;
        let at = self.at(number);
        let raised = *self.stores.lists.alerts.get(at, place).filter(|raised| raised.holds)?;
        if raised.named {
            self.stores.lists.alerts.insert(at, place, Raised { holds: false, ..raised });
        } else {
            self.stores.lists.alerts.remove(at, place);
            self.stores.members.remove(&(self.number, alert));
        }
        let incident = self.incident_mut(number)?;
        incident.holding = incident.holding.saturating_sub(1);
        Some(number)
    }

    /// The incident that an item's alert is part of, where it goes on.
    pub(crate) fn goes_on_in(&self, item: &Item) -> Option<&Incident> {
        let Stands::Alert(alert) = item.stands else { return None };
        let (number, _) = self.stores.members.get(&(self.number, alert))?;
        let incident = self.incident(*number)?;
        let young = item.time_ms - incident.opened_ms <= self.limits.lasting_ms;
        Some(incident).filter(|incident| young && self.is_open(incident))
    }

    /// The id of a new incident. One whose alert was part of another before is called by the event, so
    /// that no id stands for two.
    pub(crate) fn new_id(&self, item: &Item) -> IncidentId {
        let alert = item.alert();
        let id = IncidentId::of(alert);
        let known = self.stores.members.get(&(self.number, alert)).is_some()
            || self.stores.ids.get(&(self.number, id)).is_some()
            || self.spent(id).is_some();
        if known { IncidentId::of(item.first_alert()) } else { id }
    }

    /// Notes the alert that an item is an occurrence of, where it is another one.
    pub(crate) fn raise(&mut self, arriving: &mut Arriving<'_>, number: u64, fresh: bool) {
        let item = arriving.item;
        let alert = item.alert();
        self.begin(arriving, number);
        let another = match item.stands {
            Stands::Alert(alert) => {
                let known = self.stores.members.get(&(self.number, alert));
                known.is_none_or(|(incident, _)| *incident != number)
            }
            Stands::Event | Stands::Evidence(_) => fresh,
        };
        if let Some(incident) = self.incident_mut(number) {
            incident.conditions += u64::from(fresh);
        }
        if another {
            self.begin_anew(item, number);
            self.add_alert(item, number, arriving.probes.own);
            let kind = if item.rule.is_some() || matches!(item.stands, Stands::Alert(_)) {
                MomentKind::Alert
            } else {
                MomentKind::Event
            };
            let began = Happened::new(item.time_ms, kind, &item.title);
            self.note_moment(number, began.shown_by(item.record).of(alert));
            self.add_symptom(number, item);
        }
    }

    /// What begins after nothing held for so long that the incident would have settled, had nobody spoken of
    /// it, has causes of its own.
    fn begin_anew(&mut self, item: &Item, number: u64) {
        let was_over = |incident: &&Incident| {
            let settled_ms = |ended_ms: i64| ended_ms.saturating_add(self.limits.settle_ms);
            let over = incident.ended_ms.is_some_and(|ended| settled_ms(ended) <= item.time_ms);
            incident.live && incident.holding == 0 && over
        };
        if self.incident(number).filter(was_over).is_some() {
            let at = self.at(number);
            drop(self.stores.lists.symptoms.take(at));
        }
    }

    fn add_alert(&mut self, item: &Item, number: u64, own: u64) {
        let (alert, named_max) = (item.alert(), self.limits.named);
        let holds = matches!(item.stands, Stands::Alert(_));
        if holds && let Some(before) = self.let_go(alert) {
            self.look_sooner(before);
            self.tell_soon(before);
        }
        let at = self.at(number);
        let Some(incident) = self.incident_mut(number) else { return };
        incident.last_alert = alert;
        incident.alerts += 1;
        incident.live |= holds;
        incident.holding += u64::from(holds);
        let named = incident.named.alerts < named_max;
        incident.named.alerts += usize::from(named);
        if named || holds {
            let place = incident.place();
            self.stores.lists.alerts.insert(at, place, Raised { alert, own, holds, named });
            self.stores.members.insert(&(self.number, alert), (number, place));
        }
    }

    /// The first alert of an incident says what it is called, and when it began.
    fn begin(&mut self, arriving: &mut Arriving<'_>, number: u64) {
        let item = arriving.item;
        let Some(before) = self.incident(number).filter(|incident| incident.alerts == 0) else {
            return;
        };
        let old = before.id;
        let id = if before.seed == item.alert() { old } else { self.new_id(item) };
        if let Some(incident) = self.incident_mut(number) {
            (incident.id, incident.seed, incident.level) = (id, item.alert(), item.level);
            incident.opened_ms = item.time_ms;
        }
        self.stores.titles.insert(&(self.number, number), cut(&item.title));
        if old != id {
            self.stores.ids.remove(&(self.number, old));
            self.stores.ids.insert(&(self.number, id), number);
            arriving.merged.push((old, id));
        }
    }

    /// From when an incident counts as quiet, if nothing more comes.
    pub(crate) fn quiet_from_ms(&self, incident: &Incident) -> i64 {
        if incident.holding > 0 {
            incident.opened_ms.saturating_add(self.limits.lasting_ms)
        } else if incident.live && incident.stage > Stage::Candidate {
            incident.last_at_ms().saturating_add(self.limits.settle_ms)
        } else {
            incident.last_at_ms().saturating_add(self.limits.quiet_ms)
        }
    }
}

//! What an item changes of the incident that it joins.
//!
//! **Invariant:** evidence changes neither how urgent an incident is, nor when it began, nor what it is
//! called.

use schemas::incident::MomentKind;

use crate::decide::Arriving;
use crate::find::Probes;
use crate::incident::{Change, Incident, Named, Stage};
use crate::item::{Item, Mention, Stands};
use crate::key::{self, Key};
use crate::sense::Sense;
use crate::tenant::Tenant;
use crate::text::Bag;
use crate::timeline::{Happened, cut};

/// Longer advice is cut.
const ADVICE_LETTERS_MAX: usize = 2_000;
/// Advice of so many rules is kept.
const ADVICE_MAX: usize = 8;

/// How an item joins its incident.
pub(crate) struct Joined {
    /// Whether the incident did not have its condition yet.
    pub(crate) fresh: bool,
    /// How sure it is that it belongs there, and the best reason.
    pub(crate) why: Option<(f64, String)>,
}

impl Tenant<'_> {
    /// Notes the item in its incident, and the incident wherever the item is looked up by.
    pub(crate) fn join(&mut self, arriving: &mut Arriving<'_>, number: u64, joined: Joined) {
        let item = arriving.item;
        let Some(before) = self.incident(number).map(Incident::standing) else { return };
        if item.is_evidence() {
            self.note_evidence(item, number, joined.why);
        } else {
            self.raise(arriving, number, joined.fresh);
        }
        self.count(item, &arriving.probes, number);
        self.note_things(item, &arriving.probes, number);
        self.rise(number, item.time_ms);
        self.note_change(number, before);
        // What goes on in a channel is trouble: what is spoken of in between does not end it.
        let is_talk = arriving.probes.sense == Sense::Talk && !item.names_nothing();
        if let Some(session) = arriving.probes.session.filter(|_| !is_talk)
            && let Some(active) =
                self.stores.sessions.touch(self.number, &mut self.row.sessions, session)
        {
            active.note(number, item.time_ms);
        }
        self.post(item, &arriving.probes, number);
    }

    /// Notes what an item changes of the incident itself.
    fn count(&mut self, item: &Item, probes: &Probes, number: u64) {
        let title = self.at(number);
        let Some(incident) = self.incident_mut(number) else { return };
        incident.items += 1;
        incident.last_ms = incident.last_ms.max(item.time_ms);
        incident.last_kind = probes.kind;
        incident.bare &= item.names_nothing() && item.rule.is_none();
        if item.is_evidence() {
            incident.evidence += 1;
        } else {
            incident.opened_ms = incident.opened_ms.min(item.time_ms);
        }
        if item.level > incident.level && !item.is_evidence() {
            incident.level = item.level;
            self.stores.titles.insert(&title, cut(&item.title));
        }
    }

    /// Notes what an item names and says.
    fn note_things(&mut self, item: &Item, probes: &Probes, number: u64) {
        for probe in probes.all.iter().filter(|probe| probe.is_of_mention()) {
            if let Some(mention) = item.mentions.get(probe.mention) {
                self.name_thing(number, probe.key, mention);
            }
        }
        let at = self.at(number);
        match self.stores.bags.get(&at) {
            Some(bag) if !bag.lacks(&probes.words) => (),
            _ => self.stores.bags.get_or_insert_with(&at, Bag::default).add(&probes.words),
        }
        if let Some(text) = &item.advice {
            let rule = item.rule.as_deref().unwrap_or(&item.action);
            self.advise(number, rule, text);
        }
    }

    /// Notes that an item of an incident names something.
    pub(crate) fn name_thing(&mut self, number: u64, key: Key, mention: &Mention) {
        let (at, max) = (self.at(number), self.limits.named);
        if let Some(known) = self.stores.lists.named.get_mut(at, key) {
            known.items = known.items.saturating_add(1);
            return;
        }
        let Some(incident) = self.incident_mut(number).filter(|of| of.named.things < max) else {
            return;
        };
        incident.named.things += 1;
        let named = Named { mention: mention.clone(), items: 1, place: incident.place() };
        self.stores.lists.named.insert(at, key, named);
    }

    /// Keeps what a rule says is to be done, once.
    pub(crate) fn advise(&mut self, number: u64, rule: &str, text: &str) {
        let (at, key) = (self.at(number), key::rule(rule));
        let advice = &mut self.stores.lists.advice;
        if advice.get(at, key).is_none() && advice.of(at).count() < ADVICE_MAX {
            advice.insert(at, key, (cut(rule), text.chars().take(ADVICE_LETTERS_MAX).collect()));
        }
    }

    /// Notes evidence in the course of its incident; a change may have caused it.
    fn note_evidence(&mut self, item: &Item, number: u64, why: Option<(f64, String)>) {
        let Stands::Evidence(kind) = item.stands else { return };
        let happened = Happened::new(item.time_ms, kind, &item.title);
        self.note_moment(number, happened.shown_by(item.record));
        if kind == MomentKind::Change {
            self.add_change(number, Change::of(item, why));
        }
    }

    /// Any item reopens what a person has resolved.
    fn rise(&mut self, number: u64, time_ms: i64) {
        let Some(incident) = self.incident_mut(number) else { return };
        incident.rise();
        if incident.stage == Stage::Resolved {
            (incident.stage, incident.resolved_ms) = (Stage::Open, None);
            incident.by_person = false;
            incident.reopened += 1;
            let again = Happened::new(time_ms, MomentKind::State, "opened again");
            self.note_moment(number, again);
        }
        self.look_sooner(number);
    }
}

//! What may have caused an incident, and what it may touch.
//!
//! **Invariant:** a change is a cause only where something other than time ties it to the incident.

use schemas::incident::{Affected, Cause};
use schemas::relations::things_of;

use crate::estate::{self, Case, Estate, Symptom, Thing};
use crate::incident::{Change, Incident};
use crate::item::{Item, Kind, Way};
use crate::list::At;
use crate::stores::{Stores, TenantNumber};
use crate::tenant::Tenant;
use crate::timeline::cut;

/// So many changes of an incident are kept; of more, those that happened last.
const CHANGES_MAX: usize = 16;
/// At so many things alerts are told apart.
const SYMPTOMS_MAX: usize = 32;
/// So many things are told that may be touched, those with alerts among them.
const AFFECTED_MAX: usize = 32;

impl Tenant<'_> {
    /// What may have caused an incident, the likeliest first, and what may be touched by it.
    pub(crate) fn explain(&mut self, at: At) -> (Vec<Cause>, Vec<Affected>) {
        let Stores { lists, estate, .. } = &mut *self.stores;
        let symptoms: Vec<&Symptom> = lists.symptoms.of(at).map(|(_, symptom)| symptom).collect();
        let things: Vec<&Thing> = symptoms.iter().map(|symptom| &symptom.thing).collect();
        let case =
            Case { tenant: self.name, symptoms: &symptoms, changes: &[], time_ms: self.row.now_ms };
        let causes = ranked(estate, self.number, case, lists.changes.of(at));
        let mut affected = Vec::with_capacity(AFFECTED_MAX);
        affected.extend(things.iter().take(AFFECTED_MAX).map(|thing| estate::here(thing)));
        if affected.len() < AFFECTED_MAX {
            affected.extend(estate.affected(self.number, &things, self.row.now_ms));
            affected.truncate(AFFECTED_MAX);
        }
        (causes, affected)
    }

    /// Keeps where an alert began to hold, where it is known.
    pub(crate) fn add_symptom(&mut self, number: u64, item: &Item) {
        let Some(thing) = thing_of(item) else { return };
        let urgent = item.level >= schemas::alert::Level::Critical;
        self.keep_symptom(number, Symptom { thing, began_ms: item.time_ms, urgent });
    }

    pub(crate) fn keep_symptom(&mut self, number: u64, symptom: Symptom) {
        let at = self.at(number);
        let known: Vec<(u64, bool)> = self
            .stores
            .lists
            .symptoms
            .of(at)
            .map(|(place, known)| (place, known.thing == symptom.thing))
            .collect();
        if let Some((place, _)) = known.iter().find(|(_, is_it)| *is_it) {
            if let Some(known) = self.stores.lists.symptoms.get_mut(at, *place) {
                known.began_ms = known.began_ms.min(symptom.began_ms);
                known.urgent |= symptom.urgent;
            }
        } else if known.len() < SYMPTOMS_MAX
            && let Some(place) = self.incident_mut(number).map(Incident::place)
        {
            self.stores.lists.symptoms.insert(at, place, symptom);
        }
    }

    /// Keeps a change that belongs to an incident.
    pub(crate) fn add_change(&mut self, number: u64, change: Change) {
        let at = self.at(number);
        let changes = self.stores.lists.changes.of(at);
        let kept: Vec<(i64, u64)> = changes.map(|(place, change)| (change.at_ms, place)).collect();
        let oldest = kept.iter().min().copied().filter(|_| kept.len() >= CHANGES_MAX);
        if let Some((at_ms, place)) = oldest {
            if at_ms >= change.at_ms {
                return;
            }
            self.stores.lists.changes.remove(at, place);
        }
        let Some(place) = self.incident_mut(number).map(Incident::place) else { return };
        self.stores.lists.changes.insert(at, place, change);
    }

    /// Something else has joined the changes of an incident: that is why they belong to it.
    pub(crate) fn tie_changes(&mut self, number: u64, why: &(f64, String)) {
        let at = self.at(number);
        let changes = self.stores.lists.changes.of(at);
        let untied = changes.filter(|(_, change)| change.why.is_none());
        for place in untied.map(|(place, _)| place).collect::<Vec<_>>() {
            if let Some(change) = self.stores.lists.changes.get_mut(at, place) {
                change.why = Some(why.clone());
            }
        }
    }
}

/// What may have caused an incident with such changes, each cause with why its change belongs there.
fn ranked<'c>(
    estate: &mut Estate,
    tenant: TenantNumber,
    case: Case<'_>,
    changes: impl Iterator<Item = (u64, &'c Change)>,
) -> Vec<Cause> {
    let tied = changes.filter_map(|(_, change)| change.tied());
    let (changes, whys): (Vec<estate::Change>, Vec<&str>) = tied.unzip();
    let ranked = estate.causes(tenant, &Case { changes: &changes, ..case }).into_iter();
    let explained = |mut cause: Cause| {
        let at = changes.iter().position(|change| Some(change.record) == cause.record);
        let why = at.and_then(|at| whys.get(at));
        cause.reason.extend(why.map(|why| format!("; {why}")));
        cause
    };
    ranked.map(|ranked| explained(ranked.cause)).collect()
}

/// What an item is about: its service, else the narrowest thing that is known of it.
pub(crate) fn thing_of(item: &Item) -> Option<Thing> {
    let things = item.resource.as_ref().map(|resource| things_of(&resource.attributes));
    let things = things.unwrap_or_default();
    let service = things.iter().find(|thing| thing.kind == "service");
    let known = service.or(things.first()).and_then(Thing::of);
    let is_named = |kind: Kind, way: Way| kind == Kind::Service && way == Way::Used;
    let mut named = item.mentions.iter().filter(|of| is_named(of.kind, of.way));
    let named = known.or_else(|| Thing::new("service", &named.next()?.value));
    named.or_else(|| Thing::new("place", item.place.as_deref()?))
}

/// Whether what is done with code brings it to where it runs.
fn is_roll_out(action: &str) -> bool {
    let action = action.to_lowercase();
    ["deploy", "release", "rollout", "rolled"].iter().any(|word| action.contains(word))
}

impl Change {
    /// A change, and why it belongs to its incident, where that is known yet.
    pub(crate) fn of(item: &Item, why: Option<(f64, String)>) -> Self {
        let by = item.mentions.iter().find(|mention| mention.kind == Kind::Principal);
        Self {
            at_ms: item.time_ms,
            record: item.record,
            runs: !item.is_delivery || is_roll_out(&item.action),
            title: cut(&item.title),
            thing: thing_of(item),
            by: by.map(|by| by.value.clone()),
            why,
        }
    }

    fn tied(&self) -> Option<(estate::Change, &str)> {
        let (linked, why) = self.why.as_ref()?;
        let change = estate::Change {
            record: self.record,
            thing: self.thing.clone(),
            at_ms: self.at_ms,
            runs: self.runs,
            title: self.title.clone(),
            by: self.by.clone(),
            linked: *linked,
        };
        Some((change, why))
    }
}

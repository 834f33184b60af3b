//! Where an incident may have begun: at a thing that shows a symptom, that others which show one depend
//! on, and that depends on no such thing itself; or at one that was changed just before.
//!
//! **Invariant:** what came after a symptom did not cause it, and of things that depend on each other
//! neither clears the other. The order of symptoms and changes does not matter.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use schemas::id::RecordId;
use schemas::signal::RelationKind;

use super::case::{Case, Change, Ranked, Symptom};
use super::edge::Side;
use super::score::{CHANGE_MS, explained_share, less, nearness, not_seen, only_near, seen};
use super::thing::{Thing, ThingId};
use super::walk::View;

/// So many symptoms are looked at, the urgent and the earliest first.
const SYMPTOMS_MAX: usize = 64;
/// So many changes.
const CHANGES_MAX: usize = 64;
/// More would not be read.
const CAUSES_MAX: usize = 5;
/// Less than this is not worth saying.
const SCORE_MIN: f64 = 0.05;
/// Alerts wait for windows of minutes to close, so which of two began first is known no better.
pub(super) const TOLD_LATE_MS: i64 = 10 * 60_000;

/// A thing with all of its alerts, and what it depends on.
pub(super) struct Sick<'c> {
    pub(super) thing: &'c Thing,
    pub(super) began_ms: i64,
    pub(super) urgent: bool,
    /// Steps to each thing below.
    below: BTreeMap<ThingId, u8>,
}

/// What is suspected.
pub(super) struct Suspect<'c> {
    pub(super) thing: Option<Thing>,
    /// When its own alert began, if it has one.
    pub(super) began_ms: Option<i64>,
    /// Other things with alerts that depend on it, in so many steps, the nearest first.
    pub(super) explained: Vec<(&'c Sick<'c>, u8)>,
    /// A change on it that came just before.
    pub(super) change: Option<&'c Change>,
    pub(super) score: f64,
}

impl Suspect<'_> {
    /// Whether only nearness in time speaks for it.
    pub(super) fn is_only_near(&self) -> bool {
        self.began_ms.is_none() && self.explained.is_empty()
    }

    fn explains(&self, other: &Self) -> bool {
        self.explained.iter().any(|(sick, _)| other.thing.as_ref() == Some(sick.thing))
    }
}

/// Ranks what may have caused it; with how many things were looked at.
pub(super) fn rank(view: View<'_>, case: &Case<'_>) -> (Vec<Ranked>, usize) {
    let (sick, looked_at) = sick_of(view, case.symptoms);
    let Some(first_ms) = sick.values().map(|sick| sick.began_ms).min() else {
        return (Vec::new(), looked_at);
    };
    let changes = changes_of(case.changes, &sick);
    if changes.is_empty() && sick.values().all(|sick| sick.below.is_empty()) {
        return (Vec::new(), looked_at);
    }
    let inquiry = Inquiry { view, tenant: case.tenant, changes, sick: &sick, first_ms };
    let mut suspects = inquiry.suspects();
    if suspects.iter().all(|suspect| suspect.change.is_none()) {
        suspects.extend(inquiry.only_near());
    }
    suspects.retain(|suspect| suspect.score >= SCORE_MIN);
    suspects.sort_by(|a, b| {
        let tie = || (a.began_ms, &a.thing).cmp(&(b.began_ms, &b.thing));
        b.score.total_cmp(&a.score).then_with(tie)
    });
    suspects.truncate(CAUSES_MAX);
    let ranked = suspects.iter().filter_map(|suspect| inquiry.told(suspect));
    (ranked.collect(), looked_at)
}

/// Each thing once, with its earliest alert.
fn sick_of<'c>(view: View<'_>, symptoms: &[&'c Symptom]) -> (BTreeMap<ThingId, Sick<'c>>, usize) {
    let mut order: Vec<&Symptom> = symptoms.to_vec();
    order.sort_by_key(|symptom| (!symptom.urgent, symptom.began_ms, &symptom.thing));
    let (mut sick, mut looked_at) = (BTreeMap::<ThingId, Sick<'c>>::new(), 0);
    for symptom in order {
        let id = symptom.thing.id();
        if let Some(known) = sick.get_mut(&id) {
            known.began_ms = known.began_ms.min(symptom.began_ms);
        } else if sick.len() < SYMPTOMS_MAX {
            let walk = view.walk(&BTreeSet::from([id]), Side::Below, usize::MAX);
            looked_at += walk.looked_at;
            let below = walk.reached.iter().skip(1).map(|reached| (reached.id, reached.steps));
            let (thing, below) = (&symptom.thing, below.collect());
            let Symptom { began_ms, urgent, .. } = *symptom;
            sick.insert(id, Sick { thing, began_ms, urgent, below });
        }
    }
    (sick, looked_at)
}

/// Changes that came before some alert, and not long before all: those of what runs first, and of these the
/// latest.
fn changes_of<'c>(all: &'c [Change], sick: &BTreeMap<ThingId, Sick<'_>>) -> Vec<&'c Change> {
    let is_near = |change: &&Change| {
        let mut began = sick.values().map(|sick| sick.began_ms);
        began.any(|began_ms| is_before(change, began_ms))
    };
    let mut near: Vec<&Change> = all.iter().filter(is_near).collect();
    near.sort_by_key(|change| (!change.runs, Reverse(change.at_ms), change.record));
    near.truncate(CHANGES_MAX);
    near
}

/// Whether a change came before a time, and not long before.
fn is_before(change: &Change, began_ms: i64) -> bool {
    (began_ms.saturating_sub(CHANGE_MS)..=began_ms).contains(&change.at_ms)
}

pub(super) struct Inquiry<'v, 'c> {
    pub(super) view: View<'v>,
    pub(super) tenant: &'c str,
    /// Of what runs first, and of these the latest.
    changes: Vec<&'c Change>,
    pub(super) sick: &'c BTreeMap<ThingId, Sick<'c>>,
    /// When the first alert began.
    pub(super) first_ms: i64,
}

impl<'c> Inquiry<'_, 'c> {
    fn suspects(&self) -> Vec<Suspect<'c>> {
        let roots = self.sick.keys().filter(|id| !self.is_cleared(**id));
        let mut sick: Vec<_> = roots.filter_map(|id| self.sick_suspect(*id)).collect();
        let told: BTreeSet<RecordId> =
            sick.iter().filter_map(|suspect| Some(suspect.change?.record)).collect();
        let mut healthy = self.healthy_suspects();
        healthy.retain(|suspect| suspect.change.is_some_and(|of| !told.contains(&of.record)));
        for suspect in sick.iter_mut().filter(|suspect| suspect.change.is_none()) {
            let below = healthy.iter().filter(|other| other.explains(suspect));
            let best = below.map(|other| other.score).fold(0.0, f64::max);
            suspect.score = less(suspect.score, best);
        }
        sick.append(&mut healthy);
        sick
    }

    fn healthy_suspects(&self) -> Vec<Suspect<'c>> {
        let changed: BTreeSet<&Thing> =
            self.changes.iter().filter_map(|change| change.thing.as_ref()).collect();
        let healthy = changed.into_iter().filter(|thing| !self.sick.contains_key(&thing.id()));
        healthy.filter_map(|thing| self.healthy_suspect(thing)).collect()
    }

    /// Whether something below shows a symptom too, which began no later and does not depend on it.
    fn is_cleared(&self, id: ThingId) -> bool {
        let Some(own) = self.sick.get(&id) else { return false };
        own.below.keys().filter_map(|below| self.sick.get(below)).any(|below| {
            below.began_ms <= own.began_ms.saturating_add(TOLD_LATE_MS)
                && !below.below.contains_key(&id)
        })
    }

    /// The others that depend on a thing and began no earlier than a time.
    fn explained(&self, id: ThingId, from_ms: i64) -> Vec<(&'c Sick<'c>, u8)> {
        let others = self.sick.values().filter(|sick| sick.began_ms >= from_ms);
        let below = others.filter_map(|sick| Some((sick, *sick.below.get(&id)?)));
        let mut found: Vec<_> = below.collect();
        found.sort_by_key(|(sick, steps)| (*steps, sick.thing));
        found
    }

    fn sick_suspect(&self, id: ThingId) -> Option<Suspect<'c>> {
        let own = self.sick.get(&id)?;
        let explained = self.explained(id, own.began_ms.saturating_sub(TOLD_LATE_MS));
        let changed = !self.changes.is_empty();
        let change = changed.then(|| self.change_on(&self.one_with(id), own.began_ms)).flatten();
        if explained.is_empty() && change.is_none() {
            return None;
        }
        let share = explained_share(self.sick.values(), &explained, Some(own));
        let is_first = own.began_ms <= self.first_ms;
        let place = change.map(|change| nearness(change.at_ms, own.began_ms));
        let score = seen(share, is_first, place);
        let thing = Some(own.thing.clone());
        Some(Suspect { thing, began_ms: Some(own.began_ms), explained, change, score })
    }

    /// What has no alert of its own: it was changed, and what depends on it began to show symptoms.
    fn healthy_suspect(&self, thing: &Thing) -> Option<Suspect<'c>> {
        let ids = [thing.id()];
        let below = self.sick.values().filter(|sick| sick.below.contains_key(&thing.id()));
        let times = below.map(|sick| sick.began_ms);
        let found = times.filter_map(|ms| Some((self.change_on(&ids, ms)?, ms)));
        let (change, began_ms) = found.min_by_key(|(_, ms)| *ms)?;
        let explained = self.explained(thing.id(), began_ms);
        let share = explained_share(self.sick.values(), &explained, None);
        let score = not_seen(share, nearness(change.at_ms, began_ms));
        let (thing, change) = (Some(thing.clone()), Some(change));
        Some(Suspect { thing, began_ms: None, explained, change, score })
    }

    /// The nearest change before the first alert of which the estate does not say that it is elsewhere.
    fn only_near(&self) -> Option<Suspect<'c>> {
        let is_anywhere = |change: &Change| match &change.thing {
            Some(thing) => {
                let knows_sick = self.sick.keys().any(|id| self.view.knows(*id));
                !knows_sick || !self.view.knows(thing.id())
            }
            None => true,
        };
        let near = |change: &&&Change| is_before(change, self.first_ms) && is_anywhere(change);
        let change = *self.changes.iter().find(near)?;
        let score = only_near(nearness(change.at_ms, self.first_ms), change.linked);
        let (thing, change) = (change.thing.clone(), Some(change));
        Some(Suspect { thing, began_ms: None, explained: Vec::new(), change, score })
    }

    /// The things of which a change is one of this thing: itself, what deploys it, the deployment of a
    /// pod, and the service that runs on a deployment.
    fn one_with(&self, id: ThingId) -> Vec<ThingId> {
        let below = self.view.beside(id, Side::Below).into_iter();
        let deployers = below.filter(|(how, _)| *how == RelationKind::DeployedBy);
        let above = self.view.beside(id, Side::Above).into_iter();
        let whole = |how: RelationKind| matches!(how, RelationKind::PartOf | RelationKind::RunsOn);
        let is_deployed = self.view.thing(id).is_some_and(Thing::is_deployed);
        let wholes = above.filter(|(how, _)| is_deployed && whole(*how));
        let others = deployers.chain(wholes).map(|(_, other)| other);
        [id].into_iter().chain(others).collect()
    }

    /// The latest change on one of these, shortly before a time; what was only delivered after all others.
    fn change_on(&self, ids: &[ThingId], before_ms: i64) -> Option<&'c Change> {
        let is_here = |thing: &Thing| ids.contains(&thing.id());
        let of = |change: &&&Change| {
            is_before(change, before_ms) && change.thing.as_ref().is_some_and(is_here)
        };
        self.changes.iter().find(of).copied()
    }
}

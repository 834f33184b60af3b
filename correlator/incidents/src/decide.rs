//! Where an item goes: to the likeliest incident, or to one of its own; and which incidents it shows
//! to be one.
//!
//! **Invariant:** an item that comes late joins at most: it opens and merges nothing. An alert goes where
//! it is, as long as that goes on.

use schemas::id::IncidentId;
use schemas::incident::Strategy;

use crate::candidate::{Candidate, Candidates, Part, What};
use crate::find::Probes;
use crate::incident::{Incident, Stage};
use crate::item::Item;
use crate::join::Joined;
use crate::key::{self, Key};
use crate::sense::Sense;
use crate::tenant::Tenant;
use crate::timeline::cut;
use crate::weights;

/// What became of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The incident it is part of; none where it came too late to be part of any.
    pub incident: Option<IncidentId>,
    /// Incidents that went into another with it, each with the one it is part of now.
    pub merged: Vec<(IncidentId, IncidentId)>,
}

impl Taken {
    pub(crate) const NOTHING: Self = Self { incident: None, merged: Vec::new() };
}

/// An item on its way.
pub(crate) struct Arriving<'i> {
    pub(crate) item: &'i Item,
    pub(crate) probes: Probes,
    late: bool,
    pub(crate) merged: Vec<(IncidentId, IncidentId)>,
}

impl Tenant<'_> {
    /// Takes one item.
    pub(crate) fn take(&mut self, item: &Item) -> Taken {
        self.counts.items += 1;
        self.observe(item.time_ms.min(item.arrival_ms));
        self.look_at_what_is_due();
        let event = key::seen(item.event.0);
        if let Some(known) = self.stores.seen.get(self.number, event).copied() {
            self.counts.repeated += 1;
            return Taken { incident: self.id_of(known), merged: Vec::new() };
        }
        let late = self.row.now_ms.saturating_sub(item.time_ms) > self.limits.disorder_ms;
        self.counts.late += u64::from(late);
        let mut arriving = Arriving { item, probes: Probes::of(item), late, merged: Vec::new() };
        let Some(number) = self.place(&mut arriving) else {
            return Taken::NOTHING;
        };
        if let Some(seen) = self.stores.seen.touch(self.number, &mut self.row.seen, event) {
            *seen = number;
        }
        Taken { incident: self.id_of(number), merged: arriving.merged }
    }

    fn place(&mut self, arriving: &mut Arriving<'_>) -> Option<u64> {
        let item = arriving.item;
        let mut found = self.find(item, &arriving.probes);
        let active = self.active(item, arriving.probes.session);
        self.weigh_more(item, &arriving.probes, &mut found.candidates);
        if !found.candidates.0.iter().any(Candidate::is_enough) {
            self.find_near(item, &arriving.probes, &mut found.candidates);
            self.find_beside(item, &mut arriving.probes, &mut found.candidates);
        }
        Self::find_by_session(item, &active, &mut found.candidates);
        found.candidates.sort();
        let number = match self.choose(arriving, &found.candidates) {
            Choice::Join(number) => number,
            _ if arriving.late => return None,
            Choice::Open { part_of, over } => {
                self.open(item, part_of, over.or(found.earlier_incident()))
            }
        };
        let fresh = !item.is_evidence() && self.is_fresh(&arriving.probes, number);
        let why = self.tell_why(arriving, number, fresh, &found.candidates);
        let mut number = number;
        if !arriving.late {
            number = self.merge_others(arriving, number, &found.candidates);
            number = self.absorb(arriving, number, &active);
        }
        self.join(arriving, number, Joined { fresh, why });
        Some(number)
    }

    fn active(&mut self, item: &Item, session: Option<Key>) -> Vec<u64> {
        let Some(session) = session else { return Vec::new() };
        let lasts_ms = if item.is_said() { weights::CHAT_MS } else { weights::SESSION_MS };
        let (tenant, stores) = (self.number, &mut *self.stores);
        let queue = &mut self.row.sessions;
        let Some(active) = stores.sessions.touch(tenant, queue, session) else { return Vec::new() };
        let mut before = std::mem::take(active);
        let now = before.now((item.time_ms, lasts_ms), |number| stores.name(tenant, number));
        if let Some(active) = stores.sessions.get_mut(tenant, session) {
            *active = before;
        }
        now
    }

    /// The likeliest incident with enough evidence that can still take an item.
    fn choose(&self, arriving: &Arriving<'_>, candidates: &Candidates) -> Choice {
        if let Some(incident) = self.goes_on_in(arriving.item) {
            return Choice::Join(incident.number);
        }
        let (mut part_of, mut over) = (None, None);
        let enough = candidates.0.iter().filter(|candidate| candidate.is_enough());
        for candidate in enough {
            let Some(incident) = self.incident(candidate.incident) else { continue };
            if !self.is_open(incident) {
                over = over.or(Some(candidate.incident));
            } else if self.is_parted(arriving, candidate.incident) {
                continue;
            } else if self.has_room(arriving, incident) {
                return Choice::Join(candidate.incident);
            } else {
                part_of = part_of.or(Some(incident.id));
            }
        }
        Choice::Open { part_of, over }
    }

    /// Whether a person parted an incident from the one that has the item's condition.
    fn is_parted(&self, arriving: &Arriving<'_>, incident: u64) -> bool {
        let own = self.stores.keys.get(self.number, arriving.probes.own);
        let last = own.and_then(|own| own.recent.iter().max_by_key(|(_, last_ms)| *last_ms));
        last.is_some_and(|(home, _)| self.was_parted(*home, incident))
    }

    /// Whether a person parted the second incident from the first.
    fn was_parted(&self, from: u64, incident: u64) -> bool {
        let mut apart = self.stores.lists.apart.of(self.at(from));
        apart.any(|(apart, ())| self.name(apart) == Some(incident))
    }

    /// Whether an incident goes on, or was ended by a person so lately that it can be reopened.
    pub(crate) fn is_open(&self, incident: &Incident) -> bool {
        let reopens = |ended_ms: i64| {
            incident.by_person && self.row.now_ms - ended_ms <= self.limits.reopen_ms
        };
        incident.stage != Stage::Resolved || incident.resolved_ms.is_some_and(reopens)
    }

    fn has_room(&self, arriving: &Arriving<'_>, incident: &Incident) -> bool {
        let lasting_ms = arriving.item.time_ms - incident.opened_ms;
        let full =
            !arriving.item.is_evidence() && incident.conditions >= self.limits.conditions as u64;
        lasting_ms <= self.limits.lasting_ms
            && (!full || !self.is_fresh(&arriving.probes, incident.number))
    }

    /// Whether an incident does not have the item's condition yet.
    fn is_fresh(&self, probes: &Probes, number: u64) -> bool {
        let posting = self.stores.keys.get(self.number, probes.own);
        !posting.is_some_and(|own| own.recent.iter().any(|(known, _)| *known == number))
    }

    fn open(&mut self, item: &Item, part_of: Option<IncidentId>, follows: Option<u64>) -> u64 {
        self.make_room();
        self.row.numbers += 1;
        let number = self.row.numbers;
        let mut incident = Incident::new(number, self.new_id(item), item);
        incident.follows = follows.and_then(|number| self.id_of(number));
        incident.part_of = part_of;
        incident.due_ms = item.time_ms.saturating_add(self.limits.quiet_ms);
        self.counts.opened += 1;
        self.counts.children += u64::from(part_of.is_some());
        self.stores.titles.insert(&self.at(number), cut(&item.title));
        self.add(incident);
        number
    }

    /// Adds an incident to those that are not closed.
    pub(crate) fn add(&mut self, incident: Incident) {
        let (tenant, number) = (self.number, incident.number);
        self.row.incidents += 1;
        self.stores.due.insert(&(tenant, incident.due_ms, number), ());
        self.stores.ids.insert(&(tenant, incident.id), number);
        self.stores.incidents.insert(&(tenant, number), incident);
    }

    fn merge_others(
        &mut self,
        arriving: &mut Arriving<'_>,
        into: u64,
        candidates: &Candidates,
    ) -> u64 {
        let mut survivor = into;
        let chosen = candidates.0.iter().find(|chosen| chosen.incident == into);
        for other in candidates.0.iter().filter(|other| other.incident != into && other.is_enough())
        {
            let Some(name) = self.name(other.incident).filter(|name| *name != survivor) else {
                continue;
            };
            let size = self.size(name).min(self.size(survivor));
            // What recurs anyway, and goes on here, says nothing about what is near it this time.
            let rare = other.is_enough_to_merge(size) && chosen.is_some_and(Candidate::is_rare);
            // What was said or changed before any alert goes where an item goes that belongs to it.
            let told_before = chosen.is_some()
                && self.is_raised(name) != self.is_raised(survivor)
                && !self.is_changed_within(survivor, (name, other));
            if (rare || told_before) && self.may_merge(survivor, name) {
                self.tell_why_merged(arriving, name, other);
                survivor = self.unite(survivor, name, &mut arriving.merged);
            }
        }
        survivor
    }

    /// Whether nothing ties a change to an incident but that it came while that went on.
    fn is_changed_within(&self, incident: u64, (change, why): (u64, &Candidate)) -> bool {
        let began_ms = |number| self.incident(number).map(|incident| incident.opened_ms);
        why.is_of_change_alone()
            && self.is_raised(incident)
            && began_ms(change) > began_ms(incident)
    }

    /// Whether an incident has alerts, and is not of changes, tickets and messages alone.
    fn is_raised(&self, number: u64) -> bool {
        self.incident(number).is_some_and(|incident| incident.alerts > 0)
    }

    /// The calls just before, of the same session, that named nothing and went nowhere.
    fn absorb(&mut self, arriving: &mut Arriving<'_>, into: u64, active: &[u64]) -> u64 {
        if arriving.item.is_said() {
            return self.absorb_said(arriving, into, active);
        }
        let bare = |number: u64| self.incident(number).is_some_and(|incident| incident.bare);
        if arriving.item.names_nothing() || !bare(into) {
            return into;
        }
        let names = active.iter().filter_map(|number| self.name(*number));
        let mut others: Vec<u64> = names.filter(|name| *name != into && bare(*name)).collect();
        others.dedup();
        let &[other] = others.as_slice() else { return into };
        if !self.may_merge(into, other) {
            return into;
        }
        let part =
            Part { strategy: Strategy::Semantic, score: weights::SESSION, what: What::Unnamed };
        self.add_link(arriving, other, weights::SESSION, &[part]);
        self.unite(into, other, &mut arriving.merged)
    }

    /// What was said in a channel just before somebody there tells of trouble, and named nothing.
    fn absorb_said(&mut self, arriving: &mut Arriving<'_>, into: u64, active: &[u64]) -> u64 {
        let mut survivor = into;
        if arriving.item.names_nothing() || arriving.probes.sense != Sense::Trouble {
            return survivor;
        }
        for other in active.iter().filter_map(|number| self.name(*number)).collect::<Vec<_>>() {
            let bare = self.incident(other).is_some_and(|of| of.bare && of.alerts == 0);
            if bare && other != survivor && self.may_merge(survivor, other) {
                survivor = self.unite(survivor, other, &mut arriving.merged);
            }
        }
        survivor
    }

    /// Whether two incidents can be one: neither over, nor parted by a person, nor too much together.
    fn may_merge(&mut self, a: u64, b: u64) -> bool {
        let (Some(one), Some(other)) = (self.incident(a), self.incident(b)) else { return false };
        let open = self.is_open(one) && self.is_open(other);
        let conditions = one.conditions + other.conditions;
        let parts = conditions.max(one.merges + other.merges + 1);
        let allowed = !self.was_parted(a, b)
            && !self.was_parted(b, a)
            && parts <= self.limits.conditions as u64;
        self.counts.merges_refused += u64::from(open && !allowed);
        open && allowed
    }
}

enum Choice {
    Join(u64),
    Open { part_of: Option<IncidentId>, over: Option<u64> },
}

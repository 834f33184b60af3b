//! Where an item goes: to the likeliest incident, or to one of its own; and which incidents it shows
//! to be one.
//!
//! **Invariant:** the older incident survives a merge, and the other's id leads to it for ever. An item
//! that comes late joins at most: it opens and merges nothing.

use schemas::id::{AlertId, IncidentId};
use schemas::incident::Strategy;

use crate::candidate::{Candidate, Candidates, Part, What};
use crate::find::Probes;
use crate::incident::{Incident, Stage};
use crate::item::Item;
use crate::key::Key;
use crate::tenant::Tenant;
use crate::weights;

/// What became of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The incident it is part of; none where it came too late to be part of any.
    pub incident: Option<IncidentId>,
    /// Incidents that went into another with it, each with the one it is part of now.
    pub merged: Vec<(IncidentId, IncidentId)>,
}

/// An item on its way.
pub(crate) struct Arriving<'i> {
    pub(crate) item: &'i Item,
    pub(crate) probes: Probes,
    late: bool,
    merged: Vec<(IncidentId, IncidentId)>,
}

impl Tenant {
    /// Takes one item.
    pub(crate) fn take(&mut self, item: &Item) -> Taken {
        self.counts.items += 1;
        self.observe(item.time_ms.min(item.arrival_ms));
        self.look_at_what_is_due();
        let [event, _] = halves(item.event.0.as_u128());
        if let Some(known) = self.seen.get(event).copied() {
            self.counts.repeated += 1;
            return Taken { incident: self.id_of(known), merged: Vec::new() };
        }
        let late = self.now_ms.saturating_sub(item.time_ms) > self.limits.disorder_ms;
        self.counts.late += u64::from(late);
        let mut arriving = Arriving { item, probes: Probes::of(item), late, merged: Vec::new() };
        let Some(number) = self.place(&mut arriving) else {
            return Taken { incident: None, merged: Vec::new() };
        };
        *self.seen.touch(event) = number;
        Taken { incident: self.id_of(number), merged: arriving.merged }
    }

    /// The id of an incident that is not closed, by any number it ever had.
    pub(crate) fn id_of(&self, number: u64) -> Option<IncidentId> {
        let incident = self.name(number).and_then(|name| self.incidents.get(&name));
        incident.map(|incident| incident.id)
    }

    fn place(&mut self, arriving: &mut Arriving<'_>) -> Option<u64> {
        let item = arriving.item;
        let mut found = self.find(item, &arriving.probes);
        let active = self.active(item, arriving.probes.session);
        self.weigh_more(item, &arriving.probes, &mut found.candidates);
        if !found.candidates.0.iter().any(Candidate::is_enough) {
            self.find_near(item, &arriving.probes, &mut found.candidates);
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
        let fresh = self.is_fresh(&arriving.probes, number);
        self.tell_why(arriving, number, fresh, &found.candidates);
        let mut number = number;
        if !arriving.late {
            number = self.merge_others(arriving, number, &found.candidates);
            number = self.absorb(arriving, number, &active);
        }
        self.join(arriving, number, fresh);
        Some(number)
    }

    fn active(&mut self, item: &Item, session: Option<Key>) -> Vec<u64> {
        let Some(session) = session else { return Vec::new() };
        let mut active = std::mem::take(self.sessions.touch(session));
        let now = active.now(item.time_ms, |number| self.name(number));
        *self.sessions.touch(session) = active;
        now
    }

    /// The likeliest incident with enough evidence that can still take an item.
    fn choose(&self, arriving: &Arriving<'_>, candidates: &Candidates) -> Choice {
        let (mut part_of, mut over) = (None, None);
        let enough = candidates.0.iter().filter(|candidate| candidate.is_enough());
        for candidate in enough {
            let Some(incident) = self.incidents.get(&candidate.incident) else { continue };
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
        let own = self.keys.get(arriving.probes.own);
        let last = own.and_then(|own| own.recent.iter().max_by_key(|(_, last_ms)| *last_ms));
        let home = last.and_then(|(home, _)| self.incidents.get(home));
        home.is_some_and(|home| home.apart.iter().any(|apart| self.name(*apart) == Some(incident)))
    }

    /// Whether an incident goes on, or was ended by a person so lately that it can be reopened.
    fn is_open(&self, incident: &Incident) -> bool {
        let reopens =
            |ended_ms: i64| incident.by_person && self.now_ms - ended_ms <= self.limits.reopen_ms;
        incident.stage != Stage::Resolved || incident.resolved_ms.is_some_and(reopens)
    }

    fn has_room(&self, arriving: &Arriving<'_>, incident: &Incident) -> bool {
        let lasting_ms = arriving.item.time_ms - incident.opened_ms;
        let full = incident.conditions >= self.limits.conditions as u64;
        lasting_ms <= self.limits.lasting_ms
            && (!full || !self.is_fresh(&arriving.probes, incident.number))
    }

    /// Whether an incident does not have the item's condition yet.
    fn is_fresh(&self, probes: &Probes, number: u64) -> bool {
        let posting = self.keys.get(probes.own);
        !posting.is_some_and(|own| own.recent.iter().any(|(known, _)| *known == number))
    }

    fn open(&mut self, item: &Item, part_of: Option<IncidentId>, follows: Option<u64>) -> u64 {
        self.make_room();
        self.numbers += 1;
        let mut incident = Incident::new(self.numbers, item);
        incident.follows = follows.and_then(|number| self.id_of(number));
        incident.part_of = part_of;
        incident.due_ms = item.time_ms.saturating_add(self.limits.quiet_ms);
        self.counts.opened += 1;
        self.counts.children += u64::from(part_of.is_some());
        self.due.insert((incident.due_ms, incident.number));
        self.incidents.insert(self.numbers, incident);
        self.numbers
    }

    /// Notes the item in its incident, and the incident wherever the item is looked up by.
    fn join(&mut self, arriving: &Arriving<'_>, number: u64, fresh: bool) {
        let item = arriving.item;
        let named_max = self.limits.named;
        let Some(incident) = self.incidents.get_mut(&number) else { return };
        incident.take(item, &arriving.probes, fresh, named_max);
        if let Some(session) = arriving.probes.session {
            self.sessions.touch(session).note(number, item.time_ms);
        }
        self.post(item, &arriving.probes, number);
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
            if rare && self.may_merge(survivor, name) {
                self.tell_why_merged(arriving, name, other);
                survivor = self.unite(survivor, name, &mut arriving.merged);
            }
        }
        survivor
    }

    /// The calls just before, of the same session, that named nothing and went nowhere.
    fn absorb(&mut self, arriving: &mut Arriving<'_>, into: u64, active: &[u64]) -> u64 {
        let bare = |number: u64| self.incidents.get(&number).is_some_and(|incident| incident.bare);
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

    /// Whether two incidents can be one: neither over, nor parted by a person, nor too much together.
    fn may_merge(&mut self, a: u64, b: u64) -> bool {
        let (Some(one), Some(other)) = (self.incidents.get(&a), self.incidents.get(&b)) else {
            return false;
        };
        let open = self.is_open(one) && self.is_open(other);
        let parted =
            |of: &Incident, from: u64| of.apart.iter().any(|at| self.name(*at) == Some(from));
        let conditions = one.conditions + other.conditions;
        let allowed =
            !parted(one, b) && !parted(other, a) && conditions <= self.limits.conditions as u64;
        self.counts.merges_refused += u64::from(open && !allowed);
        open && allowed
    }

    /// Makes two incidents one; gives the older.
    pub(crate) fn unite(
        &mut self,
        a: u64,
        b: u64,
        merged: &mut Vec<(IncidentId, IncidentId)>,
    ) -> u64 {
        let (survivor, other) = (a.min(b), a.max(b));
        let Some(gone) = self.incidents.remove(&other) else { return survivor };
        self.due.remove(&(gone.due_ms, other));
        self.aliases.insert(other, survivor);
        self.counts.merged += 1;
        let named_max = self.limits.named;
        if let Some(incident) = self.incidents.get_mut(&survivor) {
            merged.push((gone.id, incident.id));
            incident.take_over(gone, named_max);
        }
        survivor
    }
}

enum Choice {
    Join(u64),
    Open { part_of: Option<IncidentId>, over: Option<u64> },
}

impl Incident {
    fn take(&mut self, item: &Item, probes: &Probes, fresh: bool, named_max: usize) {
        self.items += 1;
        if fresh {
            self.conditions += 1;
            self.last_alert = AlertId::of(&item.tenant, item.fingerprint, item.event.into());
            if self.alerts.len() < named_max {
                self.alerts.push(self.last_alert);
                self.owns.push(probes.own);
            }
        }
        if item.level > self.level {
            (self.level, self.title) = (item.level, item.title.clone());
        }
        self.last_ms = self.last_ms.max(item.time_ms);
        self.opened_ms = self.opened_ms.min(item.time_ms);
        self.last_kind = probes.kind;
        self.bare &= item.names_nothing() && item.rule.is_none();
        self.words.add(&probes.words);
        for probe in &probes.all {
            if let Some(mention) =
                item.mentions.get(probe.mention).filter(|_| probe.is_of_mention())
            {
                self.name(probe.key, mention, named_max);
            }
        }
        self.rise();
    }

    /// A second item, or one to wake people for, makes it an incident; any item reopens it.
    fn rise(&mut self) {
        let urgent = self.level >= schemas::alert::Level::Critical;
        if self.stage == Stage::Candidate && (self.items > 1 || urgent) {
            self.stage = Stage::Open;
        }
        if self.stage == Stage::Resolved {
            (self.stage, self.resolved_ms, self.by_person) = (Stage::Open, None, false);
            self.reopened += 1;
        }
    }
}

/// A wide number as two.
fn halves(number: u128) -> [u64; 2] {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = number.to_le_bytes();
    [u64::from_le_bytes([a, b, c, d, e, f, g, h]), u64::from_le_bytes([i, j, k, l, m, n, o, p])]
}

//! A person makes an incident of its own of some of an incident's alerts.
//!
//! **Invariant:** what stays keeps its id. What goes stays apart from it until a person merges them, and
//! goes on counting its records where it was an incident of that id before.

use std::collections::BTreeSet;

use schemas::id::{AlertId, IncidentId};

use crate::command::{Asked, CannotFollow};
use crate::decide::Taken;
use crate::incident::{Incident, NamedCounts, Raised, Stage};
use crate::tenant::Tenant;

/// What goes, with the name of what it goes into.
struct Going {
    alerts: Vec<(u64, Raised)>,
    seed: AlertId,
}

impl Tenant<'_> {
    /// Follows a command to split.
    pub(crate) fn split(
        &mut self,
        id: IncidentId,
        alerts: &[AlertId],
        asked: &Asked<'_>,
    ) -> Result<Taken, CannotFollow> {
        self.find_number(id)?;
        self.make_room();
        let number = self.find_number(id)?;
        let Some(going) = self.going(number, alerts) else {
            let why =
                format!("an incident of its own needs some of the alerts of {id}, not all of them");
            return Err(CannotFollow(why));
        };
        let Some(whole) = self.incident(number).cloned() else {
            return self.find_number(id).map(|_| Taken::NOTHING);
        };
        self.row.numbers += 1;
        let parted = self.parted(&whole, &going);
        let (new_id, new_number) = (parted.id, parted.number);
        self.add(parted);
        self.move_alerts(number, new_number, &going);
        self.copy_things(number, new_number);
        self.part_course(number, new_number, alerts);
        self.stores.lists.apart.insert(self.at(number), new_number, ());
        self.stores.lists.apart.insert(self.at(new_number), number, ());
        for of in [number, new_number] {
            self.note_asked(of, asked, "parted from another incident");
            self.look_sooner(of);
        }
        Ok(Taken { incident: Some(new_id), merged: Vec::new() })
    }

    /// The alerts that go, and the one that names what they go into; none where nothing stays.
    fn going(&self, number: u64, alerts: &[AlertId]) -> Option<Going> {
        let all = self.stores.lists.alerts.of(self.at(number));
        let all = all.map(|(place, raised)| (place, *raised));
        let (going, staying): (Vec<_>, Vec<_>) =
            all.partition(|(_, raised)| alerts.contains(&raised.alert));
        // Where the seed goes, what stays keeps the id, and the new one is named by its next alert.
        let free =
            |alert: &AlertId| self.stores.ids.get(&(self.number, IncidentId::of(*alert))).is_none();
        let seed = going.iter().map(|(_, raised)| raised.alert).find(free)?;
        Some(Going { alerts: going, seed }).filter(|_| !staying.is_empty())
    }

    /// The incident that goes, as far as it is counts and times.
    fn parted(&self, whole: &Incident, going: &Going) -> Incident {
        let id = IncidentId::of(going.seed);
        let of = |count: usize| count as u64;
        let conditions: BTreeSet<u64> = going.alerts.iter().map(|(_, raised)| raised.own).collect();
        Incident {
            number: self.row.numbers,
            id,
            seed: going.seed,
            stage: Stage::Open,
            resolved_ms: None,
            by_person: false,
            items: of(going.alerts.len()),
            alerts: of(going.alerts.len()),
            conditions: of(conditions.len()),
            evidence: 0,
            holding: of(going.alerts.iter().filter(|(_, raised)| raised.holds).count()),
            merges: 0,
            named: NamedCounts { alerts: 0, links: 0, things: whole.named.things },
            moments: 0,
            revision: self.spent(id).unwrap_or_default(),
            told_conditions: 0,
            tell_ms: None,
            ..whole.clone()
        }
    }

    /// Moves alerts with their conditions and links.
    fn move_alerts(&mut self, number: u64, new_number: u64, going: &Going) {
        let (at, to) = (self.at(number), self.at(new_number));
        let mut named = 0;
        for (place, raised) in &going.alerts {
            self.stores.lists.alerts.remove(at, *place);
            self.stores.lists.alerts.insert(to, *place, Raised { named: true, ..*raised });
            self.stores.members.insert(&(self.number, raised.alert), (new_number, *place));
            named += usize::from(raised.named);
            if let Some(own) = self.stores.keys.get_mut(self.number, raised.own) {
                own.move_to(number, new_number);
            }
        }
        let goes = |alert| going.alerts.iter().any(|(_, raised)| raised.alert == alert);
        let ties = self.stores.lists.links.of(at).filter(|(_, tie)| goes(tie.to));
        let ties: Vec<_> = ties.map(|(place, tie)| (place, tie.clone())).collect();
        let links = ties.len();
        for (place, tie) in ties {
            self.stores.lists.links.remove(at, place);
            self.stores.lists.links.insert(to, place, tie);
        }
        let Some(of) = self.incident_mut(new_number) else { return };
        (of.named.alerts, of.named.links) = (going.alerts.len(), links);
        let (alerts, conditions, holding) = (of.alerts, of.conditions, of.holding);
        let Some(whole) = self.incident_mut(number) else { return };
        whole.named.alerts = whole.named.alerts.saturating_sub(named);
        whole.named.links = whole.named.links.saturating_sub(links);
        whole.items = whole.items.saturating_sub(alerts).max(1);
        whole.alerts = whole.alerts.saturating_sub(alerts);
        whole.conditions = whole.conditions.saturating_sub(conditions);
        whole.holding = whole.holding.saturating_sub(holding);
    }

    /// What is said of the whole holds for what goes as well.
    fn copy_things(&mut self, number: u64, new_number: u64) {
        let (at, to) = (self.at(number), self.at(new_number));
        self.stores.lists.named.copy(at, to);
        self.stores.lists.changes.copy(at, to);
        self.stores.lists.symptoms.copy(at, to);
        self.stores.lists.advice.copy(at, to);
        self.stores.lists.apart.copy(at, to);
        if let Some(title) = self.stores.titles.get(&at).cloned() {
            self.stores.titles.insert(&to, title);
        }
        if let Some(bag) = self.stores.bags.get(&at).cloned() {
            self.stores.bags.insert(&to, bag);
        }
    }

    /// The course of what goes begins with its own alerts.
    fn part_course(&mut self, number: u64, new_number: u64, alerts: &[AlertId]) {
        let moments = self.stores.lists.moments.of(self.at(number));
        let own = moments.filter(|(_, happened)| happened.is_of(alerts));
        for happened in own.map(|(_, happened)| happened.clone()).collect::<Vec<_>>() {
            self.note_moment(new_number, happened);
        }
    }
}

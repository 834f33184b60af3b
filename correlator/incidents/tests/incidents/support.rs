//! Items in a few words, and what became of them.

use std::collections::BTreeMap;

use incidents::item::Session;
use incidents::{Engine, Item, Kind, Limits, Mention, Way};
use schemas::alert::Level;
use schemas::id::{EventId, Fingerprint, IncidentId};
use schemas::incident::Strategy;

pub(crate) const START_MS: i64 = 1_790_000_000_000;

/// A call at a second, by one of a few programs, that names things.
pub(crate) fn call(second: i64, who: &str, action: &str, names: &[&str]) -> Item {
    let mention =
        |value: &&str| Mention { kind: Kind::Name, value: (*value).to_owned(), way: Way::Used };
    let session = Session { who: who.to_owned(), agent: "tool".to_owned() };
    item(second, action, None, None, Some(session), names.iter().map(mention).collect())
}

/// An alert of a rule in a place.
pub(crate) fn alert(second: i64, rule: &str, place: &str) -> Item {
    item(second, "alert", Some(rule), Some(place), None, Vec::new())
}

fn item(
    second: i64,
    action: &str,
    rule: Option<&str>,
    place: Option<&str>,
    session: Option<Session>,
    mentions: Vec<Mention>,
) -> Item {
    let labels = BTreeMap::from([("place".to_owned(), place.unwrap_or_default().to_owned())]);
    Item {
        tenant: "acme".to_owned(),
        event: EventId::of("test", &format!("{second} {action} {rule:?} {place:?} {mentions:?}")),
        time_ms: START_MS + second * 1_000,
        arrival_ms: START_MS + second * 1_000,
        action: action.to_owned(),
        rule: rule.map(str::to_owned),
        place: place.map(str::to_owned),
        session,
        mentions,
        makes: action.starts_with("Create"),
        level: Level::Warning,
        title: rule.unwrap_or(action).to_owned(),
        fingerprint: Fingerprint::of("acme", rule.unwrap_or(action), &labels),
    }
}

/// An engine, and where everything it took is now.
#[derive(Default)]
pub(crate) struct Taking {
    pub(crate) engine: Engine,
    of: Vec<Option<IncidentId>>,
    into: BTreeMap<IncidentId, IncidentId>,
}

impl Taking {
    pub(crate) fn with(limits: Limits) -> Self {
        Self { engine: Engine::new(limits), ..Self::default() }
    }

    pub(crate) fn take(&mut self, item: &Item) -> usize {
        let taken = self.engine.take(item);
        self.into.extend(taken.merged);
        self.of.push(taken.incident);
        self.of.len() - 1
    }

    pub(crate) fn all(items: &[Item]) -> Self {
        let mut taking = Self::default();
        for item in items {
            taking.take(item);
        }
        taking
    }

    /// The incident that an item is part of now.
    pub(crate) fn of(&self, item: usize) -> Option<IncidentId> {
        let mut id = self.of[item]?;
        while let Some(next) = self.into.get(&id) {
            id = *next;
        }
        Some(id)
    }

    pub(crate) fn together(&self, a: usize, b: usize) -> bool {
        self.of(a).is_some() && self.of(a) == self.of(b)
    }

    pub(crate) fn placed(&self) -> Vec<Option<IncidentId>> {
        (0..self.of.len()).map(|item| self.of(item)).collect()
    }

    pub(crate) fn note_merged(&mut self, merged: Vec<(IncidentId, IncidentId)>) {
        self.into.extend(merged);
    }

    /// The sentences of an incident's links that are of a strategy.
    pub(crate) fn reasons(&self, item: usize, strategy: Strategy) -> Vec<String> {
        let id = self.of(item);
        let incident =
            self.engine.incidents().find(|(_, incident)| Some(incident.id) == id).unwrap().1;
        let reasons = incident.links.iter().flat_map(|link| &link.reasons);
        reasons
            .filter(|reason| reason.strategy == strategy)
            .map(|reason| reason.reason.clone())
            .collect()
    }
}

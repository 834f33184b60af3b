//! Items in a few words, and what became of them.

use std::collections::BTreeMap;

use incidents::command::Command;
use incidents::item::Session;
use incidents::{Asked, Counts, Engine, Item, Kind, Limits, Mention, Stands, Way};
use schemas::alert::Level;
use schemas::id::{AlertId, EventId, Fingerprint, IncidentId};
use schemas::incident::{Incident, IncidentState, MomentKind, Strategy};

pub(crate) const START_MS: i64 = 1_790_000_000_000;

/// A call at a second, by one of a few programs, that names things.
pub(crate) fn call(second: i64, who: &str, action: &str, names: &[&str]) -> Item {
    let session = Session { who: who.to_owned(), agent: "tool".to_owned() };
    item(second, action, None, None, Some(session), mentions(names))
}

/// An alert of a rule in a place.
pub(crate) fn alert(second: i64, rule: &str, place: &str) -> Item {
    item(second, "alert", Some(rule), Some(place), None, Vec::new())
}

/// An occurrence of an alert of our own, which holds until its end is told.
pub(crate) fn live(second: i64, rule: &str, place: &str) -> Item {
    let item = alert(second, rule, place);
    Item { stands: Stands::Alert(alert_of(rule, place)), ..item }
}

/// The alert of a rule in a place.
pub(crate) fn alert_of(rule: &str, place: &str) -> AlertId {
    AlertId::of("acme", alert(0, rule, place).fingerprint, EventId::of("first", rule).into())
}

/// A change, a ticket, a message that names things.
pub(crate) fn evidence(second: i64, kind: MomentKind, title: &str, names: &[&str]) -> Item {
    let item = item(second, title, None, None, None, mentions(names));
    Item { stands: Stands::Evidence(kind), ..item }
}

pub(crate) fn mentions(names: &[&str]) -> Vec<Mention> {
    let mention =
        |value: &&str| Mention { kind: Kind::Name, value: (*value).to_owned(), way: Way::Used };
    names.iter().map(mention).collect()
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
    let event = EventId::of("test", &format!("{second} {action} {rule:?} {place:?} {mentions:?}"));
    Item {
        tenant: "acme".to_owned(),
        event,
        time_ms: START_MS + second * 1_000,
        arrival_ms: START_MS + second * 1_000,
        action: action.to_owned(),
        rule: rule.map(str::to_owned),
        place: place.map(str::to_owned),
        session,
        mentions,
        is_delivery: false,
        makes: action.starts_with("Create"),
        level: Level::Warning,
        title: rule.unwrap_or(action).to_owned(),
        fingerprint: Fingerprint::of("acme", rule.unwrap_or(action), &labels),
        stands: Stands::Event,
        record: event.into(),
        advice: None,
        because: Vec::new(),
        resource: None,
    }
}

/// An engine, everything it told, and where everything it took is now.
#[derive(Default)]
pub(crate) struct Taking {
    pub(crate) engine: Engine,
    pub(crate) counts: Counts,
    /// All records in order.
    pub(crate) records: Vec<Incident>,
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
        self.collect();
        self.of.len() - 1
    }

    pub(crate) fn all(items: &[Item]) -> Self {
        let mut taking = Self::default();
        for item in items {
            taking.take(item);
        }
        taking
    }

    /// An alert of our own is over.
    pub(crate) fn end(&mut self, second: i64, rule: &str, place: &str) {
        self.engine.end("acme", alert_of(rule, place), START_MS + second * 1_000);
        self.collect();
    }

    /// Lets the time of the tenant pass, until nothing is due any more.
    pub(crate) fn advance(&mut self, second: i64) {
        while !self.engine.advance("acme", START_MS + second * 1_000) {}
        self.collect();
    }

    pub(crate) fn follow(
        &mut self,
        second: i64,
        command: &Command,
    ) -> Result<Option<IncidentId>, String> {
        let time_ms = START_MS + second * 1_000;
        let asked = Asked { command, by: Some("ann"), note: None, time_ms };
        let taken = self.engine.follow("acme", &asked).map_err(|why| why.0)?;
        self.into.extend(taken.merged);
        self.collect();
        Ok(taken.incident)
    }

    fn collect(&mut self) {
        self.records.extend(self.engine.told().into_iter().map(|(_, record)| record));
        let counts = self.engine.take_counts();
        self.counts.items += counts.items;
        self.counts.repeated += counts.repeated;
        self.counts.late += counts.late;
        self.counts.tenants_refused += counts.tenants_refused;
        self.counts.opened += counts.opened;
        self.counts.merged += counts.merged;
        self.counts.children += counts.children;
        self.counts.incidents_evicted += counts.incidents_evicted;
        self.counts.keys_evicted += counts.keys_evicted;
        self.counts.keys_refused += counts.keys_refused;
        self.counts.commands_refused += counts.commands_refused;
    }

    /// The last records of the incidents that are not part of others, with what waits to be told.
    pub(crate) fn told(&mut self) -> BTreeMap<IncidentId, Incident> {
        self.engine.tell_all();
        self.collect();
        let last = self.records.iter().map(|record| (record.incident, record.clone()));
        let mut last: BTreeMap<_, _> = last.collect();
        last.retain(|_, record| record.state != IncidentState::Merged);
        last
    }

    /// The last record of the only incident that was told.
    pub(crate) fn only(&mut self) -> Incident {
        let told = self.told();
        assert_eq!(told.len(), 1, "{told:?}");
        told.into_values().next().unwrap()
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

    /// The sentences of an incident's links that are of a strategy.
    pub(crate) fn reasons(&mut self, item: usize, strategy: Strategy) -> Vec<String> {
        let id = self.of(item).unwrap();
        let incident = self.told().remove(&id).unwrap();
        let reasons = incident.links.into_iter().flat_map(|link| link.reasons);
        let reasons = reasons.filter(|reason| reason.strategy == strategy);
        reasons.map(|reason| reason.reason).collect()
    }
}

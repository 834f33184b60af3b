//! An incident: what belongs to it, why, and how far it has come.

use std::collections::BTreeSet;

use schemas::alert::Level;
use schemas::envelope::Extra;
use schemas::id::{AlertId, IncidentId};
use schemas::incident::{Incident as Told, IncidentState, Link};
use schemas::resource::Entity;
use serde_json::Value;

use crate::item::{Item, Mention};
use crate::key::Key;
use crate::text::Bag;

/// How far an incident has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// One item, and not one to wake anybody for: it is no incident yet.
    Candidate,
    /// Nobody has taken it on.
    Open,
    /// Somebody has.
    Acknowledged,
    /// Somebody is at it.
    Mitigating,
    /// It was quiet for long, or a person said it is over.
    Resolved,
}

/// One incident, or what may become one.
#[derive(Debug, Clone)]
pub struct Incident {
    /// Its number among those of its tenant: an older one has a smaller one.
    pub(crate) number: u64,
    /// What it is called for ever.
    pub id: IncidentId,
    /// The alert that opened it.
    pub seed: AlertId,
    /// How far it has come.
    pub stage: Stage,
    /// How urgent the most urgent of its items is.
    pub level: Level,
    /// The title of its most urgent item; of those as urgent the first.
    pub title: String,
    /// When its first item happened.
    pub opened_ms: i64,
    /// When its last item happened.
    pub last_ms: i64,
    /// When it was resolved.
    pub resolved_ms: Option<i64>,
    /// Whether a person resolved it: then it can be reopened.
    pub(crate) by_person: bool,
    /// How many items belong to it.
    pub items: u64,
    /// How many conditions they are occurrences of.
    pub conditions: u64,
    /// The alerts of its conditions, as many as are named.
    pub alerts: Vec<AlertId>,
    /// The keys of their conditions, in the same order.
    pub(crate) owns: Vec<Key>,
    /// Why they are together, as many as are named.
    pub links: Vec<Link>,
    pub(crate) entities: Vec<Named>,
    pub(crate) words: Bag,
    pub(crate) last_kind: Key,
    pub(crate) last_alert: AlertId,
    /// Whether none of its items named anything.
    pub(crate) bare: bool,
    /// How often it was reopened.
    pub reopened: u32,
    /// The resolved incident whose condition came back.
    pub follows: Option<IncidentId>,
    /// The incident that was full, or too old, to take this one's items.
    pub part_of: Option<IncidentId>,
    /// Numbers by which it was known before merges, its own left out.
    pub(crate) took_over: Vec<u64>,
    /// Incidents that a person parted from it.
    pub(crate) apart: BTreeSet<u64>,
    /// What people said of it: right or wrong.
    pub feedback: Vec<bool>,
    /// When it is looked at again.
    pub(crate) due_ms: i64,
}

/// Something that items of an incident name.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    key: Key,
    mention: Mention,
    items: u32,
}

impl Incident {
    pub(crate) fn new(number: u64, item: &Item) -> Self {
        let seed = AlertId::of(&item.tenant, item.fingerprint, item.event.into());
        Self {
            number,
            id: IncidentId::of(seed),
            seed,
            stage: Stage::Candidate,
            level: item.level,
            title: item.title.clone(),
            opened_ms: item.time_ms,
            last_ms: item.time_ms,
            resolved_ms: None,
            by_person: false,
            items: 0,
            conditions: 0,
            alerts: Vec::new(),
            owns: Vec::new(),
            links: Vec::new(),
            entities: Vec::new(),
            words: Bag::default(),
            last_kind: 0,
            last_alert: seed,
            bare: true,
            reopened: 0,
            follows: None,
            part_of: None,
            took_over: Vec::new(),
            apart: BTreeSet::new(),
            feedback: Vec::new(),
            due_ms: 0,
        }
    }

    /// Notes that an item names something.
    pub(crate) fn name(&mut self, key: Key, mention: &Mention, max: usize) {
        if let Some(known) = self.entities.iter_mut().find(|known| known.key == key) {
            known.items = known.items.saturating_add(1);
        } else if self.entities.len() < max {
            self.entities.push(Named { key, mention: mention.clone(), items: 1 });
        }
    }

    /// Takes over what belonged to another.
    pub(crate) fn take_over(&mut self, other: Self, max: usize) {
        self.items += other.items;
        self.conditions += other.conditions;
        if other.level > self.level {
            (self.level, self.title) = (other.level, other.title);
        }
        self.stage = self.stage.max(other.stage.min(Stage::Mitigating));
        self.opened_ms = self.opened_ms.min(other.opened_ms);
        if other.last_ms >= self.last_ms {
            (self.last_ms, self.last_kind, self.last_alert) =
                (other.last_ms, other.last_kind, other.last_alert);
        }
        self.bare &= other.bare;
        self.follows = self.follows.or(other.follows);
        self.reopened = self.reopened.max(other.reopened);
        self.words.take_over(&other.words);
        self.apart.extend(other.apart);
        self.took_over.extend(other.took_over);
        self.took_over.push(other.number);
        self.feedback.extend(other.feedback);
        extend(&mut self.alerts, other.alerts, max);
        extend(&mut self.owns, other.owns, max);
        extend(&mut self.links, other.links, max);
        for named in other.entities {
            self.name(named.key, &named.mention, max);
        }
    }

    /// Whether it is an incident to be told: more than one item, or one to wake people for.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.stage > Stage::Candidate
    }

    /// The record that tells of it.
    #[must_use]
    pub fn told(&self, revision: u32) -> Told {
        let state = match self.stage {
            Stage::Candidate | Stage::Open => IncidentState::Open,
            Stage::Acknowledged | Stage::Mitigating => IncidentState::Acknowledged,
            Stage::Resolved => IncidentState::Resolved,
        };
        Told {
            incident: self.id,
            revision,
            seed: self.seed,
            state,
            level: self.level,
            title: self.title.clone(),
            opened_at_ms: self.opened_ms,
            resolved_at_ms: self.resolved_ms,
            alerts: self.alerts.clone(),
            links: self.links.clone(),
            entities: self.shared_entities(),
            causes: Vec::new(),
            merged_into: None,
            follows: self.follows,
            extra: self.more(),
        }
    }

    /// What at least two of its items name, the most named first.
    fn shared_entities(&self) -> Vec<Entity> {
        let mut shared: Vec<&Named> =
            self.entities.iter().filter(|named| named.items > 1).collect();
        shared.sort_by(|a, b| b.items.cmp(&a.items).then(a.mention.cmp(&b.mention)));
        let entity = |named: &Named| Entity {
            kind: named.mention.kind.name().to_owned(),
            value: named.mention.value.clone(),
            extra: Extra::new(),
        };
        shared.into_iter().map(entity).collect()
    }

    /// What the schema has no field for.
    fn more(&self) -> Extra {
        let left_out = self.conditions.saturating_sub(self.alerts.len() as u64);
        let mut more = Extra::new();
        more.insert("items".to_owned(), Value::from(self.items));
        more.insert("last_at_ms".to_owned(), Value::from(self.last_ms));
        let mut add = |name: &str, value: Value, there: bool| {
            if there {
                more.insert(name.to_owned(), value);
            }
        };
        add("alerts_left_out", left_out.into(), left_out > 0);
        add("reopened", self.reopened.into(), self.reopened > 0);
        add("mitigating", true.into(), self.stage == Stage::Mitigating);
        let part_of = self.part_of.map(|id| id.to_string());
        add("part_of", part_of.clone().into(), part_of.is_some());
        more
    }
}

fn extend<T>(all: &mut Vec<T>, more: Vec<T>, max: usize) {
    let room = max.saturating_sub(all.len());
    all.extend(more.into_iter().take(room));
}

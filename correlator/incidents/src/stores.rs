//! Everything that is kept, and what of it one tenant has.
//!
//! **Invariant:** nothing that decides anything is kept elsewhere, so an undo of the stores undoes all,
//! and an image of them is all there is to go on from.

use schemas::id::{AlertId, IncidentId};
use serde::{Deserialize, Serialize};
use stream::{KeyedStore, Store};

use crate::estate::{Estate, Symptom};
use crate::graph::Graph;
use crate::incident::{Change, Incident, Judged, Named, Raised};
use crate::lags::{Faded, Lags};
use crate::limits::Limits;
use crate::list::{At, List};
use crate::posting::Posting;
use crate::session::Active;
use crate::table::{Queue, Table};
use crate::text::{Bag, Words};
use crate::timeline::Happened;
use crate::why::Tie;

/// Tenants in the order in which they came.
pub(crate) type TenantNumber = u32;

/// All state of a task.
#[derive(Debug)]
pub(crate) struct Stores {
    pub(crate) numbers: KeyedStore<String, TenantNumber>,
    pub(crate) tenants: KeyedStore<TenantNumber, Row>,
    pub(crate) keys: Table<Posting>,
    pub(crate) sessions: Table<Active>,
    pub(crate) seen: Table<u64>,
    /// How many records incidents had that are gone, by their ids.
    pub(crate) spent: Table<u32>,
    pub(crate) lags: Lags,
    pub(crate) graph: Graph,
    pub(crate) words: Words,
    pub(crate) incidents: KeyedStore<(TenantNumber, u64), Incident>,
    pub(crate) ids: KeyedStore<(TenantNumber, IncidentId), u64>,
    /// What merged incidents are called now.
    pub(crate) aliases: KeyedStore<(TenantNumber, u64), u64>,
    /// Incidents in the order in which they are looked at, or earlier.
    pub(crate) due: KeyedStore<(TenantNumber, i64, u64), ()>,
    /// Incidents with something to tell, in the order in which that is due.
    pub(crate) to_tell: KeyedStore<(TenantNumber, i64, u64), ()>,
    /// Where an alert stands: its incident, and its place there.
    pub(crate) members: KeyedStore<(TenantNumber, AlertId), (u64, u64)>,
    pub(crate) titles: KeyedStore<(TenantNumber, u64), String>,
    pub(crate) bags: KeyedStore<(TenantNumber, u64), Bag>,
    pub(crate) lists: Lists,
    /// What depends on what.
    pub(crate) estate: Estate,
}

/// What incidents have many of.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    pub(crate) alerts: List<Raised>,
    pub(crate) links: List<Tie>,
    /// By the key of what is named.
    pub(crate) named: List<Named>,
    pub(crate) moments: List<Happened>,
    pub(crate) changes: List<Change>,
    pub(crate) symptoms: List<Symptom>,
    /// A rule and what it advises, by the key of the rule.
    pub(crate) advice: List<(String, String)>,
    pub(crate) judged: List<Judged>,
    /// By the number of an incident that a person parted from it.
    pub(crate) apart: List<()>,
    /// By the number by which it was known before a merge.
    pub(crate) took_over: List<()>,
}

/// What is kept of a tenant itself.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) first_ms: i64,
    pub(crate) now_ms: i64,
    /// A single time far ahead that waits for a second one.
    pub(crate) ahead_ms: Option<i64>,
    /// How many numbers incidents were given.
    pub(crate) numbers: u64,
    /// Incidents that are not closed.
    pub(crate) incidents: usize,
    pub(crate) keys: Queue,
    pub(crate) sessions: Queue,
    pub(crate) seen: Queue,
    pub(crate) spent: Queue,
    pub(crate) nodes: Queue,
    pub(crate) lags: LagsRow,
    /// How many items had words.
    pub(crate) items_with_words: f64,
}

/// What is kept of a tenant's order of kinds.
#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct LagsRow {
    pub(crate) kinds: Queue,
    pub(crate) pairs: Queue,
    pub(crate) scopes: Queue,
    pub(crate) all: Faded,
}

impl Row {
    pub(crate) fn new(first_ms: i64) -> Self {
        Self {
            first_ms,
            now_ms: first_ms,
            ahead_ms: None,
            numbers: 0,
            incidents: 0,
            keys: Queue::default(),
            sessions: Queue::default(),
            seen: Queue::default(),
            spent: Queue::default(),
            nodes: Queue::default(),
            lags: LagsRow::default(),
            items_with_words: 0.0,
        }
    }
}

impl Stores {
    pub(crate) fn new(limits: &Limits, estate: Estate) -> Self {
        let all = limits.keys_of_all;
        Self {
            numbers: KeyedStore::default(),
            tenants: KeyedStore::default(),
            keys: Table::new(limits.keys, all),
            sessions: Table::new(limits.sessions, all),
            seen: Table::new(limits.keys, all),
            spent: Table::new(limits.keys, all),
            lags: Lags::new(limits),
            graph: Graph::new(limits.nodes, all),
            words: Words::new(all),
            incidents: KeyedStore::default(),
            ids: KeyedStore::default(),
            aliases: KeyedStore::default(),
            due: KeyedStore::default(),
            to_tell: KeyedStore::default(),
            members: KeyedStore::default(),
            titles: KeyedStore::default(),
            bags: KeyedStore::default(),
            lists: Lists::default(),
            estate,
        }
    }

    /// Forgets everything that an incident has many of.
    pub(crate) fn forget(&mut self, at: At) {
        self.titles.remove(&at);
        self.bags.remove(&at);
        self.lists.alerts.take(at);
        self.lists.links.take(at);
        self.lists.named.take(at);
        self.lists.moments.take(at);
        self.lists.changes.take(at);
        self.lists.symptoms.take(at);
        self.lists.advice.take(at);
        self.lists.judged.take(at);
        self.lists.apart.take(at);
        self.lists.took_over.take(at);
    }

    /// How many entries are kept that have a bound of their own.
    pub(crate) fn kept(&self) -> usize {
        self.keys.len()
            + self.sessions.len()
            + self.graph.0.len()
            + self.incidents.len()
            + self.aliases.len()
    }

    /// In an order that images depend on.
    pub(crate) fn all(&mut self) -> Vec<&mut dyn Store> {
        let mut all: Vec<&mut dyn Store> = vec![&mut self.numbers, &mut self.tenants];
        all.extend(self.keys.stores());
        all.extend(self.sessions.stores());
        all.extend(self.seen.stores());
        all.extend(self.spent.stores());
        all.extend(self.lags.stores());
        all.extend(self.graph.0.stores());
        all.push(&mut self.words.with);
        all.push(&mut self.incidents);
        all.push(&mut self.ids);
        all.push(&mut self.aliases);
        all.push(&mut self.due);
        all.push(&mut self.to_tell);
        all.push(&mut self.members);
        all.push(&mut self.titles);
        all.push(&mut self.bags);
        all.extend(self.lists.all());
        all.extend(self.estate.stores());
        all
    }
}

impl Lists {
    fn all(&mut self) -> [&mut dyn Store; 10] {
        [
            &mut self.alerts.entries,
            &mut self.links.entries,
            &mut self.named.entries,
            &mut self.moments.entries,
            &mut self.changes.entries,
            &mut self.symptoms.entries,
            &mut self.advice.entries,
            &mut self.judged.entries,
            &mut self.apart.entries,
            &mut self.took_over.entries,
        ]
    }
}

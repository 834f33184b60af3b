//! The state of one tenant: tables by key, each with a bound.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::Graph;
use crate::incident::Incident;
use crate::lags::Lags;
use crate::limits::{Counts, Limits};
use crate::posting::{Posting, float};
use crate::session::Active;
use crate::table::Table;
use crate::text::Words;

/// An item this far ahead of everything else moves the tenant's time only when a second one agrees.
const AHEAD_MS: i64 = 86_400_000;

/// The state of one tenant.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) limits: Limits,
    pub(crate) keys: Table<Posting>,
    pub(crate) sessions: Table<Active>,
    pub(crate) seen: Table<u64>,
    pub(crate) lags: Lags,
    pub(crate) graph: Graph,
    pub(crate) words: Words,
    pub(crate) incidents: BTreeMap<u64, Incident>,
    /// What merged incidents are called now.
    pub(crate) aliases: BTreeMap<u64, u64>,
    /// Incidents in the order in which they are looked at, or earlier.
    pub(crate) due: BTreeSet<(i64, u64)>,
    pub(crate) numbers: u64,
    pub(crate) now_ms: i64,
    pub(crate) first_ms: i64,
    ahead_ms: Option<i64>,
    pub(crate) counts: Counts,
    pub(crate) closed: Vec<Incident>,
}

impl Tenant {
    pub(crate) fn new(limits: &Limits, first_ms: i64) -> Self {
        Self {
            keys: Table::new(limits.keys),
            sessions: Table::new(limits.sessions),
            seen: Table::new(limits.keys),
            lags: Lags::new(limits.pairs, limits.sessions),
            graph: Graph::new(limits.nodes),
            words: Words::new(),
            incidents: BTreeMap::new(),
            aliases: BTreeMap::new(),
            due: BTreeSet::new(),
            numbers: 0,
            now_ms: first_ms,
            first_ms,
            ahead_ms: None,
            counts: Counts::default(),
            closed: Vec::new(),
            limits: limits.clone(),
        }
    }

    /// Moves the tenant's time. A single record with a time far ahead moves nothing.
    pub(crate) fn observe(&mut self, time_ms: i64) {
        if time_ms - self.now_ms <= AHEAD_MS {
            self.now_ms = self.now_ms.max(time_ms);
            self.ahead_ms = None;
        } else if let Some(before_ms) = self.ahead_ms.replace(time_ms) {
            self.now_ms = self.now_ms.max(before_ms.min(time_ms));
        }
    }

    /// What an incident is called now, unless it is closed.
    pub(crate) fn name(&self, number: u64) -> Option<u64> {
        let mut name = number;
        while let Some(next) = self.aliases.get(&name) {
            name = *next;
        }
        self.incidents.contains_key(&name).then_some(name)
    }

    /// How many items an incident has.
    pub(crate) fn size(&self, incident: u64) -> f64 {
        let items = self.incidents.get(&incident).map_or(1, |incident| incident.items);
        float(i64::try_from(items).unwrap_or(i64::MAX))
    }

    /// How much is kept: keys, sessions, pairs, nodes of the graph and incidents.
    pub(crate) fn kept(&self) -> usize {
        self.keys.len()
            + self.sessions.len()
            + self.graph.len()
            + self.incidents.len()
            + self.aliases.len()
    }
}

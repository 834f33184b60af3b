//! What was named together: resources and services, and which of them belong to which.
//!
//! **Invariant:** an edge holds for a day after it was last seen. A thing with more than 16 neighbours
//! is a hub, and no path leads through it; so a search looks at no more than 16 × 16 edges, whatever
//! the graph looks like, cycles among them.

use serde::{Deserialize, Serialize};

use crate::key::Key;
use crate::stores::TenantNumber;
use crate::table::{Queue, Table};

const NEIGHBOURS_MAX: usize = 16;
const HOLDS_MS: i64 = 86_400_000;
/// Of what an item names so many take part; the first is what the others are tied to.
const NAMED_MAX: usize = 6;

/// How an edge came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Relation {
    /// A call made one with the other.
    Made,
    /// A call named both.
    Named,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(crate) struct Node {
    neighbours: Vec<(Key, Relation, i64)>,
    hub: bool,
}

#[derive(Debug)]
pub(crate) struct Graph(pub(crate) Table<Node>);

impl Graph {
    pub(crate) fn new(nodes_max: usize, max_of_all: usize) -> Self {
        Self(Table::new(nodes_max, max_of_all))
    }

    /// Ties what was named together.
    pub(crate) fn tie(
        &mut self,
        (tenant, queue): (TenantNumber, &mut Queue),
        named: &[(Key, Relation)],
        time_ms: i64,
    ) {
        let Some(((first, of_first), others)) = named.split_first() else { return };
        for (other, relation) in others.iter().take(NAMED_MAX) {
            if other != first {
                self.edge((tenant, queue), (*first, *other, *relation), time_ms);
                self.edge((tenant, queue), (*other, *first, *of_first), time_ms);
            }
        }
    }

    fn edge(
        &mut self,
        (tenant, queue): (TenantNumber, &mut Queue),
        (from, to, relation): (Key, Key, Relation),
        time_ms: i64,
    ) {
        let Some(node) = self.0.touch(tenant, queue, from) else { return };
        if let Some(known) = node.neighbours.iter_mut().find(|(known, ..)| *known == to) {
            known.2 = time_ms.max(known.2);
            return;
        }
        node.neighbours.retain(|(.., last_ms)| time_ms - last_ms <= HOLDS_MS);
        if node.neighbours.len() < NEIGHBOURS_MAX {
            node.neighbours.push((to, relation, time_ms));
        } else {
            node.hub = true;
        }
    }

    /// Calls `visit` with what is one step away from a thing, and two; what was made with it first.
    pub(crate) fn near(
        &self,
        (tenant, from): (TenantNumber, Key),
        time_ms: i64,
        visit: &mut dyn FnMut(Key, u8),
    ) {
        for next in self.next(tenant, from, time_ms) {
            visit(next, 1);
            self.next(tenant, next, time_ms)
                .filter(|after| *after != from)
                .for_each(|after| visit(after, 2));
        }
    }

    fn next(&self, tenant: TenantNumber, from: Key, time_ms: i64) -> impl Iterator<Item = Key> {
        let node = self.0.get(tenant, from).filter(|node| !node.hub);
        let all = || node.into_iter().flat_map(|node| &node.neighbours);
        let holds = move |last_ms: i64| (time_ms - last_ms).abs() <= HOLDS_MS;
        let of = move |wanted: Relation| {
            all()
                .filter(move |(_, relation, last)| *relation == wanted && holds(*last))
                .map(|(key, ..)| *key)
        };
        of(Relation::Made).chain(of(Relation::Named))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(graph: &Graph, from: Key, time_ms: i64) -> Vec<(Key, u8)> {
        let mut found = Vec::new();
        graph.near((0, from), time_ms, &mut |key, steps| found.push((key, steps)));
        found
    }

    #[test]
    fn two_steps_and_no_further_and_not_through_what_everybody_names() {
        let (mut graph, mut queue) = (Graph::new(1_000, 1_000), Queue::default());
        for node in 0..4 {
            graph.tie((0, &mut queue), &[(node, Relation::Named), (node + 1, Relation::Made)], 0);
        }
        assert_eq!(near(&graph, 0, 0), [(1, 1), (2, 2)]);
        for node in 100..120 {
            graph.tie((0, &mut queue), &[(1, Relation::Named), (node, Relation::Named)], 0);
        }
        assert_eq!(near(&graph, 0, 0), [(1, 1)]);
        assert_eq!(near(&graph, 0, HOLDS_MS + 1), []);
    }

    #[test]
    fn cycles_of_a_hundred_thousand_things_cost_no_more_than_one_of_three() {
        let (mut graph, mut queue) = (Graph::new(50_000, 60_000), Queue::default());
        for node in 0..100_000_u64 {
            let next = (node + 1) % 100_000;
            let across = node.wrapping_mul(7_919) % 100_000;
            graph.tie(
                (0, &mut queue),
                &[(node, Relation::Named), (next, Relation::Named), (across, Relation::Made)],
                0,
            );
        }
        assert_eq!(graph.0.len(), 50_000);
        assert!(near(&graph, 99_999, 0).len() <= 16 * 17);
    }
}

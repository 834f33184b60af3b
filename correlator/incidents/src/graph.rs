//! What was named together: resources and services, and which of them belong to which.
//!
//! **Invariant:** an edge holds for a day after it was last seen. A thing with more than 16 neighbours
//! is a hub, and no path leads through it; so a search looks at no more than 16 × 16 edges, whatever
//! the graph looks like, cycles among them.

use crate::key::Key;
use crate::table::Table;

const NEIGHBOURS_MAX: usize = 16;
const HOLDS_MS: i64 = 86_400_000;
/// Of what an item names so many take part; the first is what the others are tied to.
const NAMED_MAX: usize = 6;

/// How an edge came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// A call made one with the other.
    Made,
    /// A call named both.
    Named,
}

#[derive(Debug, Default)]
struct Node {
    neighbours: Vec<(Key, Relation, i64)>,
    hub: bool,
}

#[derive(Debug)]
pub(crate) struct Graph(Table<Node>);

impl Graph {
    pub(crate) fn new(nodes_max: usize) -> Self {
        Self(Table::new(nodes_max))
    }

    /// Ties what was named together.
    pub(crate) fn tie(&mut self, named: &[(Key, Relation)], time_ms: i64) {
        let Some(((first, of_first), others)) = named.split_first() else { return };
        for (other, relation) in others.iter().take(NAMED_MAX) {
            if other != first {
                self.edge(*first, *other, *relation, time_ms);
                self.edge(*other, *first, *of_first, time_ms);
            }
        }
    }

    fn edge(&mut self, from: Key, to: Key, relation: Relation, time_ms: i64) {
        let node = self.0.touch(from);
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
    pub(crate) fn near(&self, from: Key, time_ms: i64, visit: &mut dyn FnMut(Key, u8)) {
        for next in self.next(from, time_ms) {
            visit(next, 1);
            self.next(next, time_ms)
                .filter(|after| *after != from)
                .for_each(|after| visit(after, 2));
        }
    }

    fn next(&self, from: Key, time_ms: i64) -> impl Iterator<Item = Key> {
        let node = self.0.get(from).filter(|node| !node.hub);
        let all = || node.into_iter().flat_map(|node| &node.neighbours);
        let holds = move |last_ms: i64| (time_ms - last_ms).abs() <= HOLDS_MS;
        let of = move |wanted: Relation| {
            all()
                .filter(move |(_, relation, last)| *relation == wanted && holds(*last))
                .map(|(key, ..)| *key)
        };
        of(Relation::Made).chain(of(Relation::Named))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(graph: &Graph, from: Key, time_ms: i64) -> Vec<(Key, u8)> {
        let mut found = Vec::new();
        graph.near(from, time_ms, &mut |key, steps| found.push((key, steps)));
        found
    }

    #[test]
    fn two_steps_and_no_further_and_not_through_what_everybody_names() {
        let mut graph = Graph::new(1_000);
        for node in 0..4 {
            graph.tie(&[(node, Relation::Named), (node + 1, Relation::Made)], 0);
        }
        assert_eq!(near(&graph, 0, 0), [(1, 1), (2, 2)]);
        (100..120).for_each(|node| graph.tie(&[(1, Relation::Named), (node, Relation::Named)], 0));
        assert_eq!(near(&graph, 0, 0), [(1, 1)]);
        assert_eq!(near(&graph, 0, HOLDS_MS + 1), []);
    }

    #[test]
    fn cycles_of_a_hundred_thousand_things_cost_no_more_than_one_of_three() {
        let mut graph = Graph::new(50_000);
        for node in 0..100_000_u64 {
            let next = (node + 1) % 100_000;
            let across = node.wrapping_mul(7_919) % 100_000;
            graph.tie(
                &[(node, Relation::Named), (next, Relation::Named), (across, Relation::Made)],
                0,
            );
        }
        assert_eq!(graph.len(), 50_000);
        assert!(near(&graph, 99_999, 0).len() <= 16 * 17);
    }
}

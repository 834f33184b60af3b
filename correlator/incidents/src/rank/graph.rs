//! Who calls whom.
//!
//! **Invariant:** nodes are numbered and neighbours ordered by name, so the order of edges does not matter;
//! each neighbour is there once, and nobody calls itself. A walk
//! visits a node once, so cycles end, and keeps a list, so depth does no harm.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A node's number in one graph.
pub(super) type NodeId = usize;

/// A call graph; edges go from the caller to the callee.
#[derive(Debug, Default)]
pub struct Graph {
    numbers: BTreeMap<String, NodeId>,
    names: Vec<String>,
    callees: Vec<Vec<NodeId>>,
    callers: Vec<Vec<NodeId>>,
}

impl Graph {
    /// Edges may repeat and may form cycles; a node that calls itself says nothing and is left out.
    pub fn new<'e>(edges: impl IntoIterator<Item = (&'e str, &'e str)>) -> Self {
        let edges: BTreeSet<(&str, &str)> = edges.into_iter().collect();
        let names: BTreeSet<&str> = edges.iter().flat_map(|edge| [edge.0, edge.1]).collect();
        let mut graph = Self {
            numbers: names.iter().enumerate().map(|(at, name)| ((*name).to_owned(), at)).collect(),
            callees: vec![Vec::new(); names.len()],
            callers: vec![Vec::new(); names.len()],
            names: names.into_iter().map(str::to_owned).collect(),
        };
        for (caller, callee) in edges.into_iter().filter(|(caller, callee)| caller != callee) {
            graph.connect(caller, callee);
        }
        graph
    }

    fn connect(&mut self, caller: &str, callee: &str) {
        let Some((caller, callee)) = self.number(caller).zip(self.number(callee)) else { return };
        if let Some(callees) = self.callees.get_mut(caller) {
            callees.push(callee);
        }
        if let Some(callers) = self.callers.get_mut(callee) {
            callers.push(caller);
        }
    }

    pub(super) fn number(&self, name: &str) -> Option<NodeId> {
        self.numbers.get(name).copied()
    }

    pub(super) fn callees(&self, node: NodeId) -> &[NodeId] {
        self.callees.get(node).map_or(&[], Vec::as_slice)
    }

    pub(super) fn callers(&self, node: NodeId) -> &[NodeId] {
        self.callers.get(node).map_or(&[], Vec::as_slice)
    }

    /// For each node that `start` calls, directly or through others, the node it was reached from:
    /// shortest ways, and of those the first by number.
    pub(super) fn ways_from(&self, start: NodeId) -> Ways {
        let mut ways = Ways { start, from: vec![None; self.names.len()] };
        let mut waiting = VecDeque::from([start]);
        while let Some(node) = waiting.pop_front() {
            for &next in self.callees(node).iter().filter(|&&next| next != start) {
                if let Some(from @ None) = ways.from.get_mut(next) {
                    *from = Some(node);
                    waiting.push_back(next);
                }
            }
        }
        ways
    }

    /// Nodes within some hops of `start`, without itself, with their distance; nearest first.
    pub(super) fn near<'g>(
        &'g self,
        start: NodeId,
        hops_max: u32,
        next: impl Fn(&'g Self, NodeId) -> &'g [NodeId],
    ) -> Vec<(NodeId, u32)> {
        let mut seen = vec![false; self.names.len()];
        if let Some(seen) = seen.get_mut(start) {
            *seen = true;
        }
        let mut is_new =
            |node: &NodeId| seen.get_mut(*node).is_some_and(|seen| !std::mem::replace(seen, true));
        let mut found = Vec::new();
        let mut edge = vec![start];
        for hops in 1..=hops_max {
            let beyond = edge.iter().flat_map(|&node| next(self, node)).copied();
            edge = beyond.filter(&mut is_new).collect();
            found.extend(edge.iter().map(|&node| (node, hops)));
        }
        found
    }
}

/// Shortest ways from one node.
#[derive(Debug)]
pub(super) struct Ways {
    start: NodeId,
    from: Vec<Option<NodeId>>,
}

impl Ways {
    /// From the start to `node`, both included; empty when there is none.
    pub(super) fn to(&self, node: NodeId) -> Vec<NodeId> {
        let mut way = vec![node];
        let mut at = node;
        while at != self.start {
            let Some(&Some(from)) = self.from.get(at) else { return Vec::new() };
            way.push(from);
            at = from;
        }
        way.reverse();
        way
    }
}

/// The nodes of a graph, and those that are known of but not in it: they have numbers behind its own.
#[derive(Debug)]
pub(super) struct Nodes<'n> {
    pub(super) graph: &'n Graph,
    strangers: BTreeMap<&'n str, NodeId>,
    names: Vec<&'n str>,
}

impl<'n> Nodes<'n> {
    pub(super) fn new(graph: &'n Graph) -> Self {
        Self { graph, strangers: BTreeMap::new(), names: Vec::new() }
    }

    pub(super) fn number(&mut self, name: &'n str) -> NodeId {
        self.graph.number(name).unwrap_or_else(|| {
            *self.strangers.entry(name).or_insert_with(|| {
                self.names.push(name);
                self.graph.names.len() + self.names.len() - 1
            })
        })
    }

    pub(super) fn name(&self, node: NodeId) -> &'n str {
        match self.graph.names.get(node) {
            Some(name) => name,
            None => self.names.get(node - self.graph.names.len()).copied().unwrap_or_default(),
        }
    }
}

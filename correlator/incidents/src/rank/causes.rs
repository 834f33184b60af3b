//! The ranking.
//!
//! A fault shows at the node it is in and spreads to those that call it. So a node is blamed the more,
//! the surer it is abnormal, the less nodes that it calls account for that, and the more of the
//! abnormal nodes above it its fault would explain.
//!
//! **Invariant:** scores lie between 0 and 1, and none is above the chance that the node is abnormal,
//! unless the node was changed just before.

use std::collections::BTreeMap;

use super::evidence::{Change, Evidence, Known, Symptom, gather};
use super::graph::{Graph, NodeId, Nodes, Ways};
use super::reason::reason;

/// So many nodes are weighed, the most abnormal first; the rest is counted.
pub const CANDIDATES_MAX: usize = 128;
/// Less than this is what any healthy node shows now and then.
const CHANCE_MIN: f64 = 0.1;
/// A fault is looked for so far above and below; farther, effects are too thin to be told from noise.
const HOPS_MAX: u32 = 3;
/// What is left of an effect after each further hop.
const PER_HOP: f64 = 0.7;
/// A callee never clears its caller entirely: both may be at fault.
const CLEARED_MAX: f64 = 0.9;
/// What a node is worth that explains nothing but itself, against one whose callers all show it.
const ALONE: f64 = 0.5;
/// A node that calls nobody and has one caller is seen through that caller only, and may be just its
/// view of another node.
const SEEN_BY_ONE: f64 = 0.8;
/// What began after the symptom hardly caused it.
const LATER: f64 = 0.7;
/// What the symptom does not call may be abnormal by coincidence.
const UNCONNECTED: f64 = 0.25;
/// A change at the very start of the symptom takes away this share of the doubt.
const CHANGED: f64 = 0.5;

/// One suspect.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// What is blamed.
    pub node: String,
    /// From 0 to 1; comparable within one ranking.
    pub score: f64,
    /// One sentence with figures.
    pub reason: String,
}

/// Suspects, the likeliest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ranking {
    /// Highest score first, then by name.
    pub causes: Vec<Ranked>,
    /// Abnormal nodes that were not weighed, because [`CANDIDATES_MAX`] others are more abnormal.
    pub left_out: usize,
}

/// What was found about one suspect.
pub(super) struct Weighed<'e> {
    pub(super) node: NodeId,
    pub(super) score: f64,
    /// The callee that accounts for most of it, and for how much.
    pub(super) blamed: Option<(NodeId, f64)>,
    /// Abnormal nodes that call it, the nearest first.
    pub(super) explained: Vec<NodeId>,
    /// From the symptom to it; empty when the symptom does not call it.
    pub(super) way: Vec<NodeId>,
    pub(super) known: &'e Known<'e>,
}

/// Ranks what may have caused the symptom. Whether there is a symptom is the caller's question.
#[must_use]
pub fn rank(
    graph: &Graph,
    symptom: &Symptom,
    evidence: &[Evidence],
    changes: &[Change],
) -> Ranking {
    let mut nodes = Nodes::new(graph);
    let known = gather(&mut nodes, symptom, evidence, changes);
    let start = nodes.number(&symptom.node);
    let case = Case { symptom, start, known: &known, ways: graph.ways_from(start), nodes: &nodes };
    let (candidates, left_out) = case.candidates();
    let mut weighed: Vec<Weighed<'_>> =
        candidates.into_iter().map(|(node, known)| case.weigh(node, known)).collect();
    weighed.sort_by(|a, b| {
        b.score.total_cmp(&a.score).then_with(|| nodes.name(a.node).cmp(nodes.name(b.node)))
    });
    let ranked = |suspect: &Weighed<'_>| Ranked {
        node: nodes.name(suspect.node).to_owned(),
        score: suspect.score,
        reason: reason(&nodes, suspect),
    };
    Ranking { causes: weighed.iter().map(ranked).collect(), left_out }
}

struct Case<'c> {
    symptom: &'c Symptom,
    start: NodeId,
    known: &'c BTreeMap<NodeId, Known<'c>>,
    ways: Ways,
    nodes: &'c Nodes<'c>,
}

impl<'c> Case<'c> {
    fn candidates(&self) -> (Vec<(NodeId, &'c Known<'c>)>, usize) {
        let mut all: Vec<_> = self.known.iter().map(|(&node, known)| (node, known)).collect();
        all.retain(|(_, known)| known.chance >= CHANCE_MIN);
        let name = |node| self.nodes.name(node);
        all.sort_by(|(a, x), (b, y)| {
            y.chance.total_cmp(&x.chance).then_with(|| name(*a).cmp(name(*b)))
        });
        let left_out = all.len().saturating_sub(CANDIDATES_MAX);
        all.truncate(CANDIDATES_MAX);
        (all, left_out)
    }

    fn weigh(&self, node: NodeId, known: &'c Known<'c>) -> Weighed<'c> {
        let blamed = self.blamed(node, known);
        let (explained, support) = self.explained(node, known);
        let way = self.ways.to(node);
        let cleared = CLEARED_MAX * blamed.map_or(0.0, |(_, share)| share);
        let spread = (ALONE + support / (1.0 + support)) / (ALONE + 1.0);
        let mut score = known.chance * (1.0 - cleared) * spread;
        if self.is_seen_by_one(node) {
            score *= SEEN_BY_ONE;
        }
        if self.is_later(known) {
            score *= LATER;
        }
        if way.is_empty() {
            score *= UNCONNECTED;
        }
        let nearness = known.change.map_or(0.0, |(_, nearness)| nearness);
        score = 1.0 - (1.0 - score) * (1.0 - CHANGED * nearness);
        Weighed { node, score, blamed, explained, way, known }
    }

    /// A callee accounts for as much as it is surely abnormal, and large beside its caller: effects get
    /// thinner on their way up, so a callee's small anomaly is no reason for a large one.
    fn blamed(&self, node: NodeId, known: &Known<'_>) -> Option<(NodeId, f64)> {
        let below = self.nodes.graph.near(node, HOPS_MAX, Graph::callees);
        let shares = below.into_iter().filter_map(|(callee, hops)| {
            let other = self.known.get(&callee)?;
            let size = (other.size() / known.size()).min(1.0);
            Some((callee, per_hop(hops) * other.chance * size))
        });
        let shares = shares.filter(|(_, share)| *share > 0.0);
        shares.reduce(|best, next| if next.1 > best.1 { next } else { best })
    }

    /// Abnormal nodes above, and how much they speak for this one.
    fn explained(&self, node: NodeId, known: &Known<'_>) -> (Vec<NodeId>, f64) {
        let mut found = Vec::new();
        let mut support = 0.0;
        for (caller, hops) in self.nodes.graph.near(node, HOPS_MAX, Graph::callers) {
            let Some(other) = self.known.get(&caller) else { continue };
            support += per_hop(hops) * other.chance.min(known.chance);
            if other.chance >= 0.5 {
                found.push(caller);
            }
        }
        (found, support)
    }

    fn is_seen_by_one(&self, node: NodeId) -> bool {
        let graph = self.nodes.graph;
        let is_symptom = self.start == node;
        let (callers, callees) = (graph.callers(node), graph.callees(node));
        !is_symptom && callees.is_empty() && callers.len() < 2
    }

    fn is_later(&self, known: &Known<'_>) -> bool {
        let by_ms = known.since_ms.map(|ms| ms.saturating_sub(self.symptom.since_ms));
        by_ms.is_some_and(|by_ms| by_ms > self.symptom.step_ms)
    }
}

fn per_hop(hops: u32) -> f64 {
    (1..hops).fold(1.0, |left, _| left * PER_HOP)
}

//! Large graphs: nothing here may recurse, and the work is bounded.

use incidents::rank::{CANDIDATES_MAX, Graph, rank};

use crate::support::{names, piece, symptom};

const NODES: usize = 100_000;

fn name(number: usize) -> String {
    if number == 0 { "shop".to_owned() } else { format!("node-{number}") }
}

fn graph(edges: impl Iterator<Item = (usize, usize)>) -> Graph {
    let edges: Vec<(String, String)> =
        edges.map(|(caller, callee)| (name(caller), name(callee))).collect();
    Graph::new(edges.iter().map(|(caller, callee)| (caller.as_str(), callee.as_str())))
}

#[test]
fn one_ring_through_all_nodes() {
    let ring = graph((0..NODES).map(|node| (node, (node + 1) % NODES)));
    let evidence: Vec<_> = (0..NODES).map(|node| piece(&name(node), 0.5)).collect();
    let mut evidence = evidence;
    evidence[NODES - 1].score = 0.9;
    let ranking = rank(&ring, &symptom("shop"), &evidence, &[]);
    assert_eq!(ranking.causes.len(), CANDIDATES_MAX);
    assert_eq!(ranking.left_out, NODES - CANDIDATES_MAX);
    let last = &ranking.causes[0];
    assert_eq!(last.node, name(NODES - 1));
    assert!(last.reason.contains("path shop → … 99999 hops … → node-99999"), "{}", last.reason);
}

#[test]
fn a_hub_that_everyone_calls_and_that_calls_everyone() {
    let edges = (1..NODES).flat_map(|node| [(0, node), (node, 0), (node, node % 7 + 1)]);
    let dense = graph(edges);
    let evidence: Vec<_> =
        (0..300).map(|node| piece(&name(node), if node == 5 { 0.95 } else { 0.3 })).collect();
    let ranking = rank(&dense, &symptom("shop"), &evidence, &[]);
    assert_eq!(names(&ranking)[0], name(5));
    assert_eq!(ranking.left_out, 300 - CANDIDATES_MAX);
}

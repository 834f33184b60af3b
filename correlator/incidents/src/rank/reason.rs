//! The sentence that says why a node is suspected.
//!
//! **Invariant:** every figure in it took part in the score.

use schemas::time::Time;

use super::causes::Weighed;
use super::graph::{NodeId, Nodes};

/// More than these would not be read.
const PIECES_MAX: usize = 2;
const NAMES_MAX: usize = 4;
const WAY_MAX: usize = 6;
/// Less than this is not worth saying.
const SHARE_MIN: f64 = 0.05;

pub(super) fn reason(nodes: &Nodes<'_>, suspect: &Weighed<'_>) -> String {
    let mut parts = Vec::new();
    let pieces = suspect.known.pieces.iter().take(PIECES_MAX);
    parts.extend(pieces.map(|piece| piece.text.clone()));
    if parts.is_empty() {
        parts.push("nothing abnormal was seen on it".to_owned());
    }
    parts.push(way(nodes, &suspect.way));
    if !suspect.explained.is_empty() {
        let names = names(nodes, &suspect.explained);
        parts.push(format!("its fault would explain {names}"));
    }
    if let Some((callee, share)) = suspect.blamed.filter(|(_, share)| *share >= SHARE_MIN) {
        let percent = share * 100.0;
        parts.push(format!("{} accounts for {percent:.0} % of it", nodes.name(callee)));
    }
    if let Some((change, _)) = suspect.known.change {
        parts.push(format!("{} at {}", change.text, instant(change.at_ms)));
    }
    parts.join("; ")
}

fn way(nodes: &Nodes<'_>, way: &[NodeId]) -> String {
    let name = |node: &NodeId| nodes.name(*node);
    match way {
        [] => "the symptom does not call it".to_owned(),
        [_] => "the symptom shows at itself".to_owned(),
        [first, .., last] if way.len() > WAY_MAX => {
            format!("path {} → … {} hops … → {}", name(first), way.len() - 1, name(last))
        }
        _ => format!("path {}", way.iter().map(name).collect::<Vec<_>>().join(" → ")),
    }
}

fn names(nodes: &Nodes<'_>, some: &[NodeId]) -> String {
    let told: Vec<&str> = some.iter().take(NAMES_MAX).map(|&node| nodes.name(node)).collect();
    match some.len().saturating_sub(NAMES_MAX) {
        0 => told.join(", "),
        more => format!("{} and {more} more", told.join(", ")),
    }
}

/// A time as people read it; one that no calendar has stays a number.
pub(super) fn instant(at_ms: i64) -> String {
    Time::from_millis(at_ms).map_or_else(|_| format!("{at_ms} ms"), |time| time.to_string())
}

/// A number with some four digits that count.
pub(super) fn figure(value: f64) -> String {
    let size = value.abs();
    let decimals = match size {
        _ if size >= 1000.0 => 0,
        _ if size >= 100.0 => 1,
        _ if size >= 1.0 => 2,
        _ if size >= 0.01 => 4,
        _ => 6,
    };
    let text = format!("{value:.decimals$}");
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

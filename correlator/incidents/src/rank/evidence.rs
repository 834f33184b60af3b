//! What is known of nodes before anyone is blamed.
//!
//! **Invariant:** evidence of one node joins as chances do: two pieces of 0.5 make 0.75, and neither order
//! nor a piece of 0 matters. So a piece should stand for something of its own: not one for each
//! percentile of one metric.

use std::collections::BTreeMap;

use super::graph::{NodeId, Nodes};

/// A change counts when it came so long before the symptom.
pub const CHANGE_BEFORE_MS: i64 = 30 * 60_000;

/// That a node is abnormal: an alert, a finding, a metric out of line.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// What it is about.
    pub node: String,
    /// How sure, from 0 to 1; what is not a number counts as 0.
    pub score: f64,
    /// Since when.
    pub since_ms: i64,
    /// What is wrong, with figures, to stand in a sentence.
    pub text: String,
}

/// A deployment, a configuration change, a flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What was changed.
    pub node: String,
    /// When.
    pub at_ms: i64,
    /// What was done, to stand in a sentence.
    pub text: String,
}

/// What is to be explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symptom {
    /// Where it shows.
    pub node: String,
    /// Since when.
    pub since_ms: i64,
    /// How exact times are: the distance of samples. What began later by more than this is no cause.
    pub step_ms: i64,
}

/// All that is known of one node.
#[derive(Debug, Default)]
pub(super) struct Known<'e> {
    /// The chance that it is abnormal.
    pub(super) chance: f64,
    pub(super) since_ms: Option<i64>,
    pub(super) pieces: Vec<&'e Evidence>,
    /// The nearest change before the symptom, and how near: 1 at its start, 0 half an hour before.
    pub(super) change: Option<(&'e Change, f64)>,
}

/// The more surely abnormal a node is, the more it can account for; certainty is kept finite.
const CHANCE_MAX: f64 = 0.9975;
/// A change alone, with nothing abnormal seen on the node, is worth this much when it is recent.
const CHANGE_ALONE: f64 = 0.3;

impl<'e> Known<'e> {
    /// Sums up what was gathered. Pieces are taken in one order, because rounding depends on it.
    fn sum_up(&mut self) {
        self.pieces.sort_by(|a, b| {
            chance_of(b).total_cmp(&chance_of(a)).then_with(|| a.text.cmp(&b.text))
        });
        let alone = self.change.map_or(0.0, |(_, nearness)| CHANGE_ALONE * nearness);
        let chances = self.pieces.iter().map(|piece| chance_of(piece));
        self.chance = 1.0 - chances.fold(1.0 - alone, |doubt, chance| doubt * (1.0 - chance));
        self.since_ms = self.pieces.iter().map(|piece| piece.since_ms).min();
    }

    fn changed(&mut self, change: &'e Change, nearness: f64) {
        let is_nearer = |(kept, known): (&Change, f64)| {
            let order = nearness.total_cmp(&known).then_with(|| kept.text.cmp(&change.text));
            order.is_gt()
        };
        if self.change.is_none_or(is_nearer) {
            self.change = Some((change, nearness));
        }
    }

    /// How far from ordinary it is, in a measure that does not end at 1 and grows with each doubling:
    /// from what is a hundred times as large as usual one does not learn more than from fifty.
    pub(super) fn size(&self) -> f64 {
        let chance = self.chance.min(CHANCE_MAX);
        (chance / (1.0 - chance)).sqrt().ln_1p()
    }
}

/// What is known, by node.
pub(super) fn gather<'e>(
    nodes: &mut Nodes<'e>,
    symptom: &Symptom,
    evidence: &'e [Evidence],
    changes: &'e [Change],
) -> BTreeMap<NodeId, Known<'e>> {
    let mut known: BTreeMap<NodeId, Known<'e>> = BTreeMap::new();
    for piece in evidence {
        known.entry(nodes.number(&piece.node)).or_default().pieces.push(piece);
    }
    for change in changes {
        if let Some(nearness) = nearness(change, symptom) {
            known.entry(nodes.number(&change.node)).or_default().changed(change, nearness);
        }
    }
    known.values_mut().for_each(Known::sum_up);
    known
}

/// What is not a number is no evidence.
fn chance_of(piece: &Evidence) -> f64 {
    if piece.score > 0.0 { piece.score.min(1.0) } else { 0.0 }
}

fn nearness(change: &Change, symptom: &Symptom) -> Option<f64> {
    let before_ms = symptom.since_ms.saturating_sub(change.at_ms);
    // Samples tell the start of the symptom to one step only.
    let is_near = before_ms >= -symptom.step_ms && before_ms <= CHANGE_BEFORE_MS;
    is_near.then(|| 1.0 - before_ms.max(0) as f64 / CHANGE_BEFORE_MS as f64)
}

//! An incident that an item may belong to, and what speaks for it.
//!
//! **Invariant:** evidence adds up as chances that each piece is none: `p = 1 − Π(1 − w·s)`. For a
//! merge each piece counts only as far as it is rarer than the many pairs there are to compare.

use schemas::incident::Strategy;

use crate::key::Of;
use crate::weights::{BESIDE_TIME, JOIN, MERGE_CARE, OWN_CARE};

/// So many incidents are weighed for one item.
const CANDIDATES_MAX: usize = 32;
/// So many pieces of evidence are told of one link.
const PARTS_MAX: usize = 4;

/// One piece of evidence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) strategy: Strategy,
    /// How much it weighs.
    pub(crate) score: f64,
    pub(crate) what: What,
}

/// What a piece of evidence is, for the sentence.
#[derive(Debug, Clone, Copy)]
pub(crate) enum What {
    /// The thing with this place in the item's probes was met again, by chance so often.
    Again { of: Of, probe: usize, lag_ms: i64, chance: f64 },
    /// The item's rule fired on a record that is part of it.
    Fired,
    /// The session was at nothing else, or at so many things.
    Session { at_once: usize },
    /// Calls before it that named nothing.
    Unnamed,
    /// So often of so many times one kind followed the other.
    Follows { times: f64, of: f64 },
    /// Words in common.
    Words,
    /// The service with this place among those beside the item's, which depends on it or the other way.
    Beside { service: usize },
    /// So many steps away in the graph.
    Near { steps: u8 },
}

/// An incident and the evidence for it.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) incident: u64,
    /// The chance that nothing of it is true.
    none: f64,
    none_beside_time: f64,
    /// What each thing that was met again weighs to join and to merge, and the chance of it.
    again: Vec<(f64, f64, f64)>,
    pub(crate) parts: Vec<Part>,
}

impl Candidate {
    pub(crate) fn joins(&self) -> f64 {
        1.0 - self.none
    }

    pub(crate) fn is_enough(&self) -> bool {
        self.joins() >= JOIN && 1.0 - self.none_beside_time >= BESIDE_TIME
    }

    /// Whether it is rare enough, as often as two incidents of such a size could have met.
    pub(crate) fn is_enough_to_merge(&self, size: f64) -> bool {
        let none = |(_, weight, chance): &(f64, f64, f64)| {
            1.0 - weight * (1.0 - (chance * MERGE_CARE * size).min(1.0))
        };
        1.0 - self.again.iter().map(none).product::<f64>() >= JOIN
    }

    /// Whether what ties an item to its own incident is rare, and not only what goes on anyway.
    pub(crate) fn is_rare(&self) -> bool {
        let none = |(weight, _, chance): &(f64, f64, f64)| {
            1.0 - weight * (1.0 - (chance * OWN_CARE).min(1.0))
        };
        1.0 - self.again.iter().map(none).product::<f64>() >= JOIN
    }

    /// Whether it is only that the same service was changed before.
    pub(crate) fn is_of_change_alone(&self) -> bool {
        let of_change = |part: &Part| matches!(part.what, What::Again { of: Of::Changed, .. });
        let little = |part: &Part| matches!(part.what, What::Words | What::Follows { .. });
        self.parts.iter().any(of_change)
            && self.parts.iter().all(|part| of_change(part) || little(part))
    }

    /// Whether the graph spoke for it already: many paths between two things are no more than one.
    pub(crate) fn has_near(&self) -> bool {
        self.parts.iter().any(|part| matches!(part.what, What::Near { .. }))
    }

    fn add(&mut self, part: Part) {
        self.none *= 1.0 - part.score;
        if part.strategy != Strategy::Temporal {
            self.none_beside_time *= 1.0 - part.score;
        }
        if self.parts.len() < PARTS_MAX {
            self.parts.push(part);
        }
    }
}

/// The incidents an item may belong to, in the order in which they were found.
#[derive(Debug, Default)]
pub(crate) struct Candidates(pub(crate) Vec<Candidate>);

impl Candidates {
    /// Adds evidence that merges nothing.
    pub(crate) fn add(&mut self, incident: u64, part: Part) {
        if let Some(candidate) = self.of(incident) {
            candidate.add(part);
        }
    }

    /// Adds evidence that a thing was met again, and what it weighs for a merge.
    pub(crate) fn add_again(&mut self, incident: u64, part: Part, weights: (f64, f64)) {
        let What::Again { chance, .. } = part.what else { return };
        if let Some(candidate) = self.of(incident) {
            candidate.add(part);
            candidate.again.push((weights.0, weights.1, chance));
        }
    }

    /// Adds evidence that cannot be by chance.
    pub(crate) fn add_sure(&mut self, incident: u64, part: Part) {
        if let Some(candidate) = self.of(incident) {
            candidate.add(part);
            candidate.again.push((part.score, part.score, 0.0));
        }
    }

    fn of(&mut self, incident: u64) -> Option<&mut Candidate> {
        let at = self.0.iter().position(|candidate| candidate.incident == incident);
        if at.is_none() && self.0.len() < CANDIDATES_MAX {
            let (again, parts) = (Vec::new(), Vec::new());
            self.0.push(Candidate { incident, none: 1.0, none_beside_time: 1.0, again, parts });
            return self.0.last_mut();
        }
        self.0.get_mut(at?)
    }

    /// The likeliest first; of two as likely the older incident.
    pub(crate) fn sort(&mut self) {
        self.0.sort_by(|a, b| b.joins().total_cmp(&a.joins()).then(a.incident.cmp(&b.incident)));
    }
}

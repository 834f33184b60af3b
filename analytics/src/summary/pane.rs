//! One pane of an event-time window over a series: what came, single or summed up.
//!
//! **Invariants:** merging is associative and commutative in everything reported: count, least,
//! greatest, first and last exactly, the sum to 1e-12, quantiles to 1 %, for points of distinct
//! times in any split and order. While a pane holds at most 64 values, a value that comes for a time
//! which has one replaces it (the last that arrives wins); after that it counts.
//!
//! What is infinite or no number, or has no place in a series of this kind, is counted as unusable
//! and changes nothing else.

mod merge;
mod report;

use schemas::metric::PointKind;
use serde::{Deserialize, Serialize};

use super::before::Before;
use super::growth::{Growth, Stretch};
use super::moments::Dated;
use super::sets::Sets;
use super::singles::Singles;
use super::summed::Summed;

pub use report::{Increase, Statistics};

/// Beginnings that are kept beside single values; more are unusable.
const BEGINNINGS_MAX: usize = 32;

/// A pane. While values are single 64 bytes and 12 for each, with room for half as many again;
/// after that 264 bytes and 12 for each bucket of the sketch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pane {
    points: Points,
    /// Of a series of totals: its beginnings, and all points once they are summed up.
    growth: Option<Box<Growth>>,
    sets: Option<Box<Sets>>,
    /// The latest time of a point or a set.
    heard_ms: Option<u32>,
    stale_ms: Option<u32>,
    unusable: u32,
    is_total: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Points {
    Single(Singles),
    Summed(Box<Summed>),
}

impl Pane {
    /// An empty pane. That of a series of totals follows their growth.
    #[must_use]
    pub fn new(is_total: bool) -> Self {
        Self {
            points: Points::Single(Singles::default()),
            growth: None,
            sets: None,
            heard_ms: None,
            stale_ms: None,
            unusable: 0,
            is_total,
        }
    }

    /// Takes a point, `time_ms` after the start of the pane.
    pub fn add(&mut self, time_ms: u32, value: f64, kind: PointKind) {
        if kind == PointKind::Stale {
            self.stale_ms = self.stale_ms.max(Some(time_ms));
        } else if value.is_finite() && self.take(Dated { time_ms, value }, kind) {
            self.heard_ms = self.heard_ms.max(Some(time_ms));
        } else {
            self.unusable = self.unusable.saturating_add(1);
        }
    }

    /// Takes a value that no other one replaces: two of one instant are two.
    pub fn count(&mut self, time_ms: u32, value: f64) {
        if !value.is_finite() {
            self.unusable = self.unusable.saturating_add(1);
            return;
        }
        let point = Dated { time_ms, value };
        self.sum_up();
        match &mut self.points {
            Points::Summed(summed) => summed.add(point),
            Points::Single(_) => self.points = Points::Summed(Box::new(Summed::first(point))),
        }
        self.heard_ms = self.heard_ms.max(Some(time_ms));
    }

    /// No point comes into this pane, nor before its last, any more: what was kept for such is let go.
    pub fn settle(&mut self) {
        if let (Points::Summed(_), Some(growth)) = (&self.points, &mut self.growth) {
            growth.settle();
        }
        if let Some(sets) = &mut self.sets {
            sets.settle();
        }
    }

    /// The same values as those of a series of states, where the totals of sets were `before`.
    #[must_use]
    pub fn as_states(&self, before: &Before) -> Self {
        let sets = self.sets.as_ref().map(|sets| Box::new(sets.as_states(before)));
        Self { growth: None, sets, is_total: false, ..self.clone() }
    }

    /// False for what this pane can do nothing with.
    fn take(&mut self, point: Dated, kind: PointKind) -> bool {
        match kind {
            PointKind::Value => self.add_value(point),
            PointKind::Start => return self.add_beginning(point),
            _ => return self.add_piece(point, kind),
        }
        true
    }

    fn add_value(&mut self, point: Dated) {
        if let Points::Single(singles) = &mut self.points {
            if singles.add(point) {
                return;
            }
            self.sum_up();
        }
        if let Points::Summed(summed) = &mut self.points {
            summed.add(point);
        }
        if let Some(growth) = &mut self.growth {
            growth.add(point, false);
        }
    }

    /// A beginning is what a total counts from, and no measured value.
    fn add_beginning(&mut self, point: Dated) -> bool {
        if !self.is_total {
            return false;
        }
        let growth = self.growth.get_or_insert_default();
        // Later single values may belong between beginnings, so these must not be joined yet.
        let full = matches!(self.points, Points::Single(_)) && growth.len() >= BEGINNINGS_MAX;
        if !full {
            growth.add(point, true);
        }
        !full
    }

    fn add_piece(&mut self, piece: Dated, kind: PointKind) -> bool {
        let is_total = self.is_total;
        self.sets.get_or_insert_with(|| Box::new(Sets::new(is_total))).add(piece, kind)
    }

    /// Goes over from single values to sums, if there are any values.
    fn sum_up(&mut self) {
        let Points::Single(singles) = &self.points else { return };
        let Some(summed) = Summed::of(singles) else { return };
        if self.is_total {
            self.growth.get_or_insert_default().take_all(stretches_of(singles));
        }
        self.points = Points::Summed(Box::new(summed));
    }
}

fn stretches_of(singles: &Singles) -> impl Iterator<Item = Stretch> + '_ {
    singles.iter().map(|point| Stretch::of(point, false))
}

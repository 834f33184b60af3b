//! How much a total has grown: the increases between consecutive points by time. Where it fell it
//! had begun anew, and what it shows is the increase.
//!
//! A late point changes the increase between its neighbours, so these must not be forgotten: the
//! growth is kept as stretches of points, and stretches are joined where the time between them
//! is shortest. **Invariant:** at most [`STRETCHES_MAX`] stretches, ordered by time, and the
//! increase is exact as long as no point comes between points that were joined. One that does, after
//! more than 1,024 others, adds nothing to the increase and is counted as unplaced. Panes that
//! lie apart merge exactly in any order while they leave no more than 512 holes between them.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::moments::Dated;
use super::wire::Inconsistent;

const STRETCHES_MAX: usize = 1_024;
/// How many are left when there were too many; so joining is rare.
const STRETCHES_LEFT: usize = 512;

/// A total by time. 32 bytes, and 48 for each stretch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub(super) struct Growth {
    stretches: Vec<Stretch>,
    unplaced: u32,
}

/// Consecutive points, joined.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Stretch {
    first: Dated,
    last: Dated,
    increase: f64,
    /// Whether the source said that its first point was a new beginning.
    begins: bool,
}

impl Stretch {
    pub(super) fn of(point: Dated, begins: bool) -> Self {
        Self { first: point, last: point, increase: 0.0, begins }
    }

    fn starts_before(&self, other: &Self) -> bool {
        // What was counted before a new beginning is not told at its very instant.
        (self.first.time_ms, !self.begins) < (other.first.time_ms, !other.begins)
    }

    fn order(&self, other: &Self) -> Ordering {
        let by_start = self.starts_before(other).cmp(&other.starts_before(self)).reverse();
        by_start.then(self.first.value.total_cmp(&other.first.value))
    }

    fn is_joined(&self) -> bool {
        self.first.time_ms < self.last.time_ms
    }

    /// Whether a point of this time, if it is not the first, would lie between joined points.
    fn covers(&self, time_ms: u32) -> bool {
        self.first.time_ms < time_ms && time_ms <= self.last.time_ms
    }

    /// Adds what comes next.
    fn join(&mut self, next: &Self) {
        let (before, after) = (self.last.value, next.first.value);
        let between = if next.begins { 0.0 } else { step(before, after) };
        self.increase += between + next.increase;
        if next.last.time_ms >= self.last.time_ms {
            self.last = next.last;
        }
    }

    fn gap_to(&self, next: &Self) -> u32 {
        next.first.time_ms.saturating_sub(self.last.time_ms)
    }
}

/// How a total went from its first point to its last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Course {
    pub(super) first: Dated,
    /// The source said that it began with the first.
    begins: bool,
    pub(super) last: Dated,
    /// Nothing of a lone point: there was no step.
    increase: Option<f64>,
}

impl Course {
    /// The increase, the step from the point before included.
    pub(super) fn increase_after(&self, before: Option<f64>) -> Option<f64> {
        let step = before.map(|before| match self.begins {
            true => 0.0,
            false => step(before, self.first.value),
        });
        match (step, self.increase) {
            (Some(step), increase) => Some(step + increase.unwrap_or(0.0)),
            (None, increase) => increase,
        }
    }
}

/// What a total grew by between two points: where it fell, it began anew.
fn step(before: f64, after: f64) -> f64 {
    if after >= before { after - before } else { after.max(0.0) }
}

impl Growth {
    /// Adds a point; it replaces one of the same time that stands alone.
    pub(super) fn add(&mut self, point: Dated, begins: bool) {
        let stretch = Stretch::of(point, begins);
        if self.stretches.last().is_none_or(|last| last.last.time_ms < point.time_ms) {
            self.stretches.push(stretch);
            return self.shorten();
        }
        let at = self.stretches.partition_point(|present| present.starts_before(&stretch));
        let (before, from) = self.stretches.split_at_mut(at);
        let same = from.first_mut().filter(|present| !stretch.starts_before(present));
        let within = before.last().is_some_and(|before| before.covers(point.time_ms));
        match same {
            Some(present) if !present.is_joined() => *present = stretch,
            None if !within => {
                self.stretches.insert(at, stretch);
                self.shorten();
            }
            _ => self.unplaced = self.unplaced.saturating_add(1),
        }
    }

    pub(super) fn merge(&mut self, other: &Self, offset_ms: u32) {
        let later = other.stretches.iter().map(|stretch| Stretch {
            first: stretch.first.later(offset_ms),
            last: stretch.last.later(offset_ms),
            ..*stretch
        });
        self.unplaced = self.unplaced.saturating_add(other.unplaced);
        self.take_all(later);
    }

    /// Takes points that were kept elsewhere, all before any are joined.
    pub(super) fn take_all(&mut self, more: impl Iterator<Item = Stretch>) {
        self.stretches.extend(more);
        self.stretches.sort_by(Stretch::order);
        self.shorten();
    }

    fn shorten(&mut self) {
        if self.stretches.len() <= STRETCHES_MAX {
            return;
        }
        let neighbours = self.stretches.iter().zip(self.stretches.iter().skip(1));
        let mut gaps: Vec<u32> = neighbours.map(|(one, next)| one.gap_to(next)).collect();
        gaps.sort_unstable();
        let widest = gaps.get(gaps.len() - STRETCHES_LEFT).copied().unwrap_or_default();
        let mut joined: Vec<Stretch> = Vec::with_capacity(STRETCHES_MAX + 1);
        for stretch in self.stretches.drain(..) {
            match joined.last_mut() {
                Some(last) if last.gap_to(&stretch) <= widest => last.join(&stretch),
                _ => joined.push(stretch),
            }
        }
        self.stretches = joined;
    }

    /// How the total went over these and `more` points.
    pub(super) fn course(&self, more: impl Iterator<Item = Dated>) -> Option<Course> {
        let mut all = self.stretches.clone();
        all.extend(more.map(|point| Stretch::of(point, false)));
        all.sort_by(Stretch::order);
        let (first, rest) = all.split_first()?;
        let mut whole = *first;
        rest.iter().for_each(|stretch| whole.join(stretch));
        let lone = rest.is_empty() && !first.is_joined();
        Some(Course {
            first: first.first,
            begins: first.begins,
            last: whole.last,
            increase: (!lone).then_some(whole.increase),
        })
    }

    /// No point comes between these any more: one stretch tells as much as all.
    pub(super) fn settle(&mut self) {
        if let Some((first, rest)) = self.stretches.split_first_mut() {
            rest.iter().for_each(|stretch| first.join(stretch));
        }
        self.stretches.truncate(1);
    }

    pub(super) fn len(&self) -> usize {
        self.stretches.len()
    }

    pub(super) fn unplaced(&self) -> u32 {
        self.unplaced
    }
}

#[derive(Serialize, Deserialize)]
struct Wire {
    stretches: Vec<Stretch>,
    unplaced: u32,
}

impl From<Growth> for Wire {
    fn from(growth: Growth) -> Self {
        Self { stretches: growth.stretches, unplaced: growth.unplaced }
    }
}

impl TryFrom<Wire> for Growth {
    type Error = Inconsistent;

    fn try_from(wire: Wire) -> Result<Self, Inconsistent> {
        let Wire { stretches, unplaced } = wire;
        let ordered = stretches.is_sorted_by(|one, next| one.order(next).is_le());
        let usable = |stretch: &Stretch| {
            let finite = stretch.first.value.is_finite() && stretch.last.value.is_finite();
            let ordered = stretch.first.time_ms <= stretch.last.time_ms;
            // An increase beyond the range of `f64` is infinite, and no defect.
            finite && ordered && stretch.increase >= 0.0
        };
        let whole = ordered && stretches.len() <= STRETCHES_MAX && stretches.iter().all(usable);
        Inconsistent::unless(whole, "stretches of a total that cannot be")?;
        Ok(Self { stretches, unplaced })
    }
}

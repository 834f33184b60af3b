//! What of values can be summed up without error, or nearly: count, sum, spread, ends.
//!
//! **Invariant:** whatever the order and the merges, count, least, greatest, first and last are
//! the same, the sum is within 1e-12 of the true one, and the deviation within 1e-9 where the mean
//! is not more than 100,000 times as large. Values are finite. Of two values of the same instant
//! the greater is the first, and the last.

use serde::{Deserialize, Serialize};

use super::sum::Sum;
use super::wire::{COUNT_MAX, Inconsistent};

/// A value at an instant of its pane.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dated {
    /// Milliseconds since the start of the pane.
    pub time_ms: u32,
    /// What was measured then.
    pub value: f64,
}

impl Dated {
    /// The same in a pane that began `offset_ms` earlier.
    pub(super) fn later(self, offset_ms: u32) -> Self {
        Self { time_ms: self.time_ms.saturating_add(offset_ms), ..self }
    }
}

/// Sums over values. 80 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub(super) struct Moments {
    pub(super) count: u64,
    pub(super) sum: Sum,
    /// The sum of the squared distances from the mean: unlike a sum of squares it loses nothing
    /// where the values are large and near one another.
    squared_distance: f64,
    pub(super) min: f64,
    pub(super) max: f64,
    pub(super) first: Dated,
    pub(super) last: Dated,
}

impl Moments {
    pub(super) fn of(point: Dated) -> Self {
        let Dated { value, .. } = point;
        let mut sum = Sum::default();
        sum.add(value);
        let (min, max) = (value, value);
        Self { count: 1, sum, squared_distance: 0.0, min, max, first: point, last: point }
    }

    /// Of many at once; nothing of none.
    pub(super) fn of_all(mut points: impl Iterator<Item = Dated>) -> Option<Self> {
        let first = Self::of(points.next()?);
        Some(points.fold(first, |mut moments, point| {
            moments.add(point);
            moments
        }))
    }

    /// Welford's step, with means out of the exact sum so that their errors do not add up.
    pub(super) fn add(&mut self, point: Dated) {
        let Dated { value, .. } = point;
        let before = self.mean();
        self.count += 1;
        self.sum.add(value);
        self.squared_distance += (value - before) * (value - self.mean());
        self.widen(value, value);
        self.extend(point, point);
    }

    /// Chan's step: the distances within both, and those of their means from the common one.
    pub(super) fn merge(&mut self, other: &Self) {
        let apart = other.mean() - self.mean();
        let (ours, theirs) = (self.count as f64, other.count as f64);
        self.count += other.count;
        self.sum.merge(other.sum);
        let between = apart * apart * ours * (theirs / (ours + theirs));
        self.squared_distance += other.squared_distance + between;
        self.widen(other.min, other.max);
        self.extend(other.first, other.last);
    }

    pub(super) fn later(self, offset_ms: u32) -> Self {
        Self { first: self.first.later(offset_ms), last: self.last.later(offset_ms), ..self }
    }

    fn widen(&mut self, min: f64, max: f64) {
        self.min = least(self.min, min);
        self.max = greatest(self.max, max);
    }

    fn extend(&mut self, first: Dated, last: Dated) {
        if first.time_ms < self.first.time_ms {
            self.first = first;
        } else if first.time_ms == self.first.time_ms {
            self.first.value = greatest(self.first.value, first.value);
        }
        if last.time_ms > self.last.time_ms {
            self.last = last;
        } else if last.time_ms == self.last.time_ms {
            self.last.value = greatest(self.last.value, last.value);
        }
    }

    fn mean(&self) -> f64 {
        self.sum.value() / self.count as f64
    }

    /// The standard deviation of the values as a whole population; infinite where the squares are.
    pub(super) fn deviation(&self) -> f64 {
        if self.min >= self.max {
            return 0.0;
        }
        let squared = self.squared_distance / self.count as f64;
        if squared.is_finite() { squared.max(0.0).sqrt() } else { f64::INFINITY }
    }
}

/// The lesser by total order, in which zeros differ by their sign: so the order of two equal zeros
/// does not show.
pub(super) fn least(one: f64, other: f64) -> f64 {
    if one.total_cmp(&other).is_le() { one } else { other }
}

pub(super) fn greatest(one: f64, other: f64) -> f64 {
    if one.total_cmp(&other).is_ge() { one } else { other }
}

#[derive(Serialize, Deserialize)]
struct Wire {
    count: u64,
    sum: Sum,
    squared_distance: f64,
    min: f64,
    max: f64,
    first: Dated,
    last: Dated,
}

impl From<Moments> for Wire {
    fn from(moments: Moments) -> Self {
        let Moments { count, sum, squared_distance, min, max, first, last } = moments;
        Self { count, sum, squared_distance, min, max, first, last }
    }
}

impl TryFrom<Wire> for Moments {
    type Error = Inconsistent;

    fn try_from(wire: Wire) -> Result<Self, Inconsistent> {
        let Wire { count, sum, squared_distance, min, max, first, last } = wire;
        let within = |value: f64| (min..=max).contains(&value);
        let values =
            min.is_finite() && max.is_finite() && within(first.value) && within(last.value);
        Inconsistent::unless(values, "values out of their own range")?;
        let ordered = first.time_ms <= last.time_ms && (1..=COUNT_MAX).contains(&count);
        Inconsistent::unless(ordered, "no values, or the last before the first")?;
        Ok(Self { count, sum, squared_distance, min, max, first, last })
    }
}

//! What a pane tells.

use super::{Pane, Points};
use crate::summary::before::Before;
use crate::summary::growth::{Course, Growth};
use crate::summary::moments::{Dated, Moments, greatest, least};
use crate::summary::sets::of_both;
use crate::summary::sketch::rank;
use crate::summary::sum::Sum;

/// What the values of a pane came to. Statistic sets have no deviation, and no first and last
/// value: the one is missing if there were any sets, the others if there was nothing else.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistics {
    /// How many values.
    pub count: u64,
    /// Their sum; infinite beyond the range of `f64`.
    pub sum: f64,
    /// The least.
    pub min: Option<f64>,
    /// The greatest.
    pub max: Option<f64>,
    /// The earliest.
    pub first: Option<Dated>,
    /// The latest.
    pub last: Option<Dated>,
    /// The arithmetic mean; nothing where sets did not say how many values they stand for.
    pub mean: Option<f64>,
    /// The standard deviation of the values as a whole population; infinite where their squares
    /// are beyond the range of `f64`.
    pub deviation: Option<f64>,
}

/// How much a total grew.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Increase {
    /// The sum of its steps from point to point, the one into the pane's first included.
    pub increase: f64,
    /// From the first of these points to the last.
    pub took_ms: i64,
}

impl Increase {
    /// Growth per second; nothing where no time passed.
    #[must_use]
    pub fn per_second(&self) -> Option<f64> {
        (self.took_ms > 0).then(|| self.increase * 1_000.0 / self.took_ms as f64)
    }
}

impl Pane {
    /// Statistics of points and sets together, where totals were `before`; nothing where there was
    /// neither.
    #[must_use]
    pub fn statistics(&self, before: &Before) -> Option<Statistics> {
        let points = self.moments();
        let sets =
            self.sets.as_ref().map(|sets| sets.total(before)).filter(|sets| sets.says_anything());
        if points.is_none() && sets.is_none() {
            return None;
        }
        let mut sum = points.map_or_else(Sum::default, |points| points.sum);
        sum.merge(sets.map_or_else(Sum::default, |sets| sets.sum));
        let of_sets = |count: u64| count.saturating_add(sets.map_or(0, |sets| sets.count));
        let count = of_sets(points.map_or(0, |points| points.count));
        Some(Statistics {
            count,
            sum: sum.value(),
            min: of_both(points.map(|points| points.min), sets.and_then(|sets| sets.min), least),
            max: of_both(points.map(|points| points.max), sets.and_then(|sets| sets.max), greatest),
            first: points.map(|points| points.first),
            last: points.map(|points| points.last),
            mean: (count > 0).then(|| sum.value() / count as f64),
            deviation: points.filter(|_| sets.is_none()).map(|points| points.deviation()),
        })
    }

    /// Quantiles of the points: each the least value that this share of all values does not exceed.
    /// Exact while values are single, within 1 % after that.
    #[must_use]
    pub fn quantiles<const N: usize>(&self, wanted: [f64; N]) -> Option<[f64; N]> {
        match &self.points {
            Points::Summed(summed) => Some(wanted.map(|quantile| summed.quantile(quantile))),
            Points::Single(singles) => {
                let mut values: Vec<f64> = singles.iter().map(|point| point.value).collect();
                values.sort_unstable_by(f64::total_cmp);
                let greatest = values.last().copied()?;
                let at = |quantile| rank(quantile, values.len() as u64).map_or(0, |rank| rank - 1);
                let value = |at| values.get(usize::try_from(at).ok()?).copied();
                Some(wanted.map(|quantile| value(at(quantile)).unwrap_or(greatest)))
            }
        }
    }

    /// How much a total grew, where it was `before` a pane that starts at `start_ms`; nothing in
    /// other series, and where there was no step.
    #[must_use]
    pub fn increase(&self, before: &Before, start_ms: i64) -> Option<Increase> {
        let course = self.course()?;
        let increase = course.increase_after(before.value.map(|(_, value)| value))?;
        let at = |time_ms: u32| start_ms.saturating_add(time_ms.into());
        let from_ms = before.value.map_or(at(course.first.time_ms), |(time_ms, _)| time_ms);
        Some(Increase { increase, took_ms: at(course.last.time_ms).saturating_sub(from_ms) })
    }

    /// Where totals are after this pane, which starts at `start_ms`, in place of what they were
    /// before it.
    pub fn carry(&self, before: &mut Before, start_ms: i64) {
        if let Some(Course { last, .. }) = self.course() {
            before.value = Some((start_ms.saturating_add(last.time_ms.into()), last.value));
        }
        if let Some(sets) = &self.sets {
            sets.carry(before);
        }
    }

    fn course(&self) -> Option<Course> {
        if !self.is_total {
            return None;
        }
        let singles = match &self.points {
            Points::Single(singles) => Some(singles.iter()),
            Points::Summed(_) => None,
        };
        let singles = singles.into_iter().flatten();
        self.growth.as_deref().unwrap_or(&Growth::default()).course(singles)
    }

    /// Whether a value of this time would be kept as a single one.
    #[must_use]
    pub fn has_room_at(&self, time_ms: u32) -> bool {
        match &self.points {
            Points::Single(singles) => singles.has_room_at(time_ms),
            Points::Summed(_) => false,
        }
    }

    /// The times of the values, while they are single.
    #[must_use]
    pub fn single_times(&self) -> Option<impl Iterator<Item = u32> + '_> {
        match &self.points {
            Points::Single(singles) => Some(singles.iter().map(|point| point.time_ms)),
            Points::Summed(_) => None,
        }
    }

    /// Since when the series has no value, if its source said so and nothing came at or after.
    #[must_use]
    pub fn stale_since_ms(&self) -> Option<u32> {
        self.stale_ms.filter(|stale| self.heard_ms.is_none_or(|heard| heard < *stale))
    }

    /// The time of the latest point or set.
    #[must_use]
    pub fn latest_ms(&self) -> Option<u32> {
        self.heard_ms
    }

    /// How many points could not be used.
    #[must_use]
    pub fn unusable(&self) -> u32 {
        self.unusable
    }

    /// How many points of a total came too late to add to its increase.
    #[must_use]
    pub fn unplaced(&self) -> u32 {
        self.growth.as_ref().map_or(0, |growth| growth.unplaced())
    }

    /// For how many values the quantiles promise nothing, because there were too many buckets.
    #[must_use]
    pub fn collapsed(&self) -> u64 {
        match &self.points {
            Points::Single(_) => 0,
            Points::Summed(summed) => summed.collapsed(),
        }
    }

    fn moments(&self) -> Option<Moments> {
        match &self.points {
            Points::Single(singles) => Moments::of_all(singles.iter()),
            Points::Summed(summed) => Some(summed.moments()),
        }
    }
}

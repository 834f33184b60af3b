//! How much worse a metric is while the symptom shows.
//!
//! The samples of the current period are parted by the symptom: bad ones and good ones. The figure of
//! another metric is the median of its bad samples less that of its good ones; its own noise is what the
//! same pattern of bad and good finds when it is laid over any place of its normal period. So what is
//! merely different from the normal period, all the time, does not count, and what jumps about by
//! itself counts little. When the symptom shows all the time, the normal median stands for good samples.
//!
//! **Invariant:** a metric is held only against itself; units and sizes do not matter.

use super::baseline::{starts, usual};
use super::statistics::median;

/// With so few placings in the normal period a figure counts half.
const PLACINGS_HALF: f64 = 20.0;

/// Which samples of a period are bad and which are good, by their place from its start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) bad: Vec<usize>,
    pub(super) good: Vec<usize>,
    pub(super) length: usize,
}

/// A metric along the symptom's grid of times; `None` where it has no sample.
pub(super) type Along = Vec<Option<f64>>;

/// What was found about one metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Contrast {
    /// 1 is as large as the pattern finds at one place in twenty of the normal period.
    pub(super) ratio: f64,
    pub(super) expected: f64,
    pub(super) observed: f64,
}

/// Compares; `direction` is -1 where less is worse. `None` when nothing was measured.
pub(super) fn contrast(
    normal: &Along,
    current: &Along,
    pattern: &Pattern,
    direction: f64,
) -> Option<Contrast> {
    let mut known: Vec<f64> = normal.iter().flatten().copied().collect();
    let seen: Vec<f64> = current.iter().flatten().copied().collect();
    let level = median(&mut known)?;
    let here = Placed::at(current, 0, pattern, level)?;
    let placings = starts(normal.len(), pattern.length)
        .filter_map(|start| Placed::at(normal, start, pattern, level));
    let mut figures: Vec<f64> =
        placings.map(|placed| direction * (placed.bad - placed.good)).collect();
    let (middle, spread) = usual(&mut figures, &[&known, &seen])?;
    let excess = direction * (here.bad - here.good) - middle;
    let count = figures.len() as f64;
    let ratio = excess / spread.hypot(here.unrest) * count / (count + PLACINGS_HALF);
    Some(Contrast { ratio, expected: here.good, observed: here.bad })
}

/// A pattern laid over one place.
struct Placed {
    bad: f64,
    good: f64,
    /// How far good samples are from their median, on the average.
    unrest: f64,
}

impl Placed {
    fn at(values: &Along, start: usize, pattern: &Pattern, level: f64) -> Option<Self> {
        let pick = |places: &[usize]| -> Vec<f64> {
            places.iter().filter_map(|place| *values.get(start + place)?).collect()
        };
        let bad = median(&mut pick(&pattern.bad))?;
        let mut well = pick(&pattern.good);
        let good = median(&mut well).unwrap_or(level);
        let off: f64 = well.iter().map(|value| (value - good).abs()).sum();
        Some(Self { bad, good, unrest: off / well.len().max(1) as f64 })
    }
}

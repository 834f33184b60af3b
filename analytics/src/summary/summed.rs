//! Values of a pane that were too many to keep.
//!
//! **Invariant:** moments and sketch are those of the same values.

use serde::{Deserialize, Serialize};

use super::moments::{Dated, Moments};
use super::singles::Singles;
use super::sketch::Sketch;
use super::wire::Inconsistent;

/// 200 bytes, and 12 for each bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "(Moments, Sketch)", into = "(Moments, Sketch)")]
pub(super) struct Summed {
    moments: Moments,
    sketch: Sketch,
}

impl Summed {
    /// Of one value.
    pub(super) fn first(point: Dated) -> Self {
        let mut summed = Self { moments: Moments::of(point), sketch: Sketch::default() };
        summed.sketch.add(point.value);
        summed
    }

    /// Of one value or more.
    pub(super) fn of(singles: &Singles) -> Option<Self> {
        let moments = Moments::of_all(singles.iter())?;
        let mut summed = Self { moments, sketch: Sketch::default() };
        for point in singles.iter() {
            summed.sketch.add(point.value);
        }
        Some(summed)
    }

    pub(super) fn add(&mut self, point: Dated) {
        self.moments.add(point);
        self.sketch.add(point.value);
    }

    pub(super) fn merge(&mut self, other: &Self, offset_ms: u32) {
        self.moments.merge(&other.moments.later(offset_ms));
        self.sketch.merge(&other.sketch);
    }

    pub(super) fn later(self, offset_ms: u32) -> Self {
        Self { moments: self.moments.later(offset_ms), ..self }
    }

    /// No bucket's value is asked to stand for more than the range that was seen.
    pub(super) fn quantile(&self, quantile: f64) -> f64 {
        let Moments { min, max, .. } = self.moments;
        self.sketch.quantile(quantile).map_or(min, |value| value.clamp(min, max))
    }

    pub(super) fn moments(&self) -> Moments {
        self.moments
    }

    pub(super) fn collapsed(&self) -> u64 {
        self.sketch.collapsed()
    }
}

impl From<Summed> for (Moments, Sketch) {
    fn from(summed: Summed) -> Self {
        (summed.moments, summed.sketch)
    }
}

impl TryFrom<(Moments, Sketch)> for Summed {
    type Error = Inconsistent;

    fn try_from((moments, sketch): (Moments, Sketch)) -> Result<Self, Inconsistent> {
        Inconsistent::unless(moments.count == sketch.count(), "a sketch of other values")?;
        Ok(Self { moments, sketch })
    }
}

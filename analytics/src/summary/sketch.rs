//! Quantiles of any number of values, to within one per cent of the value.
//!
//! Values are counted in buckets whose ends differ by two per cent. **Invariants:** the sketch is a
//! function of the values alone: no order of them and no way of merging shows in it. A sign
//! has at most 2,048 buckets, which is 17 decades without a gap; beyond that those nearest zero
//! collapse into the next, and [`Sketch::collapsed`] says how many values that concerns.
//!
//! Numbers nearer zero than 2.2e-308 count as zero. Infinities and NaN are in no bucket.

use serde::{Deserialize, Serialize};

use super::buckets::Buckets;
use super::mapping::{index_of, value_of};

/// Counts of values by bucket. 120 bytes, and 12 for each bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sketch {
    negative: Buckets,
    zero: u64,
    positive: Buckets,
}

impl Sketch {
    /// Counts a value; false if it is infinite or no number, and so has no place.
    pub fn add(&mut self, value: f64) -> bool {
        if !value.is_finite() {
            return false;
        }
        if value >= f64::MIN_POSITIVE {
            self.positive.add(index_of(value));
        } else if value <= -f64::MIN_POSITIVE {
            self.negative.add(index_of(-value));
        } else {
            self.zero += 1;
        }
        true
    }

    /// Counts all that the other one counted.
    pub fn merge(&mut self, other: &Self) {
        self.negative.merge(&other.negative);
        self.zero += other.zero;
        self.positive.merge(&other.positive);
    }

    /// How many values there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.negative.total() + self.zero + self.positive.total()
    }

    /// How many buckets are in use.
    #[must_use]
    pub fn buckets(&self) -> usize {
        self.negative.len() + self.positive.len()
    }

    /// How many values stand for more than they were, because there were too many buckets.
    #[must_use]
    pub fn collapsed(&self) -> u64 {
        self.negative.collapsed() + self.positive.collapsed()
    }

    /// About the least value that the share `quantile` of all values does not exceed.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> Option<f64> {
        let mut left = rank(quantile, self.count())?;
        self.ascending()
            .find(|(_, count)| {
                let here = left <= *count;
                left = left.saturating_sub(*count);
                here
            })
            .map(|(value, _)| value())
    }

    /// Buckets from the least value to the greatest: what stands for it, and how many it holds.
    fn ascending(&self) -> impl Iterator<Item = (impl Fn() -> f64 + use<>, u64)> {
        let negative = self.negative.iter().rev().map(|(index, count)| (-1.0, index, count));
        let positive = self.positive.iter().map(|(index, count)| (1.0, index, count));
        let all = negative.chain([(0.0, 0, self.zero)]).chain(positive);
        all.map(|(sign, index, count)| (move || sign * value_of(index), count))
    }
}

/// The place of a quantile among `count` ordered values, from 1.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a count is between 0 and the count"
)]
pub(super) fn rank(quantile: f64, count: u64) -> Option<u64> {
    // 0.07 of 100 values is a little more than 7 in binary, and still the seventh is meant.
    let place = (quantile.clamp(0.0, 1.0) * count as f64 * (1.0 - f64::EPSILON)).ceil() as u64;
    (count > 0).then(|| place.clamp(1, count))
}

//! A sum that keeps what rounding takes from it.
//!
//! **Invariant:** `high + low` is the sum to about twice the precision of an `f64`, whatever the
//! order of the values and of the merges. A sum beyond the range of `f64` is infinite.

use serde::{Deserialize, Serialize};

/// A sum and what its rounding left over. 16 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Sum {
    high: f64,
    low: f64,
}

impl Sum {
    pub(super) fn add(&mut self, value: f64) {
        let high = self.high + value;
        // Knuth's two-sum: exact, and without asking which of the two is greater.
        let added = high - self.high;
        self.low += (self.high - (high - added)) + (value - added);
        self.high = high;
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.add(other.high);
        self.low += other.low;
    }

    pub(super) fn value(self) -> f64 {
        // Beyond the range the rest is infinite too, and the two would cancel to no number.
        if self.high.is_finite() { self.high + self.low } else { self.high }
    }
}

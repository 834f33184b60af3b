//! A mean and a variance that forget.
//!
//! **Invariant:** the first values count alike; afterwards each counts by its share of the memory.

use serde::{Deserialize, Serialize};

/// Mean and variance over about the last `memory` rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Average {
    pub(crate) mean: f64,
    variance: f64,
    rows: f32,
}

impl Average {
    /// Takes a value whose share of the memory is `share`, or more while there are few.
    pub(crate) fn add(&mut self, value: f64, share: f64) {
        self.rows = (self.rows + 1.0).min(1e6);
        let share = share.max(1.0 / f64::from(self.rows)).min(1.0);
        let difference = value - self.mean;
        self.mean += share * difference;
        self.variance += share * ((1.0 - share) * difference * difference - self.variance);
    }

    pub(crate) fn deviation(&self) -> f64 {
        self.variance.max(0.0).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_count_alike_and_many_are_forgotten() {
        let mut average = Average::default();
        for value in [1.0, 2.0, 3.0] {
            average.add(value, 0.01);
        }
        assert!((average.mean - 2.0).abs() < 1e-12);
        assert!((average.deviation() - (2.0_f64 / 3.0).sqrt()).abs() < 1e-12);
        (0..1000).for_each(|_| average.add(10.0, 0.1));
        assert!((average.mean - 10.0).abs() < 1e-9 && average.deviation() < 1e-6);
    }
}

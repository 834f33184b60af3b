//! The distance from the mean of the last hours in standard deviations, robust: a row counts for the
//! mean as if it were at most four deviations away.

use serde::{Deserialize, Serialize};

use crate::average::Average;

const ROWS: f64 = 60.0;
const WARM_UP_ROWS: u32 = 8;
const CLIP: f64 = 4.0;

/// Mean and deviation of the last rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ZScore {
    average: Average,
    rows: u32,
}

impl ZScore {
    /// The z-score of a row, without its sign.
    pub(crate) fn step(&mut self, value: f64) -> Option<f64> {
        let deviation = self.average.deviation();
        let distance = value - self.average.mean;
        let is_known = self.rows >= WARM_UP_ROWS;
        self.rows = self.rows.saturating_add(1);
        let reach = CLIP * deviation;
        let near = if is_known && reach > 0.0 { distance.clamp(-reach, reach) } else { distance };
        let mean = self.average.mean;
        self.average.add(mean + near, 1.0 / ROWS);
        is_known.then(|| distance.abs() / (deviation + 1e-9 * mean.abs() + 1e-30))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outlier_is_far_and_does_not_hide_the_next() {
        let mut z_score = ZScore::default();
        let noise = |row: u32| f64::from(row * 37 % 11) - 5.0;
        for row in 0..200 {
            z_score.step(100.0 + noise(row));
        }
        let first = z_score.step(200.0).unwrap();
        let second = z_score.step(200.0).unwrap();
        assert!(first > 20.0 && second > 10.0, "{first} {second}");
    }
}

//! Whether the level has just changed: the mean of the last rows beside that of many more.

use serde::{Deserialize, Serialize};

use crate::average::Average;

const SHORT_ROWS: f64 = 4.0;
const LONG_ROWS: f64 = 64.0;

/// A short and a long memory of the level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct LevelShift {
    short: Average,
    long: Average,
}

impl LevelShift {
    /// The distance of the two levels before this row, which is then learned.
    pub(crate) fn step(&mut self, value: f64) -> f64 {
        let distance = (self.short.mean - self.long.mean).abs();
        self.short.add(value, 1.0 / SHORT_ROWS);
        self.long.add(value, 1.0 / LONG_ROWS);
        distance
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_shows_within_rows_and_is_forgotten_later() {
        let mut shift = LevelShift::default();
        let mut after =
            |value: f64, rows: u32| (0..rows).map(|_| shift.step(value)).last().unwrap();
        assert!(after(10.0, 300) < 1e-9);
        assert!(after(20.0, 8) > 7.0);
        assert!(after(20.0, 600) < 0.1);
    }
}

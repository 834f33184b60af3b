//! Rows that stay the same and rows that do not come.
//!
//! **Invariant:** a gap counts as the rows that would have come at the usual pace; it is told at the
//! latest when the next row comes, since a series without rows has no row to carry a score.

use serde::{Deserialize, Serialize};

use crate::detector::run_length::RunLength;

/// A shorter run is never told.
const FLAT_ROWS_MIN: u32 = 12;
const MISSING_ROWS_MIN: u32 = 3;
/// So much of a pace is made by one row.
const PACE_SHARE: f64 = 0.05;
/// A gap counts as no more rows than this.
const GAP_ROWS_MAX: f64 = 100_000.0;

/// The runs of one series, and its pace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Runs {
    flat: RunLength,
    missing: RunLength,
    last: Option<f64>,
    pace_ms: f64,
}

/// How strange runs are, in digits, and how long.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Strange {
    pub(crate) flat: f32,
    pub(crate) missing: f32,
    pub(crate) rows: u32,
}

impl Runs {
    /// Takes a row that came `elapsed_ms` after the last; `None` is a missing value.
    pub(crate) fn step(&mut self, elapsed_ms: f64, value: Option<f64>) -> Strange {
        let gap = self.missing_before(elapsed_ms);
        let late = if gap > 0 { self.missing.step(gap, true, MISSING_ROWS_MIN) } else { 0.0 };
        let Some(value) = value else {
            let missing = self.missing.step(1, true, MISSING_ROWS_MIN).max(late);
            return Strange { missing, flat: 0.0, rows: self.missing.run() };
        };
        let gap = self.missing.run();
        self.missing.step(1, false, MISSING_ROWS_MIN);
        let stays = self.last.is_some_and(|last| last.to_bits() == value.to_bits());
        self.last = Some(value);
        let flat = self.flat.step(1, stays, FLAT_ROWS_MIN);
        let rows = if late > 0.0 { gap } else { self.flat.run() };
        Strange { flat, missing: late, rows }
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    fn missing_before(&mut self, elapsed_ms: f64) -> u32 {
        if elapsed_ms <= 0.0 {
            return 0;
        }
        if self.pace_ms <= 0.0 {
            self.pace_ms = elapsed_ms;
            return 0;
        }
        let rows = (elapsed_ms / self.pace_ms).round().clamp(1.0, GAP_ROWS_MAX);
        self.pace_ms += PACE_SHARE * (elapsed_ms.min(3.0 * self.pace_ms) - self.pace_ms);
        rows as u32 - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_told_with_the_row_after_it() {
        let mut runs = Runs::default();
        let row = |runs: &mut Runs, elapsed_ms: f64, value: f64| runs.step(elapsed_ms, Some(value));
        (0..500_u32).for_each(|number| {
            assert!(row(&mut runs, 60_000.0, f64::from(number)).missing < 0.1);
        });
        let after = row(&mut runs, 3_600_000.0, 1.0);
        assert!(after.missing > 3.0 && after.rows == 59, "{after:?}");
    }

    #[test]
    fn missing_values_and_a_frozen_value_are_told() {
        let mut runs = Runs::default();
        for number in 0..500_u32 {
            runs.step(60_000.0, Some(f64::from(number)));
        }
        let missing: Vec<bool> = (0..10).map(|_| runs.step(60_000.0, None).missing > 0.0).collect();
        assert_eq!(missing.iter().position(|&told| told), Some(2));
        let flat = (0..20).map(|_| runs.step(60_000.0, Some(7.0)).flat).fold(0.0, f32::max);
        assert!(flat > 3.0);
    }
}

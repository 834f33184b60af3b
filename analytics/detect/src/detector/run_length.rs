//! Rows that are all the same, or all missing: how unlikely so long a run is.
//!
//! With a share `r` of rows that go on as the row before, a run of `n` has probability `r^n`. A run is
//! told once, when it is unlikely and twice as long as any before.

use serde::{Deserialize, Serialize};

use crate::math::{digits, log2};

/// For so many rows a run is told, so that a refractory time does not swallow it.
const TOLD_ROWS: u32 = 8;
/// A run must be this unlikely, in digits.
const UNLIKELY_DIGITS: f32 = 6.0;
const WARM_UP_ROWS: u32 = 32;

/// Runs so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunLength {
    rows: f32,
    going_on: f32,
    run: u32,
    longest: u32,
    told: u32,
}

impl RunLength {
    /// Takes `rows` rows that go on as before, or end a run; gives digits while a run is told.
    pub(crate) fn step(&mut self, rows: u32, goes_on: bool, rows_min: u32) -> f32 {
        let added = small(rows);
        if goes_on {
            self.run = self.run.saturating_add(rows);
        } else {
            self.longest = self.longest.max(self.run);
            (self.run, self.told) = (0, 0);
        }
        let score = if self.is_strange(rows_min) { self.digits() } else { 0.0 };
        if score > 0.0 {
            self.told += 1;
        } else {
            self.rows += added;
            self.going_on += if goes_on { added } else { 0.0 };
        }
        if self.rows > 10_000.0 {
            (self.rows, self.going_on) = (self.rows / 2.0, self.going_on / 2.0);
        }
        score
    }

    /// The rows of the run that goes on.
    pub(crate) fn run(&self) -> u32 {
        self.run
    }

    fn is_strange(&self, rows_min: u32) -> bool {
        self.run >= rows_min.max(2 * self.longest)
            && self.told < TOLD_ROWS
            && self.rows >= small(WARM_UP_ROWS)
            && self.digits() >= UNLIKELY_DIGITS
    }

    fn digits(&self) -> f32 {
        let share = (self.going_on + 1.0) / (self.rows + 2.0);
        small(self.run) * digits(-log2(share))
    }
}

#[allow(clippy::cast_precision_loss, reason = "runs are short beside 2^24 rows")]
fn small(rows: u32) -> f32 {
    rows as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_run_is_told_for_some_rows_and_only_once() {
        let mut runs = RunLength::default();
        (0..200).for_each(|_| assert!(runs.step(1, false, 8) < 0.1));
        let told: Vec<bool> = (0..100).map(|_| runs.step(1, true, 8) > 0.0).collect();
        assert_eq!(told.iter().position(|&told| told), Some(7));
        assert_eq!(told.iter().filter(|&&told| told).count(), TOLD_ROWS as usize);
    }

    #[test]
    fn a_series_that_often_stays_is_not_frozen() {
        let mut runs = RunLength::default();
        for row in 0..5000_u32 {
            let score = runs.step(1, row % 20 != 0, 8);
            assert!(score < 0.1, "row {row}");
        }
    }
}

//! How far a row lies outside the middle half of the last 96 rows, in widths of that half.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

const ROWS: usize = 96;
const WARM_UP_ROWS: usize = 8;

/// The last rows in their order and sorted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Iqr {
    rows: VecDeque<f32>,
    sorted: Vec<f32>,
}

impl Iqr {
    /// The distance outside the middle half; 0 within it.
    #[allow(clippy::cast_possible_truncation, reason = "the last rows are kept as f32")]
    pub(crate) fn step(&mut self, value: f64) -> Option<f64> {
        let outside = (self.rows.len() >= WARM_UP_ROWS).then(|| self.outside(value)).flatten();
        self.learn(value as f32);
        outside
    }

    fn outside(&self, value: f64) -> Option<f64> {
        let [low, high] = [self.quarter(1)?, self.quarter(3)?];
        let range = self.sorted.last()? - self.sorted.first()?;
        let width = high - low + 1e-3 * f64::from(range) + 1e-9 * value.abs() + 1e-30;
        Some((low - value).max(value - high).max(0.0) / width)
    }

    fn quarter(&self, quarters: usize) -> Option<f64> {
        let place = quarters * (self.sorted.len().checked_sub(1)?);
        let (low, rest) = (place / 4, place % 4);
        let before = f64::from(*self.sorted.get(low)?);
        let after = self.sorted.get(low + 1).map_or(before, |&after| f64::from(after));
        Some(before + (after - before) * f64::from(u8::try_from(rest).unwrap_or_default()) / 4.0)
    }

    fn learn(&mut self, value: f32) {
        if self.rows.len() == ROWS
            && let Some(oldest) = self.rows.pop_front()
        {
            let place = self.sorted.partition_point(|kept| *kept < oldest);
            self.sorted.remove(place);
        }
        let place = self.sorted.partition_point(|kept| *kept < value);
        self.sorted.insert(place, value);
        self.rows.push_back(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_half_is_that_of_the_last_rows() {
        let mut iqr = Iqr::default();
        for row in 0..1000_u32 {
            iqr.step(f64::from(row % 97));
            assert_eq!(iqr.rows.len(), iqr.sorted.len());
            assert!(iqr.sorted.is_sorted());
        }
        assert!(iqr.step(48.0).unwrap() < 1e-9);
        let outside = iqr.step(172.0).unwrap();
        assert!((outside - 2.08).abs() < 0.1, "{outside}");
    }
}

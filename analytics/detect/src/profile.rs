//! What is usual at a time of the day or of the week.
//!
//! **Invariant:** a slot learns when it is over, from its mean; so many rows a slot weigh as one.

use serde::{Deserialize, Serialize};

/// One period as slots of equal length; times of no slot yet have nothing usual.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Profile {
    slot_ms: i64,
    usual: Vec<f32>,
    /// The share by which a slot moves to what it was this time.
    share: f32,
    open: i64,
    sum: f64,
    rows: u32,
}

impl Profile {
    pub(crate) fn new(period_ms: i64, slots: usize, share: f32) -> Self {
        let slot_ms = period_ms / i64::try_from(slots).unwrap_or(1);
        Self { slot_ms, usual: vec![f32::NAN; slots], share, open: i64::MIN, sum: 0.0, rows: 0 }
    }

    /// What is usual at this time: between the middles of two slots, on the line between.
    #[allow(clippy::cast_precision_loss, reason = "a part of a slot, in milliseconds")]
    pub(crate) fn usual(&self, time_ms: i64) -> Option<f64> {
        let shifted = time_ms - self.slot_ms / 2;
        let before = shifted.div_euclid(self.slot_ms);
        let part = shifted.rem_euclid(self.slot_ms) as f64 / self.slot_ms as f64;
        match (self.slot(before), self.slot(before + 1)) {
            (Some(before), Some(after)) => Some(before * (1.0 - part) + after * part),
            (before, after) => before.or(after),
        }
    }

    fn slot(&self, number: i64) -> Option<f64> {
        self.usual.get(self.index(number)).filter(|usual| !usual.is_nan()).map(|&u| f64::from(u))
    }

    fn index(&self, number: i64) -> usize {
        let slots = i64::try_from(self.usual.len()).unwrap_or(1);
        usize::try_from(number.rem_euclid(slots)).unwrap_or_default()
    }

    /// Takes a row.
    pub(crate) fn add(&mut self, time_ms: i64, value: f64) {
        let number = time_ms.div_euclid(self.slot_ms);
        if number != self.open {
            self.close();
            self.open = number;
        }
        self.sum += value;
        self.rows += 1;
    }

    #[allow(clippy::cast_possible_truncation, reason = "a profile needs no more than f32")]
    fn close(&mut self) {
        let (index, share) = (self.index(self.open), self.share);
        if let Some(usual) = self.usual.get_mut(index).filter(|_| self.rows > 0) {
            let mean = (self.sum / f64::from(self.rows)) as f32;
            *usual = if usual.is_nan() { mean } else { *usual + share * (mean - *usual) };
        }
        (self.sum, self.rows) = (0.0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    #[test]
    fn a_day_is_known_after_a_day_and_follows_slowly() {
        let mut profile = Profile::new(24 * HOUR_MS, 24, 0.5);
        assert_eq!(profile.usual(0), None);
        let load = |day: i64, hour: i64| if day < 1 { hour } else { hour + 10 };
        for hour in 0..72 {
            #[allow(clippy::cast_precision_loss, reason = "small")]
            profile.add(hour * HOUR_MS, load(hour / 24, hour % 24) as f64);
        }
        let at = |hour: i64| profile.usual(72 * HOUR_MS + hour * HOUR_MS + HOUR_MS / 2).unwrap();
        assert!((at(5) - 12.5).abs() < 1e-6, "{}", at(5));
        let between = profile.usual(78 * HOUR_MS).unwrap();
        assert!((between - (at(5) + at(6)) / 2.0).abs() < 1e-6);
    }
}

//! The distance from what is usual at this half hour of the week, when the last day's level is
//! allowed for.

use serde::{Deserialize, Serialize};

use crate::average::Average;
use crate::profile::Profile;

const DAY_MS: i64 = 86_400_000;

/// The week, and how far the last day was above it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct WeeklyProfile {
    week: Profile,
    above: Average,
    last_ms: Option<i64>,
}

impl Default for WeeklyProfile {
    fn default() -> Self {
        let week = Profile::new(7 * DAY_MS, 336, 0.3);
        Self { week, above: Average::default(), last_ms: None }
    }
}

impl WeeklyProfile {
    /// The distance; none before this time of the week was seen.
    #[allow(clippy::cast_precision_loss, reason = "a part of a day, in milliseconds")]
    pub(crate) fn step(&mut self, time_ms: i64, value: f64) -> Option<f64> {
        let elapsed_ms = self.last_ms.map_or(0, |last_ms| (time_ms - last_ms).clamp(0, DAY_MS));
        self.last_ms = Some(time_ms);
        let usual = self.week.usual(time_ms);
        self.week.add(time_ms, value);
        let rest = value - usual?;
        let distance = (rest - self.above.mean).abs();
        self.above.add(rest, elapsed_ms as f64 / DAY_MS as f64);
        Some(distance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sunday_load_is_strange_on_a_monday_only() {
        let mut profile = WeeklyProfile::default();
        let hour_ms = 3_600_000;
        let value = |hour: i64| if hour / 24 % 7 == 6 { 20.0 } else { 100.0 };
        for hour in 0..24 * 28 {
            profile.step(hour * hour_ms, value(hour));
        }
        let mut at = |hour: i64, value: f64| profile.step(hour * hour_ms, value).unwrap();
        assert!(at(24 * 28, 100.0) < 40.0);
        assert!(at(24 * 28 + 1, 20.0) > 60.0);
    }
}

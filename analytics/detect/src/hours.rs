//! How large a distance usually is at an hour of the day.
//!
//! Shapes are further from each other at busy hours than at night. Beside what is usual at its hour, a
//! distance says as much at noon as at midnight.
//!
//! **Invariant:** a distance is compared before it is learned, and no single one counts for more than a
//! few usual ones.

use serde::{Deserialize, Serialize};

use crate::average::Average;
use crate::profile::Profile;

const DAY_MS: i64 = 86_400_000;
const HOURS: usize = 24;
/// The share by which an hour moves to what it was today.
const HOUR_SHARE: f32 = 0.2;
const OVERALL_ROWS: f64 = 5000.0;
/// What counts of a distance, in usual ones.
const USUAL_MAX: f64 = 5.0;
/// By so much all hours count beside one.
const OVERALL_WEIGHT: f64 = 0.2;

/// What is usual at each hour and over all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Hours {
    hours: Profile,
    overall: Average,
}

impl Default for Hours {
    fn default() -> Self {
        Self { hours: Profile::new(DAY_MS, HOURS, HOUR_SHARE), overall: Average::default() }
    }
}

impl Hours {
    /// The distance as it would be at an hour like all others; it is then learned.
    pub(crate) fn level(&mut self, time_ms: i64, distance: f64) -> f64 {
        let overall = self.overall.mean;
        let levelled = self.hours.usual(time_ms).filter(|_| overall > 0.0).map(|usual| {
            let here = (usual + OVERALL_WEIGHT * overall) / (1.0 + OVERALL_WEIGHT);
            distance * overall / here
        });
        let learned = if overall > 0.0 { distance.min(USUAL_MAX * overall) } else { distance };
        self.hours.add(time_ms, learned);
        self.overall.add(learned, 1.0 / OVERALL_ROWS);
        levelled.unwrap_or(distance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW_MS: i64 = 300_000;

    #[test]
    fn the_same_distance_is_more_at_a_quiet_hour() {
        let mut hours = Hours::default();
        let usual = |row: i64| if row / 144 % 2 == 0 { 1.0 } else { 9.0 };
        for row in 0..288 * 7 {
            hours.level(row * ROW_MS, usual(row));
        }
        let at = |row: i64| hours.clone().level((288 * 7 + row) * ROW_MS, 9.0);
        let (quiet, busy) = (at(72), at(216));
        assert!(quiet > 4.0 * busy, "{quiet} beside {busy}");
    }

    #[test]
    fn an_immense_distance_spoils_no_hour() {
        let mut hours = Hours::default();
        for row in 0..288 * 3 {
            hours.level(row * ROW_MS, if row == 300 { 1e18 } else { 1.0 });
        }
        let after = hours.level(288 * 3 * ROW_MS + 12 * ROW_MS, 1.0);
        assert!((0.5..2.0).contains(&after), "{after}");
    }
}

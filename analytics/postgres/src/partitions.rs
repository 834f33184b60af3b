//! Partitions of the window tables by time: which there should be, and which no longer.
//!
//! **Invariant:** a plan is a function of the time, the retention and what there is. Two periods are there
//! ahead of time, and the past as far as Kafka may still tell of it; a partition goes as a whole, when all
//! of it is older than its retention. Times are UTC.

mod apply;
mod calendar;

pub use apply::{Maintained, maintain};
pub use calendar::Period;

const DAY_MS: i64 = 86_400_000;
/// What a sink that starts anew reads from Kafka is at most this old: seven days, and one for segments.
const PAST_MS: i64 = 8 * DAY_MS;
/// Partitions ahead of the one that is written to.
const AHEAD: usize = 2;

/// A size of windows, and how its table is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Its table, in the schema `isobar`.
    pub table: &'static str,
    /// How long a window is.
    pub window_ms: i64,
    /// How much is in a partition.
    pub period: Period,
    /// How long rows stay if nobody says otherwise.
    pub retention_days: u16,
}

/// All of them, the smallest first.
pub const SIZES: [Size; 5] = [
    Size { table: "window_1m", window_ms: 60_000, period: Period::Day, retention_days: 14 },
    Size { table: "window_5m", window_ms: 300_000, period: Period::Day, retention_days: 30 },
    Size { table: "window_15m", window_ms: 900_000, period: Period::Week, retention_days: 90 },
    Size { table: "window_1h", window_ms: 3_600_000, period: Period::Month, retention_days: 400 },
    Size { table: "window_1d", window_ms: DAY_MS, period: Period::Year, retention_days: 5 * 365 },
];

/// How many days rows stay, by size, and the records of findings, alerts, incidents and dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// In the order of [`SIZES`].
    pub windows_days: [u16; 5],
    /// Findings, dead letters and the histories of alerts and incidents.
    pub records_days: u16,
}

impl Default for Retention {
    fn default() -> Self {
        Self { windows_days: SIZES.map(|size| size.retention_days), records_days: 400 }
    }
}

/// From a first to before a last millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// The first.
    pub from_ms: i64,
    /// The first that is not in it.
    pub to_ms: i64,
}

impl Range {
    /// Whether an instant lies in it.
    #[must_use]
    pub fn holds(&self, at_ms: i64) -> bool {
        (self.from_ms..self.to_ms).contains(&at_ms)
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.from_ms < other.to_ms && other.from_ms < self.to_ms
    }
}

/// What is to be done to one table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Partitions to be made.
    pub create: Vec<Range>,
    /// Partitions to be dropped.
    pub drop: Vec<Range>,
    /// Rows that start before this are to go from the default partition.
    pub keep_from_ms: i64,
}

/// What is to be done at a time, of a table that has these partitions.
#[must_use]
pub fn plan(now_ms: i64, period: Period, retention_days: u16, existing: &[Range]) -> Plan {
    let keep_from_ms = now_ms.saturating_sub(i64::from(retention_days) * DAY_MS);
    let is_old = |range: &Range| range.to_ms <= keep_from_ms;
    let first = period.floor(keep_from_ms.max(now_ms.saturating_sub(PAST_MS)));
    let mut create = Vec::new();
    let mut from_ms = first;
    let mut ahead = 0;
    while ahead <= AHEAD {
        let range = Range { from_ms, to_ms: period.next(from_ms) };
        if !is_old(&range) && !existing.iter().any(|other| other.overlaps(&range)) {
            create.push(range);
        }
        ahead += usize::from(range.to_ms > now_ms);
        from_ms = range.to_ms;
    }
    Plan {
        create,
        drop: existing.iter().filter(|range| is_old(range)).copied().collect(),
        keep_from_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-01 12:00 UTC.
    const NOON_MS: i64 = 1_772_366_400_000;

    #[test]
    fn days_are_there_from_a_week_ago_to_the_day_after_tomorrow() {
        let plan = plan(NOON_MS, Period::Day, 14, &[]);
        assert_eq!(plan.create.len(), 8 + 1 + 2);
        assert!(plan.create.iter().any(|range| range.holds(NOON_MS - PAST_MS)));
        assert!(plan.create.windows(2).all(|pair| pair[0].to_ms == pair[1].from_ms));
        assert_eq!(plan.create.last().unwrap().from_ms, NOON_MS - DAY_MS / 2 + 2 * DAY_MS);
    }

    #[test]
    fn what_is_there_is_not_made_again_and_nothing_is_dropped_before_all_of_it_is_old() {
        for period in [Period::Day, Period::Week, Period::Month, Period::Year] {
            let first = plan(NOON_MS, period, 30, &[]);
            assert!(first.drop.is_empty() && first.create.iter().any(|range| range.holds(NOON_MS)));
            let again = plan(NOON_MS, period, 30, &first.create);
            assert_eq!((again.create, again.drop), (vec![], vec![]));
            let newest = *first.create.last().unwrap();
            let on_time = newest.to_ms + 30 * DAY_MS;
            assert!(!plan(on_time - 1, period, 30, &[newest]).drop.contains(&newest));
            assert_eq!(plan(on_time, period, 30, &[newest]).drop, [newest]);
        }
    }

    #[test]
    fn a_short_retention_makes_no_partition_that_would_go_at_once() {
        let plan = plan(NOON_MS, Period::Day, 2, &[]);
        assert!(plan.create.iter().all(|range| range.to_ms > plan.keep_from_ms), "{plan:?}");
        assert_eq!(plan.create.len(), 2 + 1 + 2);
    }

    #[test]
    fn a_partition_that_somebody_made_by_hand_is_left_as_it_is() {
        let by_hand = Range { from_ms: NOON_MS, to_ms: NOON_MS + 60_000 };
        let plan = plan(NOON_MS, Period::Day, 14, &[by_hand]);
        assert!(plan.create.iter().all(|range| !range.overlaps(&by_hand)));
    }
}

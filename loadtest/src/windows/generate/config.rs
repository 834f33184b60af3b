//! What is generated, and what goes wrong.

use clap::ValueEnum;
use serde::Serialize;

/// What a scenario is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
pub enum Kind {
    /// Nothing goes wrong: points of a series come in order.
    Ordered,
    /// A tenth comes late, most of it within the grace.
    Late,
    /// Every point takes its own time, up to the grace.
    Shuffled,
    /// A tenth comes again, as it was or corrected.
    Resent,
    /// Counters begin anew every few minutes.
    Resets,
    /// A producer says nothing for an hour, and goes on.
    SilentHour,
    /// The stage above stands still for an hour, and reads what waited at different speeds.
    StoppedHour,
    /// Across midnight in UTC.
    Midnight,
    /// Across the end of 29 February 2028.
    LeapDay,
    /// One input partition of the stage above stands still for a while.
    StalledPartition,
    /// Late and sent again and begun anew.
    Mixed,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Ordered,
        Self::Late,
        Self::Shuffled,
        Self::Resent,
        Self::Resets,
        Self::SilentHour,
        Self::StoppedHour,
        Self::Midnight,
        Self::LeapDay,
        Self::StalledPartition,
        Self::Mixed,
    ];
}

/// 2026-01-01T08:00:00Z.
const MORNING_MS: i64 = 1_767_254_400_000;
/// 2026-01-01T23:50:00Z.
const MIDNIGHT_MS: i64 = 1_767_311_400_000;
/// 2028-02-29T23:50:00Z.
const LEAP_MS: i64 = 1_835_481_000_000;

/// A scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// What it is about.
    pub kind: Kind,
    /// When it begins.
    pub start_ms: i64,
    /// How long points are measured.
    pub lasting_s: i64,
    /// Partitions of `isobar.metrics`; a divisor of 256.
    pub partitions: u32,
    /// Input partitions of the stage above.
    pub upstream: u32,
    /// Whose points there are.
    pub tenants: usize,
    /// What each of them measures.
    pub resources: usize,
    /// Whether marks from far ahead close every window at the end.
    pub closes: bool,
    /// Whether each series has minutes with values far beyond its others.
    pub surges: bool,
}

impl Config {
    /// The usual scenario of a kind.
    #[must_use]
    pub fn of(kind: Kind) -> Self {
        let (start_ms, lasting_s) = match kind {
            Kind::Midnight => (MIDNIGHT_MS, 1_200),
            Kind::LeapDay => (LEAP_MS, 1_200),
            Kind::SilentHour | Kind::StoppedHour => (MORNING_MS, 5_400),
            Kind::StalledPartition => (MORNING_MS, 2_400),
            _ => (MORNING_MS, 1_200),
        };
        let resources = if lasting_s > 2_400 { 1 } else { 2 };
        let (partitions, upstream, tenants) = (2, 4, 2);
        let (closes, surges) = (true, false);
        Self { kind, start_ms, lasting_s, partitions, upstream, tenants, resources, closes, surges }
    }

    /// A mixed scenario over all partitions of `isobar.metrics`, of about so many records.
    #[must_use]
    pub fn of_records(records: u64) -> Self {
        // Marks of two workers to 16 partitions, and some batches, each second; late and repeated
        // points, and marks after them, take half an hour more than what is measured.
        const RECORDS_A_SECOND: i64 = 50;
        const MORE_S: i64 = 2_200 * 32 / RECORDS_A_SECOND;
        let seconds = i64::try_from(records).unwrap_or(i64::MAX) / RECORDS_A_SECOND;
        let lasting_s = (seconds - MORE_S).max(300);
        let usual = Self::of(Kind::Mixed);
        Self { lasting_s, partitions: 16, tenants: 3, resources: 3, surges: true, ..usual }
    }

    pub(super) fn end_ms(&self) -> i64 {
        self.start_ms + self.lasting_s * 1_000
    }
}

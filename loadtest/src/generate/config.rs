//! What to generate. Shares are per mille, so that a configuration is exact.

use schemas::source_class::SourceClass;
use stream::EventTime;

/// What the generated records are like.
#[derive(Clone, Debug)]
pub struct Config {
    /// How many events, those sent again included; marks come on top.
    pub records: u64,
    /// Partitions of the topic.
    pub partitions: i32,
    /// When the first event arrives.
    pub start: EventTime,
    /// Stream time between two arrivals, in microseconds.
    pub interval_us: i64,
    /// Whose events they are.
    pub tenants: usize,
    /// What they are about; each resource is one tenant's.
    pub resources: usize,
    /// How uneven resources are: the n-th has a weight of `1 / n^zipf`.
    pub zipf: f64,
    /// Which classes of sources, with their shares.
    pub classes: Vec<ClassShare>,
    /// Events that come later than the rest of their class.
    pub disorder_per_mille: u32,
    /// How far beyond the disorder of its class such an event may be.
    pub disorder_beyond_ms: i64,
    /// Events that come too late for any window.
    pub late_per_mille: u32,
    /// How far beyond the disorder of its class a late event is, at least and at most.
    pub late_beyond_ms: (i64, i64),
    /// Events whose time is ahead of their arrival.
    pub future_per_mille: u32,
    /// How far ahead, at most.
    pub future_reach_ms: i64,
    /// Events that are sent again.
    pub duplicate_per_mille: u32,
    /// How many events before, at most.
    pub duplicate_distance: usize,
    /// What the stage above reads: topics with their partitions. Its marks tell how far.
    pub upstream: Vec<(String, u32)>,
}

/// A class of sources and its share of all events.
#[derive(Clone, Copy, Debug)]
pub struct ClassShare {
    /// The class.
    pub class: SourceClass,
    /// Its weight among the classes.
    pub weight: u32,
    /// How far out of order its events ordinarily are.
    pub disorder_ms: i64,
}

const fn share(class: SourceClass, weight: u32, disorder_ms: i64) -> ClassShare {
    ClassShare { class, weight, disorder_ms }
}

impl Default for Config {
    /// A mix in which every path of a service is taken: windows close by events and by silence,
    /// are corrected, and are settled before late events come.
    fn default() -> Self {
        use SourceClass::{Alert, Audit, Change, Chat, Deploy, Document, Knowledge, Log, Ticket};
        let quick = [(Log, 30), (Alert, 6), (Ticket, 8), (Chat, 10), (Document, 4), (Knowledge, 2)];
        let slow = [share(Audit, 25, 900_000), share(Deploy, 10, 60_000), share(Change, 5, 60_000)];
        Self {
            records: 500_000,
            partitions: 16,
            // 2026-01-01
            start: EventTime(1_767_225_600_000),
            interval_us: 5_000,
            tenants: 8,
            resources: 5_000,
            zipf: 1.0,
            classes: quick
                .into_iter()
                .map(|(class, weight)| share(class, weight, 30_000))
                .chain(slow)
                .collect(),
            disorder_per_mille: 100,
            disorder_beyond_ms: 60_000,
            late_per_mille: 10,
            late_beyond_ms: (120_000, 600_000),
            future_per_mille: 5,
            future_reach_ms: 300_000,
            duplicate_per_mille: 20,
            duplicate_distance: 10_000,
            upstream: vec![("isobar.in.audit".to_owned(), 6), ("isobar.in.code".to_owned(), 12)],
        }
    }
}

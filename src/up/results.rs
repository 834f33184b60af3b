//! What came out: the aggregates, and the busiest keys of the last minute that closed.

use std::collections::BTreeMap;

use schemas::aggregate::Aggregate;
use schemas::codec;
use schemas::envelope::Envelope;
use schemas::topic::AGGREGATES;
use stream::memory::Cluster;
use stream::{Offset, TopicPartition};

/// Minutes are kept until this many later ones have closed.
const MINUTES_KEPT: usize = 3;
const TOP: usize = 3;

/// Reads `isobar.aggregates`.
#[derive(Debug)]
pub(super) struct Results {
    cluster: Cluster,
    /// Where each partition is read on.
    next: Vec<(TopicPartition, Offset)>,
    read: u64,
    /// By start of the window: the count of each key and source class.
    minutes: BTreeMap<i64, BTreeMap<(String, String), u64>>,
    told: Option<i64>,
}

/// One minute that has closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Minute {
    /// Its first millisecond.
    pub(super) start_ms: i64,
    /// How many keys had events.
    pub(super) keys: usize,
    /// The busiest, with their events.
    pub(super) top: Vec<(String, u64)>,
}

impl Results {
    /// Nothing read yet.
    pub(super) fn new(cluster: &Cluster) -> Self {
        let partitions = 0..i32::try_from(AGGREGATES.partitions).unwrap_or(i32::MAX);
        let start = |partition| (TopicPartition::new(AGGREGATES.name, partition), Offset(0));
        let (next, minutes) = (partitions.map(start).collect(), BTreeMap::new());
        Self { cluster: cluster.clone(), next, read: 0, minutes, told: None }
    }

    /// How many aggregates were read.
    pub(super) fn read(&self) -> u64 {
        self.read
    }

    /// Reads what is new; a minute that has closed since the last call.
    pub(super) fn take(&mut self) -> Option<Minute> {
        for place in 0..self.next.len() {
            self.take_partition(place);
        }
        while self.minutes.len() > MINUTES_KEPT {
            self.minutes.pop_first();
        }
        self.closed()
    }

    fn take_partition(&mut self, place: usize) {
        let Some((of, next)) = self.next.get_mut(place) else { return };
        let (records, resume_at) = self.cluster.read(of, *next, usize::MAX);
        *next = resume_at;
        self.read += records.len() as u64;
        for record in records {
            let value = record.value.as_deref().map(codec::decode::<Aggregate>);
            if let (Some(Ok(aggregate)), Some(key)) = (value, record.key) {
                self.add(String::from_utf8_lossy(&key).into_owned(), &aggregate);
            }
        }
    }

    /// A later revision replaces an earlier one.
    fn add(&mut self, key: String, aggregate: &Envelope<Aggregate>) {
        let class = aggregate.attributes.source_class.to_string();
        let minute = self.minutes.entry(aggregate.data.window_start_ms).or_default();
        minute.insert((key, class), aggregate.data.statistics.count);
    }

    /// The last minute but one: the last is still being written by some tasks.
    fn closed(&mut self) -> Option<Minute> {
        let (start_ms, counts) = self.minutes.iter().rev().nth(1)?;
        if self.told >= Some(*start_ms) {
            return None;
        }
        self.told = Some(*start_ms);
        let mut by_key: BTreeMap<&str, u64> = BTreeMap::new();
        for ((key, _), count) in counts {
            *by_key.entry(key).or_default() += count;
        }
        let mut top: Vec<_> =
            by_key.iter().map(|(key, count)| ((*key).to_owned(), *count)).collect();
        top.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        top.truncate(TOP);
        Some(Minute { start_ms: *start_ms, keys: by_key.len(), top })
    }
}

//! What came in and where all of it went, as the processors publish it.

use std::collections::BTreeMap;

use schemas::balance::{Balance, Tally};
use schemas::codec;
use schemas::topic::BALANCE;
use stream::memory::Cluster;
use stream::{Offset, TopicPartition};

/// Reads `isobar.balance`.
#[derive(Debug)]
pub(super) struct Balances {
    cluster: Cluster,
    next: Offset,
    /// The latest of each input partition.
    latest: BTreeMap<(String, u32), Balance>,
}

impl Balances {
    /// Nothing read yet.
    pub(super) fn new(cluster: &Cluster) -> Self {
        Self { cluster: cluster.clone(), next: Offset(0), latest: BTreeMap::new() }
    }

    /// Reads what is new.
    pub(super) fn take(&mut self) {
        let from = TopicPartition::new(BALANCE.name, 0);
        let (records, next) = self.cluster.read(&from, self.next, usize::MAX);
        self.next = next;
        for value in records.iter().filter_map(|record| record.value.as_deref()) {
            if let Ok(envelope) = codec::decode::<Balance>(value) {
                let of = (envelope.data.topic.clone(), envelope.data.partition);
                self.latest.insert(of, envelope.data);
            }
        }
    }

    /// Messages that the balance tells of.
    pub(super) fn read(&self) -> u64 {
        self.latest.values().map(|balance| balance.next_offset).sum()
    }

    /// What became of each format, in all partitions together.
    pub(super) fn by_format(&self) -> BTreeMap<String, Tally> {
        let mut formats: BTreeMap<String, Tally> = BTreeMap::new();
        for (format, tally) in self.latest.values().flat_map(|balance| &balance.formats) {
            formats.entry(format.clone()).or_default().add(tally);
        }
        formats
    }
}

//! The balance that the processors publish, read from the log in memory.

use schemas::topic::BALANCE;
use stream::memory::Cluster;
use stream::{Offset, TopicPartition};

use crate::balance::Ledger;

/// Reads `isobar.balance`.
#[derive(Debug)]
pub(super) struct Balances {
    cluster: Cluster,
    next: Offset,
    ledger: Ledger,
}

impl Balances {
    /// Nothing read yet.
    pub(super) fn new(cluster: &Cluster) -> Self {
        Self { cluster: cluster.clone(), next: Offset(0), ledger: Ledger::default() }
    }

    /// Reads what is new.
    pub(super) fn take(&mut self) -> &Ledger {
        let from = TopicPartition::new(BALANCE.name, 0);
        let (records, next) = self.cluster.read(&from, self.next, usize::MAX);
        self.next = next;
        let values = records.iter().filter_map(|record| record.value.as_deref());
        values.for_each(|value| self.ledger.take(value));
        &self.ledger
    }

    /// All of it.
    pub(super) fn into_ledger(mut self) -> Ledger {
        self.take();
        self.ledger
    }
}

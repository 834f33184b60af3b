//! The batch that is being put together, and where each partition stands behind what was sent.

use std::collections::BTreeMap;
use std::time::Instant;

use stream::{Offset, Record, TopicPartition};

use super::observe::{Event, Observe};
use crate::batch::Batch;
use crate::rows::Taken;

/// What is at hand.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    batch: Batch,
    /// When its first record came.
    since: Option<Instant>,
    /// What the positions will be once all that was sent is stored.
    sent: BTreeMap<TopicPartition, Option<Offset>>,
}

impl Gathering {
    /// Drops what is at hand; from now on it stands there.
    pub(super) fn begin(&mut self, positions: BTreeMap<TopicPartition, Option<Offset>>) {
        *self = Self { sent: positions, ..Self::default() };
    }

    /// Where each partition stands.
    pub(super) fn positions(&self) -> Vec<(TopicPartition, Option<Offset>)> {
        self.sent.iter().map(|(input, at)| (input.clone(), *at)).collect()
    }

    /// Takes records in. What lies before the position was stored already.
    pub(super) fn take(
        &mut self,
        input: &TopicPartition,
        records: &[Record],
        observe: &mut dyn Observe,
    ) {
        let Some(from) = self.sent.get(input).copied() else { return };
        for record in records.iter().filter(|record| from.is_none_or(|from| record.offset >= from))
        {
            self.since.get_or_insert_with(Instant::now);
            match self.batch.take(input, from, record) {
                Taken::Rows => {}
                Taken::Skipped => observe.observe(&Event::Skipped(input)),
                Taken::Unreadable(why) => {
                    observe.observe(&Event::Unreadable(input, record.offset.0, &why));
                }
            }
        }
    }

    /// Nothing more lies before these offsets.
    pub(super) fn reach(&mut self, reached: &[(TopicPartition, Offset)]) {
        for (input, to) in reached {
            if let Some(from) = self.sent.get(input).copied() {
                self.batch.advance(input, from, *to, None);
            }
        }
    }

    /// Records at hand.
    pub(super) fn records(&self) -> usize {
        self.batch.records
    }

    /// When the first of them came.
    pub(super) fn since(&self) -> Option<Instant> {
        self.since
    }

    /// True when there is nothing to send, not even a position.
    pub(super) fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }

    /// The batch, to be sent; the next one expects to find it stored.
    pub(super) fn send(&mut self) -> Batch {
        self.since = None;
        let batch = std::mem::take(&mut self.batch);
        for (input, to) in &batch.moves {
            self.sent.insert(input.clone(), Some(to.to));
        }
        batch
    }
}

//! What is stored together: rows, and the positions behind them.

use std::collections::BTreeMap;

use stream::{Offset, Record, TopicPartition};

use crate::rows::{Rows, Taken};

/// How one input partition moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// What is stored now; `None` where nothing is.
    pub from: Option<Offset>,
    /// The next offset to read once this is stored.
    pub to: Offset,
    /// When the last record arrived.
    pub arrival_ms: Option<i64>,
}

/// Rows, and the positions behind them.
#[derive(Debug, Default)]
pub struct Batch {
    /// The rows.
    pub rows: Rows,
    /// How each input partition moves.
    pub moves: BTreeMap<TopicPartition, Move>,
    /// Records in it.
    pub records: usize,
}

impl Batch {
    /// Takes a record of an input that stood at `from` before this batch.
    pub fn take(&mut self, input: &TopicPartition, from: Option<Offset>, record: &Record) -> Taken {
        let arrival_ms = Some(record.arrival.0);
        self.records += 1;
        self.advance(input, from, record.offset.next(), arrival_ms);
        self.rows.take(record.value.as_deref())
    }

    /// Moves on without a record: what lay there was the end of a transaction.
    pub fn advance(
        &mut self,
        input: &TopicPartition,
        from: Option<Offset>,
        to: Offset,
        arrival_ms: Option<i64>,
    ) {
        if let Some(known) = self.moves.get_mut(input) {
            known.to = known.to.max(to);
            known.arrival_ms = arrival_ms.or(known.arrival_ms);
        } else if from.is_none_or(|from| from < to) {
            self.moves.insert(input.clone(), Move { from, to, arrival_ms });
        }
    }

    /// True when there is nothing to store.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.moves.is_empty()
    }
}

//! What a sink tells of itself, for logs, metrics and probes.

use std::time::Duration;

use stream::{LogError, TopicPartition};

use crate::error::SinkError;
use crate::partitions::Maintained;
use crate::reader::Gap;
use crate::store::Report;

/// Something happened.
#[derive(Debug)]
pub enum Event<'e> {
    /// The loop has moved; whether it is reading from known positions.
    Turned {
        /// It is not before the positions were read, and not while Postgres is away.
        is_ready: bool,
    },
    /// It holds this many partitions now.
    Holds(usize),
    /// A record of a kind that has no table.
    Skipped(&'e TopicPartition),
    /// A record that cannot be read; it lies at this offset, and this is why.
    Unreadable(&'e TopicPartition, i64, &'e str),
    /// A batch was stored within this time.
    Stored(&'e Report, Duration),
    /// Somebody else had moved a position.
    Foreign,
    /// Postgres failed; it is tried again after this time.
    Failed(&'e SinkError, Duration),
    /// Postgres stores again, after this time.
    Well(Duration),
    /// Records that were deleted before they could be stored.
    Missed(&'e Gap),
    /// Partitions of tables were looked after.
    Maintained(&'e Maintained),
    /// They could not be.
    NotMaintained(&'e SinkError),
    /// How many records are left to store, and for how long the oldest of the last stored has been there.
    Lag {
        /// Records, control records of the log among them.
        records: i64,
        /// Since the arrival of the last record stored; 0 where nothing is left.
        behind_ms: i64,
    },
    /// The log cannot be reached.
    LogAway(&'e LogError),
}

/// Hears of events.
pub trait Observe {
    /// Takes one in.
    fn observe(&mut self, event: &Event<'_>);
}

impl<F: FnMut(&Event<'_>)> Observe for F {
    fn observe(&mut self, event: &Event<'_>) {
        self(event);
    }
}

//! A log as the sink reads it: where to read from is told to it, never kept by it.
//!
//! **Invariant:** records of a partition come only after it was started, in order, and only committed ones;
//! a partition that was stopped gives nothing until it is started again.

use std::time::Duration;

use stream::{LogError, Offset, Record, TopicPartition};

/// What one poll brought.
#[derive(Debug)]
pub enum Came {
    /// Nothing within the wait.
    Nothing,
    /// These partitions are ours from now on; they are to be started.
    Assigned(Vec<TopicPartition>),
    /// These are to be stopped: somebody else gets them, or has them already.
    Revoked(Vec<TopicPartition>),
    /// Records, and offsets up to which there is nothing more though records may end before.
    Records {
        /// By partition, in order.
        records: Vec<(TopicPartition, Vec<Record>)>,
        /// The next offsets of partitions of which all was given.
        reached: Vec<(TopicPartition, Offset)>,
    },
}

/// Records that the log had deleted before they were stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Where.
    pub input: TopicPartition,
    /// The first offset that was to be read.
    pub stored: Offset,
    /// The first that there still is.
    pub start: Offset,
}

/// A log.
pub trait Reader {
    /// What came, waiting for it up to `wait`.
    ///
    /// # Errors
    /// [`stream::Reaction::Retry`] while the log cannot be reached.
    fn poll(&mut self, records_max: usize, wait: Duration) -> Result<Came, LogError>;

    /// Reads partitions from there on; without an offset, from the first record that there is.
    ///
    /// # Errors
    /// When the log ends before an offset, which is then of another log; or cannot be reached.
    fn start(&mut self, from: &[(TopicPartition, Option<Offset>)]) -> Result<Vec<Gap>, LogError>;

    /// Reads them no longer.
    ///
    /// # Errors
    /// When the log cannot be reached.
    fn stop(&mut self, inputs: &[TopicPartition]) -> Result<(), LogError>;

    /// Where partitions end now.
    ///
    /// # Errors
    /// When the log cannot be reached.
    fn ends(&mut self, inputs: &[TopicPartition]) -> Result<Vec<Offset>, LogError>;

    /// True while there is something to read at once that an orderly end should wait for: of a log that is
    /// gone when the process ends.
    fn is_to_be_read_out(&self) -> bool {
        false
    }

    /// Tells others how far was stored, for their information; nothing is decided by it.
    fn tell(&mut self, stored: &[(TopicPartition, Offset)]);

    /// Ends in order, so that others take over at once.
    fn leave(&mut self);
}

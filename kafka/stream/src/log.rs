//! The log as the worker sees it, and the four reactions to its errors.
//!
//! A handle is one member of a consumer group with one transactional producer: one worker slot.

use std::fmt;

use crate::batch::Batch;
use crate::record::{Offset, Record, TopicPartition};

/// A partitioned log with transactions and a consumer group.
pub trait Log {
    /// The slot's name, which it keeps when it is started again.
    fn slot(&self) -> &str;

    /// What came in, waiting for it up to `wait_ms`. Records come only of partitions that were
    /// started with [`Log::resume`], in order, and only committed ones.
    ///
    /// # Errors
    /// [`Reaction::Retry`] while the log cannot be reached.
    fn poll(&mut self, records_max: usize, wait_ms: u64) -> Result<Polled, LogError>;

    /// What the group last committed for a partition. Waits for transactions still undecided.
    ///
    /// # Errors
    /// [`Reaction::Retry`] while the log cannot be reached.
    fn claim(&mut self, input: &TopicPartition) -> Result<Claim, LogError>;

    /// Gives committed state records of an input partition, from `from` on, in order, to `visit`,
    /// until that returns false or the end known at the call is reached.
    ///
    /// # Errors
    /// [`Reaction::Retry`] while the log cannot be reached, [`Reaction::Stop`] when `from` is gone.
    fn read_state(
        &mut self,
        input: &TopicPartition,
        from: Offset,
        visit: &mut dyn FnMut(Offset, &[u8]) -> bool,
    ) -> Result<(), LogError>;

    /// Records of this partition come from `at` on, whatever was read before.
    ///
    /// # Errors
    /// As for [`Log::poll`].
    fn resume(&mut self, input: &TopicPartition, at: Offset) -> Result<(), LogError>;

    /// Answers [`Change::Revoked`] or [`Change::Lost`]: from here on others may own these.
    ///
    /// # Errors
    /// As for [`Log::poll`].
    fn release(&mut self, inputs: &[TopicPartition]) -> Result<(), LogError>;

    /// Commits everything in the batch, or nothing. Gives the offset of each state record.
    ///
    /// # Errors
    /// [`Reaction::Replay`] when it did not commit or that is unclear, [`Reaction::Yield`] when the
    /// group has gone on without this member, [`Reaction::Stop`] when it can never succeed.
    fn commit(&mut self, batch: &Batch) -> Result<Vec<Offset>, LogError>;

    /// After [`Reaction::Replay`]: leaves no transaction of this slot undecided, so that
    /// [`Log::claim`] tells what became of the batch.
    ///
    /// # Errors
    /// [`Reaction::Retry`] while the log cannot be reached, [`Reaction::Stop`] when another process
    /// has taken this slot.
    fn recover(&mut self) -> Result<(), LogError>;

    /// The end of each partition as the broker tells it now: all that has arrived, decided or not.
    ///
    /// # Errors
    /// As for [`Log::poll`].
    fn ends(&mut self, inputs: &[TopicPartition]) -> Result<Vec<Offset>, LogError>;

    /// How many partitions a topic has.
    ///
    /// # Errors
    /// [`Reaction::Retry`] while the log cannot be reached, [`Reaction::Stop`] when there is no such
    /// topic.
    fn partitions(&mut self, topic: &str) -> Result<i32, LogError>;

    /// Deletes state records before `before`. A hint: it may be done later, or not at all.
    fn trim_state(&mut self, input: &TopicPartition, before: Offset);

    /// Leaves the group at once, so that others need not wait for a timeout.
    ///
    /// # Errors
    /// As for [`Log::poll`].
    fn leave(&mut self) -> Result<(), LogError>;
}

/// One thing that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Polled {
    /// Nothing within the time.
    Nothing,
    /// Records by partition, and partitions whose stable end was reached.
    Records {
        /// In offset order within a partition.
        records: Vec<(TopicPartition, Vec<Record>)>,
        /// Everything before this offset was given.
        reached: Vec<(TopicPartition, Offset)>,
    },
    /// The assignment changes.
    Change(Change),
}

/// A change of the assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// These are ours now. Nothing flows before [`Log::resume`].
    Assigned(Vec<TopicPartition>),
    /// These go to others. They wait for [`Log::release`], so the open batch may still commit.
    Revoked(Vec<TopicPartition>),
    /// These are gone already: whatever is open for them must not commit.
    Lost(Vec<TopicPartition>),
}

/// What is known of a partition when it is taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Offset and metadata that the group last committed.
    pub committed: Option<(Offset, String)>,
    /// The first offset that still exists.
    pub log_start: Offset,
    /// Nothing is committed, and yet there are state records: the committed offset was lost.
    pub has_orphaned_state: bool,
}

/// What to do about an error. There are no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Nothing happened: make the same call again, later.
    Retry,
    /// The batch did not commit, or nobody knows: recover, ask for the committed offset, and keep
    /// or undo by its answer.
    Replay,
    /// The group has gone on without this member: forget all tasks and join again.
    Yield,
    /// A person has to act: stop and say why.
    Stop,
}

/// An error of the log. It names exactly one reaction.
#[derive(Debug)]
pub struct LogError {
    /// What to do.
    pub reaction: Reaction,
    /// What was being done to what, and for [`Reaction::Stop`] how to mend it.
    pub what: String,
    /// The cause below.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl LogError {
    /// An error without a deeper cause.
    pub fn new(reaction: Reaction, what: impl Into<String>) -> Self {
        Self { reaction, what: what.into(), source: None }
    }

    /// An error caused by another.
    pub fn caused(
        reaction: Reaction,
        what: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { reaction, what: what.into(), source: Some(source.into()) }
    }
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(source) => write!(f, "{}: {source}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

impl std::error::Error for LogError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

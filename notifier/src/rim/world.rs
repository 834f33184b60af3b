//! What the notifier reads from, writes results to, and is watched by.

use std::time::Duration;

use schemas::envelope::Envelope;
use schemas::signal::Signal;
use stream::{LogError, Offset, Record, TopicPartition};

use super::BreakerState;
use crate::result::Report;

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

/// The log with the notifications, which keeps our positions too.
pub trait Reader {
    /// What came, waiting for it up to `wait`.
    ///
    /// # Errors
    /// [`stream::Reaction::Retry`] while the log cannot be reached.
    fn poll(&mut self, records_max: usize, wait: Duration) -> Result<Came, LogError>;

    /// What was committed of a partition, and the metadata beside it.
    ///
    /// # Errors
    /// When the log cannot be reached.
    fn committed(&mut self, input: &TopicPartition) -> Result<Option<(Offset, String)>, LogError>;

    /// Reads a partition from there on, or from its first record behind that; tells from where.
    ///
    /// # Errors
    /// When the log cannot be reached.
    fn start(&mut self, input: &TopicPartition, at: Offset) -> Result<Offset, LogError>;

    /// Reads them no longer.
    ///
    /// # Errors
    /// When the log cannot be reached.
    fn stop(&mut self, inputs: &[TopicPartition]) -> Result<(), LogError>;

    /// Commits positions with their metadata; whether it was done is waited for only where that is asked
    /// for. They are committed again now and then, so one that was lost only means a repetition.
    ///
    /// # Errors
    /// When they are not committed, as far as that is known.
    fn commit(
        &mut self,
        positions: &[(TopicPartition, Offset, String)],
        is_waited_for: bool,
    ) -> Result<(), LogError>;

    /// Ends in order, so that others take over at once.
    fn leave(&mut self);
}

/// Where results go.
pub trait Results {
    /// Writes them, and returns once they are safe.
    ///
    /// # Errors
    /// When it is not known that all of them are.
    fn write(&mut self, results: &[Envelope<Signal>]) -> Result<(), LogError>;
}

/// What the notifier is told from outside.
pub trait Control {
    /// True once it is to finish what is on its way and end.
    fn is_asked_to_end(&self) -> bool;

    /// True once it may not even take the time for that.
    fn is_overdue(&self) -> bool;
}

/// What happens.
#[derive(Debug)]
pub enum Event<'a> {
    /// One turn of the loop.
    Turned {
        /// Positions are known, and the log answers.
        is_ready: bool,
    },
    /// So many partitions are held.
    Holds(usize),
    /// A record that is no notification; it is left out.
    Unreadable(&'a TopicPartition, Offset, &'a str),
    /// An attempt failed and is made again.
    Failed {
        /// The receiver.
        receiver: &'a str,
        /// What went wrong.
        why: &'a str,
    },
    /// A receiver is asked no longer, or again.
    Breaker {
        /// The receiver.
        receiver: &'a str,
        /// How it is now.
        state: BreakerState,
    },
    /// A notification has come to its end, or is late.
    Told(&'a Report),
    /// Alerts were posted to an Alertmanager again.
    Resent {
        /// The receiver.
        receiver: &'a str,
        /// How many.
        alerts: usize,
        /// Whether it took them.
        is_taken: bool,
    },
    /// How it stands with a receiver, now and then.
    Queue {
        /// The receiver.
        receiver: &'a str,
        /// Notifications held in memory.
        held: usize,
        /// The age of the oldest of them.
        oldest_ms: i64,
    },
    /// Metadata of a committed position is not ours; some may be told twice.
    Foreign(&'a TopicPartition),
    /// Notifications were deleted from the topic before they were delivered.
    Missed(&'a TopicPartition, u64),
    /// Results or positions could not be written; they are written again.
    LogAway(&'a LogError),
    /// A partition was given away before what was on its way had ended: some may be told twice.
    Hurried(&'a TopicPartition),
}

/// Hears of it.
pub trait Observe {
    /// Something happened.
    fn observe(&mut self, event: &Event<'_>);
}

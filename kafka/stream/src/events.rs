//! Everything that can happen to a worker, as one closed list. The rim turns each into one log line
//! and one metric.

use crate::batch::Position;
use crate::cut::CompletedImage;
use crate::log::LogError;
use crate::processor::Counts;
use crate::record::{Offset, TopicPartition};
use crate::restore::Restored;
use crate::task::Verdict;

/// Something happened to a worker.
#[derive(Debug)]
pub enum WorkerEvent<'a> {
    /// Partitions were assigned; they are restored next.
    Assigned(&'a [TopicPartition]),
    /// Partitions went to other workers; what was open for them has committed.
    Released(&'a [TopicPartition]),
    /// Partitions are gone; what was open for them was undone.
    Lost(&'a [TopicPartition]),
    /// A task holds its image and begins to replay.
    Restored {
        /// The task.
        input: &'a TopicPartition,
        /// What the image took.
        restored: Restored,
        /// The first offset to replay.
        replay_from: Offset,
        /// The committed offset: the replay ends here.
        replay_to: Offset,
        /// Time for the image.
        took_us: i64,
    },
    /// A task has replayed what was committed and goes on live.
    Replayed {
        /// The task.
        input: &'a TopicPartition,
        /// Where it goes on.
        at: Position,
    },
    /// A batch committed.
    Committed {
        /// Input records in it.
        records: u64,
        /// Output records in it.
        outputs: usize,
        /// Bytes of image chunks in it.
        image_bytes: usize,
        /// Time from the first record to the commit.
        age_us: i64,
        /// Time of the commit itself.
        took_us: i64,
        /// What the processors counted.
        counts: &'a Counts,
    },
    /// Nobody knows whether a batch committed; it is being found out.
    Unclear(&'a LogError),
    /// It was found out for one task.
    Resolved {
        /// The task.
        input: &'a TopicPartition,
        /// What became of the batch.
        verdict: Verdict,
    },
    /// The group went on without this worker; all its tasks were dropped.
    Yielded(&'a LogError),
    /// The log cannot be reached; the same is tried again.
    Waiting(&'a LogError),
    /// The log answers again.
    Reached,
    /// An image is complete.
    Imaged {
        /// The task.
        input: &'a TopicPartition,
        /// Where it lies and what it took.
        image: CompletedImage,
    },
}

/// Listens to a worker.
pub trait Observer {
    /// Something happened.
    fn observe(&mut self, event: &WorkerEvent<'_>);
}

impl<F: FnMut(&WorkerEvent<'_>)> Observer for F {
    fn observe(&mut self, event: &WorkerEvent<'_>) {
        self(event);
    }
}

//! The unit of commit: outputs, state and positions together, or nothing.
//!
//! There is no way to write outputs without positions or positions without outputs, because there
//! is no such call.

use crate::record::{Offset, Output, TopicPartition};

/// How far a task has come: the next offset to read, and how many pieces of `advance` were done
/// after the record before it while more were due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The first offset that was not processed.
    pub resume_at: Offset,
    /// Pieces of an unfinished `advance`; 0 when nothing is due.
    pub steps: u32,
}

impl Position {
    /// Before the record at `resume_at`, with nothing due.
    pub fn at(resume_at: Offset) -> Self {
        Self { resume_at, steps: 0 }
    }
}

/// A task's committed position, with the pointer to its image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose position it is.
    pub input: TopicPartition,
    /// The next offset to read.
    pub resume_at: Offset,
    /// The pointer, as offset metadata.
    pub metadata: String,
}

/// One record for a task's state partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateRecord {
    /// Whose state it is: the input partition, not the state topic's.
    pub input: TopicPartition,
    /// An image chunk.
    pub value: Vec<u8>,
}

/// What one transaction holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Records to write.
    pub outputs: Vec<Output>,
    /// Pieces of images.
    pub state: Vec<StateRecord>,
    /// Positions reached.
    pub checkpoints: Vec<Checkpoint>,
}

impl Batch {
    /// True when committing it would change nothing.
    pub fn is_empty(&self) -> bool {
        self.outputs.is_empty() && self.state.is_empty() && self.checkpoints.is_empty()
    }
}

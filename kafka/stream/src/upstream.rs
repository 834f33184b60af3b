//! What a task knows of the stage above from its progress marks: how far that has read its inputs.
//!
//! **Invariant:** what it tells never goes back, and follows from the marks in the task's own input
//! alone. The least counts only once every partition that the marks promise has been heard of.

use crate::record::TopicPartition;
use crate::store::{KeyedStore, Store};
use crate::time::EventTime;

/// How far an upstream input partition was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamRead {
    /// The upstream input partition.
    pub input: TopicPartition,
    /// How many partitions that topic has.
    pub partitions: i32,
    /// Everything that had arrived by then has come through.
    pub until: EventTime,
}

/// The marks that a task has read.
#[derive(Debug, Default)]
pub struct Upstream {
    marks: KeyedStore<(String, i32), EventTime>,
    /// Partitions of each upstream topic: until all were heard of, nothing counts as read.
    partitions: KeyedStore<String, i32>,
}

impl Upstream {
    /// Its stores, for [`crate::Processor::stores`].
    pub fn stores(&mut self) -> [&mut dyn Store; 2] {
        [&mut self.marks, &mut self.partitions]
    }

    /// Takes a mark.
    pub fn mark(&mut self, reads: &[UpstreamRead]) {
        for read in reads {
            let key = (read.input.topic.to_string(), read.input.partition);
            // A former owner's mark may come late; time upstream never goes back.
            let until = self.marks.get(&key).map_or(read.until, |known| read.until.max(*known));
            self.marks.insert(&key, until);
            self.partitions.insert(&key.0, read.partitions);
        }
    }

    /// Everything that had arrived upstream by then has come through.
    pub fn least(&self) -> Option<EventTime> {
        let expected: i64 = self.partitions.iter().map(|(_, count)| i64::from(*count)).sum();
        let heard = i64::try_from(self.marks.iter().count()).unwrap_or(0);
        let least = self.marks.iter().map(|(_, until)| *until).min();
        least.filter(|_| heard >= expected)
    }

    /// The time as the foremost of the stage above tells it.
    pub fn greatest(&self) -> Option<EventTime> {
        self.marks.iter().map(|(_, until)| *until).max()
    }
}

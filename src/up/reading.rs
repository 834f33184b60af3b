//! A topic of the log in memory, read on from where it was left.

use std::collections::VecDeque;

use stream::memory::Cluster;
use stream::{Offset, Record, TopicPartition};

/// A topic, and where each partition is read on.
#[derive(Debug)]
pub(super) struct Reading {
    cluster: Cluster,
    next: VecDeque<(TopicPartition, Offset)>,
    read: u64,
}

impl Reading {
    /// From the beginning.
    pub(super) fn new(cluster: &Cluster, topic: &schemas::topic::Topic) -> Self {
        let partitions = 0..i32::try_from(topic.partitions).unwrap_or(i32::MAX);
        let start = |partition| (TopicPartition::new(topic.name, partition), Offset(0));
        Self { cluster: cluster.clone(), next: partitions.map(start).collect(), read: 0 }
    }

    /// What is new.
    pub(super) fn take(&mut self) -> Vec<Record> {
        let mut all = Vec::new();
        for (of, next) in &mut self.next {
            let (records, resume_at) = self.cluster.read(of, *next, usize::MAX);
            *next = resume_at;
            all.extend(records);
        }
        self.read += all.len() as u64;
        all
    }

    /// How many records were read.
    pub(super) fn read(&self) -> u64 {
        self.read
    }
}

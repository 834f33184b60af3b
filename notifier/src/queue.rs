//! What one receiver is still to be told.
//!
//! **Invariants:** of each group only the oldest notification may leave, so what is over is never told
//! before what began. One that fails again and again holds up its own group, not the others. What is held
//! is bounded by whoever fills it.

use std::collections::BTreeSet;

use schemas::envelope::Envelope;
use schemas::id::RecordId;
use schemas::notification::Notification;
use stream::{Offset, TopicPartition};

/// One notification on its way.
#[derive(Debug)]
pub(crate) struct Job {
    /// Where it lies in the topic.
    pub(crate) input: TopicPartition,
    pub(crate) offset: Offset,
    /// Which holding of the partition it was read in.
    pub(crate) holding: u64,
    /// When it was written.
    pub(crate) arrival_ms: i64,
    pub(crate) told: Box<Envelope<Notification>>,
    pub(crate) attempts: u32,
    pub(crate) not_before_ms: i64,
    pub(crate) last_error: Option<String>,
    pub(crate) is_delay_told: bool,
}

impl Job {
    pub(crate) fn new(
        (input, holding): (TopicPartition, u64),
        offset: Offset,
        arrival_ms: i64,
        told: Box<Envelope<Notification>>,
    ) -> Self {
        Self {
            input,
            offset,
            holding,
            arrival_ms,
            told,
            attempts: 0,
            not_before_ms: i64::MIN,
            last_error: None,
            is_delay_told: false,
        }
    }

    pub(crate) fn key(&self) -> RecordId {
        self.told.data.delivery_key
    }

    pub(crate) fn group(&self) -> RecordId {
        self.told.data.group.as_ref().map_or(self.key(), |group| group.id)
    }
}

/// They wait in the order of the topic.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    jobs: Vec<Job>,
}

impl Queue {
    pub(crate) fn push(&mut self, job: Job) {
        self.jobs.push(job);
    }

    /// Those that may leave, each the oldest of its group, in the order of the topic.
    pub(crate) fn heads(&self) -> impl Iterator<Item = (usize, &Job)> {
        let mut groups = BTreeSet::new();
        self.jobs.iter().enumerate().filter(move |(_, job)| groups.insert(job.group()))
    }

    pub(crate) fn get_mut(&mut self, place: usize) -> Option<&mut Job> {
        self.jobs.get_mut(place)
    }

    pub(crate) fn get(&self, place: usize) -> Option<&Job> {
        self.jobs.get(place)
    }

    pub(crate) fn take(&mut self, place: usize) -> Option<Job> {
        (place < self.jobs.len()).then(|| self.jobs.remove(place))
    }

    /// Drops what was read from a partition that somebody else has now.
    pub(crate) fn forget(&mut self, input: &TopicPartition) {
        self.jobs.retain(|job| job.input != *input);
    }
}

//! The sink's reader on the log in memory: all partitions are its own.

use std::collections::BTreeMap;
use std::time::Duration;

use analytics_postgres::reader::{Came, Gap, Reader};
use stream::memory::Cluster;
use stream::{LogError, Offset, TopicPartition};

use super::TOPICS;

/// A poll of the log in memory does not wait, so it rests after one that gave nothing.
const REST: Duration = Duration::from_millis(2);

/// Reads a log that begins with this process.
#[derive(Debug)]
pub(crate) struct MemoryReader {
    cluster: Cluster,
    is_assigned: bool,
    /// Where each partition is read on, if it is.
    next: BTreeMap<TopicPartition, Offset>,
}

impl MemoryReader {
    /// A reader of all that is for the sink.
    pub(crate) fn new(cluster: &Cluster) -> Self {
        Self { cluster: cluster.clone(), is_assigned: false, next: BTreeMap::new() }
    }

    fn inputs(&self) -> Vec<TopicPartition> {
        let of_topic = |topic: &&'static str| {
            let count = i32::try_from(self.cluster.partitions(topic)).unwrap_or(0);
            let topic: std::sync::Arc<str> = (*topic).into();
            (0..count).map(move |partition| TopicPartition::new(topic.clone(), partition))
        };
        TOPICS.iter().flat_map(of_topic).collect()
    }
}

impl Reader for MemoryReader {
    fn poll(&mut self, records_max: usize, wait: Duration) -> Result<Came, LogError> {
        if !self.is_assigned {
            self.is_assigned = true;
            return Ok(Came::Assigned(self.inputs()));
        }
        let (mut came, mut reached, mut left) = (Vec::new(), Vec::new(), records_max);
        for (input, next) in &mut self.next {
            let (records, read_to) = self.cluster.read(input, *next, left);
            left -= records.len();
            if read_to > *next {
                *next = read_to;
                reached.push((input.clone(), read_to));
            }
            if !records.is_empty() {
                came.push((input.clone(), records));
            }
        }
        if reached.is_empty() {
            std::thread::sleep(wait.min(REST));
            return Ok(Came::Nothing);
        }
        Ok(Came::Records { records: came, reached })
    }

    fn start(&mut self, from: &[(TopicPartition, Option<Offset>)]) -> Result<Vec<Gap>, LogError> {
        let from = from.iter().map(|(input, at)| (input.clone(), at.unwrap_or(Offset(0))));
        self.next.extend(from);
        Ok(Vec::new())
    }

    fn stop(&mut self, inputs: &[TopicPartition]) -> Result<(), LogError> {
        self.next.retain(|input, _| !inputs.contains(input));
        Ok(())
    }

    fn ends(&mut self, inputs: &[TopicPartition]) -> Result<Vec<Offset>, LogError> {
        Ok(inputs.iter().map(|input| self.cluster.end(input)).collect())
    }

    /// Workers write until they have left; what they write last is stored as well.
    fn is_to_be_read_out(&self) -> bool {
        self.cluster.has_members()
            || self.next.iter().any(|(input, next)| *next < self.cluster.end(input))
    }

    fn tell(&mut self, _: &[(TopicPartition, Offset)]) {}

    fn leave(&mut self) {}
}

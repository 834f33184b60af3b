//! A service as data: what it reads, what it writes, and how a task of it is made.

use std::fmt;
use std::sync::Arc;

use crate::image::Versions;
use crate::processor::Processor;
use crate::record::TopicPartition;

/// Makes the processor of one task.
pub type MakeProcessor = dyn Fn(&TopicPartition) -> Box<dyn Processor> + Send + Sync;

/// Turns a worker's slot and what it has read into the payload of a progress mark.
pub type EncodeMark = dyn Fn(&str, &[ReadUpTo]) -> Vec<u8> + Send + Sync;

/// A service: one function makes it, and main, `up`, tests and load test all call that function.
#[derive(Clone)]
pub struct Topology {
    /// The service's name; also its consumer group.
    pub name: Arc<str>,
    /// Topics whose partitions are its tasks.
    pub inputs: Vec<Arc<str>>,
    /// Topics it may write to, apart from its state.
    pub outputs: Vec<Arc<str>>,
    /// Versions of its state and logic.
    pub versions: Versions,
    /// Logic versions whose committed work may be replayed under this one with the same outcome.
    pub compatible_logic: Vec<u16>,
    /// True when tasks keep state, and so need a state topic.
    pub stateful: bool,
    /// Progress marks for the stages below, where there are any.
    pub marks: Option<Marks>,
    /// Makes a task's processor.
    pub make: Arc<MakeProcessor>,
}

/// How a topology tells the stages below how far it has read.
#[derive(Clone)]
pub struct Marks {
    /// Every partition of these topics gets each mark.
    pub topics: Vec<Arc<str>>,
    /// The mark's payload.
    pub encode: Arc<EncodeMark>,
}

/// Up to which wall time an input partition was read to its stable end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadUpTo {
    /// The input partition.
    pub input: TopicPartition,
    /// How many partitions its topic has, so that a reader knows when it has heard of all.
    pub partitions: i32,
    /// Everything that had arrived by then has been processed.
    pub until_ms: i64,
}

impl Topology {
    /// The state topic of one input: `<topology>.<input topic>.state`.
    pub fn state_topic(&self, input: &str) -> String {
        format!("{}.{input}.state", self.name)
    }
}

impl fmt::Debug for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Topology")
            .field("name", &self.name)
            .field("inputs", &self.inputs)
            .field("outputs", &self.outputs)
            .field("versions", &self.versions)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Marks").field("topics", &self.topics).finish_non_exhaustive()
    }
}

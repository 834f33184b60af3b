//! What may be said about a plan beside the file: fewer replicas, deletion, and which topics are ours.

use std::collections::BTreeMap;

use super::file::TopicFile;
use super::topic::{Topic, state_parts};

/// How a plan is made.
#[derive(Clone, Debug)]
pub struct Options {
    /// Replicas other than the file's.
    pub copies: Copies,
    /// Whether topics that are ours and not in the file are deleted.
    pub delete: bool,
    /// Topics whose names begin like this are ours.
    pub prefix: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { copies: Copies::default(), delete: false, prefix: "isobar.".to_owned() }
    }
}

impl Options {
    /// For a development cluster of one broker.
    pub fn one_broker() -> Self {
        let copies = Copies { replicas: Some(1), min_in_sync: Some(1) };
        Self { copies, ..Self::default() }
    }

    /// True for a topic that this product made: by its prefix, or as the state of a task that reads
    /// a topic of the file. Kafka's own topics never are.
    pub fn is_ours(&self, name: &str, file: &TopicFile) -> bool {
        let is_state = || state_parts(name).is_some_and(|(_, input)| file.get(input).is_some());
        !name.starts_with("__") && (name.starts_with(&self.prefix) || is_state())
    }
}

/// Replicas other than the file's, for clusters that are smaller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copies {
    /// Brokers that hold each partition.
    pub replicas: Option<u16>,
    /// Replicas that have a record before it counts as written; never more than there are.
    pub min_in_sync: Option<u16>,
}

impl Copies {
    pub(super) fn replicas_of(self, topic: &Topic) -> u16 {
        self.replicas.unwrap_or(topic.replicas)
    }

    /// The topic's settings, with no more replicas in sync than there are: a broker would take no
    /// record.
    pub(super) fn settings_of(self, topic: &Topic, replicas: u16) -> BTreeMap<String, String> {
        let name = "min.insync.replicas";
        let declared = topic.setting(name).and_then(|value| value.parse::<u16>().ok());
        let mut settings = topic.settings.clone();
        if let Some(wanted) = self.min_in_sync.or(declared) {
            let in_sync = wanted.min(replicas);
            settings.insert(name.to_owned(), in_sync.to_string());
        }
        settings
    }
}

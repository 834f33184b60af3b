//! The client that talks to Kafka, and what it finds there.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{
    AdminClient, AdminOptions, ConfigEntry, ConfigSource, OwnedResourceSpecifier, ResourceSpecifier,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::KafkaError;
use rdkafka::metadata::MetadataTopic;

use super::cluster::{Cluster, ClusterTopic, Setting};
use super::error::TopicsError;
use super::file::TopicFile;
use super::options::Options;
use super::reach::complaint;
use crate::wait::wait;

/// How long a broker may take to answer.
const ANSWER: Duration = Duration::from_secs(8);
/// How long a cluster may take to carry a change out.
const CHANGE: Duration = Duration::from_secs(30);

/// A client that reads and changes topics.
pub struct Admin {
    pub(super) client: AdminClient<DefaultClientContext>,
    config: ClientConfig,
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin").field("brokers", &self.brokers()).finish_non_exhaustive()
    }
}

/// Which topics are read with their settings.
#[derive(Debug)]
pub enum Scope<'a> {
    /// Those of the file, and those that are ours by their names.
    Ours(&'a TopicFile, &'a Options),
    /// All but Kafka's own.
    All,
}

impl Scope<'_> {
    fn holds(&self, name: &str) -> bool {
        match self {
            Self::Ours(file, options) => file.get(name).is_some() || options.is_ours(name, file),
            Self::All => !name.starts_with("__"),
        }
    }
}

/// A client for topics, from settings that say how to reach the cluster.
///
/// # Errors
/// When a setting is unknown or has a wrong value.
pub fn admin(config: ClientConfig) -> Result<Admin, TopicsError> {
    let client = config.create().map_err(TopicsError::Settings)?;
    Ok(Admin { client, config })
}

impl Admin {
    /// The topics of this scope as they are.
    ///
    /// # Errors
    /// When the cluster does not answer.
    pub fn read(&self, scope: &Scope<'_>) -> Result<Cluster, TopicsError> {
        let metadata = self.client.inner().fetch_metadata(None, ANSWER);
        let metadata = metadata.map_err(|error| self.unreachable(&error))?;
        let found = metadata.topics().iter().filter(|topic| scope.holds(topic.name()));
        let mut topics: BTreeMap<_, _> =
            found.map(|topic| (topic.name().to_owned(), without_settings(topic))).collect();
        self.add_settings(&mut topics)?;
        Ok(Cluster { brokers: metadata.brokers().len(), topics })
    }

    fn unreachable(&self, error: &KafkaError) -> TopicsError {
        TopicsError::Unreachable {
            brokers: self.brokers().to_owned(),
            seconds: ANSWER.as_secs(),
            reason: complaint(&self.config).unwrap_or_else(|| error.to_string()),
        }
    }

    fn brokers(&self) -> &str {
        self.config.get("bootstrap.servers").unwrap_or("(no address given)")
    }

    fn add_settings(&self, topics: &mut BTreeMap<String, ClusterTopic>) -> Result<(), TopicsError> {
        if topics.is_empty() {
            return Ok(());
        }
        let asked: Vec<_> = topics.keys().map(|name| ResourceSpecifier::Topic(name)).collect();
        let what = "read the settings of topics";
        let told = wait(self.client.describe_configs(&asked, &options()));
        let told = told.map_err(|source| TopicsError::Request { what, source })?;
        for resource in told.into_iter().flatten() {
            if let OwnedResourceSpecifier::Topic(name) = &resource.specifier
                && let Some(topic) = topics.get_mut(name)
            {
                topic.settings = resource.entries.into_iter().filter_map(setting).collect();
            }
        }
        match topics.iter().find(|(_, topic)| topic.settings.is_empty()) {
            Some((name, _)) => Err(TopicsError::NoSettings { topic: name.clone() }),
            None => Ok(()),
        }
    }
}

fn without_settings(topic: &MetadataTopic) -> ClusterTopic {
    let partitions = topic.partitions();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let replicas = partitions.iter().map(|partition| partition.replicas().len()).min();
    ClusterTopic {
        partitions: count(partitions.len()),
        replicas: u16::try_from(replicas.unwrap_or_default()).unwrap_or(u16::MAX),
        leaderless: count(partitions.iter().filter(|partition| partition.leader() < 0).count()),
        settings: BTreeMap::new(),
    }
}

fn setting(entry: ConfigEntry) -> Option<(String, Setting)> {
    let own = entry.source == ConfigSource::DynamicTopic;
    entry.value.map(|value| (entry.name, Setting { value, own }))
}

pub(super) fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(CHANGE)).operation_timeout(Some(CHANGE))
}

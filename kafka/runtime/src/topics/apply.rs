//! Doing what a plan says.
//!
//! The client library does not report that a setting was refused: it drops the broker's answer. So
//! nothing is believed here until the cluster shows it.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::admin::{
    AlterConfig, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication, TopicResult,
};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::error::TopicsError;
use super::file::TopicFile;
use super::options::Options;
use super::plan::{Action, Plan, Planned, plan};
use super::rim::{Admin, Scope, options};
use crate::wait::wait;

/// How long a cluster may take to show what it has done.
const SHOW: Duration = Duration::from_secs(15);

impl Admin {
    /// Does what the plan says, and returns when the cluster shows it. What is refused stays.
    ///
    /// # Errors
    /// When a change is refused by the broker, or cannot be seen afterwards. What could be done is
    /// done then, and the next plan holds the rest.
    pub fn apply(&self, todo: &Plan, file: &TopicFile, with: &Options) -> Result<(), TopicsError> {
        if todo.work().next().is_none() {
            return Ok(());
        }
        let mut rejected = self.create(todo)?;
        rejected.extend(self.grow(todo)?);
        self.configure(todo)?;
        rejected.extend(self.delete(todo)?);
        if rejected.is_empty() {
            self.wait_until_shown(todo, file, with)
        } else {
            Err(TopicsError::Rejected(rejected))
        }
    }

    fn create(&self, todo: &Plan) -> Result<Vec<String>, TopicsError> {
        let new = todo.work().filter_map(|planned| match &planned.action {
            Action::Create { partitions, replicas, settings } => {
                let replication = TopicReplication::Fixed(i32::from(*replicas));
                let mut topic = NewTopic::new(&planned.topic, signed(*partitions), replication);
                topic.config = settings.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
                Some(topic)
            }
            _ => None,
        });
        let new: Vec<_> = new.collect();
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let results = wait(self.client.create_topics(&new, &options()));
        rejections("create", "create topics", results)
    }

    fn grow(&self, todo: &Plan) -> Result<Vec<String>, TopicsError> {
        let more = todo.work().filter_map(|planned| match &planned.action {
            Action::Grow { to, .. } => {
                Some(NewPartitions::new(&planned.topic, usize::try_from(*to).ok()?))
            }
            _ => None,
        });
        let more: Vec<_> = more.collect();
        if more.is_empty() {
            return Ok(Vec::new());
        }
        let results = wait(self.client.create_partitions(&more, &options()));
        rejections("grow", "add partitions", results)
    }

    /// Whether a value was taken shows only in the next description.
    fn configure(&self, todo: &Plan) -> Result<(), TopicsError> {
        let new = todo.work().filter_map(|planned| match &planned.action {
            Action::Configure { settings, .. } => {
                let mut config = AlterConfig::new(ResourceSpecifier::Topic(&planned.topic));
                config.entries = settings.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
                Some(config)
            }
            _ => None,
        });
        let new: Vec<_> = new.collect();
        if new.is_empty() {
            return Ok(());
        }
        let what = "change the settings of topics";
        let sent = wait(self.client.alter_configs(&new, &options()));
        sent.map(|_| ()).map_err(|source| TopicsError::Request { what, source })
    }

    fn delete(&self, todo: &Plan) -> Result<Vec<String>, TopicsError> {
        let gone = |planned: &&Planned| matches!(planned.action, Action::Delete { .. });
        let names: Vec<_> = todo.work().filter(gone).map(|planned| &*planned.topic).collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let results = wait(self.client.delete_topics(&names, &options()));
        rejections("delete", "delete topics", results)
    }

    fn wait_until_shown(
        &self,
        todo: &Plan,
        file: &TopicFile,
        with: &Options,
    ) -> Result<(), TopicsError> {
        let deadline = Instant::now() + SHOW;
        loop {
            let missing = self.missing(todo, file, with)?;
            if missing.is_empty() {
                return Ok(());
            }
            if Instant::now() > deadline {
                let seconds = SHOW.as_secs();
                return Err(TopicsError::NotShown { seconds, what: missing.join("; ") });
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// What the cluster does not show yet of the topics that were changed.
    fn missing(
        &self,
        todo: &Plan,
        file: &TopicFile,
        with: &Options,
    ) -> Result<Vec<String>, TopicsError> {
        let cluster = match self.read(&Scope::Ours(file, with)) {
            // A broker may hear of a new topic later than the one that listed it.
            Err(TopicsError::NoSettings { topic }) => {
                return Ok(vec![format!("{topic}: settings")]);
            }
            read => read?,
        };
        let changed: BTreeSet<_> = todo.work().map(|planned| planned.topic.as_str()).collect();
        let rest = plan(file, &cluster, with);
        let rest = rest.work().filter(|planned| changed.contains(&*planned.topic));
        let leaderless = cluster.topics.iter().filter(|(_, topic)| topic.leaderless > 0);
        let leaderless = leaderless.filter(|(name, _)| changed.contains(name.as_str()));
        let leaderless = leaderless.map(|(name, _)| format!("{name}: a leader of every partition"));
        Ok(rest.map(ToString::to_string).chain(leaderless).collect())
    }
}

fn signed(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// What was refused. Somebody else having done it at the same time is no refusal.
fn rejections(
    verb: &str,
    what: &'static str,
    results: Result<Vec<TopicResult>, KafkaError>,
) -> Result<Vec<String>, TopicsError> {
    use RDKafkaErrorCode::{TopicAlreadyExists, UnknownTopicOrPartition};
    let results = results.map_err(|source| TopicsError::Request { what, source })?;
    let refused = results.into_iter().filter_map(Result::err).filter(|(_, code)| {
        let done = [("create", TopicAlreadyExists), ("delete", UnknownTopicOrPartition)];
        !done.contains(&(verb, *code))
    });
    Ok(refused.map(|(topic, code)| format!("{verb} {topic} ({code})")).collect())
}

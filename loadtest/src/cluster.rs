//! What the harness needs of Kafka: topics, records in, what was published, what was committed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use kafka_runtime::KafkaSettings;
use kafka_runtime::plain::{GroupOffsets, PlainReader, create_topic};
use schemas::aggregate::Aggregate;
use schemas::late::Late;
use schemas::source_class::SourceClass;
use schemas::topic::Topic;
use schemas::{codec, topic};
use stream::Record;

use crate::oracle::Expected;
use crate::subject::Subject;

const READ: Duration = Duration::from_secs(120);

/// A cluster of its own, started and stopped by `deploy/dev/kafka`.
#[derive(Debug)]
pub struct Cluster {
    script: PathBuf,
    dir: PathBuf,
    brokers: u32,
    /// How to reach it.
    pub settings: KafkaSettings,
}

impl Cluster {
    /// Starts one in a folder.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(dir: &Path, brokers: u32) -> anyhow::Result<Self> {
        let script = script()?;
        call(&script, &["start", &dir.display().to_string(), "--brokers", &brokers.to_string()])?;
        let bootstrap = std::fs::read_to_string(dir.join("bootstrap"))?;
        let settings = KafkaSettings::new(bootstrap.trim());
        Ok(Self { script, dir: dir.to_owned(), brokers, settings })
    }

    /// `kill -9` for a broker.
    ///
    /// # Errors
    /// When it was not running.
    pub fn kill(&self, broker: u32) -> anyhow::Result<()> {
        call(&self.script, &["kill", &self.dir.display().to_string(), &broker.to_string()])
    }

    /// Starts a killed broker again.
    ///
    /// # Errors
    /// When it does not start.
    pub fn up(&self, broker: u32) -> anyhow::Result<()> {
        call(&self.script, &["up", &self.dir.display().to_string(), &broker.to_string()])
    }

    /// Makes every topic that the service needs.
    ///
    /// # Errors
    /// When one cannot be made.
    pub fn create_topics(&self, subject: Subject) -> anyhow::Result<()> {
        let replicas = i32::try_from(self.brokers)?;
        let in_sync = if self.brokers == 3 { "2" } else { "1" };
        for (name, partitions) in subject.topics() {
            let mut config = vec![("min.insync.replicas", in_sync), ("retention.ms", "-1")];
            // As `kafka/topics.yaml` has it: by the time of generated records a notifier would take
            // everything for too old to be tried twice.
            if name == topic::NOTIFICATIONS.name {
                config.push(("message.timestamp.type", "LogAppendTime"));
            }
            create_topic(&self.settings, &name, (partitions, replicas), &config)?;
        }
        Ok(())
    }

    /// Makes every topic that the service does not need: for services beside it.
    ///
    /// # Errors
    /// When one cannot be made.
    pub fn create_other_topics(&self, subject: Subject) -> anyhow::Result<()> {
        let needed = subject.topics();
        let is_other = |topic: &Topic| needed.iter().all(|(name, _)| name != topic.name);
        for topic in topic::ALL.into_iter().filter(is_other) {
            let counts = (i32::try_from(topic.partitions)?, i32::try_from(self.brokers)?);
            create_topic(&self.settings, topic.name, counts, &[("retention.ms", "-1")])?;
        }
        Ok(())
    }

    /// The processes of the brokers.
    ///
    /// # Errors
    /// When the cluster's folder does not tell them.
    pub fn pids(&self) -> anyhow::Result<Vec<u32>> {
        let pid = |broker: u32| {
            let path = self.dir.join("pids").join(broker.to_string());
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            Ok(text.trim().parse()?)
        };
        (1..=self.brokers).map(pid).collect()
    }

    /// Watches the offsets the service commits.
    ///
    /// # Errors
    /// When the cluster cannot be reached.
    pub fn offsets(&self, subject: Subject) -> anyhow::Result<GroupOffsets> {
        Ok(GroupOffsets::new(&self.settings, subject.name(), subject.input_partitions())?)
    }

    /// What a read-committed reader sees of the outputs of `event-counts`.
    ///
    /// # Errors
    /// When a topic cannot be read, or holds what cannot be understood.
    pub fn published(&self) -> anyhow::Result<Expected> {
        let mut published = Expected::default();
        for records in self.read(topic::AGGREGATES.name)? {
            let value = codec::decode::<Aggregate>(&records.1)?;
            let class = value.data.group.get("source_class").map(String::as_str);
            let class = SourceClass::ALL.into_iter().find(|known| Some(known.as_str()) == class);
            let class = class.context("an aggregate without a source class")?;
            let name = (records.0, class, value.data.window_start_ms);
            let revisions = published.windows.entry(name).or_default();
            revisions.push((value.data.revision, value.data.statistics.count));
        }
        for (_, value) in self.read(topic::LATE.name)? {
            let late = codec::decode::<Late>(&value)?;
            *published.late.entry(late.attributes.id.0.as_u128()).or_default() += 1;
        }
        let dead = self.read(topic::DEAD_LETTER.name)?.len();
        ensure!(dead == 0, "{dead} dead letters where every record can be read");
        Ok(published)
    }

    /// Everything that a read-committed reader sees of a topic, by partition and in order.
    ///
    /// # Errors
    /// When the topic cannot be read to its end.
    pub fn partitions(&self, topic: &str) -> anyhow::Result<BTreeMap<i32, Vec<Record>>> {
        Ok(PlainReader::new(&self.settings, topic, false)?.read_to_end(READ)?)
    }

    fn read(&self, topic: &str) -> anyhow::Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let partitions = self.partitions(topic)?;
        let pair =
            |record: Record| (record.key.unwrap_or_default(), record.value.unwrap_or_default());
        Ok(partitions.into_values().flatten().map(pair).collect())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The harness has its result; a cluster that does not stop says so by itself.
        if let Err(error) = call(&self.script, &["stop", &self.dir.display().to_string()]) {
            crate::output::note(&format!("the cluster did not stop: {error}"));
        }
    }
}

/// The script stands in the checkout this binary was built in, or in the current folder.
fn script() -> anyhow::Result<PathBuf> {
    let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/dev/kafka");
    let here = PathBuf::from("deploy/dev/kafka");
    [here, built_in]
        .into_iter()
        .find(|path| path.is_file())
        .context("there is no deploy/dev/kafka; run this in a checkout of the project")
}

fn call(script: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let status = Command::new(script).args(arguments).stdout(Stdio::null()).status();
    let status = status.with_context(|| format!("cannot run {}", script.display()))?;
    ensure!(status.success(), "{} {} failed", script.display(), arguments.join(" "));
    Ok(())
}

//! Reading a topic from its beginning to the end it had when it was opened: for tools that look at
//! what is there and go home.
//!
//! **Invariant:** the ends are asked for once. What is written later is never given, so reading
//! ends however busy the writers are, and it may be done again without keeping anything.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::{Offset as KafkaOffset, TopicPartitionList};
use stream::{LogError, Reaction, Record};

use crate::client::{self, KafkaSettings};
use crate::log::{KNOWN, REQUEST, record_of};
use crate::reaction::{general, is_passing};
use crate::topics::reach;

/// A broker that gives nothing for this long, before the end, is not waited for any longer.
const SILENT: Duration = Duration::from_secs(30);

/// Partitions without a leader have one after this, or somebody has to look.
const LED: Duration = Duration::from_secs(20);

/// The first offset that there is, and the first that is not read, of each partition that holds
/// something.
type Ranges = BTreeMap<i32, (i64, i64)>;

/// A topic up to the ends it had.
pub struct BoundedReader {
    settings: KafkaSettings,
    topic: String,
    ranges: Ranges,
}

impl std::fmt::Debug for BoundedReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BoundedReader").field("topic", &self.topic).finish_non_exhaustive()
    }
}

impl BoundedReader {
    /// Asks where the topic ends now.
    ///
    /// # Errors
    /// When Kafka cannot be reached, or has no such topic.
    pub fn open(settings: &KafkaSettings, topic: &str) -> Result<Self, LogError> {
        let opening = |error| general(cannot_read(settings, topic), error);
        let consumer = consumer(settings).map_err(opening)?;
        let began = Instant::now();
        let ranges = loop {
            match ranges(&consumer, settings, topic) {
                Err(error) if began.elapsed() < patience(&error) => {
                    std::thread::sleep(Duration::from_millis(100));
                }
                asked => break asked?,
            }
        };
        Ok(Self { settings: settings.clone(), topic: topic.to_owned(), ranges })
    }

    /// The offset behind the last record of each partition that held something, when it was opened.
    #[must_use]
    pub fn ends(&self) -> BTreeMap<i32, i64> {
        self.ranges.iter().map(|(partition, (_, end))| (*partition, *end)).collect()
    }

    /// Gives every committed record before the ends, in order within a partition.
    ///
    /// # Errors
    /// When the topic cannot be read, and the first error of `visit`.
    pub fn visit<E: From<LogError>>(
        &self,
        visit: &mut dyn FnMut(i32, Record) -> Result<(), E>,
    ) -> Result<(), E> {
        let reading = |error| general(format!("cannot read {}", self.topic), error);
        let consumer = consumer(&self.settings).map_err(reading)?;
        consumer.assign(&self.beginnings().map_err(reading)?).map_err(reading)?;
        let mut open = self.ranges.clone();
        let mut heard = Instant::now();
        while !open.is_empty() {
            match consumer.poll(Duration::from_millis(100)) {
                Some(Ok(message)) => {
                    heard = Instant::now();
                    let (partition, offset) = (message.partition(), message.offset());
                    let end = open.get(&partition).map_or(i64::MIN, |(_, end)| *end);
                    if offset < end {
                        visit(partition, record_of(&message))?;
                    }
                    if offset + 1 >= end {
                        open.remove(&partition);
                    }
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    heard = Instant::now();
                    open.remove(&partition);
                }
                Some(Err(error)) if !is_passing(&error) => return Err(reading(error).into()),
                _ => self.check_silence(heard)?,
            }
        }
        Ok(())
    }

    fn beginnings(&self) -> Result<TopicPartitionList, KafkaError> {
        let mut list = TopicPartitionList::with_capacity(self.ranges.len());
        for (partition, (start, _)) in &self.ranges {
            list.add_partition_offset(&self.topic, *partition, KafkaOffset::Offset(*start))?;
        }
        Ok(list)
    }

    fn check_silence(&self, heard: Instant) -> Result<(), LogError> {
        if heard.elapsed() < SILENT {
            return Ok(());
        }
        let what = format!(
            "the brokers gave nothing of {} for {} s, and its end is not reached; see whether they are well, and \
             try again",
            self.topic,
            SILENT.as_secs()
        );
        Err(LogError::new(Reaction::Stop, what))
    }
}

fn consumer(settings: &KafkaSettings) -> Result<BaseConsumer, KafkaError> {
    let mut config = client::reader(settings, "isobar-reader");
    config.set("enable.partition.eof", "true");
    config.set("fetch.queue.backoff.ms", "5");
    config.set("fetch.wait.max.ms", "50");
    // What is deleted by age while we read is no error: nobody can look at it any more.
    config.set("auto.offset.reset", "earliest");
    config.create()
}

fn cannot_read(settings: &KafkaSettings, topic: &str) -> String {
    let KafkaSettings { brokers, .. } = settings;
    format!("cannot read {topic} at {brokers}; see whether all brokers are well, and try again")
}

/// What is missing may be new; what has no leader gets one.
fn patience(error: &LogError) -> Duration {
    if error.reaction == Reaction::Stop { KNOWN } else { LED }
}

fn ranges(
    consumer: &BaseConsumer,
    settings: &KafkaSettings,
    topic: &str,
) -> Result<Ranges, LogError> {
    let mut ranges = Ranges::new();
    for partition in 0..partitions_of(consumer, settings, topic)? {
        let range = consumer.fetch_watermarks(topic, partition, REQUEST);
        let range = range.map_err(|error| general(cannot_read(settings, topic), error))?;
        if range.0 < range.1 {
            ranges.insert(partition, range);
        }
    }
    Ok(ranges)
}

fn partitions_of(
    consumer: &BaseConsumer,
    settings: &KafkaSettings,
    topic: &str,
) -> Result<i32, LogError> {
    let metadata = consumer.fetch_metadata(Some(topic), REQUEST);
    let metadata = metadata.map_err(|error| unreachable(settings, error))?;
    let partitions = metadata.topics().first().map_or(0, |found| found.partitions().len());
    if partitions == 0 {
        let what = format!(
            "there is no topic {topic} at {}; check the address, or make the topic with `isobar topics apply`",
            settings.brokers
        );
        return Err(LogError::new(Reaction::Stop, what));
    }
    Ok(i32::try_from(partitions).unwrap_or(i32::MAX))
}

fn unreachable(settings: &KafkaSettings, error: KafkaError) -> LogError {
    let KafkaSettings { brokers, .. } = settings;
    let Some(complaint) = reach::complaint(&client::base(settings)) else {
        return general(format!("cannot ask Kafka at {brokers} for its topics"), error);
    };
    let seconds = REQUEST.as_secs();
    let what = format!(
        "cannot reach Kafka at {brokers} within {seconds} s ({complaint}); check the address and the security settings"
    );
    LogError::new(Reaction::Stop, what)
}

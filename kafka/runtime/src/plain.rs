//! A plain producer and a plain reader, for load tests and tools: no group, no transactions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rdkafka::Offset as KafkaOffset;
use rdkafka::TopicPartitionList;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Header, Message, OwnedHeaders};
use rdkafka::metadata::MetadataTopic;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use rdkafka::types::RDKafkaErrorCode;
use stream::{EventTime, LogError, Offset, Reaction, Record, TopicPartition};

use crate::client::{self, KafkaSettings};
use crate::log::{REQUEST, record_of};
use crate::reaction::general;
use crate::wait::wait;

/// Writes records as fast as they come, and counts those that were not taken.
pub struct PlainProducer {
    producer: BaseProducer<Failures>,
}

#[derive(Default)]
struct Failures {
    count: AtomicU64,
}

impl ClientContext for Failures {
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "producer error");
    }
}

impl ProducerContext for Failures {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, message)) = result {
            self.count.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(%error, topic = message.topic(), "a record was not taken");
        }
    }
}

impl std::fmt::Debug for PlainProducer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlainProducer").finish_non_exhaustive()
    }
}

impl PlainProducer {
    /// A producer whose records are not lost when a broker dies: idempotent, all replicas asked.
    ///
    /// # Errors
    /// When the settings are not possible.
    pub fn new(settings: &KafkaSettings) -> Result<Self, LogError> {
        let mut config = client::base(settings);
        config.set("enable.idempotence", "true");
        config.set("linger.ms", "5");
        config.set("batch.size", "1000000");
        config.set("compression.type", "lz4");
        config.set("queue.buffering.max.messages", "1000000");
        config.set("message.timeout.ms", "120000");
        let made = config.create_with_context(Failures::default());
        let producer = made.map_err(|error| general("cannot make a producer", error))?;
        Ok(Self { producer })
    }

    /// Queues a record, waiting while the queue is full.
    ///
    /// # Errors
    /// When it can never be written.
    pub fn send(
        &self,
        to: (&str, i32),
        key: Option<&[u8]>,
        value: &[u8],
        timestamp: Option<EventTime>,
    ) -> Result<(), LogError> {
        let mut record = BaseRecord::<[u8], [u8]>::to(to.0).partition(to.1).payload(value);
        if let Some(key) = key {
            record = record.key(key);
        }
        if let Some(timestamp) = timestamp {
            record = record.timestamp(timestamp.0);
        }
        self.queue(record)
    }

    fn queue(&self, mut record: BaseRecord<'_, [u8], [u8]>) -> Result<(), LogError> {
        loop {
            match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((error, refused))
                    if error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull) =>
                {
                    self.producer.poll(Duration::from_millis(5));
                    record = refused;
                }
                Err((error, refused)) => {
                    return Err(general(format!("cannot write to {}", refused.topic), error));
                }
            }
        }
    }

    /// Queues a record with all it has, waiting while the queue is full; its offset is the broker's.
    ///
    /// # Errors
    /// When it can never be written.
    pub fn send_record(&self, to: (&str, i32), record: &Record) -> Result<(), LogError> {
        let mut headers = OwnedHeaders::new_with_capacity(record.headers.len());
        for (key, value) in &record.headers {
            headers = headers.insert(Header { key, value: Some(value) });
        }
        let mut queued = BaseRecord::<[u8], [u8]>::to(to.0).partition(to.1);
        queued = queued.timestamp(record.arrival.0).headers(headers);
        queued.key = record.key.as_deref();
        queued.payload = record.value.as_deref();
        self.queue(queued)
    }

    /// How many partitions a topic has.
    ///
    /// # Errors
    /// When there is no such topic, or the brokers cannot be asked.
    pub fn partitions(&self, topic: &str) -> Result<i32, LogError> {
        let asking = |error| general(format!("cannot ask for the topic {topic}"), error);
        let metadata = self.producer.client().fetch_metadata(Some(topic), REQUEST);
        let metadata = metadata.map_err(asking)?;
        let count = metadata.topics().first().map_or(0, |found| found.partitions().len());
        i32::try_from(count).ok().filter(|count| *count > 0).ok_or_else(|| {
            let what = format!("there is no topic {topic}; make it with `isobar topics apply`");
            LogError::new(Reaction::Stop, what)
        })
    }

    /// Takes delivery reports; call it now and then between sends.
    pub fn serve(&self) {
        self.producer.poll(Duration::ZERO);
    }

    /// Waits until everything was taken.
    ///
    /// # Errors
    /// When something was not, or not in time.
    pub fn flush(&self, timeout: Duration) -> Result<(), LogError> {
        let flushed = self.producer.flush(timeout);
        let failed = self.producer.context().count.load(Ordering::Relaxed);
        if failed > 0 {
            let what = format!("{failed} records were not taken by the brokers");
            return Err(LogError::new(Reaction::Stop, what));
        }
        flushed.map_err(|error| general("cannot flush the producer", error))
    }
}

/// Reads committed records of whole topics, each partition from its beginning.
pub struct PlainReader {
    consumer: BaseConsumer,
    partitions: BTreeSet<i32>,
    topic: String,
}

impl std::fmt::Debug for PlainReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlainReader").field("topic", &self.topic).finish_non_exhaustive()
    }
}

impl PlainReader {
    /// A reader of all partitions of a topic, from their beginning or from their end.
    ///
    /// # Errors
    /// When the topic cannot be reached.
    pub fn new(settings: &KafkaSettings, topic: &str, from_end: bool) -> Result<Self, LogError> {
        let opening =
            |error| general(format!("cannot read {topic} at {}", settings.brokers), error);
        let mut config = client::reader(settings, "isobar-reader");
        config.set("enable.partition.eof", "true");
        config.set("fetch.queue.backoff.ms", "5");
        config.set("fetch.wait.max.ms", "50");
        config.set("auto.offset.reset", "earliest");
        let consumer: BaseConsumer = config.create().map_err(opening)?;
        let metadata = consumer.fetch_metadata(Some(topic), REQUEST).map_err(opening)?;
        let found = metadata.topics().first().map_or(&[][..], |found| found.partitions());
        let partitions: BTreeSet<i32> = found.iter().map(|partition| partition.id()).collect();
        let from = if from_end { KafkaOffset::End } else { KafkaOffset::Beginning };
        let mut list = TopicPartitionList::new();
        for partition in &partitions {
            list.add_partition_offset(topic, *partition, from).map_err(opening)?;
        }
        consumer.assign(&list).map_err(opening)?;
        Ok(Self { consumer, partitions, topic: topic.to_owned() })
    }

    /// The next record, waiting for it up to `wait`.
    ///
    /// # Errors
    /// When the topic cannot be read.
    pub fn poll(&self, wait: Duration) -> Result<Option<(i32, Record)>, LogError> {
        match self.consumer.poll(wait) {
            None | Some(Err(KafkaError::PartitionEOF(_))) => Ok(None),
            Some(Ok(message)) => Ok(Some((message.partition(), record_of(&message)))),
            Some(Err(error)) if is_passing(&error) => Ok(None),
            Some(Err(error)) => Err(general(format!("cannot read {}", self.topic), error)),
        }
    }

    /// Looks at each record without copying it; true when there was one.
    ///
    /// # Errors
    /// As for [`PlainReader::poll`].
    pub fn visit(
        &self,
        wait: Duration,
        visit: &mut dyn FnMut(i32, &[u8]),
    ) -> Result<bool, LogError> {
        match self.consumer.poll(wait) {
            Some(Ok(message)) => {
                visit(message.partition(), message.payload().unwrap_or_default());
                Ok(true)
            }
            None | Some(Err(KafkaError::PartitionEOF(_))) => Ok(false),
            Some(Err(error)) if is_passing(&error) => Ok(false),
            Some(Err(error)) => Err(general(format!("cannot read {}", self.topic), error)),
        }
    }

    /// Everything committed up to the stable ends, which are waited for no longer than `timeout`.
    ///
    /// # Errors
    /// When the ends are not reached in time.
    pub fn read_to_end(&self, timeout: Duration) -> Result<BTreeMap<i32, Vec<Record>>, LogError> {
        let mut records: BTreeMap<i32, Vec<Record>> = BTreeMap::new();
        let mut ended = BTreeSet::new();
        let deadline = Instant::now() + timeout;
        while ended.len() < self.partitions.len() {
            if Instant::now() > deadline {
                let what = format!("the end of {} was not reached within {timeout:?}", self.topic);
                return Err(LogError::new(Reaction::Stop, what));
            }
            match self.consumer.poll(Duration::from_millis(100)) {
                Some(Ok(message)) => {
                    records.entry(message.partition()).or_default().push(record_of(&message));
                    ended.remove(&message.partition());
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    ended.insert(partition);
                }
                Some(Err(error)) if !is_passing(&error) => {
                    return Err(general(format!("cannot read {}", self.topic), error));
                }
                _ => {}
            }
        }
        Ok(records)
    }
}

/// librdkafka goes on by itself after these.
fn is_passing(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::AllBrokersDown
                | Code::BrokerTransportFailure
                | Code::OperationTimedOut
                | Code::NotLeaderForPartition
                | Code::LeaderNotAvailable
                | Code::Resolve
        )
    )
}

/// Watches what a group commits, without being in it.
pub struct GroupOffsets {
    consumer: BaseConsumer,
    inputs: Vec<TopicPartition>,
}

impl std::fmt::Debug for GroupOffsets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GroupOffsets").field("inputs", &self.inputs).finish_non_exhaustive()
    }
}

impl GroupOffsets {
    /// Watches these input partitions of a group.
    ///
    /// # Errors
    /// When the settings are not possible.
    pub fn new(
        settings: &KafkaSettings,
        group: &str,
        inputs: Vec<TopicPartition>,
    ) -> Result<Self, LogError> {
        let made = client::reader(settings, group).create();
        let consumer = made.map_err(|error| general("cannot make a client", error))?;
        Ok(Self { consumer, inputs })
    }

    /// The next offset of each partition, in the order given; 0 where none is committed.
    ///
    /// # Errors
    /// When the group cannot be asked.
    pub fn ask(&self) -> Result<Vec<Offset>, LogError> {
        let asking = |error| general("cannot ask for a group's offsets", error);
        let places: Vec<_> =
            self.inputs.iter().map(|input| (input, KafkaOffset::Invalid)).collect();
        let list = crate::log::list_of(&places).map_err(asking)?;
        let told = self.consumer.committed_offsets(list, REQUEST).map_err(asking)?;
        let offset = |input: &TopicPartition| {
            let element = told.find_partition(&input.topic, input.partition);
            let offset = element.and_then(|element| match element.offset() {
                KafkaOffset::Offset(at) => Some(at),
                _ => None,
            });
            Offset(offset.unwrap_or(0))
        };
        Ok(self.inputs.iter().map(offset).collect())
    }
}

/// Makes a topic, and waits until every broker that is asked knows it. For tests and load tests:
/// the product's own topics come from `topics.yaml`.
///
/// # Errors
/// When it cannot be made.
pub fn create_topic(
    settings: &KafkaSettings,
    name: &str,
    (partitions, replicas): (i32, i32),
    config: &[(&str, &str)],
) -> Result<(), LogError> {
    let making = |error| general(format!("cannot make the topic {name}"), error);
    let admin: AdminClient<_> = client::base(settings).create().map_err(making)?;
    let mut topic = NewTopic::new(name, partitions, TopicReplication::Fixed(replicas));
    for (key, value) in config {
        topic = topic.set(key, value);
    }
    let made = wait(admin.create_topics([&topic], &AdminOptions::new())).map_err(making)?;
    if let Some(Err((_, code))) = made.into_iter().next() {
        return Err(making(KafkaError::AdminOp(code)));
    }
    let deadline = Instant::now() + REQUEST;
    while Instant::now() < deadline {
        let metadata = admin.inner().fetch_metadata(Some(name), REQUEST).map_err(making)?;
        let led = |topic: &MetadataTopic| {
            i32::try_from(topic.partitions().len()) == Ok(partitions)
                && topic.partitions().iter().all(|partition| partition.leader() >= 0)
        };
        if metadata.topics().iter().any(led) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Err(LogError::new(Reaction::Retry, format!("the topic {name} does not become ready")))
}

/// Deletes records of a partition before an offset, or all of them.
///
/// # Errors
/// When the broker does not.
pub fn delete_before(
    settings: &KafkaSettings,
    of: &TopicPartition,
    before: Option<Offset>,
) -> Result<(), LogError> {
    let deleting = |error| general(format!("cannot delete records of {of}"), error);
    let admin: AdminClient<_> = client::base(settings).create().map_err(deleting)?;
    let before = before.map_or(KafkaOffset::End, |before| KafkaOffset::Offset(before.0));
    let list = crate::log::list_of(&[(of, before)]).map_err(deleting)?;
    let deleted = wait(admin.delete_records(&list, &AdminOptions::new())).map_err(deleting)?;
    let failed = deleted.elements().iter().find_map(|element| element.error().err());
    failed.map_or(Ok(()), |error| Err(deleting(error)))
}

/// Deletes a group that has no members, with everything it has committed.
///
/// # Errors
/// When the broker does not.
pub fn delete_group(settings: &KafkaSettings, group: &str) -> Result<(), LogError> {
    let deleting = |error| general(format!("cannot delete the group {group}"), error);
    let admin: AdminClient<_> = client::base(settings).create().map_err(deleting)?;
    let deleted = wait(admin.delete_groups(&[group], &AdminOptions::new())).map_err(deleting)?;
    match deleted.into_iter().next() {
        Some(Err((_, code))) => Err(deleting(KafkaError::AdminOp(code))),
        _ => Ok(()),
    }
}

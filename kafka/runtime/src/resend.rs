//! Writing messages again as they were, to the partitions they were in.
//!
//! **Invariant:** each message ends as taken or as refused with the broker's reason, by the number
//! that its sender gave it; none is left open.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use rdkafka::types::RDKafkaErrorCode;
use stream::{LogError, Reaction};

use crate::client::{self, KafkaSettings};
use crate::log::REQUEST;
use crate::reaction::{advice, general};

/// A message that no broker takes for this long is refused.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(60);

/// A message as it was.
#[derive(Clone, Copy, Debug)]
pub struct Resent<'a> {
    /// Where it goes.
    pub topic: &'a str,
    /// The partition it goes to.
    pub partition: i32,
    /// Its key.
    pub key: Option<&'a [u8]>,
    /// Its value; none for a tombstone.
    pub value: Option<&'a [u8]>,
    /// Its headers, in order.
    pub headers: &'a [(&'a str, Option<&'a [u8]>)],
}

/// Why a message was refused, by its number.
pub type Refused = BTreeMap<usize, String>;

/// Writes messages and knows of each what became of it.
pub struct Resender {
    producer: BaseProducer<Reports>,
}

impl std::fmt::Debug for Resender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resender").finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Reports {
    refused: Mutex<Refused>,
}

impl Reports {
    fn refused(&self) -> MutexGuard<'_, Refused> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Reports {
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "producer error");
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, number: usize) {
        if let Err((error, _)) = result {
            self.refused().insert(number, why(error));
        }
    }
}

fn why(error: &KafkaError) -> String {
    format!("the broker did not take it: {error}; {}", advice(error))
}

impl Resender {
    /// A producer that keeps the order, and waits for all replicas.
    ///
    /// # Errors
    /// When the settings are not possible.
    pub fn new(settings: &KafkaSettings) -> Result<Self, LogError> {
        let mut config = client::base(settings);
        config.set("enable.idempotence", "true");
        config.set("compression.type", "lz4");
        config.set("message.timeout.ms", MESSAGE_TIMEOUT.as_millis().to_string());
        // Whether a message is too long is for the topic to say, not for this client.
        config.set("message.max.bytes", "8388608");
        let made = config.create_with_context(Reports::default());
        let producer = made.map_err(|error| general("cannot make a producer", error))?;
        Ok(Self { producer })
    }

    /// How many partitions a topic has; 0 where there is none of this name.
    ///
    /// # Errors
    /// When Kafka cannot be asked.
    pub fn partitions(&self, topic: &str) -> Result<usize, LogError> {
        let metadata = self.producer.client().fetch_metadata(Some(topic), REQUEST);
        let metadata = metadata
            .map_err(|error| general(format!("cannot ask for the topic {topic}"), error))?;
        Ok(metadata.topics().first().map_or(0, |found| found.partitions().len()))
    }

    /// Queues a message, waiting while the queue is full.
    pub fn send(&self, number: usize, message: &Resent<'_>) {
        let mut record = BaseRecord::<[u8], [u8], usize>::with_opaque_to(message.topic, number)
            .partition(message.partition)
            .headers(headers(message.headers));
        record.key = message.key;
        record.payload = message.value;
        while let Err((error, refused)) = self.producer.send(record) {
            if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
                self.producer.context().refused().insert(number, why(&error));
                return;
            }
            self.producer.poll(Duration::from_millis(5));
            record = refused;
        }
        self.producer.poll(Duration::ZERO);
    }

    /// Waits until something became of every message, and tells which were refused.
    ///
    /// # Errors
    /// When some are still open after their own timeout, which nothing but a fault of the client
    /// explains.
    pub fn finish(self) -> Result<Refused, LogError> {
        let flushed = self.producer.flush(MESSAGE_TIMEOUT + REQUEST);
        let refused = std::mem::take(&mut *self.producer.context().refused());
        flushed.map(|()| refused).map_err(|error| {
            let what =
                "nobody knows whether the last messages were taken; look before trying again";
            LogError::caused(Reaction::Stop, what, error)
        })
    }
}

fn headers(of: &[(&str, Option<&[u8]>)]) -> OwnedHeaders {
    let empty = OwnedHeaders::new_with_capacity(of.len());
    of.iter().fold(empty, |headers, (key, value)| headers.insert(Header { key, value: *value }))
}

//! librdkafka's callbacks, as data: the worker's thread asks for what happened when it is ready.
//!
//! **Invariant:** a callback decides nothing. A rebalance is only noted here; it is answered when
//! the worker has committed or undone what it has open.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::ProducerContext;
use rdkafka::types::{RDKafkaErrorCode, RDKafkaRespErr};
use rdkafka::{Message, Statistics, TopicPartitionList};
use stream::{Change, Offset, TopicPartition};

/// What the consumer's callbacks noted.
#[derive(Debug, Default)]
pub(crate) struct ConsumerNotes {
    inner: Mutex<Noted>,
}

/// To assign or to seek lets librdkafka drop what is queued of every partition and fetch it again, and
/// until its broker threads come to that, statistics tell positions behind what was dropped. Two seconds
/// of statistics are enough for threads that get some of a processor.
const STALE: u8 = 4;

#[derive(Debug, Default)]
struct Noted {
    changes: VecDeque<Change>,
    closing: Closing,
    /// Why no broker can be reached; `None` while one can.
    down: Option<String>,
    /// The last error that is not only that.
    reason: Option<String>,
    reached: Vec<(TopicPartition, Offset)>,
    /// Where each partition's fetcher stood at the last statistics.
    fetched: BTreeMap<TopicPartition, Offset>,
    /// Statistics that may still be of the time before a seek.
    stale_statistics: u8,
}

/// Nobody takes a rebalance up any more once the consumer is being dropped: its callback answers.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Closing {
    #[default]
    No,
    Yes,
    /// A member that ends takes the first answer for all; a second may come when nobody serves it any
    /// more, and would be waited for without end.
    Answered,
}

impl ConsumerNotes {
    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn next_change(&self) -> Option<Change> {
        self.lock().changes.pop_front()
    }

    /// A change that could not be answered yet.
    pub(crate) fn put_back(&self, change: Change) {
        self.lock().changes.push_front(change);
    }

    pub(crate) fn has_change(&self) -> bool {
        !self.lock().changes.is_empty()
    }

    pub(crate) fn down(&self) -> Option<String> {
        self.lock().down.clone()
    }

    /// Why the last attempt to reach a broker failed, to be put behind an error: librdkafka's own
    /// errors say no more than that it did.
    pub(crate) fn reason(&self) -> String {
        self.lock().reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"))
    }

    pub(crate) fn up(&self) {
        self.lock().down = None;
    }

    pub(crate) fn take_reached(&self) -> Vec<(TopicPartition, Offset)> {
        std::mem::take(&mut self.lock().reached)
    }

    /// A seek: what the fetcher did before tells nothing of what was given since.
    pub(crate) fn forget_reached(&self) {
        let mut noted = self.lock();
        noted.reached.clear();
        noted.fetched.clear();
        noted.stale_statistics = STALE;
    }
}

impl ClientContext for ConsumerNotes {
    fn stats(&self, statistics: Statistics) {
        let mut noted = self.lock();
        // librdkafka reports that all brokers went down, but not that one came back.
        if statistics.brokers.values().any(|broker| broker.nodeid >= 0 && broker.state == "UP") {
            noted.down = None;
        }
        if noted.stale_statistics > 0 {
            noted.stale_statistics -= 1;
            return;
        }
        for (topic, stats) in statistics.topics {
            for (partition, stats) in stats.partitions {
                let input = TopicPartition::new(topic.as_str(), partition);
                let next = Offset(stats.next_offset);
                if stats.next_offset < 0 {
                    continue;
                }
                // What had been fetched by the last statistics was queued by then; with nothing
                // queued now, all of it has been given out, control records included.
                match noted.fetched.insert(input.clone(), next) {
                    Some(before) if stats.fetchq_cnt == 0 && before <= next => {
                        noted.reached.push((input, before));
                    }
                    _ => {}
                }
            }
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "consumer error");
        let mut noted = self.lock();
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown) {
            let because = noted.reason.as_ref().map(|because| format!(": {because}"));
            noted.down = Some(format!("{reason}{}", because.unwrap_or_default()));
        } else {
            noted.reason = Some(reason.to_owned());
        }
    }
}

impl ConsumerContext for ConsumerNotes {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        error: RDKafkaRespErr,
        list: &mut TopicPartitionList,
    ) {
        let inputs = partitions_of(list);
        let assigns = error == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        let mut noted = self.lock();
        if noted.closing != Closing::No {
            let before = std::mem::replace(&mut noted.closing, Closing::Answered);
            drop(noted);
            if before == Closing::Yes
                // Of a member that is leaving, librdkafka takes this for the answer to either.
                && let Err(error) = consumer.unassign()
            {
                tracing::debug!(%error, "cannot unassign while closing");
            }
            return;
        }
        noted.changes.push_back(match (assigns, consumer.assignment_lost()) {
            (true, _) => Change::Assigned(inputs),
            (false, true) => Change::Lost(inputs),
            (false, false) => Change::Revoked(inputs),
        });
    }
}

/// Answers what is still to be answered, before the consumer is dropped: librdkafka waits for the answer
/// to a rebalance that it has told, and without one it waits for ever.
///
/// An answer may overtake a rebalance that is queued and not yet served. To answer that one again, once the
/// member has ended, would wait for ever too: so nothing answered is left in the queue.
pub(crate) fn close(consumer: &BaseConsumer<ConsumerNotes>) {
    loop {
        consumer.context().lock().changes.clear();
        answer(consumer);
        while consumer.poll(Duration::ZERO).is_some() {}
        let mut noted = consumer.context().lock();
        if noted.changes.is_empty() {
            noted.closing = Closing::Yes;
            return;
        }
    }
}

fn answer(consumer: &BaseConsumer<ConsumerNotes>) {
    let assigned = consumer.incremental_assign(&TopicPartitionList::new());
    let read = consumer.assignment();
    let revoked = read.and_then(|read| consumer.incremental_unassign(&read));
    if let Err(error) = assigned.and(revoked) {
        tracing::debug!(%error, "cannot give all partitions back");
    }
}

fn partitions_of(list: &TopicPartitionList) -> Vec<TopicPartition> {
    list.elements()
        .iter()
        .map(|element| TopicPartition::new(element.topic(), element.partition()))
        .collect()
}

/// What the producer's callbacks noted about the open transaction.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    inner: Mutex<Delivered>,
}

#[derive(Debug, Default)]
struct Delivered {
    /// Offsets of state records, by their number in the batch.
    offsets: BTreeMap<usize, Offset>,
    /// The largest record that failed: one that is too large takes its whole batch with it.
    failed: Option<Failed>,
}

#[derive(Debug)]
struct Failed {
    bytes: usize,
    error: KafkaError,
    place: String,
}

/// Outputs carry this number; state records carry their own, from 1.
pub(crate) const OUTPUT: usize = 0;

impl Deliveries {
    fn lock(&self) -> MutexGuard<'_, Delivered> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn clear(&self) {
        *self.lock() = Delivered::default();
    }

    pub(crate) fn take_offsets(&self) -> Vec<Offset> {
        std::mem::take(&mut self.lock().offsets).into_values().collect()
    }

    fn failed(&self, error: KafkaError, message: &impl Message) {
        let bytes = message.payload().map_or(0, <[u8]>::len);
        let mut delivered = self.lock();
        if delivered.failed.as_ref().is_none_or(|failed| failed.bytes < bytes) {
            let place = format!("{}/{}", message.topic(), message.partition());
            delivered.failed = Some(Failed { bytes, error, place });
        }
    }

    pub(crate) fn take_failure(&self) -> Option<(KafkaError, String)> {
        let Failed { bytes, error, place } = self.lock().failed.take()?;
        Some((error, format!("a record of {bytes} bytes to {place}")))
    }
}

impl ClientContext for Deliveries {
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "producer error");
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, number: usize) {
        match result {
            // Without its offset the pointer could not name it: as good as not written.
            Ok(message) if number != OUTPUT && message.offset() >= 0 => {
                self.lock().offsets.insert(number, Offset(message.offset()));
            }
            Ok(message) if number != OUTPUT => {
                let error = KafkaError::MessageProduction(RDKafkaErrorCode::InvalidRecord);
                self.failed(error, message);
            }
            Ok(_) => {}
            Err((error, message)) => self.failed(error.clone(), message),
        }
    }
}

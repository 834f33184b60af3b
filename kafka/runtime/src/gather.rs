//! Records of a consumer, gathered by partition.
//!
//! **Invariant:** what was taken from the consumer is never read again, so an error that comes behind
//! records waits until they were given.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{BorrowedMessage, Message};
use stream::{LogError, Offset, Record, TopicPartition};

use crate::context::ConsumerNotes;
use crate::log::record_of;
use crate::reaction::{general, is_passing};

/// What one reading brought.
#[derive(Debug)]
pub(crate) struct Gathered {
    /// Records by partition, in order.
    pub(crate) records: Vec<(TopicPartition, Vec<Record>)>,
    /// The next offsets of partitions of which all was given.
    pub(crate) reached: Vec<(TopicPartition, Offset)>,
}

/// Gathers, and keeps the error that came behind records.
#[derive(Debug, Default)]
pub(crate) struct Gatherer {
    read_error: Option<LogError>,
}

impl Gatherer {
    /// What came, waiting for the first of it up to `wait`; `None` where there was nothing.
    pub(crate) fn read(
        &mut self,
        consumer: &BaseConsumer<ConsumerNotes>,
        records_max: usize,
        wait: Duration,
    ) -> Result<Option<Gathered>, LogError> {
        if let Some(error) = self.read_error.take() {
            return Err(error);
        }
        let records = self.records(consumer, records_max, wait)?;
        let reached = consumer.context().take_reached();
        // Statistics tell of partitions that were read before, also when no broker answers now.
        if !records.is_empty() {
            consumer.context().up();
        }
        let is_nothing = records.is_empty() && reached.is_empty();
        Ok((!is_nothing).then_some(Gathered { records, reached }))
    }

    fn records(
        &mut self,
        consumer: &BaseConsumer<ConsumerNotes>,
        records_max: usize,
        mut wait: Duration,
    ) -> Result<Vec<(TopicPartition, Vec<Record>)>, LogError> {
        let (mut records, mut taken) = (Vec::new(), 0);
        while taken < records_max && !consumer.context().has_change() {
            match consumer.poll(wait) {
                None => break,
                Some(Ok(message)) => {
                    push(&mut records, &message);
                    taken += 1;
                }
                // `down` tells when no broker is left.
                Some(Err(error)) if is_passing(&error) => {}
                Some(Err(error)) => {
                    let error = general("cannot read the input", error);
                    if records.is_empty() {
                        return Err(error);
                    }
                    self.read_error = Some(error);
                    break;
                }
            }
            wait = Duration::ZERO;
        }
        Ok(records)
    }
}

fn push(records: &mut Vec<(TopicPartition, Vec<Record>)>, message: &BorrowedMessage<'_>) {
    let record = record_of(message);
    let is_it = |(input, _): &&mut (TopicPartition, Vec<Record>)| {
        input.partition == message.partition() && *input.topic == *message.topic()
    };
    // Consecutive records are mostly of one partition: look from the end, before a name is allocated.
    match records.iter_mut().rev().find(is_it) {
        Some((_, of_partition)) => of_partition.push(record),
        None => {
            let input = TopicPartition::new(message.topic(), message.partition());
            records.push((input, vec![record]));
        }
    }
}

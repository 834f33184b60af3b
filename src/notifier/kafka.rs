//! The notifier's log on Kafka: notifications in, results out, positions with the group.

use std::time::Duration;

use ::notifier::{Came, Reader, Results};
use kafka_runtime::KafkaSettings;
use kafka_runtime::plain::PlainProducer;
use kafka_runtime::positioned::{PositionedPoll, PositionedReader};
use schemas::envelope::Envelope;
use schemas::signal::Signal;
use schemas::{codec, topic};
use stream::{Change, EventTime, LogError, Offset, Reaction, TopicPartition, partition_of};

use super::NAME;

/// Results that are not taken within this are written again.
const WRITE: Duration = Duration::from_secs(5);

/// A member of the group `notifier`. It joins when it is first polled, so that brokers that are away at
/// the start are waited for.
#[derive(Debug)]
pub(super) struct KafkaReader {
    settings: KafkaSettings,
    slot: String,
    joined: Option<PositionedReader>,
}

impl KafkaReader {
    pub(super) fn new(settings: KafkaSettings, slot: &str) -> Self {
        Self { settings, slot: slot.to_owned(), joined: None }
    }

    fn join(&mut self) -> Result<&mut PositionedReader, LogError> {
        if self.joined.is_none() {
            let topics = [topic::NOTIFICATIONS.name];
            self.joined = Some(PositionedReader::new(&self.settings, NAME, &self.slot, &topics)?);
        }
        let waiting = || LogError::new(Reaction::Retry, "the group is not joined yet");
        self.joined.as_mut().ok_or_else(waiting)
    }
}

impl Reader for KafkaReader {
    fn poll(&mut self, records_max: usize, wait: Duration) -> Result<Came, LogError> {
        let polled = self.join().and_then(|joined| joined.poll(records_max, wait))?;
        Ok(match polled {
            PositionedPoll::Nothing => Came::Nothing,
            PositionedPoll::Change(Change::Assigned(inputs)) => Came::Assigned(inputs),
            PositionedPoll::Change(Change::Revoked(inputs) | Change::Lost(inputs)) => {
                Came::Revoked(inputs)
            }
            PositionedPoll::Records { records, reached } => Came::Records { records, reached },
        })
    }

    fn committed(&mut self, input: &TopicPartition) -> Result<Option<(Offset, String)>, LogError> {
        self.join()?.committed(input)
    }

    fn start(&mut self, input: &TopicPartition, at: Offset) -> Result<Offset, LogError> {
        let missing = self.join()?.start(&[(input.clone(), Some(at))])?;
        Ok(missing.first().map_or(at, |missing| missing.start))
    }

    fn stop(&mut self, inputs: &[TopicPartition]) -> Result<(), LogError> {
        self.joined.as_mut().map_or(Ok(()), |joined| joined.stop(inputs))
    }

    fn commit(
        &mut self,
        positions: &[(TopicPartition, Offset, String)],
        is_waited_for: bool,
    ) -> Result<(), LogError> {
        self.join()?.commit(positions, is_waited_for)
    }

    fn leave(&mut self) {
        if let Some(joined) = &mut self.joined {
            joined.leave();
        }
    }
}

/// Writes results as signals of their tenants.
#[derive(Debug)]
pub(super) struct KafkaResults {
    settings: KafkaSettings,
    /// With the number of partitions; made anew after a failure, as what it had queued is in doubt.
    producer: Option<(PlainProducer, i32)>,
}

impl KafkaResults {
    pub(super) fn new(settings: KafkaSettings) -> Self {
        Self { settings, producer: None }
    }

    fn write_with(
        (producer, partitions): &(PlainProducer, i32),
        results: &[Envelope<Signal>],
    ) -> Result<(), LogError> {
        for result in results {
            let value = codec::encode(result).map_err(|error| {
                LogError::caused(Reaction::Stop, "cannot write a result", error)
            })?;
            let key = schemas::key::domain(&result.attributes.tenant);
            let to = (topic::SIGNALS.name, partition_of(key.as_bytes(), *partitions));
            let at = EventTime(result.attributes.time.millis());
            producer.send(to, Some(key.as_bytes()), &value, Some(at))?;
        }
        producer.flush(WRITE)
    }
}

impl Results for KafkaResults {
    fn write(&mut self, results: &[Envelope<Signal>]) -> Result<(), LogError> {
        let producer = match self.producer.take() {
            Some(producer) => producer,
            None => {
                let producer = PlainProducer::new(&self.settings)?;
                let partitions = producer.partitions(topic::SIGNALS.name)?;
                (producer, partitions)
            }
        };
        Self::write_with(&producer, results)?;
        self.producer = Some(producer);
        Ok(())
    }
}

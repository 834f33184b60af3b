//! The sink's reader on Kafka.

use std::time::Duration;

use analytics_postgres::reader::{Came, Gap, Reader};
use kafka_runtime::KafkaSettings;
use kafka_runtime::positioned::{Missing, PositionedPoll, PositionedReader};
use stream::{Change, LogError, Offset, Reaction, TopicPartition};

use super::{NAME, TOPICS};

/// A member of the group `postgres`. It joins when it is first polled, so that brokers that are away at
/// the start are waited for.
#[derive(Debug)]
pub(crate) struct KafkaReader {
    settings: KafkaSettings,
    slot: String,
    joined: Option<PositionedReader>,
}

impl KafkaReader {
    /// A reader in this slot.
    pub(crate) fn new(settings: KafkaSettings, slot: &str) -> Self {
        Self { settings, slot: slot.to_owned(), joined: None }
    }

    fn join(&mut self) -> Result<&mut PositionedReader, LogError> {
        if self.joined.is_none() {
            self.joined = Some(PositionedReader::new(&self.settings, NAME, &self.slot, &TOPICS)?);
        }
        let waiting = || LogError::new(Reaction::Retry, "the group is not joined yet");
        self.joined.as_mut().ok_or_else(waiting)
    }
}

impl Reader for KafkaReader {
    fn poll(&mut self, records_max: usize, wait: Duration) -> Result<Came, LogError> {
        let polled = self.join().and_then(|joined| joined.poll(records_max, wait));
        Ok(match polled.inspect_err(|_| std::thread::sleep(wait))? {
            PositionedPoll::Nothing => Came::Nothing,
            PositionedPoll::Change(Change::Assigned(inputs)) => Came::Assigned(inputs),
            PositionedPoll::Change(Change::Revoked(inputs) | Change::Lost(inputs)) => {
                Came::Revoked(inputs)
            }
            PositionedPoll::Records { records, reached } => Came::Records { records, reached },
        })
    }

    fn start(&mut self, from: &[(TopicPartition, Option<Offset>)]) -> Result<Vec<Gap>, LogError> {
        let missing = self.join()?.start(from)?;
        let gap = |Missing { input, at, start }| Gap { input, stored: at, start };
        Ok(missing.into_iter().map(gap).collect())
    }

    fn stop(&mut self, inputs: &[TopicPartition]) -> Result<(), LogError> {
        self.joined.as_mut().map_or(Ok(()), |joined| joined.stop(inputs))
    }

    fn ends(&mut self, inputs: &[TopicPartition]) -> Result<Vec<Offset>, LogError> {
        self.join()?.ends(inputs)
    }

    fn tell(&mut self, stored: &[(TopicPartition, Offset)]) {
        if let Some(joined) = &self.joined {
            joined.tell(stored);
        }
    }

    fn leave(&mut self) {
        if let Some(joined) = &mut self.joined {
            joined.leave();
        }
    }
}

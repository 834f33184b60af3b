//! A member of a consumer group whose positions its caller keeps: the sink's are in Postgres, the
//! notifier's with the group.
//!
//! **Invariant:** committed records only, in order, and only of partitions that were started, from where the
//! caller says. What the group has committed decides nothing; it is written for those who look at lags. A
//! rebalance is told as data and answered when the caller is ready (decision 0003).

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rdkafka::Offset as KafkaOffset;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::KafkaError;
use stream::{Change, LogError, Offset, Reaction, Record, TopicPartition};

use crate::client::{self, KafkaSettings};
use crate::context::{ConsumerNotes, close};
use crate::gather::{Gathered, Gatherer};
use crate::log::{KNOWN, REQUEST, count_partitions, list_of};
use crate::reaction::general;

/// The caller may be busy for this long without being taken for dead: Postgres may stand still for a while.
const BUSY_MAX_MS: u32 = 300_000;
/// Leaving waits this long for the group to hear of it.
const LEAVE: Duration = Duration::from_secs(2);

/// What one poll brought.
#[derive(Debug)]
pub enum PositionedPoll {
    /// Nothing within the wait.
    Nothing,
    /// Who owns partitions has changed. What was revoked or lost is to be stopped.
    Change(Change),
    /// Records by partition, in order, and offsets up to which there is nothing more.
    Records {
        /// The records.
        records: Vec<(TopicPartition, Vec<Record>)>,
        /// The next offsets of partitions of which all was given.
        reached: Vec<(TopicPartition, Offset)>,
    },
}

/// Where a partition is to be read from does not exist any more, or not yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Which.
    pub input: TopicPartition,
    /// Where it was to be read from.
    pub at: Offset,
    /// The first offset that there is.
    pub start: Offset,
}

/// A member of a group that reads from where it is told to.
pub struct PositionedReader {
    consumer: BaseConsumer<ConsumerNotes>,
    brokers: String,
    fetched: BTreeSet<TopicPartition>,
    gatherer: Gatherer,
}

impl std::fmt::Debug for PositionedReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PositionedReader").field("brokers", &self.brokers).finish_non_exhaustive()
    }
}

impl PositionedReader {
    /// Joins a group as the member of this slot.
    ///
    /// # Errors
    /// When the settings are not possible, a topic is missing, or no broker answers.
    pub fn new(
        settings: &KafkaSettings,
        group: &str,
        slot: &str,
        topics: &[&str],
    ) -> Result<Self, LogError> {
        let making = |error| general("cannot make a Kafka client", error);
        let mut config = client::consumer(settings, group, slot);
        config.set("max.poll.interval.ms", BUSY_MAX_MS.to_string());
        let consumer: BaseConsumer<ConsumerNotes> =
            config.create_with_context(ConsumerNotes::default()).map_err(making)?;
        check_topics(&consumer, settings, topics)?;
        consumer.subscribe(topics).map_err(making)?;
        let brokers = settings.brokers.clone();
        Ok(Self { consumer, brokers, fetched: BTreeSet::new(), gatherer: Gatherer::default() })
    }

    /// What came, waiting for it up to `wait`.
    ///
    /// # Errors
    /// [`Reaction::Retry`] while no broker can be reached.
    pub fn poll(&mut self, records_max: usize, wait: Duration) -> Result<PositionedPoll, LogError> {
        if !self.consumer.context().has_change() {
            let polled = self.read(records_max, wait)?;
            if !matches!(polled, PositionedPoll::Nothing) {
                return Ok(polled);
            }
        }
        if let Some(change) = self.consumer.context().next_change() {
            return self.change(change);
        }
        match self.consumer.context().down() {
            Some(reason) => {
                let what = format!("no broker of {} can be reached: {reason}", self.brokers);
                Err(LogError::new(Reaction::Retry, what))
            }
            None => Ok(PositionedPoll::Nothing),
        }
    }

    fn change(&mut self, change: Change) -> Result<PositionedPoll, LogError> {
        if let Change::Assigned(_) = &change {
            // Answered at once; partitions are added as they are started.
            let answer = self.consumer.incremental_assign(&TopicPartitionList::new());
            if let Err(error) = answer {
                self.consumer.context().put_back(change);
                return Err(general("cannot take the assignment", error));
            }
        }
        Ok(PositionedPoll::Change(change))
    }

    fn read(&mut self, records_max: usize, wait: Duration) -> Result<PositionedPoll, LogError> {
        let gathered = self.gatherer.read(&self.consumer, records_max, wait)?;
        Ok(match gathered {
            Some(Gathered { records, reached }) => PositionedPoll::Records { records, reached },
            None => PositionedPoll::Nothing,
        })
    }

    /// Reads partitions from these offsets on; without one, from the first record that there is. Tells of
    /// those whose records were deleted before: they are read from the first that there still is.
    ///
    /// # Errors
    /// When a partition ends before its offset, or the brokers cannot be reached.
    pub fn start(
        &mut self,
        from: &[(TopicPartition, Option<Offset>)],
    ) -> Result<Vec<Missing>, LogError> {
        let inputs: Vec<_> = from.iter().map(|(input, _)| input.clone()).collect();
        self.stop(&inputs)?;
        let mut missing = Vec::new();
        let mut places = Vec::with_capacity(from.len());
        for (input, at) in from {
            places.push((input, KafkaOffset::Offset(self.place(input, *at, &mut missing)?)));
        }
        let starting = |error| general("cannot start to read", error);
        let list = list_of(&places).map_err(starting)?;
        self.consumer.context().forget_reached();
        self.consumer.incremental_assign(&list).map_err(starting)?;
        self.fetched.extend(inputs);
        Ok(missing)
    }

    /// The offset from which a partition is read.
    fn place(
        &self,
        input: &TopicPartition,
        at: Option<Offset>,
        missing: &mut Vec<Missing>,
    ) -> Result<i64, LogError> {
        let asking = |error| general(format!("cannot ask where {input} begins and ends"), error);
        let range = self.consumer.fetch_watermarks(&input.topic, input.partition, REQUEST);
        let (start, end) = range.map_err(asking)?;
        let Some(at) = at else { return Ok(start) };
        if at.0 > end {
            let what = format!(
                "{input} ends at offset {end}, and everything before {at} is stored already: this is not the topic \
                 that was read before; see that brokers and database belong together, or delete the partition's row in isobar.sink_position \
                 to begin anew"
            );
            return Err(LogError::new(Reaction::Stop, what));
        }
        if at.0 < start {
            missing.push(Missing { input: input.clone(), at, start: Offset(start) });
        }
        Ok(at.0.max(start))
    }

    /// Reads partitions no longer: before others get them, or to start them elsewhere.
    ///
    /// # Errors
    /// When librdkafka does not take it.
    pub fn stop(&mut self, inputs: &[TopicPartition]) -> Result<(), LogError> {
        let held: Vec<_> = inputs.iter().filter(|input| self.fetched.contains(*input)).collect();
        let places: Vec<_> = held.iter().map(|input| (*input, KafkaOffset::Invalid)).collect();
        let stopping = |error| general("cannot stop to read", error);
        let list = list_of(&places).map_err(stopping)?;
        self.consumer.incremental_unassign(&list).map_err(stopping)?;
        self.fetched.retain(|input| !inputs.contains(input));
        Ok(())
    }

    /// Where partitions end now, for committed records.
    ///
    /// # Errors
    /// When the brokers cannot be asked.
    pub fn ends(&self, inputs: &[TopicPartition]) -> Result<Vec<Offset>, LogError> {
        if inputs.is_empty() {
            return Ok(Vec::new());
        }
        let asking = |error| general("cannot ask for the ends", error);
        let places: Vec<_> = inputs.iter().map(|input| (input, KafkaOffset::End)).collect();
        let list = list_of(&places).map_err(asking)?;
        let told = self.consumer.offsets_for_times(list, REQUEST).map_err(asking)?;
        let end = |input: &TopicPartition| {
            let element = told.find_partition(&input.topic, input.partition);
            let element = element.ok_or(KafkaError::NoMessageReceived).map_err(asking)?;
            element.error().map_err(asking)?;
            Ok(Offset(element.offset().to_raw().unwrap_or(0)))
        };
        inputs.iter().map(end).collect()
    }

    /// Writes positions to the group, for those who look at lags; whether it was done is not waited for.
    pub fn tell(&self, stored: &[(TopicPartition, Offset)]) {
        let places: Vec<_> =
            stored.iter().map(|(input, at)| (input, KafkaOffset::Offset(at.0))).collect();
        let told = list_of(&places).and_then(|list| self.consumer.commit(&list, CommitMode::Async));
        if let Err(error) = told {
            tracing::debug!(%error, "the group was not told how far was stored");
        }
    }

    /// What the group has committed of a partition, and the metadata beside it: for callers whose positions
    /// stand there and nowhere else.
    ///
    /// # Errors
    /// When the brokers cannot be asked. Not to be told is not the same as nothing being committed.
    pub fn committed(&self, input: &TopicPartition) -> Result<Option<(Offset, String)>, LogError> {
        let asking =
            |error| general(format!("cannot ask for the committed offset of {input}"), error);
        let list = list_of(&[(input, KafkaOffset::Invalid)]).map_err(asking)?;
        let told = self.consumer.committed_offsets(list, REQUEST).map_err(asking)?;
        let elements = told.elements();
        let told = elements.first().ok_or(KafkaError::NoMessageReceived).map_err(asking)?;
        told.error().map_err(asking)?;
        Ok(match told.offset() {
            KafkaOffset::Offset(at) => Some((Offset(at), told.metadata().to_owned())),
            _ => None,
        })
    }

    /// Commits positions with their metadata; waits for it where that is asked for.
    ///
    /// # Errors
    /// When they cannot be committed, as far as that is known.
    pub fn commit(
        &self,
        positions: &[(TopicPartition, Offset, String)],
        is_waited_for: bool,
    ) -> Result<(), LogError> {
        let committing = |error| general("cannot commit positions", error);
        let mut list = TopicPartitionList::with_capacity(positions.len());
        for (input, at, metadata) in positions {
            let mut place = list.add_partition(&input.topic, input.partition);
            place.set_offset(KafkaOffset::Offset(at.0)).map_err(committing)?;
            place.set_metadata(metadata);
        }
        let mode = if is_waited_for { CommitMode::Sync } else { CommitMode::Async };
        self.consumer.commit(&list, mode).map_err(committing)
    }

    /// Leaves the group, so that others take over at once.
    pub fn leave(&mut self) {
        // Closing a static member tells nobody; unsubscribing does.
        self.consumer.unsubscribe();
        let deadline = Instant::now() + LEAVE;
        while Instant::now() < deadline {
            drop(self.consumer.poll(Duration::from_millis(20)));
            if let Some(Change::Revoked(_) | Change::Lost(_)) =
                self.consumer.context().next_change()
            {
                let inputs: Vec<_> = self.fetched.iter().cloned().collect();
                if let Err(error) = self.stop(&inputs) {
                    tracing::debug!(%error, "cannot leave the group in order");
                }
                break;
            }
        }
        // The request itself is sent from librdkafka's own thread.
        drop(self.consumer.poll(Duration::from_millis(100)));
    }
}

/// Every topic has to be there; one that was just made is known a little later.
fn check_topics(
    consumer: &BaseConsumer<ConsumerNotes>,
    settings: &KafkaSettings,
    topics: &[&str],
) -> Result<(), LogError> {
    let began = Instant::now();
    for topic in topics {
        loop {
            match count_partitions(consumer, topic, &settings.brokers) {
                Err(error) if error.reaction == Reaction::Stop && began.elapsed() < KNOWN => {
                    std::thread::sleep(Duration::from_millis(100));
                }
                counted => break counted.map(drop)?,
            }
        }
    }
    Ok(())
}

impl Drop for PositionedReader {
    fn drop(&mut self) {
        close(&self.consumer);
    }
}

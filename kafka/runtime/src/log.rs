//! The kernel's log on Kafka: one group member and one transactional producer for one slot.
//!
//! **Invariant:** a transaction is open only inside [`Log::commit`]. Between commits nothing of a
//! batch has left this process, so dropping it is all that an undo takes outside.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rdkafka::admin::AdminClient;
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerGroupMetadata};
use rdkafka::error::KafkaError;
use rdkafka::message::{Headers as _, Message};
use rdkafka::producer::{BaseProducer, Producer};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset as KafkaOffset, TopicPartitionList};
use stream::{
    Batch, Change, Claim, EventTime, Log, LogError, Offset, Polled, Reaction, Record,
    TopicPartition, Topology,
};

use crate::client::{self, KafkaSettings};
use crate::context::{ConsumerNotes, Deliveries, close};
use crate::gather::{Gathered, Gatherer};
use crate::reaction::{CommitFault, advice, commit_fault, general};
use crate::state::StateReader;
use crate::transaction;
use crate::trim::Trimmer;

/// A request that takes longer is made again.
pub(crate) const REQUEST: Duration = Duration::from_secs(5);
/// A committed offset may wait for a dead owner's transaction; others go on in between.
const CLAIM: Duration = Duration::from_secs(1);
/// A topic that was just made is known to every broker after this.
pub(crate) const KNOWN: Duration = Duration::from_secs(2);
/// Leaving waits this long for the group to hear of it.
const LEAVE: Duration = Duration::from_secs(2);

/// One slot's side of a Kafka cluster. Dropping it without [`Log::leave`] is a crash: the group
/// waits for the session to time out, unless the same slot joins again.
pub struct KafkaLog {
    settings: KafkaSettings,
    topology: Topology,
    slot: String,
    /// Made at the first poll, so that a broker that is down at the start is waited for.
    joined: Option<Joined>,
    /// When this slot's membership was last taken from it.
    fenced: Option<Instant>,
}

struct Joined {
    consumer: BaseConsumer<ConsumerNotes>,
    producer: BaseProducer<Deliveries>,
    admin: AdminClient<DefaultClientContext>,
    state: StateReader,
    trimmer: Trimmer,
    /// Tells where partitions end, decided or not; only topologies that write marks ask.
    ends: Option<BaseConsumer>,
    gatherer: Gatherer,
    /// The producer's last transaction is undecided: it must not be used again.
    unclear: bool,
    /// The group has gone on without this member, and may never say so by itself.
    gone: bool,
    /// Partitions that the group has given us.
    held: BTreeSet<TopicPartition>,
    /// Partitions that the consumer fetches.
    fetched: BTreeSet<TopicPartition>,
    counts: BTreeMap<String, i32>,
    member: Option<ConsumerGroupMetadata>,
}

impl std::fmt::Debug for KafkaLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaLog").field("slot", &self.slot).finish_non_exhaustive()
    }
}

impl KafkaLog {
    /// A slot of a topology. It joins the group when it is first polled.
    pub fn new(settings: KafkaSettings, topology: &Topology, slot: &str) -> Self {
        Self {
            settings,
            topology: topology.clone(),
            slot: slot.to_owned(),
            joined: None,
            fenced: None,
        }
    }

    fn join(&mut self) -> Result<&mut Joined, LogError> {
        if self.joined.is_none() {
            self.joined = Some(Joined::new(&self.settings, &self.topology, &self.slot)?);
        }
        self.joined()
    }

    /// The group says that another member has this slot. That may be ourselves: a request to join
    /// that is sent again after a lost connection takes the place of the first. So it is tried once
    /// more; another process in this slot would take it again, and then this one stops.
    fn rejoin(&mut self, error: LogError) -> Result<Polled, LogError> {
        const AGAIN: Duration = Duration::from_secs(60);
        if self.fenced.is_some_and(|at| at.elapsed() < AGAIN) {
            return Err(error);
        }
        self.fenced = Some(Instant::now());
        Ok(self.join_anew())
    }

    /// Gives the membership up; the next poll joins again.
    fn join_anew(&mut self) -> Polled {
        let held = self.joined.take().map(|joined| joined.held.iter().cloned().collect());
        Polled::Change(Change::Lost(held.unwrap_or_default()))
    }

    fn joined(&mut self) -> Result<&mut Joined, LogError> {
        let waiting = || LogError::new(Reaction::Retry, "the group is not joined yet");
        self.joined.as_mut().ok_or_else(waiting)
    }

    fn new_producer(&self) -> Result<BaseProducer<Deliveries>, LogError> {
        make_producer(&self.settings, &self.topology.name, &self.slot)
    }
}

fn make_producer(
    settings: &KafkaSettings,
    group: &str,
    slot: &str,
) -> Result<BaseProducer<Deliveries>, LogError> {
    let config = client::producer(settings, group, slot);
    let making = || format!("cannot make the transactional producer {group}.{slot}");
    let producer: BaseProducer<Deliveries> = config
        .create_with_context(Deliveries::default())
        .map_err(|error| general(making(), error))?;
    // Ends or undoes what a predecessor in this slot left open, and fences it.
    producer.init_transactions(REQUEST).map_err(|error| {
        general(
            format!("cannot start transactions as {group}.{slot} at {}", settings.brokers),
            error,
        )
    })?;
    Ok(producer)
}

impl Joined {
    fn new(settings: &KafkaSettings, topology: &Topology, slot: &str) -> Result<Self, LogError> {
        let group = &*topology.name;
        let making = |error| general("cannot make a Kafka client", error);
        let admin: AdminClient<_> = client::base(settings)
            // Watermarks for restores: everything that was written, decided or not.
            .set("isolation.level", "read_uncommitted")
            .create()
            .map_err(making)?;
        let consumer: BaseConsumer<ConsumerNotes> = client::consumer(settings, group, slot)
            .create_with_context(ConsumerNotes::default())
            .map_err(making)?;
        let began = Instant::now();
        let counts = loop {
            match check_topics(&consumer, topology, &settings.brokers) {
                Err(error) if error.reaction == Reaction::Stop && began.elapsed() < KNOWN => {
                    std::thread::sleep(Duration::from_millis(100));
                }
                checked => break checked?,
            }
        };
        let producer = make_producer(settings, group, slot)?;
        let inputs: Vec<&str> = topology.inputs.iter().map(|topic| &**topic).collect();
        consumer.subscribe(&inputs).map_err(making)?;
        Ok(Self {
            consumer,
            producer,
            admin,
            state: StateReader::new(settings, group),
            trimmer: Trimmer::default(),
            ends: None,
            gatherer: Gatherer::default(),
            unclear: false,
            gone: false,
            held: BTreeSet::new(),
            fetched: BTreeSet::new(),
            counts,
            member: None,
        })
    }

    /// Keeps book of a change of the assignment.
    fn note(&mut self, change: &Change) -> Result<(), LogError> {
        // The member as of this assignment: should the group go on without it, and take it in again
        // unnoticed, then nothing of the old tasks commits under the new membership.
        self.member = self.consumer.group_metadata();
        match change {
            Change::Assigned(inputs) => {
                self.held.extend(inputs.iter().cloned());
                // Answered at once; partitions are added one by one as they are restored.
                let answer = self.consumer.incremental_assign(&TopicPartitionList::new());
                answer.map_err(|error| general("cannot take the assignment", error))
            }
            Change::Revoked(inputs) | Change::Lost(inputs) => {
                self.held.retain(|held| !inputs.contains(held));
                Ok(())
            }
        }
    }

    /// Takes what is there: at most `records_max` records, and none after a rebalance or an error.
    fn read(&mut self, records_max: usize, wait: Duration) -> Result<Polled, LogError> {
        let gathered = self.gatherer.read(&self.consumer, records_max, wait)?;
        Ok(match gathered {
            Some(Gathered { records, reached }) => Polled::Records { records, reached },
            None => Polled::Nothing,
        })
    }

    fn fetch_from(&mut self, input: &TopicPartition, at: Offset) -> Result<(), LogError> {
        let positioning = |error| general(format!("cannot read {input} from {at}"), error);
        let list = list_of(&[(input, KafkaOffset::Offset(at.0))]).map_err(positioning)?;
        self.consumer.context().forget_reached();
        if self.fetched.contains(input) {
            let seek = self.consumer.seek_partitions(list, REQUEST).map_err(positioning)?;
            let failed = seek.elements().iter().find_map(|element| element.error().err());
            return failed.map_or(Ok(()), |error| Err(positioning(error)));
        }
        self.consumer.incremental_assign(&list).map_err(positioning)?;
        self.fetched.insert(input.clone());
        Ok(())
    }

    fn partition_count(&mut self, topic: &str, brokers: &str) -> Result<i32, LogError> {
        if let Some(count) = self.counts.get(topic) {
            return Ok(*count);
        }
        let count = count_partitions(&self.consumer, topic, brokers)?;
        self.counts.insert(topic.to_owned(), count);
        Ok(count)
    }
}

impl Drop for Joined {
    fn drop(&mut self) {
        close(&self.consumer);
    }
}

/// Every topic of a topology has to be there, with partitions that fit together.
fn check_topics(
    consumer: &BaseConsumer<ConsumerNotes>,
    topology: &Topology,
    brokers: &str,
) -> Result<BTreeMap<String, i32>, LogError> {
    let mut counts = BTreeMap::new();
    for topic in topology.inputs.iter().chain(&topology.outputs) {
        counts.insert(topic.to_string(), count_partitions(consumer, topic, brokers)?);
    }
    for input in topology.inputs.iter().filter(|_| topology.stateful) {
        let state = topology.state_topic(input);
        let (of_input, of_state) = (
            counts.get(&**input).copied().unwrap_or(0),
            count_partitions(consumer, &state, brokers)?,
        );
        if of_input != of_state {
            return Err(LogError::new(
                Reaction::Stop,
                format!(
                    "the state topic {state} has {of_state} partitions and its input {input} has {of_input}; \
                 they have to agree: delete {state} if it holds nothing and make it anew with `isobar topics apply`"
                ),
            ));
        }
        counts.insert(state, of_state);
    }
    Ok(counts)
}

pub(crate) fn count_partitions(
    consumer: &BaseConsumer<ConsumerNotes>,
    topic: &str,
    brokers: &str,
) -> Result<i32, LogError> {
    let metadata = consumer.fetch_metadata(Some(topic), REQUEST).map_err(|error| {
        // Why it failed is among the events that a poll takes.
        (0..20).for_each(|_| drop(consumer.poll(Duration::ZERO)));
        let reason = consumer.context().reason();
        general(format!("cannot ask {brokers} for the topic {topic}{reason}"), error)
    })?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    let refused = found.and_then(rdkafka::metadata::MetadataTopic::error);
    if let Some(code) = refused.map(RDKafkaErrorCode::from)
        && !matches!(code, RDKafkaErrorCode::UnknownTopicOrPartition)
    {
        let error = KafkaError::MetadataFetch(code);
        return Err(general(format!("cannot ask {brokers} for the topic {topic}"), error));
    }
    let count = found.map_or(0, |found| found.partitions().len());
    match i32::try_from(count) {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(LogError::new(
            Reaction::Stop,
            format!("there is no topic {topic} at {brokers}; make it with `isobar topics apply`"),
        )),
    }
}

pub(crate) fn record_of(message: &rdkafka::message::BorrowedMessage<'_>) -> Record {
    Record {
        offset: Offset(message.offset()),
        arrival: EventTime(message.timestamp().to_millis().unwrap_or_default()),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        headers: message.headers().map_or_else(Vec::new, |headers| {
            let own = |header: rdkafka::message::Header<'_, &[u8]>| {
                (header.key.to_owned(), header.value.unwrap_or_default().to_vec())
            };
            headers.iter().map(own).collect()
        }),
    }
}

/// A list of partitions with offsets, for librdkafka.
pub(crate) fn list_of(
    places: &[(&TopicPartition, KafkaOffset)],
) -> Result<TopicPartitionList, KafkaError> {
    let mut list = TopicPartitionList::with_capacity(places.len());
    for (input, offset) in places {
        list.add_partition_offset(&input.topic, input.partition, *offset)?;
    }
    Ok(list)
}

impl Log for KafkaLog {
    fn slot(&self) -> &str {
        &self.slot
    }

    fn poll(&mut self, records_max: usize, wait_ms: u64) -> Result<Polled, LogError> {
        let brokers = self.settings.brokers.clone();
        let joined = self.join()?;
        if joined.gone {
            return Ok(self.join_anew());
        }
        joined.trimmer.look();
        if !joined.consumer.context().has_change() {
            match joined.read(records_max, Duration::from_millis(wait_ms)) {
                Ok(Polled::Nothing) => {}
                Err(error) if is_fencing(&error) => return self.rejoin(error),
                other => return other,
            }
        }
        let joined = self.join()?;
        if let Some(change) = joined.consumer.context().next_change() {
            if let Err(error) = joined.note(&change) {
                joined.consumer.context().put_back(change);
                return Err(error);
            }
            return Ok(Polled::Change(change));
        }
        match joined.consumer.context().down() {
            Some(reason) => {
                let what = format!("no broker of {brokers} can be reached: {reason}");
                Err(LogError::new(Reaction::Retry, what))
            }
            None => Ok(Polled::Nothing),
        }
    }

    fn claim(&mut self, input: &TopicPartition) -> Result<Claim, LogError> {
        let stateful = self.topology.stateful;
        let state_topic = self.topology.state_topic(&input.topic);
        let joined = self.joined()?;
        let asking =
            |error| general(format!("cannot ask for the committed offset of {input}"), error);
        let list = list_of(&[(input, KafkaOffset::Invalid)]).map_err(asking)?;
        // A read-committed consumer waits here for transactions that are still undecided.
        let told = joined.consumer.committed_offsets(list, CLAIM).map_err(asking)?;
        let elements = told.elements();
        let told = elements.first().ok_or(KafkaError::NoMessageReceived).map_err(asking)?;
        // Not to be told is not the same as nothing being committed.
        told.error().map_err(asking)?;
        let committed = match told.offset() {
            KafkaOffset::Offset(at) => Some((Offset(at), told.metadata().to_owned())),
            _ => None,
        };
        let watermarks = |topic: &str| {
            joined.admin.inner().fetch_watermarks(topic, input.partition, REQUEST).map_err(asking)
        };
        let (log_start, _) = watermarks(&input.topic)?;
        let mut has_orphaned_state = false;
        if committed.is_none() && stateful {
            let (state_start, state_end) = watermarks(&state_topic)?;
            has_orphaned_state = state_start < state_end;
        }
        Ok(Claim { committed, log_start: Offset(log_start), has_orphaned_state })
    }

    fn read_state(
        &mut self,
        input: &TopicPartition,
        from: Offset,
        visit: &mut dyn FnMut(Offset, &[u8]) -> bool,
    ) -> Result<(), LogError> {
        let state_topic = self.topology.state_topic(&input.topic);
        let joined = self.joined()?;
        let of = TopicPartition::new(state_topic, input.partition);
        joined.state.read(&joined.admin, &of, from, visit)
    }

    fn resume(&mut self, input: &TopicPartition, at: Offset) -> Result<(), LogError> {
        self.joined()?.fetch_from(input, at)
    }

    fn release(&mut self, inputs: &[TopicPartition]) -> Result<(), LogError> {
        // A membership that was given up has nothing to release.
        let Some(joined) = self.joined.as_mut() else { return Ok(()) };
        let held: Vec<_> = inputs.iter().filter(|input| joined.fetched.contains(*input)).collect();
        let places: Vec<_> = held.iter().map(|input| (*input, KafkaOffset::Invalid)).collect();
        let releasing = |error| general("cannot release partitions", error);
        let list = list_of(&places).map_err(releasing)?;
        joined.consumer.incremental_unassign(&list).map_err(releasing)?;
        joined.fetched.retain(|input| !inputs.contains(input));
        Ok(())
    }

    fn commit(&mut self, batch: &Batch) -> Result<Vec<Offset>, LogError> {
        let topology = self.topology.clone();
        let timeout = Duration::from_millis(self.settings.transaction_timeout_ms.into());
        let joined = self.joined()?;
        let (member, producer) = (joined.member.as_ref(), &joined.producer);
        let counts = &joined.counts;
        match transaction::run(producer, member, &topology, counts, batch, timeout) {
            Ok(offsets) => Ok(offsets),
            Err(failure) => {
                let fault = commit_fault(&failure.error);
                joined.unclear =
                    !transaction::undo(producer, timeout) || fault == CommitFault::Unclear;
                joined.gone = fault == CommitFault::Gone;
                Err(commit_error(fault, failure))
            }
        }
    }

    fn recover(&mut self) -> Result<(), LogError> {
        if !self.joined()?.unclear {
            return Ok(());
        }
        let producer = self.new_producer()?;
        let joined = self.joined()?;
        joined.producer = producer;
        joined.unclear = false;
        Ok(())
    }

    fn ends(&mut self, inputs: &[TopicPartition]) -> Result<Vec<Offset>, LogError> {
        let asking = |error| general("cannot ask for the ends", error);
        let mut config = client::reader(&self.settings, &self.topology.name);
        let joined = self.joined()?;
        if joined.ends.is_none() {
            let made = config.set("isolation.level", "read_uncommitted").create();
            joined.ends = Some(made.map_err(asking)?);
        }
        let Some(asker) = &joined.ends else { return Ok(Vec::new()) };
        let places: Vec<_> = inputs.iter().map(|input| (input, KafkaOffset::End)).collect();
        let list = list_of(&places).map_err(asking)?;
        let told = asker.offsets_for_times(list, REQUEST).map_err(asking)?;
        let end = |input: &TopicPartition| {
            let element = told.find_partition(&input.topic, input.partition);
            let element = element.ok_or(KafkaError::NoMessageReceived).map_err(asking)?;
            element.error().map_err(asking)?;
            Ok(Offset(element.offset().to_raw().unwrap_or(i64::MAX)))
        };
        inputs.iter().map(end).collect()
    }

    fn partitions(&mut self, topic: &str) -> Result<i32, LogError> {
        let brokers = self.settings.brokers.clone();
        self.joined()?.partition_count(topic, &brokers)
    }

    fn trim_state(&mut self, input: &TopicPartition, before: Offset) {
        let state_topic = self.topology.state_topic(&input.topic);
        if let Some(joined) = self.joined.as_mut() {
            let of = TopicPartition::new(state_topic, input.partition);
            joined.trimmer.delete_before(&joined.admin, &of, before);
        }
    }

    fn leave(&mut self) -> Result<(), LogError> {
        let Some(joined) = self.joined.as_mut() else { return Ok(()) };
        // Closing a static member tells nobody; unsubscribing does.
        joined.consumer.unsubscribe();
        let deadline = Instant::now() + LEAVE;
        while Instant::now() < deadline {
            // Records still on their way belong to the next owner now.
            drop(joined.consumer.poll(Duration::from_millis(20)));
            if let Some(Change::Revoked(_) | Change::Lost(_)) =
                joined.consumer.context().next_change()
            {
                let list = TopicPartitionList::new();
                let inputs: Vec<_> =
                    joined.fetched.iter().map(|input| (input, KafkaOffset::Invalid)).collect();
                let list = list_of(&inputs).unwrap_or(list);
                let leaving = |error| general("cannot leave the group", error);
                joined.consumer.incremental_unassign(&list).map_err(leaving)?;
                break;
            }
        }
        // The request itself is sent from librdkafka's own thread.
        drop(joined.consumer.poll(Duration::from_millis(100)));
        Ok(())
    }
}

/// The group has this slot for another member.
fn is_fencing(error: &LogError) -> bool {
    let cause = error.source.as_ref().and_then(|source| source.downcast_ref::<KafkaError>());
    let code = cause.and_then(KafkaError::rdkafka_error_code);
    code == Some(RDKafkaErrorCode::FencedInstanceId)
}

fn commit_error(fault: CommitFault, failure: transaction::Failure) -> LogError {
    let transaction::Failure { what, error } = failure;
    match fault {
        CommitFault::Abort | CommitFault::Unclear => {
            LogError::caused(Reaction::Replay, what, error)
        }
        CommitFault::Gone => LogError::caused(Reaction::Yield, what, error),
        CommitFault::Hopeless => {
            let what = format!("{what}; {}", advice(&error));
            LogError::caused(Reaction::Stop, what, error)
        }
    }
}

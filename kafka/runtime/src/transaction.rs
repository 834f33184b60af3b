//! One transaction: everything in the batch, its offsets, and the end.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::Offset as KafkaOffset;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, PurgeConfig};
use rdkafka::types::RDKafkaErrorCode;
use stream::{Batch, Destination, Offset, Output, StateRecord, Topology, partition_of};

use crate::context::{Deliveries, OUTPUT};
use crate::reaction::is_retriable;

/// What failed, and while doing what.
pub(crate) struct Failure {
    pub(crate) what: String,
    pub(crate) error: KafkaError,
}

fn failure(what: impl Into<String>) -> impl FnOnce(KafkaError) -> Failure {
    let what = what.into();
    move |error| Failure { what, error }
}

/// Runs the transaction. On an error it is still open: see [`undo`].
pub(crate) fn run(
    producer: &BaseProducer<Deliveries>,
    member: Option<&ConsumerGroupMetadata>,
    topology: &Topology,
    counts: &BTreeMap<String, i32>,
    batch: &Batch,
    timeout: Duration,
) -> Result<Vec<Offset>, Failure> {
    let deadline = Instant::now() + timeout;
    producer.context().clear();
    producer.begin_transaction().map_err(failure("cannot begin a transaction"))?;
    for output in &batch.outputs {
        send_output(producer, counts, output, deadline)?;
    }
    for (number, record) in batch.state.iter().enumerate() {
        send_state(producer, topology, record, number + 1, deadline)?;
    }
    // Sent after the records: then librdkafka has dealt with a transaction that is still ending.
    send_offsets(producer, member, batch, deadline)?;
    await_deliveries(producer, deadline)?;
    let end = || producer.commit_transaction(remaining(deadline));
    retried(deadline, end).map_err(failure("cannot commit a transaction"))?;
    Ok(producer.context().take_offsets())
}

fn remaining(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1))
}

fn retried(deadline: Instant, call: impl Fn() -> Result<(), KafkaError>) -> Result<(), KafkaError> {
    loop {
        match call() {
            Err(error) if is_retriable(&error) && Instant::now() < deadline => {}
            other => return other,
        }
    }
}

fn send_output(
    producer: &BaseProducer<Deliveries>,
    counts: &BTreeMap<String, i32>,
    output: &Output,
    deadline: Instant,
) -> Result<(), Failure> {
    let partition = match output.destination {
        Destination::Partition(partition) => partition,
        Destination::ByKey => {
            let count = counts.get(&*output.topic).copied().unwrap_or(1);
            partition_of(output.key.as_deref().unwrap_or_default(), count)
        }
    };
    let mut record = BaseRecord::<[u8], [u8], usize>::with_opaque_to(&output.topic, OUTPUT)
        .partition(partition)
        .timestamp(output.timestamp.0);
    if let Some(key) = &output.key {
        record = record.key(key);
    }
    if let Some(value) = &output.value {
        record = record.payload(value);
    }
    if !output.headers.is_empty() {
        record = record.headers(headers_of(output));
    }
    send(producer, record, deadline)
}

fn headers_of(output: &Output) -> OwnedHeaders {
    let empty = OwnedHeaders::new_with_capacity(output.headers.len());
    output
        .headers
        .iter()
        .fold(empty, |headers, (key, value)| headers.insert(Header { key, value: Some(value) }))
}

fn send_state(
    producer: &BaseProducer<Deliveries>,
    topology: &Topology,
    record: &StateRecord,
    number: usize,
    deadline: Instant,
) -> Result<(), Failure> {
    let topic = topology.state_topic(&record.input.topic);
    let record = BaseRecord::<[u8], [u8], usize>::with_opaque_to(&topic, number)
        .partition(record.input.partition)
        .payload(&record.value);
    send(producer, record, deadline)
}

fn send(
    producer: &BaseProducer<Deliveries>,
    mut record: BaseRecord<'_, [u8], [u8], usize>,
    deadline: Instant,
) -> Result<(), Failure> {
    loop {
        let Err((error, refused)) = producer.send(record) else { return Ok(()) };
        let full = error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull);
        if !full || Instant::now() >= deadline {
            let bytes = refused.payload.map_or(0, <[u8]>::len);
            let what = format!("cannot write a record of {bytes} bytes to {}", refused.topic);
            return Err(failure(what)(error));
        }
        producer.poll(Duration::from_millis(1));
        record = refused;
    }
}

fn send_offsets(
    producer: &BaseProducer<Deliveries>,
    member: Option<&ConsumerGroupMetadata>,
    batch: &Batch,
    deadline: Instant,
) -> Result<(), Failure> {
    if batch.checkpoints.is_empty() {
        return Ok(());
    }
    let sending = "cannot add the positions to a transaction";
    let list = positions_of(batch).map_err(failure(sending))?;
    let member = member.ok_or(KafkaError::Canceled).map_err(failure(sending))?;
    let send = || producer.send_offsets_to_transaction(&list, member, remaining(deadline));
    retried(deadline, send).map_err(failure(sending))
}

fn positions_of(batch: &Batch) -> Result<TopicPartitionList, KafkaError> {
    let mut list = TopicPartitionList::with_capacity(batch.checkpoints.len());
    for checkpoint in &batch.checkpoints {
        let (topic, partition) = (&*checkpoint.input.topic, checkpoint.input.partition);
        let mut place = list.add_partition(topic, partition);
        place.set_offset(KafkaOffset::Offset(checkpoint.resume_at.0))?;
        place.set_metadata(&checkpoint.metadata);
    }
    Ok(list)
}

/// Waits until nothing is in flight: a commit with records in flight takes 100 ms in this client.
fn await_deliveries(producer: &BaseProducer<Deliveries>, deadline: Instant) -> Result<(), Failure> {
    take_reports(producer, deadline);
    match producer.context().take_failure() {
        Some((error, what)) => Err(failure(format!("cannot write {what}"))(error)),
        None if producer.in_flight_count() > 0 => {
            let timed_out = KafkaError::MessageProduction(RDKafkaErrorCode::MessageTimedOut);
            Err(failure("records of a transaction were not taken in time")(timed_out))
        }
        None => Ok(()),
    }
}

/// Takes delivery reports until nothing is in flight.
fn take_reports(producer: &BaseProducer<Deliveries>, deadline: Instant) {
    loop {
        let before = producer.in_flight_count();
        if before == 0 || Instant::now() >= deadline {
            return;
        }
        // A poll that waits would spin through its last millisecond, on a core that others need.
        producer.poll(Duration::ZERO);
        if producer.in_flight_count() == before {
            std::thread::sleep(Duration::from_micros(300));
        }
    }
}

/// Aborts what is open; false when even that is unclear.
pub(crate) fn undo(producer: &BaseProducer<Deliveries>, timeout: Duration) -> bool {
    producer.purge(PurgeConfig::default().queue().inflight());
    let deadline = Instant::now() + timeout;
    // Aborting waits for delivery reports, which only polling takes.
    take_reports(producer, deadline);
    producer.abort_transaction(remaining(deadline)).is_ok()
}

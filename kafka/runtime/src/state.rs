//! Reads state partitions for restores.

use std::time::{Duration, Instant};

use rdkafka::Offset as KafkaOffset;
use rdkafka::admin::AdminClient;
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use stream::{LogError, Offset, Reaction, TopicPartition};

use crate::client::{self, KafkaSettings};
use crate::log::{REQUEST, list_of};
use crate::reaction::{general, is_passing};

/// One consumer for all restores of a slot, made at the first.
pub(crate) struct StateReader {
    settings: KafkaSettings,
    group: String,
    consumer: Option<BaseConsumer>,
}

/// After the end of a partition nothing may come for this long before that is believed.
const QUIET: Duration = Duration::from_millis(500);
/// A restore that hears nothing at all for this long is begun anew.
const SILENT: Duration = Duration::from_secs(10);

impl StateReader {
    pub(crate) fn new(settings: &KafkaSettings, group: &str) -> Self {
        Self { settings: settings.clone(), group: format!("{group}.restore"), consumer: None }
    }

    fn consumer(&mut self) -> Result<&BaseConsumer, LogError> {
        if self.consumer.is_none() {
            let mut config = client::reader(&self.settings, &self.group);
            // A restore is one long read of large records.
            config.set("fetch.message.max.bytes", "8388608");
            config.set("queued.max.messages.kbytes", "65536");
            config.set("fetch.queue.backoff.ms", "5");
            config.set("fetch.wait.max.ms", "10");
            config.set("enable.partition.eof", "true");
            let made = config.create();
            self.consumer =
                Some(made.map_err(|error| general("cannot make a state reader", error))?);
        }
        let missing = || LogError::new(Reaction::Retry, "there is no state reader");
        self.consumer.as_ref().ok_or_else(missing)
    }

    /// Gives committed records from `from` on to `visit`, until it is satisfied or the end that was
    /// written by now is reached.
    pub(crate) fn read(
        &mut self,
        admin: &AdminClient<DefaultClientContext>,
        of: &TopicPartition,
        from: Offset,
        visit: &mut dyn FnMut(Offset, &[u8]) -> bool,
    ) -> Result<(), LogError> {
        let reading = |error| general(format!("cannot read the state in {of}"), error);
        // Taken before reading, decided or not: the commit mark of the last image may reach this
        // partition after the offset that names it, so a stable end would be too early a stop.
        let watermarks = admin.inner().fetch_watermarks(&of.topic, of.partition, REQUEST);
        let (start, end) = watermarks.map_err(reading)?;
        if from.0 < start {
            return Err(LogError::new(
                Reaction::Stop,
                format!(
                    "cannot restore from {of}: the image begins at offset {from} and the topic at {start}, so it was truncated; \
                 restore the state topic, or delete it and the group's offset to build the state anew from the input that is kept"
                ),
            ));
        }
        let consumer = self.consumer()?;
        let list = list_of(&[(of, KafkaOffset::Offset(from.0))]).map_err(reading)?;
        consumer.assign(&list).map_err(reading)?;
        let read = read_until(consumer, of, Offset(end), visit);
        let unassigned = consumer.unassign();
        read.map_err(reading)?;
        unassigned.map_err(reading)
    }
}

/// Reads until `visit` is satisfied or nothing is left to read.
///
/// Nothing is left only when the reader has met the end of the partition, the stable end lies at
/// `end` or beyond, and nothing came for a while after: a broker that is away is silent too.
fn read_until(
    consumer: &BaseConsumer,
    of: &TopicPartition,
    end: Offset,
    visit: &mut dyn FnMut(Offset, &[u8]) -> bool,
) -> Result<(), KafkaError> {
    let mut heard = Instant::now();
    let mut met_end = false;
    loop {
        match consumer.poll(Duration::from_millis(50)) {
            Some(Ok(message)) => {
                (heard, met_end) = (Instant::now(), false);
                let offset = Offset(message.offset());
                if !visit(offset, message.payload().unwrap_or_default()) || offset.next() >= end {
                    return Ok(());
                }
            }
            Some(Err(KafkaError::PartitionEOF(_))) => (heard, met_end) = (Instant::now(), true),
            Some(Err(error)) if is_passing(&error) => {}
            Some(Err(error)) => return Err(error),
            None if met_end && heard.elapsed() >= QUIET => {
                if stable_end(consumer, of)? >= end {
                    return Ok(());
                }
                heard = Instant::now();
            }
            None if heard.elapsed() >= SILENT => {
                return Err(KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut));
            }
            None => {}
        }
    }
}

fn stable_end(consumer: &BaseConsumer, of: &TopicPartition) -> Result<Offset, KafkaError> {
    let list = list_of(&[(of, KafkaOffset::End)])?;
    let told = consumer.offsets_for_times(list, REQUEST)?;
    let element = told.find_partition(&of.topic, of.partition);
    Ok(Offset(element.and_then(|element| element.offset().to_raw()).unwrap_or(-1)))
}

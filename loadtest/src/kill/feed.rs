//! Produces the input in the background, and keeps what has to become of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use kafka_runtime::KafkaSettings;
use kafka_runtime::plain::PlainProducer;
use schemas::series::SeriesDefinition;
use schemas::{codec, topic};
use stream::{EventTime, Offset, Record, TopicPartition};

use super::report::KillArgs;
use crate::company::{Company, CompanyConfig};
use crate::generate::{Config, generate};
use crate::oracle::{Expected, Fact, Known, Rules};
use crate::signals;
use crate::subject::Subject;
use crate::windows;
use crate::wire;

/// Records that are produced without a look at the clock.
const AT_ONCE: u64 = 64;
/// Where the company's time begins, and how much of it passes from message to message.
const START_MS: i64 = 1_767_225_600_000;
const STEP_US: i64 = 2_000;

/// What was produced.
#[derive(Debug)]
pub(super) struct Produced {
    /// The next offset of each partition that got something.
    pub(super) ends: BTreeMap<TopicPartition, i64>,
    /// How many records.
    pub(super) records: u64,
    /// What has to become of them.
    pub(super) due: Due,
}

/// What a service has to publish.
#[derive(Debug)]
pub(super) enum Due {
    Counts(Expected),
    Wire(Box<wire::Outcome>),
    Windows(Box<windows::oracle::Expected>),
    /// One reading of what lies on the topic, once it does.
    Signals,
}

/// The producer at work.
pub(super) struct Feed {
    pub(super) thread: JoinHandle<anyhow::Result<Produced>>,
    pub(super) produced: Arc<AtomicU64>,
    /// Records a second; 0 for as fast as it goes.
    pub(super) rate: Arc<AtomicU64>,
}

impl Feed {
    pub(super) fn start(
        settings: &KafkaSettings,
        seed: u64,
        arguments: &KillArgs,
    ) -> anyhow::Result<Self> {
        let produced = Arc::new(AtomicU64::new(0));
        let rate = Arc::new(AtomicU64::new(arguments.rate()));
        let mut pace = Pace {
            producer: PlainProducer::new(settings)?,
            produced: Arc::clone(&produced),
            rate: Arc::clone(&rate),
            due: Instant::now(),
            records: 0,
            ends: BTreeMap::new(),
        };
        let (records, subject) = (arguments.records(), arguments.service);
        let thread = std::thread::spawn(move || {
            let due = match subject {
                Subject::EventCounts => pace.counts(seed, records)?,
                Subject::Processors => pace.wire(seed, records)?,
                Subject::MetricWindows => pace.windows(seed, records)?,
                Subject::Correlator => pace.signals(seed, records)?,
            };
            pace.producer.flush(Duration::from_secs(60))?;
            Ok(Produced { ends: pace.ends, records: pace.records, due })
        });
        Ok(Self { thread, produced, rate })
    }
}

/// Sends at a rate that may change.
struct Pace {
    producer: PlainProducer,
    produced: Arc<AtomicU64>,
    rate: Arc<AtomicU64>,
    due: Instant,
    records: u64,
    ends: BTreeMap<TopicPartition, i64>,
}

impl Pace {
    fn counts(&mut self, seed: u64, records: u64) -> anyhow::Result<Due> {
        let config = Config { records, ..Config::default() };
        let mut known = Vec::with_capacity(usize::try_from(records)?);
        for item in generate(seed, &config)? {
            let item = item?;
            let fact = Fact::read(&item.value)?;
            known.push(Known {
                partition: item.partition,
                key: item.key.clone().unwrap_or_default(),
                fact,
            });
            let record = Record {
                offset: Offset(0),
                arrival: item.arrival,
                key: item.key,
                value: Some(item.value),
                headers: Vec::new(),
            };
            self.send(&TopicPartition::new(topic::EVENTS.name, item.partition), &record)?;
        }
        Ok(Due::Counts(Expected::of(&known, Rules::default_of_event_counts())))
    }

    fn wire(&mut self, seed: u64, messages: u64) -> anyhow::Result<Due> {
        let config = CompanyConfig { deploy_interval_ms: 20_000, ..CompanyConfig::default() };
        let mut company = Company::new(seed, &config)?;
        let mut due = wire::Outcome::default();
        for number in 0..messages {
            let step = i64::try_from(number)? * STEP_US / 1_000;
            let message = company.message_at(EventTime(START_MS + step));
            let input = TopicPartition::new(message.topic, message.partition);
            let offset = self.ends.get(&input).copied().unwrap_or(0);
            due.expect(&input, offset, &message)
                .with_context(|| format!("message {number} of seed {seed}"))?;
            let record = Record {
                offset: Offset(offset),
                arrival: message.arrival,
                key: message.key,
                value: Some(message.value),
                headers: message.headers,
            };
            self.send(&input, &record)?;
        }
        Ok(Due::Wire(Box::new(due)))
    }

    fn windows(&mut self, seed: u64, records: u64) -> anyhow::Result<Due> {
        let (input, due) = windows::kafka::input(seed, records)?;
        for (partition, item) in input {
            let record = Record {
                offset: Offset(0),
                arrival: EventTime(item.written_ms),
                key: None,
                value: Some(item.value),
                headers: Vec::new(),
            };
            self.copy_definition(&record)?;
            let to = TopicPartition::new(topic::METRICS.name, i32::try_from(partition)?);
            self.send(&to, &record)?;
        }
        Ok(Due::Windows(Box::new(due)))
    }

    fn signals(&mut self, seed: u64, records: u64) -> anyhow::Result<Due> {
        for (partition, record) in signals::generate(seed, records)? {
            self.send(&TopicPartition::new(topic::SIGNALS.name, partition), &record)?;
        }
        Ok(Due::Signals)
    }

    /// Definitions of series stand where all of them are kept as well, as the processors write them.
    fn copy_definition(&self, record: &Record) -> anyhow::Result<()> {
        let value = record.value.as_deref().unwrap_or_default();
        let Ok(definition) = codec::decode::<SeriesDefinition>(value) else { return Ok(()) };
        let key = definition.data.series.to_string().into_bytes();
        let copy = Record { key: Some(key), ..record.clone() };
        Ok(self.producer.send_record((topic::SERIES.name, 0), &copy)?)
    }

    fn send(&mut self, to: &TopicPartition, record: &Record) -> anyhow::Result<()> {
        self.producer.send_record((&to.topic, to.partition), record)?;
        *self.ends.entry(to.clone()).or_default() += 1;
        self.records += 1;
        if self.records.is_multiple_of(AT_ONCE) {
            self.produced.store(self.records, Ordering::Relaxed);
            self.producer.serve();
            let pause_us = (AT_ONCE * 1_000_000).checked_div(self.rate.load(Ordering::Relaxed));
            self.due += Duration::from_micros(pause_us.unwrap_or(0));
            std::thread::sleep(self.due.saturating_duration_since(Instant::now()));
        }
        Ok(())
    }
}

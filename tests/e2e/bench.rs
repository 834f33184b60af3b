//! A worker of a small stateful topology on a real cluster, driven step by step.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use kafka_runtime::plain::{PlainProducer, PlainReader, create_topic};
use kafka_runtime::{KafkaLog, KafkaSettings};
use stream::{
    Clock, Context, KeyedStore, LogError, Output, Processor, Record, Settings, Store, Topology,
    Versions, Worker, WorkerEvent,
};

use crate::support::unique;

/// Numbers each key's records: output n of a key carries n, so a lost or repeated record shows.
struct Numbering {
    to: Arc<str>,
    counts: KeyedStore<Vec<u8>, u64>,
}

impl Processor for Numbering {
    fn process(&mut self, record: &Record, context: &mut Context<'_>) {
        let key = record.key.clone().unwrap_or_default();
        let count = self.counts.get_or_insert_with(&key[..], || 0);
        *count += 1;
        let value = [count.to_string().as_bytes(), b" ", record.value.as_deref().unwrap()].concat();
        context.forward(Output::keyed(&self.to, key, value, record.arrival));
    }

    fn stores(&mut self) -> Vec<&mut dyn Store> {
        vec![&mut self.counts]
    }
}

struct WallClock;

impl Clock for WallClock {
    fn now_us(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        i64::try_from(since.as_micros()).unwrap()
    }
}

/// What a worker said.
pub(crate) type Said = Arc<Mutex<Vec<String>>>;

/// A topology with topics of its own on a cluster.
pub(crate) struct Bench {
    pub(crate) settings: KafkaSettings,
    pub(crate) topology: Topology,
}

impl Bench {
    pub(crate) fn new(settings: KafkaSettings) -> Self {
        let bench = Self::without_topics(settings);
        bench.create_topics(2);
        bench
    }

    pub(crate) fn without_topics(settings: KafkaSettings) -> Self {
        let name = unique("bench");
        let output = format!("{name}.out");
        Self::named(settings, &name, &output)
    }

    /// The same, but it writes to another topic.
    pub(crate) fn with_output(self, output: &str) -> Self {
        Self::named(self.settings, &self.topology.name, output)
    }

    fn named(settings: KafkaSettings, name: &str, output: &str) -> Self {
        let to: Arc<str> = Arc::from(output);
        let topology = Topology {
            name: Arc::from(name),
            inputs: vec![Arc::from(format!("{name}.in"))],
            outputs: vec![Arc::clone(&to)],
            versions: Versions { schema: 1, logic: 1 },
            compatible_logic: Vec::new(),
            stateful: true,
            marks: None,
            make: Arc::new(move |_| {
                Box::new(Numbering { to: Arc::clone(&to), counts: KeyedStore::default() })
            }),
        };
        Self { settings, topology }
    }

    pub(crate) fn create_topics(&self, state_partitions: i32) {
        let make = |topic: &str, partitions| {
            create_topic(&self.settings, topic, (partitions, 1), &[]).unwrap();
        };
        make(self.input(), 2);
        make(self.output(), 2);
        make(&self.state(), state_partitions);
    }

    pub(crate) fn input(&self) -> &str {
        &self.topology.inputs[0]
    }

    pub(crate) fn output(&self) -> &str {
        &self.topology.outputs[0]
    }

    pub(crate) fn state(&self) -> String {
        self.topology.state_topic(self.input())
    }

    /// Appends `count` records, alternating between the partitions.
    pub(crate) fn produce(&self, count: usize) {
        let producer = PlainProducer::new(&self.settings).unwrap();
        for n in 0..count {
            let partition = i32::try_from(n % 2).unwrap();
            let key = format!("{partition}");
            producer.send((self.input(), partition), Some(key.as_bytes()), b"x", None).unwrap();
        }
        producer.flush(Duration::from_secs(30)).unwrap();
    }

    pub(crate) fn worker(&self, slot: &str) -> (Worker<KafkaLog>, Said) {
        let said = Said::default();
        let heard = Arc::clone(&said);
        let observer = move |event: &WorkerEvent<'_>| {
            heard.lock().unwrap().push(format!("{event:?}"));
        };
        let log = KafkaLog::new(self.settings.clone(), &self.topology, slot);
        let topology = Arc::new(self.topology.clone());
        let (clock, observer) = (Box::new(WallClock), Box::new(observer));
        (Worker::new(log, topology, Settings::default(), clock, observer), said)
    }

    /// The numbers published for each partition's one key, in order.
    pub(crate) fn published(&self) -> Vec<Vec<u64>> {
        let reader = PlainReader::new(&self.settings, self.output(), false).unwrap();
        let records = reader.read_to_end(Duration::from_secs(20)).unwrap();
        let number = |record: &Record| {
            let value = String::from_utf8(record.value.clone().unwrap()).unwrap();
            value.split(' ').next().unwrap().parse().unwrap()
        };
        let mut numbers: Vec<Vec<u64>> =
            records.values().map(|records| records.iter().map(number).collect()).collect();
        numbers.retain(|numbers| !numbers.is_empty());
        numbers
    }

    /// Every record of `count` was numbered once, in order.
    pub(crate) fn assert_exact(&self, count: u64) {
        let mut all: Vec<u64> = self.published().concat();
        all.sort_unstable();
        let expected: Vec<u64> = (1..=count / 2).flat_map(|n| [n, n]).collect();
        assert_eq!(all, expected);
    }
}

pub(crate) fn said(said: &Said, word: &str) -> usize {
    said.lock().unwrap().iter().filter(|heard| heard.starts_with(word)).count()
}

/// Steps a worker until `done`; the error, where it stops before.
pub(crate) fn run_until(
    worker: &mut Worker<KafkaLog>,
    what: &str,
    mut done: impl FnMut(&Worker<KafkaLog>) -> bool,
) -> Result<(), LogError> {
    let deadline = Instant::now() + Duration::from_secs(40);
    while !done(worker) {
        assert!(Instant::now() < deadline, "{what} did not come: {worker:?}");
        worker.step()?;
    }
    Ok(())
}

/// Everything of the input was processed and committed.
pub(crate) fn has_processed(worker: &Worker<KafkaLog>, count: i64) -> bool {
    let done: i64 = worker.tasks().map(|task| task.settled().resume_at.0).sum();
    worker.is_clean() && done == count
}

/// Ends a worker in order.
pub(crate) fn drain(worker: &mut Worker<KafkaLog>) {
    while !worker.drain().unwrap() {}
}

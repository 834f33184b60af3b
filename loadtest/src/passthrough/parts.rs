//! The three processes of a pass-through.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::ensure;
use clap::{Args, ValueEnum};
use hdrhistogram::Histogram;
use kafka_runtime::plain::{PlainProducer, PlainReader};
use kafka_runtime::{KafkaLog, KafkaSettings};
use stream::{
    Clock, Context, Destination, Output, Processor, Record, Settings, Store, TopicPartition,
    Topology, Versions, Worker, WorkerEvent,
};

use super::PATIENCE;
use super::report::{Measured, cpu_of};

/// Which process this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Writes at a fixed rate: the raw producer.
    Generator,
    /// Passes records through, exactly once.
    Worker,
    /// Reads what came out: the raw consumer.
    Sink,
}

impl Part {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Generator => "generator",
            Self::Worker => "worker",
            Self::Sink => "sink",
        }
    }
}

/// What a part is told by its parent.
#[derive(Args, Clone, Debug)]
pub struct PartArgs {
    #[arg(long, value_enum)]
    part: Part,
    #[arg(long)]
    brokers: String,
    #[arg(long)]
    name: String,
    #[arg(long)]
    rate: u64,
    #[arg(long)]
    bytes: usize,
    #[arg(long)]
    partitions: i32,
    /// All records.
    #[arg(long)]
    records: u64,
    /// Records of the warm-up.
    #[arg(long)]
    skip: u64,
    #[arg(long)]
    commit_interval_ms: i64,
}

/// Runs one part until its records are through.
///
/// # Errors
/// When the log fails, or records do not come.
pub fn run_part(arguments: &PartArgs) -> anyhow::Result<Measured> {
    match arguments.part {
        Part::Generator => generate(arguments),
        Part::Worker => work(arguments),
        Part::Sink => read(arguments),
    }
}

fn now_us() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// CPU time and wall time from a moment on.
struct Meter {
    cpu: Duration,
    began: Instant,
}

impl Meter {
    fn start() -> Self {
        Self { cpu: cpu_of(std::process::id()), began: Instant::now() }
    }

    fn cores(&self) -> f64 {
        let cpu = cpu_of(std::process::id()).saturating_sub(self.cpu);
        cpu.as_secs_f64() / self.began.elapsed().as_secs_f64()
    }
}

fn generate(arguments: &PartArgs) -> anyhow::Result<Measured> {
    let producer = PlainProducer::new(&KafkaSettings::new(&arguments.brokers))?;
    let topic = format!("{}.in", arguments.name);
    let mut value = vec![b'.'; arguments.bytes.max(8)];
    let (began, began_us) = (Instant::now(), now_us());
    let (mut sent, mut meter) = (0, None);
    while sent < arguments.records {
        let due = u64::try_from(began.elapsed().as_micros())? * arguments.rate / 1_000_000;
        while sent < due.min(arguments.records) {
            let due_us = began_us + sent * 1_000_000 / arguments.rate;
            for (place, byte) in value.iter_mut().zip(due_us.to_le_bytes()) {
                *place = byte;
            }
            let partition = i32::try_from(sent % u64::try_from(arguments.partitions)?)?;
            producer.send((&topic, partition), None, &value, None)?;
            sent += 1;
        }
        producer.serve();
        if sent >= arguments.skip {
            meter.get_or_insert_with(Meter::start);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let cores = meter.map_or(0.0, |meter| meter.cores());
    producer.flush(PATIENCE)?;
    Ok(Measured { records: sent, cores, ..Measured::default() })
}

fn read(arguments: &PartArgs) -> anyhow::Result<Measured> {
    let topic = format!("{}.out", arguments.name);
    let reader = PlainReader::new(&KafkaSettings::new(&arguments.brokers), &topic, false)?;
    let mut latency = Histogram::<u64>::new_with_bounds(1, 600_000_000, 3)?;
    let (mut records, mut meter, mut heard) = (0u64, None, Instant::now());
    while records < arguments.records {
        let came = reader.visit(Duration::from_millis(100), &mut |_, value| {
            records += 1;
            if let (true, Some(due_us)) = (records > arguments.skip, value.first_chunk::<8>()) {
                latency.saturating_record(now_us().saturating_sub(u64::from_le_bytes(*due_us)));
            }
        })?;
        if came {
            heard = Instant::now();
        }
        if records > arguments.skip && meter.is_none() {
            meter = Some(Meter::start());
        }
        ensure!(heard.elapsed() < PATIENCE, "{records} of {} records came", arguments.records);
    }
    let ms = |quantile| latency.value_at_quantile(quantile) as f64 / 1000.0;
    Ok(Measured {
        records,
        cores: meter.map_or(0.0, |meter| meter.cores()),
        latency_ms: [ms(0.5), ms(0.9), ms(0.95), ms(0.99)],
        ..Measured::default()
    })
}

/// The least that a service can do: each record goes to the same partition of the output.
struct PassThrough {
    to: Arc<str>,
    partition: i32,
}

impl Processor for PassThrough {
    fn process(&mut self, record: &Record, context: &mut Context<'_>) {
        context.forward(Output {
            topic: Arc::clone(&self.to),
            destination: Destination::Partition(self.partition),
            key: record.key.clone(),
            value: record.value.clone(),
            headers: record.headers.clone(),
            timestamp: record.arrival,
        });
    }

    fn stores(&mut self) -> Vec<&mut dyn Store> {
        Vec::new()
    }
}

/// Passes all records of some topics to one that has as many partitions as each of them.
pub(crate) fn topology(name: &str, inputs: Vec<Arc<str>>) -> Topology {
    let to: Arc<str> = Arc::from(format!("{name}.out"));
    let outputs = vec![Arc::clone(&to)];
    let make = move |input: &TopicPartition| -> Box<dyn Processor> {
        Box::new(PassThrough { to: Arc::clone(&to), partition: input.partition })
    };
    Topology {
        name: Arc::from(name),
        inputs,
        outputs,
        versions: Versions { schema: 1, logic: 1 },
        compatible_logic: Vec::new(),
        stateful: false,
        marks: None,
        make: Arc::new(make),
    }
}

pub(crate) struct WallClock;

impl Clock for WallClock {
    fn now_us(&self) -> i64 {
        i64::try_from(now_us()).unwrap_or(i64::MAX)
    }
}

#[derive(Default)]
struct Commits {
    records: u64,
    count: u64,
    took_us: Vec<u64>,
}

fn work(arguments: &PartArgs) -> anyhow::Result<Measured> {
    let topology = topology(&arguments.name, vec![Arc::from(format!("{}.in", arguments.name))]);
    let log = KafkaLog::new(KafkaSettings::new(&arguments.brokers), &topology, "0");
    let commits = Arc::new(Mutex::new(Commits::default()));
    let noted = Arc::clone(&commits);
    let observer = move |event: &WorkerEvent<'_>| {
        if let WorkerEvent::Committed { records, took_us, .. } = event {
            let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
            noted.records += records;
            noted.count += 1;
            noted.took_us.push(u64::try_from(*took_us).unwrap_or(0));
        }
    };
    let settings =
        Settings { commit_interval_ms: arguments.commit_interval_ms, ..Settings::default() };
    let mut worker =
        Worker::new(log, Arc::new(topology), settings, Box::new(WallClock), Box::new(observer));
    let (mut meter, began) = (None, Instant::now());
    let total = PATIENCE + Duration::from_secs(arguments.records / arguments.rate);
    loop {
        worker.step()?;
        let done = commits.lock().unwrap_or_else(PoisonError::into_inner).records;
        if done >= arguments.skip && meter.is_none() {
            meter = Some(Meter::start());
        }
        if done >= arguments.records {
            break;
        }
        ensure!(began.elapsed() < total, "{done} of {} records passed", arguments.records);
    }
    let cores = meter.map_or(0.0, |meter| meter.cores());
    while !worker.drain()? {}
    let noted = commits.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(measured(&noted, cores))
}

fn measured(commits: &Commits, cores: f64) -> Measured {
    let mut took_us = commits.took_us.clone();
    took_us.sort_unstable();
    let ms = |per_cent: usize| {
        let at = took_us.get(took_us.len() * per_cent / 100);
        at.copied().unwrap_or(0) as f64 / 1000.0
    };
    Measured {
        records: commits.records,
        cores,
        commits: commits.count,
        commit_ms: [ms(50), ms(95)],
        ..Measured::default()
    }
}

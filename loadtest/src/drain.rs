//! How fast one worker reads what producers have left on the topics: the reference mix in wire formats.
//!
//! The floor is the least that a service can do, on the same input in the same run: the same kernel
//! passes every record on as it is, exactly once.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Args;
use kafka_runtime::KafkaLog;
use kafka_runtime::plain::{GroupOffsets, PlainProducer, create_topic};
use schemas::topic;
use serde::Serialize;
use stream::{EventTime, Offset, Record, Settings, Worker, WorkerEvent};

use crate::cluster::Cluster;
use crate::company::{Company, CompanyConfig};
use crate::output::note;
use crate::passthrough::{WallClock, cpu_of, topology};
use crate::subject::Subject;
use crate::workers::{Workers, find_binary};

/// One measurement.
#[derive(Args, Clone, Debug)]
pub struct DrainArgs {
    /// Messages that lie on the topics; each holds some five events or points.
    #[arg(long, default_value_t = 400_000)]
    pub messages: u64,
    /// Which messages.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The binary under test.
    #[arg(long)]
    pub binary: Option<PathBuf>,
}

/// What it came to.
#[derive(Clone, Debug, Serialize)]
pub struct DrainReport {
    /// Messages read.
    pub messages: u64,
    /// Events and points in them.
    pub found: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How it went with nothing done to them.
    pub floor: Pass,
    /// How it went with the processors.
    pub processors: Pass,
}

/// One way through all messages.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Pass {
    /// Wall time, from the first commit to the last.
    pub seconds: f64,
    /// CPU time of the worker's process meanwhile.
    pub cpu_seconds: f64,
}

impl DrainReport {
    /// What is printed.
    pub fn lines(&self) -> String {
        let found = self.found as f64;
        let row = |name: &str, pass: &Pass| {
            format!(
                "{name:<14}{:>10.0} events/s{:>9.2} us CPU an event{:>8.1} s",
                found / pass.seconds,
                pass.cpu_seconds * 1e6 / found,
                pass.seconds
            )
        };
        format!(
            "{} messages of {} bytes, {} events and points; one worker, one broker, this machine\n{}\n{}\nCPU: {:.2} x the pass-through of the same messages",
            self.messages,
            self.bytes / self.messages.max(1),
            self.found,
            row("pass-through", &self.floor),
            row("processors", &self.processors),
            self.processors.cpu_seconds / self.floor.cpu_seconds
        )
    }
}

/// Where the company's time begins, and how much of it passes from message to message.
const START_MS: i64 = 1_767_225_600_000;
const STEP_US: i64 = 50;
const PATIENCE: Duration = Duration::from_secs(300);
const FLOOR: &str = "floor";

/// Runs it on a cluster of its own.
///
/// # Errors
/// When the messages are not read in time.
pub fn run(arguments: &DrainArgs) -> anyhow::Result<DrainReport> {
    let binary = find_binary(arguments.binary.as_deref())?;
    let dir = tempfile::Builder::new().prefix("isobar-drain-").tempdir()?;
    let cluster = Cluster::start(&dir.path().join("kafka"), 1)?;
    cluster.create_topics(Subject::Processors)?;
    let most = topic::INPUTS.iter().map(|topic| topic.partitions).max().unwrap_or(1);
    let partitions = (i32::try_from(most)?, 1);
    create_topic(&cluster.settings, &format!("{FLOOR}.out"), partitions, &[])?;
    note(&format!("writing {} messages", arguments.messages));
    let (found, bytes) = fill(&cluster, arguments)?;
    note("passing them through");
    let floor = pass_through(&cluster, arguments.messages)?;
    note("reading them");
    let mut workers =
        Workers::new(&binary, Subject::Processors, &cluster.settings.brokers, dir.path());
    let processors = drain(&cluster, &mut workers, arguments.messages)?;
    Ok(DrainReport { messages: arguments.messages, found, bytes, floor, processors })
}

/// Events and points, and bytes.
fn fill(cluster: &Cluster, arguments: &DrainArgs) -> anyhow::Result<(u64, u64)> {
    let producer = PlainProducer::new(&cluster.settings)?;
    let config = CompanyConfig { hosts_per_service: 50, ..CompanyConfig::default() };
    let mut company = Company::new(arguments.seed, &config)?;
    let (mut found, mut bytes) = (0, 0);
    for number in 0..i64::try_from(arguments.messages)? {
        let message = company.message_at(EventTime(START_MS + number * STEP_US / 1_000));
        found += message.truth.points + message.truth.events.len() as u64;
        bytes += message.value.len() as u64;
        let record = Record {
            offset: Offset(number),
            arrival: message.arrival,
            key: message.key,
            value: Some(message.value),
            headers: message.headers,
        };
        producer.send_record((message.topic, message.partition), &record)?;
        if number % 1_000 == 0 {
            producer.serve();
        }
    }
    producer.flush(PATIENCE)?;
    Ok((found, bytes))
}

fn pass_through(cluster: &Cluster, messages: u64) -> anyhow::Result<Pass> {
    let inputs = topic::INPUTS.iter().map(|topic| Arc::from(topic.name)).collect();
    let topology = topology(FLOOR, inputs);
    let log = KafkaLog::new(cluster.settings.clone(), &topology, "0");
    let passed = Arc::new(AtomicU64::new(0));
    let noted = Arc::clone(&passed);
    let observer = move |event: &WorkerEvent<'_>| {
        if let WorkerEvent::Committed { records, .. } = event {
            noted.fetch_add(*records, Ordering::Relaxed);
        }
    };
    let settings = Settings::default();
    let (topology, clock) = (Arc::new(topology), Box::new(WallClock));
    let mut worker = Worker::new(log, topology, settings, clock, Box::new(observer));
    let (mut meter, began) = (None, Instant::now());
    while passed.load(Ordering::Relaxed) < messages {
        worker.step()?;
        if passed.load(Ordering::Relaxed) > 0 && meter.is_none() {
            meter = Some(Meter::start(std::process::id()));
        }
        ensure!(began.elapsed() < PATIENCE, "the messages did not pass within {PATIENCE:?}");
    }
    let pass = meter.map_or_else(Pass::none, |meter| meter.stop());
    while !worker.drain()? {}
    Ok(pass)
}

fn drain(cluster: &Cluster, workers: &mut Workers, messages: u64) -> anyhow::Result<Pass> {
    let offsets = cluster.offsets(Subject::Processors)?;
    workers.start("w0")?;
    let pid = workers.pid("w0").unwrap_or_default();
    let began = Instant::now();
    let mut meter = None;
    loop {
        workers.check()?;
        let read = committed(&offsets);
        if read > 0 && meter.is_none() {
            meter = Some(Meter::start(pid));
        }
        if read >= messages {
            return Ok(meter.map_or_else(Pass::none, |meter| meter.stop()));
        }
        ensure!(began.elapsed() < PATIENCE, "{read} of {messages} messages were read");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A coordinator that has just started may not answer yet.
fn committed(offsets: &GroupOffsets) -> u64 {
    let told = offsets.ask().unwrap_or_default();
    told.iter().map(|offset| u64::try_from(offset.0).unwrap_or(0)).sum()
}

/// Wall time and a process's CPU time from a moment on.
struct Meter {
    pid: u32,
    cpu: Duration,
    began: Instant,
}

impl Meter {
    fn start(pid: u32) -> Self {
        Self { pid, cpu: cpu_of(pid), began: Instant::now() }
    }

    fn stop(&self) -> Pass {
        let cpu = cpu_of(self.pid).saturating_sub(self.cpu);
        Pass { seconds: self.began.elapsed().as_secs_f64(), cpu_seconds: cpu.as_secs_f64() }
    }
}

impl Pass {
    fn none() -> Self {
        Self { seconds: 0.0, cpu_seconds: 0.0 }
    }
}

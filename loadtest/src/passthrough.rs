//! What exactly-once costs: records passed through one worker at a fixed rate, beside the raw
//! producer and the raw consumer of the same run.
//!
//! Each part is a process of its own, so that its CPU time is its own: the generator is the raw
//! producer, the reader of the output the raw consumer, and the worker stands between them.
//! Latency counts from the moment a record was due, so a stall shows as latency.

mod parts;
mod report;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::Args;
use kafka_runtime::KafkaSettings;
use kafka_runtime::plain::create_topic;

pub use parts::{Part, PartArgs, run_part};
pub(crate) use parts::{WallClock, topology};
pub(crate) use report::cpu_of;
pub use report::{Measured, Row};

/// One measurement of the pass-through.
#[derive(Args, Clone, Debug)]
pub struct PassthroughArgs {
    /// The brokers, host:port.
    #[arg(long, env = "ISOBAR_BROKERS")]
    pub brokers: String,
    /// Records a second.
    #[arg(long, default_value_t = 100_000)]
    pub rate: u64,
    /// Bytes a record.
    #[arg(long, default_value_t = 300)]
    pub bytes: usize,
    /// Partitions of the input and of the output.
    #[arg(long, default_value_t = 16)]
    pub partitions: i32,
    /// Seconds that are measured.
    #[arg(long, default_value_t = 15)]
    pub seconds: u64,
    /// Seconds before, in which buffers and the broker's compiler warm up.
    #[arg(long, default_value_t = 10)]
    pub warm_up_seconds: u64,
    /// Commit intervals to measure, in milliseconds.
    #[arg(long, value_delimiter = ',', default_values_t = [5, 10, 20])]
    pub commit_interval_ms: Vec<i64>,
    /// The broker's process, to tell its CPU time too.
    #[arg(long)]
    pub broker_pid: Option<u32>,
}

/// Measures every commit interval in turn.
///
/// # Errors
/// When a part fails, or loses or repeats a record.
pub fn run(arguments: &PassthroughArgs, mut each: impl FnMut(&Row)) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for interval_ms in &arguments.commit_interval_ms {
        let row = measure(arguments, *interval_ms)?;
        each(&row);
        rows.push(row);
    }
    Ok(rows)
}

fn measure(arguments: &PassthroughArgs, interval_ms: i64) -> anyhow::Result<Row> {
    let name = format!("passthrough-{}-{interval_ms}", std::process::id());
    let settings = KafkaSettings::new(&arguments.brokers);
    for topic in [format!("{name}.in"), format!("{name}.out")] {
        create_topic(&settings, &topic, (arguments.partitions, 1), &[])?;
    }
    let start = |part| spawn(part, arguments, &name, interval_ms);
    // The reader and the worker are there before the first record is due.
    let (sink, worker) = (start(Part::Sink)?, start(Part::Worker)?);
    let broker_before = arguments.broker_pid.map(report::cpu_of);
    let began = Instant::now();
    let generator = start(Part::Generator)?;
    let generator = finish(generator).context("the generator")?;
    let elapsed = began.elapsed();
    let broker_after = arguments.broker_pid.map(report::cpu_of);
    let (sink, worker) =
        (finish(sink).context("the reader")?, finish(worker).context("the worker")?);
    ensure!(
        generator.records == sink.records,
        "{} records went in and {} came out",
        generator.records,
        sink.records
    );
    let broker = broker_before.zip(broker_after).map(|(before, after)| after - before);
    let broker_cores = broker.map(|cpu| cpu.as_secs_f64() / elapsed.as_secs_f64());
    Ok(Row { interval_ms, rate: arguments.rate, generator, worker, sink, broker_cores })
}

fn spawn(
    part: Part,
    arguments: &PassthroughArgs,
    name: &str,
    interval_ms: i64,
) -> anyhow::Result<Child> {
    let records = arguments.rate * (arguments.warm_up_seconds + arguments.seconds);
    let skip = arguments.rate * arguments.warm_up_seconds;
    Command::new(std::env::current_exe()?)
        .arg("passthrough-part")
        .args(["--part", part.name()])
        .args(["--brokers", &arguments.brokers])
        .args(["--name", name])
        .args(["--rate", &arguments.rate.to_string()])
        .args(["--bytes", &arguments.bytes.to_string()])
        .args(["--partitions", &arguments.partitions.to_string()])
        .args(["--records", &records.to_string()])
        .args(["--skip", &skip.to_string()])
        .args(["--commit-interval-ms", &interval_ms.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start the {}", part.name()))
}

fn finish(child: Child) -> anyhow::Result<Measured> {
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "ended with {}", output.status);
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// A part waits no longer than this for records that are due.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

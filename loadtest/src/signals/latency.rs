//! How soon an alert is there: from the moment its first signal was due to be written until a
//! read-committed reader has the alert, beside a pass-through of records on the same broker.
//!
//! **Invariants:** signals are written on a schedule that waits for nobody, so a stall shows as latency.
//! Most signals repeat, in no order, alerts that have been open for a while; those that open one carry the
//! moment they were due as their own time, and the alert says it back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, ensure};
use clap::Args;
use hdrhistogram::Histogram;
use kafka_runtime::KafkaSettings;
use kafka_runtime::plain::{PlainProducer, PlainReader};
use schemas::alert::{Alert, Level};
use schemas::{codec, key, topic};
use serde::Serialize;
use stream::partition_of;

use super::say::Said;
use crate::cluster::Cluster;
use crate::output::note;
use crate::passthrough::{self, PassthroughArgs};
use crate::subject::Subject;
use crate::workers::{Workers, find_binary};

/// Conditions that are open from the warm-up on. At 10,000 signals a second each is repeated every two
/// seconds or so, and the first eight times are told: a storm that has to be over before it is measured.
const OPEN: u64 = 20_000;
/// Of so many signals one opens an alert.
const OPENS_EVERY: u64 = 100;
const TENANTS: u64 = 64;
/// What was written last is still waited for.
const COOL_DOWN: Duration = Duration::from_secs(3);

/// One measurement.
#[derive(Args, Clone, Debug)]
pub struct LatencyArgs {
    /// Signals a second.
    #[arg(long, default_value_t = 10_000)]
    pub rate: u64,
    /// Seconds that are measured.
    #[arg(long, default_value_t = 20)]
    pub seconds: u64,
    /// Seconds before, in which alerts open and buffers warm up.
    #[arg(long, default_value_t = 45)]
    pub warm_up_seconds: u64,
    /// The binary under test.
    #[arg(long)]
    pub binary: Option<std::path::PathBuf>,
}

/// What was measured, in milliseconds.
#[derive(Clone, Debug, Serialize)]
pub struct LatencyReport {
    rate: u64,
    alerts: u64,
    /// From due to read: p50, p90, p95, p99.
    alert_ms: [f64; 4],
    /// The same of a pass-through of as many records, right after.
    passthrough_ms: [f64; 4],
}

impl LatencyReport {
    /// For people.
    #[must_use]
    pub fn lines(&self) -> String {
        let row = |name: &str, [p50, p90, p95, p99]: [f64; 4]| {
            format!("{name:<14} p50 {p50:>6.1}  p90 {p90:>6.1}  p95 {p95:>6.1}  p99 {p99:>6.1} ms")
        };
        format!(
            "{} signals a second, {} alerts opened while measuring\n{}\n{}",
            self.rate,
            self.alerts,
            row("signal, alert", self.alert_ms),
            row("pass-through", self.passthrough_ms)
        )
    }
}

/// Measures both on a broker of its own.
///
/// # Errors
/// When a server does not start, or a process ends by itself.
pub fn run(arguments: &LatencyArgs) -> anyhow::Result<LatencyReport> {
    let dir = tempfile::Builder::new().prefix("isobar-latency-").tempdir()?.keep();
    let report =
        measure(arguments, &dir).with_context(|| format!("the logs are in {}", dir.display()))?;
    std::fs::remove_dir_all(&dir)?;
    Ok(report)
}

fn measure(arguments: &LatencyArgs, dir: &std::path::Path) -> anyhow::Result<LatencyReport> {
    let binary = find_binary(arguments.binary.as_deref())?;
    let cluster = Cluster::start(&dir.join("kafka"), 1)?;
    cluster.create_topics(Subject::Correlator)?;
    let mut workers = Workers::new(&binary, Subject::Correlator, &cluster.settings.brokers, dir);
    workers.start("w0")?;
    let stop = Arc::new(AtomicBool::new(false));
    let watched = watch(&cluster.settings, arguments, &stop)?;
    note("signals");
    feed(&cluster.settings, arguments, &mut workers)?;
    std::thread::sleep(COOL_DOWN);
    stop.store(true, Ordering::Relaxed);
    let latency = watched.join().map_err(|_| anyhow::anyhow!("the reader panicked"))??;
    workers.leave("w0", Duration::from_secs(30))?;
    ensure!(!latency.is_empty(), "no alert was opened while measuring");
    note("the pass-through");
    let ms = |quantile| latency.value_at_quantile(quantile) as f64;
    Ok(LatencyReport {
        rate: arguments.rate,
        alerts: latency.len(),
        alert_ms: [ms(0.5), ms(0.9), ms(0.95), ms(0.99)],
        passthrough_ms: pass_through(&cluster, arguments)?,
    })
}

fn pass_through(cluster: &Cluster, arguments: &LatencyArgs) -> anyhow::Result<[f64; 4]> {
    let passthrough = PassthroughArgs {
        brokers: cluster.settings.brokers.clone(),
        rate: arguments.rate,
        bytes: 900,
        partitions: i32::try_from(topic::SIGNALS.partitions)?,
        seconds: arguments.seconds,
        warm_up_seconds: arguments.warm_up_seconds,
        commit_interval_ms: vec![10],
        broker_pid: None,
    };
    let rows = passthrough::run(&passthrough, |_| {})?;
    Ok(rows.first().context("the pass-through measured nothing")?.sink.latency_ms)
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn feed(
    settings: &KafkaSettings,
    arguments: &LatencyArgs,
    workers: &mut Workers,
) -> anyhow::Result<()> {
    let producer = PlainProducer::new(settings)?;
    let signals = arguments.rate * (arguments.warm_up_seconds + arguments.seconds);
    let (began, began_ms) = (Instant::now(), now_ms());
    let mut sent = 0;
    while sent < signals {
        let due = u64::try_from(began.elapsed().as_micros())? * arguments.rate / 1_000_000;
        while sent < due.min(signals) {
            let due_ms = began_ms + i64::try_from(sent * 1_000 / arguments.rate)?;
            send(&producer, sent, due_ms)?;
            sent += 1;
        }
        producer.serve();
        std::thread::sleep(Duration::from_millis(1));
    }
    workers.check()?;
    Ok(producer.flush(passthrough::PATIENCE)?)
}

fn send(producer: &PlainProducer, number: u64, due_ms: i64) -> anyhow::Result<()> {
    let opens = number.is_multiple_of(OPENS_EVERY);
    let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    let condition = if opens { OPEN + number } else { mixed % OPEN };
    let tenant = format!("tenant-{}", condition % TENANTS);
    let said = Said { tenant: &tenant, number, time_ms: due_ms, arrival_ms: due_ms };
    let record = said.hit("rule", Level::Warning, &format!("service-{condition}"))?;
    let partitions = i32::try_from(topic::SIGNALS.partitions)?;
    let partition = partition_of(key::domain(&tenant).as_bytes(), partitions);
    Ok(producer.send_record((topic::SIGNALS.name, partition), &record)?)
}

fn watch(
    settings: &KafkaSettings,
    arguments: &LatencyArgs,
    stop: &Arc<AtomicBool>,
) -> anyhow::Result<JoinHandle<anyhow::Result<Histogram<u64>>>> {
    let reader = PlainReader::new(settings, topic::ALERTS.name, true)?;
    let (stop, warm) = (Arc::clone(stop), Duration::from_secs(arguments.warm_up_seconds));
    Ok(std::thread::spawn(move || {
        let mut latency = Histogram::<u64>::new_with_bounds(1, 600_000, 3)?;
        let began = Instant::now();
        while !stop.load(Ordering::Relaxed) {
            let Some((_, record)) = reader.poll(Duration::from_millis(100))? else { continue };
            let (read_ms, value) = (now_ms(), record.value.unwrap_or_default());
            let alert = codec::decode::<Alert>(&value)?.data;
            if alert.revision == 0 && began.elapsed() > warm {
                latency.record(u64::try_from(read_ms - alert.starts_at_ms).unwrap_or(0))?;
            }
        }
        Ok(latency)
    }))
}

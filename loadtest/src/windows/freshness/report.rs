//! What is asked of a freshness run, and what it came to.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use hdrhistogram::Histogram;
use serde::Serialize;

use super::feed::Fed;
use super::rows::Visible;
use super::topic::Finals;

/// One freshness run.
#[derive(Args, Clone, Debug)]
pub struct FreshnessArgs {
    /// Series with points.
    #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub series: u32,
    /// Points a second.
    #[arg(long, default_value_t = 50_000)]
    pub rate: u64,
    /// How long is measured, after half a minute in which everything starts.
    #[arg(long, default_value_t = 180)]
    pub seconds: u64,
    /// The binary under test.
    #[arg(long)]
    pub binary: Option<PathBuf>,
}

/// Latencies.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Latency {
    /// How many were measured.
    pub count: u64,
    /// The median, in milliseconds.
    pub p50_ms: u64,
    /// 95 of a hundred were no slower.
    pub p95_ms: u64,
    /// The slowest.
    pub max_ms: u64,
}

/// What a run came to.
#[derive(Clone, Debug, Serialize)]
pub struct FreshnessReport {
    /// How long was measured.
    pub seconds: f64,
    /// Points written, the start included.
    pub points: u64,
    /// How far the generator fell behind its own schedule, at worst.
    pub behind_max_ms: i64,
    /// From the arrival of a point to its row in the live minute.
    pub visible: Latency,
    /// How often the database was asked.
    pub polls: u64,
    /// From the mark that closes a window to its final record, by the longest window ending there.
    pub finals: BTreeMap<String, Latency>,
    /// Cores that each process used.
    pub cores: BTreeMap<&'static str, f64>,
}

/// A histogram of milliseconds that grows as it has to.
pub(super) fn histogram() -> anyhow::Result<Histogram<u64>> {
    Ok(Histogram::new(3)?)
}

impl Latency {
    fn of(histogram: &Histogram<u64>) -> Self {
        Self {
            count: histogram.len(),
            p50_ms: histogram.value_at_quantile(0.5),
            p95_ms: histogram.value_at_quantile(0.95),
            max_ms: histogram.max(),
        }
    }

    fn words(&self) -> String {
        let Self { count, p50_ms, p95_ms, max_ms } = self;
        format!("p50 {p50_ms:>6} ms   p95 {p95_ms:>6} ms   max {max_ms:>6} ms   of {count}")
    }
}

impl FreshnessReport {
    pub(super) fn new(
        seconds: f64,
        fed: &Fed,
        visible: &Visible,
        finals: &Finals,
        used: BTreeMap<&'static str, Duration>,
    ) -> Self {
        let edge = |(size_ms, histogram): (&i64, &Histogram<u64>)| {
            (format!("{} min", size_ms / 60_000), Latency::of(histogram))
        };
        Self {
            seconds,
            points: fed.points,
            behind_max_ms: fed.behind_max_ms,
            visible: Latency::of(&visible.latency_ms),
            polls: visible.polls,
            finals: finals.iter().map(edge).collect(),
            cores: used
                .into_iter()
                .map(|(name, used)| (name, used.as_secs_f64() / seconds))
                .collect(),
        }
    }

    /// What is printed.
    #[must_use]
    pub fn lines(&self) -> String {
        let finals = self
            .finals
            .iter()
            .map(|(edge, latency)| format!("\nfinal, edge of {edge:<8}{}", latency.words()));
        let cores =
            self.cores.iter().map(|(name, cores)| format!("\n{name:<16}{cores:>6.2} cores"));
        format!(
            "{} points, {:.0} s measured; the generator was at most {} ms behind its schedule\nvisible in the row     {}{}{}",
            self.points,
            self.seconds,
            self.behind_max_ms,
            self.visible.words(),
            finals.collect::<String>(),
            cores.collect::<String>(),
        )
    }
}

//! What a part measured, and the table of all.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What one part measured of itself, after the warm-up.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Measured {
    /// All records, the warm-up included.
    pub records: u64,
    /// CPU seconds for each second measured.
    pub cores: f64,
    /// Latency from due to read, in milliseconds: p50, p90, p95, p99. Of the reader only.
    pub latency_ms: [f64; 4],
    /// Commits, and the time of one in milliseconds: p50, p95. Of the worker only.
    pub commits: u64,
    /// As above.
    pub commit_ms: [f64; 2],
}

/// One commit interval.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// A record waits at most this long for its commit to begin.
    pub interval_ms: i64,
    /// Records a second.
    pub rate: u64,
    /// The raw producer.
    pub generator: Measured,
    /// What stands between.
    pub worker: Measured,
    /// The raw consumer.
    pub sink: Measured,
    /// The broker's CPU, where its process is known.
    pub broker_cores: Option<f64>,
}

impl Row {
    /// The worker's CPU as a multiple of raw consume and raw produce together.
    pub fn cpu_ratio(&self) -> f64 {
        self.worker.cores / (self.generator.cores + self.sink.cores)
    }

    /// A line of the table.
    pub fn line(&self) -> String {
        let [p50, _, p95, p99] = self.sink.latency_ms;
        let [c50, c95] = self.worker.commit_ms;
        format!(
            "{:>4} {:>8} | {p50:>7.1} {p95:>7.1} {p99:>7.1} | {c50:>5.1} {c95:>6.1} {:>8.1} | {:>7.2} {:>7.2} {:>7.2} {:>7} | {:>5.2}",
            self.interval_ms,
            self.rate,
            self.commits_a_second(),
            self.generator.cores,
            self.sink.cores,
            self.worker.cores,
            self.broker_cores.map_or_else(|| "-".to_owned(), |cores| format!("{cores:.2}")),
            self.cpu_ratio(),
        )
    }

    fn commits_a_second(&self) -> f64 {
        let seconds = self.sink.records as f64 / self.rate as f64;
        self.worker.commits as f64 / seconds
    }

    /// The heading of the table.
    pub fn heading() -> &'static str {
        "T ms   rec/s | latency p50     p95     p99 | c p50  c p95 commits/s | produce consume  worker  broker | ratio"
    }
}

/// CPU time that a process has used.
pub(crate) fn cpu_of(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // Fields 14 and 15 count ticks of 10 ms; the name before them may hold blanks.
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}

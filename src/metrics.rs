//! What is measured, for Prometheus. The names are the interface of dashboards and alerts.
//!
//! **Invariant:** the registry is made once and handed on; nothing is registered behind the scenes.

use prometheus::core::Collector;
use prometheus::{
    Encoder, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry, Result,
    TextEncoder,
};
use stream::{Counted, TopicPartition};

use crate::telemetry::build;

/// All metrics of this process.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    registry: Registry,
}

impl Metrics {
    /// A registry that tells what this program was built from.
    ///
    /// # Errors
    /// When two metrics have one name: a mistake in this file.
    pub(crate) fn new() -> Result<Self> {
        let registry = Registry::new();
        let options = Opts::new("isobar_build_info", "what this program was built from")
            .const_label("version", build::VERSION)
            .const_label("commit", build::COMMIT);
        let info = IntGauge::with_opts(options)?;
        info.set(1);
        registry.register(Box::new(info))?;
        Ok(Self { registry })
    }

    /// Where those that are not of a worker are put.
    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// All of them, in Prometheus' text format.
    ///
    /// # Errors
    /// When they cannot be written as text.
    pub(crate) fn text(&self) -> Result<Vec<u8>> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}

/// The metrics of one worker; each carries its service and slot as labels.
#[derive(Clone, Debug)]
pub(crate) struct WorkerMetrics {
    pub(crate) records: IntCounter,
    pub(crate) outputs: IntCounter,
    pub(crate) commits: IntCounter,
    pub(crate) commit_seconds: Histogram,
    pub(crate) batch_age_seconds: Histogram,
    pub(crate) image_bytes: IntCounter,
    pub(crate) images: TaskCounter,
    pub(crate) restore_bytes: TaskCounter,
    pub(crate) restore_entries: TaskCounter,
    pub(crate) restore_seconds: Histogram,
    pub(crate) replayed_records: TaskCounter,
    pub(crate) unclear: IntCounter,
    resolved: IntCounterVec,
    pub(crate) yields: IntCounter,
    pub(crate) lost_partitions: IntCounter,
    pub(crate) waiting: IntGauge,
    pub(crate) assigned_partitions: IntGauge,
    counted: IntCounterVec,
}

/// Millions of commits a day: from one on a fast disk to one that hits every timeout.
const COMMIT_SECONDS: [f64; 12] =
    [0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.4, 1.0, 4.0, 10.0];
/// A few a day: from no state to gigabytes of it.
const RESTORE_SECONDS: [f64; 8] = [0.01, 0.05, 0.2, 0.5, 1.0, 2.0, 10.0, 60.0];

impl WorkerMetrics {
    /// Metrics that stand at zero.
    ///
    /// # Errors
    /// When this worker has metrics already.
    pub(crate) fn new(metrics: &Metrics, service: &str, slot: &str) -> Result<Self> {
        let make = Maker { registry: &metrics.registry, service, slot };
        Ok(Self {
            records: make.counter("records_total", "input records committed")?,
            outputs: make.counter("outputs_total", "output records committed")?,
            commits: make.counter("commits_total", "transactions committed")?,
            commit_seconds: make.seconds("commit", "time of one commit", &COMMIT_SECONDS)?,
            batch_age_seconds: make.seconds(
                "batch_age",
                "time from the first record of a batch to the end of its commit",
                &COMMIT_SECONDS,
            )?,
            image_bytes: make.counter("image_bytes_total", "image bytes committed")?,
            images: make.task("images_total", "images completed")?,
            restore_bytes: make.task("restore_bytes_total", "image bytes read by restores")?,
            restore_entries: make.task("restore_entries_total", "entries put back by restores")?,
            restore_seconds: make.seconds(
                "restore",
                "time of one restore, without the replay",
                &RESTORE_SECONDS,
            )?,
            replayed_records: make
                .task("replayed_records_total", "input offsets read again after restores")?,
            unclear: make.counter("unclear_total", "batches whose outcome had to be found out")?,
            resolved: make.counters(
                "resolved_total",
                "what became of unclear batches, by task",
                &["verdict"],
            )?,
            yields: make.counter("yields_total", "times the group went on without the worker")?,
            lost_partitions: make
                .counter("lost_partitions_total", "partitions that were gone without notice")?,
            waiting: make.gauge("waiting", "1 while the log cannot be reached")?,
            assigned_partitions: make.gauge("assigned_partitions", "partitions it owns")?,
            counted: make.counters(
                "counted_total",
                "what processors count, such as duplicates and late events",
                &["what", "topic", "format"],
            )?,
        })
    }

    /// Tasks of an unclear batch with this verdict.
    pub(crate) fn resolved(&self, verdict: &str) -> IntCounter {
        self.resolved.with_label_values(&[verdict])
    }

    /// What a processor counts.
    pub(crate) fn counted(&self, Counted { what, topic, format }: &Counted) -> IntCounter {
        self.counted.with_label_values(&[what, topic, format])
    }
}

/// A counter for each task.
#[derive(Clone, Debug)]
pub(crate) struct TaskCounter(IntCounterVec);

impl TaskCounter {
    /// The counter of this task.
    pub(crate) fn of(&self, input: &TopicPartition) -> IntCounter {
        self.0.with_label_values(&[&*input.topic, &input.partition.to_string()])
    }
}

/// Makes metrics of one worker and puts them into the registry.
struct Maker<'a> {
    registry: &'a Registry,
    service: &'a str,
    slot: &'a str,
}

impl Maker<'_> {
    fn options(&self, name: &str, help: &str) -> Opts {
        let options = Opts::new(name, help).namespace("isobar");
        options.const_label("service", self.service).const_label("slot", self.slot)
    }

    fn add<C: Collector + Clone + 'static>(&self, metric: C) -> Result<C> {
        self.registry.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    fn counter(&self, name: &str, help: &str) -> Result<IntCounter> {
        self.add(IntCounter::with_opts(self.options(name, help))?)
    }

    fn gauge(&self, name: &str, help: &str) -> Result<IntGauge> {
        self.add(IntGauge::with_opts(self.options(name, help))?)
    }

    fn counters(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntCounterVec> {
        self.add(IntCounterVec::new(self.options(name, help), labels)?)
    }

    fn task(&self, name: &str, help: &str) -> Result<TaskCounter> {
        self.counters(name, help, &["topic", "partition"]).map(TaskCounter)
    }

    fn seconds(&self, name: &str, help: &str, buckets: &[f64]) -> Result<Histogram> {
        let common_opts = self.options(&format!("{name}_seconds"), help);
        let options = HistogramOpts { common_opts, buckets: buckets.to_vec() };
        self.add(Histogram::with_opts(options)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_share_names_and_differ_in_labels() {
        let metrics = Metrics::new().unwrap();
        for slot in ["a-0", "a-1"] {
            WorkerMetrics::new(&metrics, "event-counts", slot).unwrap().records.inc_by(7);
        }
        assert!(WorkerMetrics::new(&metrics, "event-counts", "a-0").is_err(), "made twice");
        let text = String::from_utf8(metrics.text().unwrap()).unwrap();
        for slot in ["a-0", "a-1"] {
            let line = format!(r#"isobar_records_total{{service="event-counts",slot="{slot}"}} 7"#);
            assert!(text.contains(&line), "{text}");
        }
        assert_eq!(text.matches("# TYPE isobar_records_total counter").count(), 1);
    }
}

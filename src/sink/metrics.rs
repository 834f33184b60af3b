//! The sink's metrics, all beginning with `isobar_sink_`.

use anyhow::Result;
use prometheus::core::Collector;
use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};

use super::NAME;
use crate::metrics::Metrics;

/// From a few rows to a batch of a busy minute on a slow disk.
const BATCH_SECONDS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// The metrics of one sink.
#[derive(Clone, Debug)]
pub(super) struct SinkMetrics {
    pub(super) rows: IntCounterVec,
    pub(super) records: IntCounter,
    pub(super) batches: IntCounter,
    pub(super) batch_seconds: Histogram,
    pub(super) retries: IntCounter,
    pub(super) foreign: IntCounter,
    pub(super) skipped: IntCounterVec,
    pub(super) unreadable: IntCounterVec,
    pub(super) missed: IntCounterVec,
    pub(super) outside: IntCounterVec,
    pub(super) in_default: IntGaugeVec,
    pub(super) partitions_held: IntGauge,
    pub(super) lag_records: IntGauge,
    pub(super) lag_seconds: IntGauge,
    pub(super) away: IntGauge,
}

impl SinkMetrics {
    /// Metrics that stand at zero.
    ///
    /// # Errors
    /// When this slot has them already.
    pub(super) fn new(metrics: &Metrics, slot: &str) -> Result<Self> {
        let make = Maker { registry: metrics.registry(), slot };
        let seconds = make.options("batch_seconds", "time from handing a batch over to its commit");
        let seconds = HistogramOpts { common_opts: seconds, buckets: BATCH_SECONDS.to_vec() };
        Ok(Self {
            rows: make.counters("rows_total", "rows written, by table", "table")?,
            records: make
                .add(IntCounter::with_opts(make.options("records_total", "records stored"))?)?,
            batches: make
                .add(IntCounter::with_opts(make.options("batches_total", "batches stored"))?)?,
            batch_seconds: make.add(Histogram::with_opts(seconds)?)?,
            retries: make.add(IntCounter::with_opts(make.options(
                "retries_total",
                "failures of Postgres after which it was tried again",
            ))?)?,
            foreign: make.add(IntCounter::with_opts(make.options(
                "foreign_positions_total",
                "batches dropped because another sink had moved on",
            ))?)?,
            skipped: make.counters(
                "skipped_total",
                "records of kinds that have no table, by topic",
                "topic",
            )?,
            unreadable: make.counters(
                "unreadable_total",
                "records that could not be read, by topic",
                "topic",
            )?,
            missed: make.counters(
                "missed_total",
                "offsets deleted before they were stored, by topic",
                "topic",
            )?,
            outside: make.counters(
                "outside_partitions_total",
                "rows that came for a time without a partition of its own, by table",
                "table",
            )?,
            in_default: make.gauges(
                "default_partition_rows",
                "rows in default partitions, by table",
                "table",
            )?,
            partitions_held: make.gauge("assigned_partitions", "partitions of topics it reads")?,
            lag_records: make.gauge("lag_records", "records not stored yet")?,
            lag_seconds: make.gauge(
                "lag_seconds",
                "since the last record stored had arrived; 0 without a lag",
            )?,
            away: make.gauge("waiting", "1 while Postgres cannot be written to")?,
        })
    }
}

/// Makes metrics and puts them into the registry.
struct Maker<'m> {
    registry: &'m Registry,
    slot: &'m str,
}

impl Maker<'_> {
    fn options(&self, name: &str, help: &str) -> Opts {
        let options = Opts::new(name, help).namespace("isobar").subsystem("sink");
        options.const_label("service", NAME).const_label("slot", self.slot)
    }

    fn add<C: Collector + Clone + 'static>(&self, metric: C) -> Result<C> {
        self.registry.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    fn gauge(&self, name: &str, help: &str) -> Result<IntGauge> {
        self.add(IntGauge::with_opts(self.options(name, help))?)
    }

    fn counters(&self, name: &str, help: &str, label: &str) -> Result<IntCounterVec> {
        self.add(IntCounterVec::new(self.options(name, help), &[label])?)
    }

    fn gauges(&self, name: &str, help: &str, label: &str) -> Result<IntGaugeVec> {
        self.add(IntGaugeVec::new(self.options(name, help), &[label])?)
    }
}

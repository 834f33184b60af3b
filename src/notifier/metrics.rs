//! The notifier's metrics, all beginning with `isobar_notifier_`.

use anyhow::Result;
use prometheus::core::Collector;
use prometheus::{
    HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};

use super::NAME;
use crate::metrics::Metrics;

/// From a receiver that answers at once to one that was away for a day.
const LATENCY_SECONDS: [f64; 10] =
    [0.05, 0.25, 1.0, 5.0, 30.0, 120.0, 600.0, 3_600.0, 21_600.0, 86_400.0];

/// The metrics of one notifier.
#[derive(Clone, Debug)]
pub(super) struct NotifierMetrics {
    pub(super) told: IntCounterVec,
    pub(super) latency: HistogramVec,
    pub(super) retries: IntCounterVec,
    pub(super) breaker: IntGaugeVec,
    pub(super) queue: IntGaugeVec,
    pub(super) oldest: IntGaugeVec,
    pub(super) resends: IntCounterVec,
    pub(super) unreadable: IntCounter,
    pub(super) missed: IntCounter,
    pub(super) log_failures: IntCounter,
    pub(super) partitions_held: IntGauge,
}

impl NotifierMetrics {
    /// Metrics that stand at zero.
    ///
    /// # Errors
    /// When this slot has them already.
    pub(super) fn new(metrics: &Metrics, slot: &str) -> Result<Self> {
        let make = Maker { registry: metrics.registry(), slot };
        let latency =
            make.options("latency_seconds", "from writing a notification to its delivery");
        let latency = HistogramOpts { common_opts: latency, buckets: LATENCY_SECONDS.to_vec() };
        let per_receiver = ["receiver"];
        Ok(Self {
            told: make.add(IntCounterVec::new(
                make.options("notifications_total", "notifications by what came of them"),
                &["receiver", "outcome"],
            )?)?,
            latency: make.add(HistogramVec::new(latency, &per_receiver)?)?,
            retries: make.counters("retries_total", "attempts that failed and are made again")?,
            breaker: make.gauges("breaker_state", "0 closed, 1 half-open, 2 open")?,
            queue: make.gauges("queue", "notifications held in memory")?,
            oldest: make.gauges("oldest_seconds", "age of the oldest that is not delivered")?,
            resends: make
                .counters("resent_alerts_total", "alerts posted to an Alertmanager again")?,
            unreadable: make.counter("unreadable_total", "records that are no notifications")?,
            missed: make.counter("missed_total", "offsets deleted before they were delivered")?,
            log_failures: make
                .counter("log_failures_total", "results and positions written again")?,
            partitions_held: make.add(IntGauge::with_opts(
                make.options("partitions_held", "partitions of the topic that are read here"),
            )?)?,
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
        let options = Opts::new(name, help).namespace("isobar").subsystem("notifier");
        options.const_label("service", NAME).const_label("slot", self.slot)
    }

    fn add<C: Collector + Clone + 'static>(&self, metric: C) -> Result<C> {
        self.registry.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    fn counter(&self, name: &str, help: &str) -> Result<IntCounter> {
        self.add(IntCounter::with_opts(self.options(name, help))?)
    }

    fn counters(&self, name: &str, help: &str) -> Result<IntCounterVec> {
        self.add(IntCounterVec::new(self.options(name, help), &["receiver"])?)
    }

    fn gauges(&self, name: &str, help: &str) -> Result<IntGaugeVec> {
        self.add(IntGaugeVec::new(self.options(name, help), &["receiver"])?)
    }
}

//! `isobar run`: services on a Kafka cluster.

use std::sync::Arc;
use std::time::Duration;

use analytics_postgres::source::Source;
use kafka_runtime::KafkaLog;
use stream::WorkerEvent;

use crate::config::Run;
use crate::notifier;
use crate::process::Process;
use crate::sink::{Job, KafkaReader};
use crate::telemetry::Telemetry;

/// What the ids that are remembered will take, before it is taken.
fn tell_memory(run: &Run) {
    if run.services.iter().any(|service| service.name == processors::service::NAME) {
        let config = &run.common.services.processors;
        tracing::info!(
            megabytes = config.dedup_bytes() / 1_000_000,
            events_per_second = config.expected_events_per_second,
            "memory of deduplication at most, if no more events come than are expected"
        );
    }
}

/// Runs until told to end.
///
/// # Errors
/// When a worker needs a person, or the end was not in order.
pub(crate) async fn run(run: &Run, telemetry: &Telemetry) -> anyhow::Result<()> {
    let mut process = Process::new(&run.common, telemetry)?;
    tell_memory(run);
    for service in &run.services {
        let topology = Arc::new((service.topology)(&run.common.services)?);
        for number in 0..run.common.workers {
            let slot = format!("{}-{number}", run.slot);
            let log = KafkaLog::new(run.kafka(), &topology, &slot);
            process.add(&topology, &slot, log, |_: &WorkerEvent<'_>| {})?;
        }
    }
    if let Some(sink) = &run.sink {
        let slot = format!("{}-0", run.slot);
        let reader = Box::new(KafkaReader::new(run.kafka(), &slot));
        let job = Job::new(sink, &slot, Source::Kafka, reader, process.metrics())?;
        process.add_sink(job);
    }
    if let Some(config) = &run.notifier {
        let slot = format!("{}-0", run.slot);
        let job =
            notifier::Job::new(config, run.kafka(), &slot, run.common.grace, process.metrics())?;
        job.tell_start(&run.common.services.correlator.alerts);
        process.add_work(job.name(), move |pulse, shutdown| job.work(pulse, shutdown));
    }
    // Polling Kafka waits by itself.
    process.serve(Duration::ZERO).await
}

//! `isobar run`: services on a Kafka cluster.

use std::sync::Arc;
use std::time::Duration;

use kafka_runtime::KafkaLog;
use stream::WorkerEvent;

use crate::config::Run;
use crate::process::Process;
use crate::telemetry::Telemetry;

/// Runs until told to end.
///
/// # Errors
/// When a worker needs a person, or the end was not in order.
pub(crate) async fn run(run: &Run, telemetry: &Telemetry) -> anyhow::Result<()> {
    let mut process = Process::new(&run.common, telemetry)?;
    for service in &run.services {
        let topology = Arc::new((service.topology)(&run.common.services)?);
        for number in 0..run.common.workers {
            let slot = format!("{}-{number}", run.slot);
            let log = KafkaLog::new(run.kafka(), &topology, &slot);
            process.add(&topology, &slot, log, |_: &WorkerEvent<'_>| {})?;
        }
    }
    // Polling Kafka waits by itself.
    process.serve(Duration::ZERO).await
}

//! Why no broker can be reached: asked only when none can.
//!
//! The admin client hears of it and has no way to say it, so a second client tries once more.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::error::KafkaError;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseProducer, Producer, ProducerContext};

const ATTEMPT: Duration = Duration::from_millis(1_000);

#[derive(Clone, Default)]
struct Complaints {
    last: Arc<Mutex<Option<String>>>,
}

impl ClientContext for Complaints {
    fn error(&self, error: KafkaError, reason: &str) {
        // That none is left says less than what was said of the last one.
        if error.rdkafka_error_code() != Some(rdkafka::types::RDKafkaErrorCode::AllBrokersDown) {
            // The reason may begin with the thread that met it.
            let said = reason.split_once("]: ").map_or(reason, |(_, said)| said);
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(said.to_owned());
        }
    }
}

impl ProducerContext for Complaints {
    type DeliveryOpaque = ();

    fn delivery(&self, _: &DeliveryResult<'_>, (): ()) {}
}

/// What the client library says of its attempt to reach a broker.
pub(crate) fn complaint(client: &ClientConfig) -> Option<String> {
    let complaints = Complaints::default();
    let probe: BaseProducer<_> = client.create_with_context(complaints.clone()).ok()?;
    // Only what is said meanwhile matters.
    drop(probe.client().fetch_metadata(None, ATTEMPT));
    probe.poll(Duration::from_millis(10));
    complaints.last.lock().unwrap_or_else(PoisonError::into_inner).take()
}

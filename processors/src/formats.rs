//! The formats: one file each, and one row in [`FORMATS`].

mod aws;
mod azure;
mod cdevents;
mod cloudevents;
mod compressed;
pub(crate) mod fields;
mod gcp;
mod influx;
mod inside;
mod k8s_audit;
mod log_shipper;
mod otlp;
pub(crate) mod pieces;
mod prometheus;
mod prometheus_adapter;
#[cfg(test)]
mod recorder;
#[cfg(test)]
mod recording;
mod remote_write;
mod sniff;
mod syslog;
mod telegraf_json;
mod wire;

use crate::catalog::Known;
use crate::input::Input;
use crate::sink::{Refusal, Sink};
pub use sniff::Look;

/// One source format.
#[derive(Clone, Copy)]
pub struct Format {
    /// Its name, in settings, summaries and dead letters.
    pub name: &'static str,
    /// Whether a value looks like it, at a glance.
    pub sniff: fn(&Look<'_>) -> bool,
    /// Gives everything a value holds to the sink.
    pub read: fn(&Input<'_>, &mut dyn Sink) -> Result<(), Refusal>,
}

impl std::fmt::Debug for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// The formats that are code; the first that a value looks like is taken, so the narrow ones stand
/// first.
pub const FORMATS: &[Format] = &[
    cdevents::FORMAT,
    cloudevents::FORMAT,
    aws::sns::FORMAT,
    named("aws-firehose-http-envelope", aws::firehose::FORMAT),
    aws::cloudtrail_records::FORMAT,
    aws::cloudwatch_logs::FORMAT,
    aws::eventbridge::FORMAT,
    aws::guardduty::FORMAT,
    aws::alarm::FORMAT,
    named("aws-cloudwatch-metric-stream", aws::metric_stream::FORMAT),
    aws::cloudtrail::FORMAT,
    aws::vpc_flow::FORMAT,
    gcp::pubsub_push::FORMAT,
    Format { name: "gcp-audit-log", sniff: is_gcp_audit, ..gcp::log_entry::FORMAT },
    gcp::log_entry::FORMAT,
    k8s_audit::FORMAT,
    azure::monitor_metrics::FORMAT,
    Format { name: "azure-activity-records", sniff: is_azure_records, ..azure::FORMAT },
    azure::FORMAT,
    Format { name: "otlp-metrics", sniff: otlp::holds_metrics, ..otlp::FORMAT },
    Format { name: "otlp-logs", sniff: otlp::holds_logs, ..otlp::FORMAT },
    Format { name: "otlp-traces", sniff: otlp::holds_traces, ..otlp::FORMAT },
    named("prometheus-kafka-adapter", prometheus_adapter::FORMAT),
    named("telegraf-json", telegraf_json::FORMAT),
    named("prometheus-remote-write", remote_write::FORMAT),
];

/// Formats that much else looks like: they come after the mappings.
pub const BROAD_FORMATS: &[Format] = &[
    compressed::FORMAT,
    syslog::FORMAT,
    named("log-shipper", log_shipper::FORMAT),
    named("influx-line-protocol", influx::FORMAT),
];

fn is_gcp_audit(look: &Look<'_>) -> bool {
    look.has("protoPayload") && (gcp::log_entry::FORMAT.sniff)(look)
}

fn is_azure_records(look: &Look<'_>) -> bool {
    look.has("records") && (azure::FORMAT.sniff)(look)
}

const fn named(name: &'static str, format: Format) -> Format {
    Format { name, ..format }
}

/// Envelopes in envelopes are opened this many times at most.
pub const DEPTH_MAX: u8 = 4;

/// What was tried, and why it could not be read.
pub type Unread = (Option<Known>, Refusal);

/// Reads a value out of an envelope, in the format it looks like.
///
/// # Errors
/// As for [`sniff_and_read`].
pub fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<Known, Refusal> {
    sniff_and_read(input, sink).map_err(|(_, refusal)| refusal)
}

/// Reads a value whose format nobody has named.
///
/// # Errors
/// When it looks like none, or cannot be read as the one it looks like; then that one is told.
pub fn sniff_and_read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<Known, Unread> {
    if input.depth > DEPTH_MAX {
        return Err((None, Refusal::new("more envelopes in envelopes than are opened")));
    }
    let known = input.catalog.find(&Look::at(input)).ok_or_else(|| {
        let nothing = "this looks like no format that is known; name one in the topic's settings, or add a mapping for it";
        (None, Refusal::new(nothing))
    })?;
    match known.read(input, sink) {
        Ok(()) => Ok(known),
        Err(refusal) => Err((Some(known), refusal)),
    }
}

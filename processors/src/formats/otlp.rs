//! OTLP, the protocol of `OpenTelemetry`: metrics, logs and traces, as protobuf or as JSON.
//!
//! What the Collector's Kafka exporter sends is one `Export…Request` a value, and nothing but its
//! shape says which of the three it is. `CloudWatch` metric streams put several requests in one
//! value, each after its length. In JSON, numbers of 64 bits are texts and lists may be `null`.

mod attributes;
mod buckets;
mod export;
mod json;
pub(crate) mod logs;
mod metrics;
mod points;
mod proto;
mod traces;

use super::wire::{self, Wrong};
use super::{Format, Look};
use crate::input::Input;
use crate::sink::{Refusal, Sink};
use proto::Signal;

pub(crate) const FORMAT: Format = Format { name: "otlp", sniff, read };

fn sniff(look: &Look<'_>) -> bool {
    holds_metrics(look) || holds_logs(look) || holds_traces(look)
}

/// Whether a value looks like metrics.
pub(crate) fn holds_metrics(look: &Look<'_>) -> bool {
    look.has("resourceMetrics") || holds(look, Signal::Metrics)
}

/// Whether a value looks like logs.
pub(crate) fn holds_logs(look: &Look<'_>) -> bool {
    look.has("resourceLogs") || holds(look, Signal::Logs)
}

/// Whether a value looks like spans.
pub(crate) fn holds_traces(look: &Look<'_>) -> bool {
    look.has("resourceSpans") || holds(look, Signal::Traces)
}

/// Whether a value is a request in protobuf, or several, of this signal.
fn holds(look: &Look<'_>, signal: Signal) -> bool {
    let value = look.input.value;
    let of = |message: &[u8]| matches!(proto::signal(message), Ok(Some(found)) if found == signal);
    of(value) || first_request(value).is_some_and(of)
}

/// Whether it is a request in protobuf that holds something.
fn is_request(value: &[u8]) -> bool {
    matches!(proto::signal(value), Ok(Some(_)))
}

fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let value = input.value;
    // A request begins with a line feed and may have the length `{`, so JSON is the second guess.
    if matches!(value.trim_ascii_start().first(), Some(b'{')) && !is_request(value) {
        return export::read(input, sink);
    }
    let wrong = match read_request(input, value, sink) {
        Ok(()) => return Ok(()),
        Err(wrong) => wrong.refusal(value),
    };
    match first_request(value) {
        Some(_) => read_delimited(input, sink).map_err(|wrong| wrong.refusal(value)),
        None => Err(wrong),
    }
}

/// Reads one request.
fn read_request<'a>(
    input: &Input<'a>,
    message: &'a [u8],
    sink: &mut dyn Sink,
) -> Result<(), Wrong<'a>> {
    let give = match proto::signal(message)? {
        Some(Signal::Metrics) => points::give_metric,
        Some(Signal::Logs) => logs::give_proto,
        Some(Signal::Traces) => traces::give_proto,
        None => {
            sink.filtered("an OTLP request that holds nothing");
            return Ok(());
        }
    };
    proto::read(input, message, give, sink)
}

/// The first of several requests, each after its length.
fn first_request(value: &[u8]) -> Option<&[u8]> {
    let first = wire::delimited(&mut { value }).ok()?;
    is_request(first).then_some(first)
}

fn read_delimited<'a>(input: &Input<'a>, sink: &mut dyn Sink) -> Result<(), Wrong<'a>> {
    let mut rest = input.value;
    while !rest.is_empty() {
        wire::delimited(&mut rest)?;
    }
    rest = input.value;
    while !rest.is_empty() {
        let message = wire::delimited(&mut rest)?;
        if let Err(wrong) = read_request(input, message, sink) {
            sink.refused(wrong.refusal(input.value), message);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

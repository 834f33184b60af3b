//! Spans of what has happened already: their times are those that the worker measured.

use std::time::{Duration, SystemTime};

use opentelemetry::trace::{TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::SdkTracer;
use stream::TopicPartition;

use super::Sizes;

/// A batch from its first record to the end of its commit, and the commit within it.
pub(super) fn batch(
    tracer: &SdkTracer,
    service: &str,
    slot: &str,
    sizes: Sizes,
    (age, took): (Duration, Duration),
) {
    let end = SystemTime::now();
    let attributes = [
        KeyValue::new("isobar.service", service.to_owned()),
        KeyValue::new("isobar.slot", slot.to_owned()),
        number("isobar.records", sizes.records),
        number("isobar.outputs", sizes.outputs),
        number("isobar.image_bytes", sizes.image_bytes),
    ];
    let batch = tracer.span_builder("batch").with_start_time(end - age.max(took));
    let batch = Context::new().with_span(batch.with_attributes(attributes).start(tracer));
    let commit = tracer.span_builder("commit").with_start_time(end - took);
    let commit = batch.with_span(commit.start_with_context(tracer, &batch));
    commit.span().end_with_timestamp(end);
    batch.span().end_with_timestamp(end);
}

/// The restore of one task, without its replay.
pub(super) fn restore(
    tracer: &SdkTracer,
    service: &str,
    slot: &str,
    input: &TopicPartition,
    took: Duration,
) {
    let end = SystemTime::now();
    let attributes = [
        KeyValue::new("isobar.service", service.to_owned()),
        KeyValue::new("isobar.slot", slot.to_owned()),
        KeyValue::new("isobar.task", input.to_string()),
    ];
    let restore = tracer.span_builder("restore").with_start_time(end - took);
    let restore = Context::new().with_span(restore.with_attributes(attributes).start(tracer));
    restore.span().end_with_timestamp(end);
}

fn number(name: &'static str, number: impl TryInto<i64>) -> KeyValue {
    KeyValue::new(name, number.try_into().unwrap_or(i64::MAX))
}

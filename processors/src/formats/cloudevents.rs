//! `CloudEvents` 1.0 over Kafka: structured (JSON in the value), batched, and binary (`ce_` headers).
//!
//! What is inside is read in the format it looks like; where that is none, the envelope is the event.
//! Traps: bridges write `ce-` as HTTP does, in any case; in binary mode the value is the data and an
//! empty one means no data; `data` may be JSON or a text, or `data_base64` bytes.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemas::kind::Kind;
use schemas::source_class::SourceClass;
use serde_json::Value;

use super::fields::{Fields, scalar};
use super::inside::{self, Inside};
use super::pieces::Pieces;
use super::{Format, Look, cdevents};
use crate::draft::Draft;
use crate::input::Input;
use crate::sink::{Refusal, Sink};
use crate::time;

/// Attributes that have a place of their own in an event, and parts that are no attributes.
const PLACED: [&str; 13] = [
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "datacontenttype",
    "dataschema",
    "schemaurl",
    "data",
    "data_base64",
    "traceparent",
    "tracestate",
];

fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    if is_binary(input) {
        return read_binary(input, sink);
    }
    Pieces { envelope: "", read: &read_structured }.read_all(input, sink)
}

/// The attributes of one event, wherever they stood.
#[derive(Default)]
struct Attributes<'a> {
    id: Option<Cow<'a, str>>,
    source: Option<Cow<'a, str>>,
    name: Option<Cow<'a, str>>,
    subject: Option<Cow<'a, str>>,
    time_ms: Option<i64>,
    traceparent: Option<Cow<'a, str>>,
    partition_key: Option<Cow<'a, str>>,
    extensions: Vec<(String, Value)>,
}

fn read_structured(
    fields: &Fields<'_>,
    raw: &str,
    input: &Input<'_>,
    sink: &mut dyn Sink,
) -> Result<(), Refusal> {
    let data = data(fields);
    give(&of_fields(fields), &data, raw, &input.inner(&data), sink)
}

fn of_fields<'a>(fields: &Fields<'a>) -> Attributes<'a> {
    let others = fields.iter().filter(|(name, _)| !PLACED.contains(name));
    let others = others.filter_map(|(name, value)| Some((name.to_owned(), scalar(value)?)));
    Attributes {
        id: fields.text(&["id"]),
        source: fields.text(&["source"]),
        name: fields.text(&["type"]),
        subject: fields.text(&["subject"]),
        time_ms: fields.time_ms(&["time"]),
        traceparent: fields.text(&["traceparent"]),
        partition_key: fields.text(&["partitionkey"]),
        extensions: others.map(|(name, value)| (name, Value::from(value))).collect(),
    }
}

/// The bytes of the data: JSON as it stands, a text as its own bytes, or decoded from base64. What
/// cannot be decoded is no data; it still stands in the event as it was sent.
fn data<'a>(fields: &Fields<'a>) -> Cow<'a, [u8]> {
    if let Some(encoded) = fields.text(&["data_base64"]) {
        return Cow::Owned(STANDARD.decode(encoded.as_bytes()).unwrap_or_default());
    }
    match fields.opened("data") {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

fn read_binary(input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let attributes = of_headers(input);
    // The headers that made it a CloudEvent would make one of its data as well.
    let others = input.headers.iter().filter(|(name, _)| attribute(name).is_none());
    let headers: Vec<_> = others.cloned().collect();
    let inner = Input { headers: &headers, ..input.inner(input.value) };
    let raw = str::from_utf8(input.value).unwrap_or_default();
    give(&attributes, input.value, raw, &inner, sink)
}

fn of_headers<'a>(input: &Input<'a>) -> Attributes<'a> {
    let mut attributes = Attributes::default();
    for (name, value) in input.headers {
        let Some(name) = attribute(name) else { continue };
        let Ok(value) = str::from_utf8(value) else { continue };
        let text = Some(Cow::Borrowed(value)).filter(|_| !value.is_empty());
        match name.to_ascii_lowercase().as_str() {
            "id" => attributes.id = text,
            "source" => attributes.source = text,
            "type" => attributes.name = text,
            "subject" => attributes.subject = text,
            "time" => attributes.time_ms = time::of_text(value),
            "traceparent" => attributes.traceparent = text,
            "partitionkey" => attributes.partition_key = text,
            placed if PLACED.contains(&placed) => {}
            other => attributes.extensions.push((other.to_owned(), Value::from(value))),
        }
    }
    attributes
}

/// The name of the attribute that a header carries.
fn attribute(header: &str) -> Option<&str> {
    let (prefix, name) = header.split_at_checked(3)?;
    (prefix.eq_ignore_ascii_case("ce_") || prefix.eq_ignore_ascii_case("ce-")).then_some(name)
}

fn give(
    attributes: &Attributes<'_>,
    data: &[u8],
    raw: &str,
    inner: &Input<'_>,
    sink: &mut dyn Sink,
) -> Result<(), Refusal> {
    let name = attributes.name.as_deref().unwrap_or_default();
    if attributes.id.is_none() && attributes.source.is_none() && name.is_empty() {
        return Err(Refusal::new("a CloudEvent has `id`, `source` and `type`; this has none"));
    }
    if name.starts_with(cdevents::PREFIX) && !data.is_empty() {
        return cdevents::read(inner, sink);
    }
    let source = attributes.source.as_deref().unwrap_or_default();
    let Attributes { id, time_ms, .. } = attributes;
    let inside = Inside { source, id: id.as_deref(), time_ms: *time_ms };
    let inner = Input { value: data, ..*inner };
    if !inside::read(&inner, inside, sink) {
        sink.event(&event(attributes, data, raw));
    }
    Ok(())
}

/// The event of an envelope whose data no format knows.
fn event<'a>(attributes: &'a Attributes<'_>, data: &'a [u8], raw: &'a str) -> Draft<'a> {
    let text = |text: &'a Option<Cow<'_, str>>| text.as_deref().map(Cow::Borrowed);
    let mut draft = Draft::new("cloudevents", SourceClass::Log, Kind::Messages);
    let (source, id) = (text(&attributes.source), text(&attributes.id));
    draft.native_id = id
        .map(|id| Cow::Owned(format!("{}/{id}", attributes.source.as_deref().unwrap_or_default())));
    draft.action = text(&attributes.name).unwrap_or_default();
    draft.time_ms = attributes.time_ms;
    draft.subject = text(&attributes.subject).or_else(|| source.clone());
    draft.attribute("cloudevents.event_source", source);
    draft.attribute("cloudevents.event_subject", text(&attributes.subject));
    draft.hints.request_id = text(&attributes.partition_key);
    let trace = attributes.traceparent.as_deref().and_then(|parent| parent.split('-').nth(1));
    draft.hints.trace_id = trace.map(Cow::Borrowed);
    let looks_like_json = matches!(data.first(), Some(b'{' | b'[') | None);
    draft.text = str::from_utf8(data).ok().filter(|_| !looks_like_json).map(Cow::Borrowed);
    draft.details = attributes.extensions.iter().cloned().collect();
    draft.raw = Some(Cow::Borrowed(raw)).filter(|raw| !raw.is_empty());
    draft
}

fn is_binary(input: &Input<'_>) -> bool {
    let names = input.headers.iter().filter_map(|(name, _)| attribute(name));
    names
        .filter(|name| ["id", "source", "type"].iter().any(|own| own.eq_ignore_ascii_case(name)))
        .count()
        >= 2
}

fn looks_like(look: &Look<'_>) -> bool {
    let told = look.input.header("content-type").unwrap_or_default();
    let structured = told.trim_start().to_ascii_lowercase().starts_with("application/cloudevents");
    structured || is_binary(&look.input) || look.has_all(&["specversion", "type", "source", "id"])
}

pub(crate) const FORMAT: Format = Format { name: "cloudevents", sniff: looks_like, read };

#[cfg(test)]
#[path = "cloudevents_tests.rs"]
mod tests;

//! Traces of OTLP: an event for every span.

use std::borrow::Cow;

use schemas::event::{Outcome, Severity};
use schemas::kind::Kind;
use schemas::relations::peer_of;
use schemas::source_class::SourceClass;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::attributes::{self, AsObject, find, hex, read_label};
use super::proto::Context;
use super::{json, logs};
use crate::draft::{Draft, Labels};
use crate::formats::wire::{self, Field, Fields, Wrong};
use crate::json::Text;
use crate::sink::Sink;
use crate::time;

const KINDS: [&str; 6] =
    ["_UNSPECIFIED", "_INTERNAL", "_SERVER", "_CLIENT", "_PRODUCER", "_CONSUMER"];

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Span<'a> {
    #[serde(borrow, deserialize_with = "json::nullable")]
    trace_id: Text<'a>,
    #[serde(borrow, deserialize_with = "json::nullable")]
    span_id: Text<'a>,
    #[serde(borrow, deserialize_with = "json::nullable")]
    parent_span_id: Text<'a>,
    #[serde(borrow, deserialize_with = "json::nullable")]
    name: Text<'a>,
    #[serde(deserialize_with = "kind_code")]
    kind: u64,
    #[serde(deserialize_with = "json::whole")]
    start_time_unix_nano: u64,
    #[serde(deserialize_with = "json::whole")]
    end_time_unix_nano: u64,
    #[serde(borrow, deserialize_with = "attributes::labels")]
    attributes: Labels<'a>,
    #[serde(borrow, deserialize_with = "json::nullable")]
    status: Status<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status<'a> {
    #[serde(borrow, deserialize_with = "json::nullable")]
    message: Text<'a>,
    #[serde(deserialize_with = "status_code")]
    code: u64,
}

fn kind_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    json::code(deserializer, &KINDS)
}

fn status_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    json::code(deserializer, &["_UNSET", "_OK", "_ERROR"])
}

/// Gives a span of JSON to the sink.
pub(super) fn give_json<'a>(
    context: &Context<'_, 'a>,
    item: &'a RawValue,
    sink: &mut dyn Sink,
) -> Result<(), serde_json::Error> {
    let span: Span<'a> = serde_json::from_str(item.get())?;
    sink.event(&draft(context, span, Cow::Borrowed(item.get())));
    Ok(())
}

/// Gives a span of protobuf to the sink.
pub(super) fn give_proto<'a>(
    context: &Context<'_, 'a>,
    item: &'a [u8],
    sink: &mut dyn Sink,
) -> Result<(), Wrong<'a>> {
    #[derive(Serialize)]
    struct Raw<'r, 'a> {
        attributes: AsObject<'r, 'a>,
    }

    let span = read_proto(item)?;
    let raw = Raw { attributes: AsObject(&span.attributes) };
    let raw = serde_json::to_string(&raw).unwrap_or_default();
    sink.event(&draft(context, span, Cow::Owned(raw)));
    Ok(())
}

fn read_proto(item: &[u8]) -> Result<Span<'_>, Wrong<'_>> {
    let mut span = Span::default();
    for field in Fields::of(item) {
        match field? {
            (1, Field::Bytes(id)) => span.trace_id = Text(Cow::Owned(hex(id))),
            (2, Field::Bytes(id)) => span.span_id = Text(Cow::Owned(hex(id))),
            (4, Field::Bytes(id)) => span.parent_span_id = Text(Cow::Owned(hex(id))),
            (5, Field::Bytes(name)) => span.name = Text(wire::text(name)),
            (6, Field::Varint(kind)) => span.kind = kind,
            (7, Field::Fixed64(nanos)) => span.start_time_unix_nano = nanos,
            (8, Field::Fixed64(nanos)) => span.end_time_unix_nano = nanos,
            (9, Field::Bytes(pair)) => read_label(pair, &mut span.attributes)?,
            (15, Field::Bytes(status)) => span.status = read_status(status)?,
            _ => {}
        }
    }
    Ok(span)
}

fn read_status(message: &[u8]) -> Result<Status<'_>, Wrong<'_>> {
    let mut status = Status::default();
    for field in Fields::of(message) {
        match field? {
            (2, Field::Bytes(text)) => status.message = Text(wire::text(text)),
            (3, Field::Varint(code)) => status.code = code,
            _ => {}
        }
    }
    Ok(status)
}

fn draft<'a>(context: &Context<'_, 'a>, span: Span<'a>, raw: Cow<'a, str>) -> Draft<'a> {
    let mut draft = Draft::new("otlp.traces", SourceClass::Trace, Kind::Metrics);
    if !span.trace_id.0.is_empty() && !span.span_id.0.is_empty() {
        draft.native_id = Some(format!("{}{}", span.trace_id.0, span.span_id.0).into());
    }
    draft.time_ms = time::of_nanos(span.start_time_unix_nano);
    (draft.outcome, draft.severity) = match span.status.code {
        1 => (Outcome::Success, Severity::Informational),
        2 => (Outcome::Failure, Severity::Medium),
        _ => (Outcome::Unknown, Severity::Informational),
    };
    logs::describe(&mut draft, context, &span.attributes);
    draft.detail("duration_ms", duration_ms(&span));
    draft.detail("peer", peer(&span));
    let kind = usize::try_from(span.kind).ok().and_then(|kind| KINDS.get(kind));
    draft.detail("span_kind", kind.map(|kind| kind.trim_start_matches('_').to_ascii_lowercase()));
    let parent = span.parent_span_id.0;
    draft.detail("parent_span_id", Some(parent.into_owned()).filter(|parent| !parent.is_empty()));
    draft.hints.trace_id = Some(span.trace_id.0).filter(|id| !id.is_empty());
    let text = Some(span.status.message.0).filter(|text| !text.is_empty());
    draft.text = text.or_else(|| Some(span.name.0.clone()));
    draft.action = span.name.0;
    draft.raw = Some(raw);
    draft
}

/// Whom a client or a producer asks, and the queue that a consumer reads: `database/orders`.
fn peer(span: &Span<'_>) -> Option<String> {
    let (asks, reads) = (matches!(span.kind, 3 | 4), span.kind == 5);
    let value = |name: &str| find(&span.attributes, name).map(AsRef::as_ref);
    let peer = (asks || reads).then(|| peer_of(&value)).flatten()?;
    (asks || peer.kind == "queue").then(|| format!("{}/{}", peer.kind, peer.value))
}

fn duration_ms(span: &Span<'_>) -> Option<f64> {
    let ends = span.start_time_unix_nano > 0 && span.end_time_unix_nano > 0;
    let nanos = span.end_time_unix_nano.checked_sub(span.start_time_unix_nano);
    nanos.filter(|_| ends).map(|nanos| nanos as f64 / 1e6)
}

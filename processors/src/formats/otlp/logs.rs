//! Logs of OTLP: an event each, with the text of its body.

use std::borrow::Cow;

use schemas::event::Severity;
use schemas::kind::Kind;
use schemas::source_class::SourceClass;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::attributes::{self, AnyValue, AsObject, find, hex, read_label};
use super::json;
use super::proto::Context;
use crate::draft::{Draft, Labels};
use crate::formats::wire::{self, Field, Fields, Wrong};
use crate::json::Text;
use crate::sink::Sink;
use crate::time;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Log<'a> {
    #[serde(deserialize_with = "json::whole")]
    time_unix_nano: u64,
    #[serde(deserialize_with = "json::whole")]
    observed_time_unix_nano: u64,
    #[serde(deserialize_with = "severity_code")]
    severity_number: u64,
    #[serde(borrow, deserialize_with = "json::nullable")]
    severity_text: Text<'a>,
    #[serde(borrow, deserialize_with = "json::nullable")]
    body: AnyValue<'a>,
    #[serde(borrow, deserialize_with = "attributes::labels")]
    attributes: Labels<'a>,
    #[serde(borrow, deserialize_with = "json::nullable")]
    trace_id: Text<'a>,
    #[serde(borrow, deserialize_with = "json::nullable")]
    span_id: Text<'a>,
    #[serde(borrow, deserialize_with = "json::nullable")]
    event_name: Text<'a>,
}

fn severity_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    const NAMES: [&str; 25] = [
        "_UNSPECIFIED",
        "_TRACE",
        "_TRACE2",
        "_TRACE3",
        "_TRACE4",
        "_DEBUG",
        "_DEBUG2",
        "_DEBUG3",
        "_DEBUG4",
        "_INFO",
        "_INFO2",
        "_INFO3",
        "_INFO4",
        "_WARN",
        "_WARN2",
        "_WARN3",
        "_WARN4",
        "_ERROR",
        "_ERROR2",
        "_ERROR3",
        "_ERROR4",
        "_FATAL",
        "_FATAL2",
        "_FATAL3",
        "_FATAL4",
    ];
    json::code(deserializer, &NAMES)
}

/// The severity of OTLP's numbers, in the steps that its mapping of syslog implies.
fn severity_of_number(number: u64) -> Option<Severity> {
    Some(match number {
        1..=12 => Severity::Informational,
        13..=16 => Severity::Low,
        17 => Severity::Medium,
        18 => Severity::High,
        19..=20 => Severity::Critical,
        21..=24 => Severity::Fatal,
        _ => return None,
    })
}

/// The severity of a level's usual name, in any case.
pub(crate) fn severity_of_name(name: &str) -> Severity {
    let is = |names: &[&str]| names.iter().any(|one| name.eq_ignore_ascii_case(one));
    match () {
        () if is(&["trace", "debug", "info", "information", "informational", "notice"]) => {
            Severity::Informational
        }
        () if is(&["warn", "warning"]) => Severity::Low,
        () if is(&["err", "error"]) => Severity::Medium,
        () if is(&["crit", "critical"]) => Severity::High,
        () if is(&["alert"]) => Severity::Critical,
        () if is(&["emerg", "emergency", "panic", "fatal"]) => Severity::Fatal,
        () => Severity::Unknown,
    }
}

/// Gives a log of JSON to the sink.
pub(super) fn give_json<'a>(
    context: &Context<'_, 'a>,
    item: &'a RawValue,
    sink: &mut dyn Sink,
) -> Result<(), serde_json::Error> {
    let log: Log<'a> = serde_json::from_str(item.get())?;
    sink.event(&draft(context, log, Cow::Borrowed(item.get())));
    Ok(())
}

/// Gives a log of protobuf to the sink.
pub(super) fn give_proto<'a>(
    context: &Context<'_, 'a>,
    item: &'a [u8],
    sink: &mut dyn Sink,
) -> Result<(), Wrong<'a>> {
    #[derive(Serialize)]
    struct Raw<'r, 'a> {
        body: &'r AnyValue<'a>,
        attributes: AsObject<'r, 'a>,
    }

    let log = read_proto(item)?;
    let raw = Raw { body: &log.body, attributes: AsObject(&log.attributes) };
    let raw = serde_json::to_string(&raw).unwrap_or_default();
    sink.event(&draft(context, log, Cow::Owned(raw)));
    Ok(())
}

fn read_proto(item: &[u8]) -> Result<Log<'_>, Wrong<'_>> {
    let mut log = Log::default();
    for field in Fields::of(item) {
        match field? {
            (1, Field::Fixed64(nanos)) => log.time_unix_nano = nanos,
            (2, Field::Varint(number)) => log.severity_number = number,
            (3, Field::Bytes(text)) => log.severity_text = Text(wire::text(text)),
            (5, Field::Bytes(value)) => log.body = AnyValue::read(value, 0)?,
            (6, Field::Bytes(pair)) => read_label(pair, &mut log.attributes)?,
            (9, Field::Bytes(id)) => log.trace_id = Text(Cow::Owned(hex(id))),
            (10, Field::Bytes(id)) => log.span_id = Text(Cow::Owned(hex(id))),
            (11, Field::Fixed64(nanos)) => log.observed_time_unix_nano = nanos,
            (12, Field::Bytes(name)) => log.event_name = Text(wire::text(name)),
            _ => {}
        }
    }
    Ok(log)
}

fn draft<'a>(context: &Context<'_, 'a>, log: Log<'a>, raw: Cow<'a, str>) -> Draft<'a> {
    let mut draft = Draft::new("otlp.logs", SourceClass::Log, Kind::Metrics);
    let given = |name| find(&log.attributes, name).cloned().filter(|value| !value.is_empty());
    draft.native_id = given("log.record.uid");
    let time = time::of_nanos(log.time_unix_nano);
    draft.time_ms = time.or(time::of_nanos(log.observed_time_unix_nano));
    let name = Some(log.event_name.0).filter(|name| !name.is_empty());
    draft.action = name.or(given("event.name")).unwrap_or(Cow::Borrowed("log"));
    draft.severity = severity_of_number(log.severity_number)
        .unwrap_or_else(|| severity_of_name(&log.severity_text.0));
    describe(&mut draft, context, &log.attributes);
    draft.hints.trace_id = Some(log.trace_id.0).filter(|id| !id.is_empty());
    draft.text = Some(log.body.into_text()).filter(|text| !text.is_empty());
    let text = |Text(text): Text<'_>| Some(text.into_owned()).filter(|text| !text.is_empty());
    draft.detail("severity_text", text(log.severity_text));
    draft.detail("span_id", text(log.span_id));
    draft.raw = Some(raw);
    draft
}

/// Fills what logs and spans tell by the same attributes.
pub(super) fn describe<'a>(
    draft: &mut Draft<'a>,
    context: &Context<'_, 'a>,
    attributes: &Labels<'a>,
) {
    draft.account = context.resource.account().cloned();
    draft.resource.clone_from(&context.resource.attributes);
    if !context.scope.is_empty() {
        draft.detail("scope", Some(context.scope));
    }
    let resource = &context.resource.attributes;
    let names = ["service.name", "k8s.pod.name", "host.name"];
    draft.subject = names.iter().find_map(|name| find(resource, name)).cloned();
    for (name, value) in attributes {
        let port = || value.parse().ok();
        match name.as_ref() {
            "client.address" | "source.address" => {
                draft.network.source_address = Some(value.clone());
            }
            "client.port" | "source.port" => draft.network.source_port = port(),
            "server.address" | "destination.address" => {
                draft.network.destination_address = Some(value.clone());
            }
            "server.port" | "destination.port" => draft.network.destination_port = port(),
            "user_agent.original" => draft.network.user_agent = Some(value.clone()),
            "session.id" => draft.hints.session_id = Some(value.clone()),
            "user.id" | "enduser.id" => {
                draft.actor.get_or_insert_default().id = value.clone();
            }
            "user.name" => draft.actor.get_or_insert_default().name = Some(value.clone()),
            _ => {}
        }
    }
}

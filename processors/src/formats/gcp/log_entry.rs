//! Log entries of Cloud Logging, as a sink routes them.
//!
//! Traps: integers are texts; the id of the log is URL-encoded in `logName`; fractions have 0, 3, 6
//! or 9 digits; an entry is told from others by `insertId`, `timestamp` and `logName` together; the
//! export to `BigQuery` writes `protopayload_auditlog` and a `null` for everything that is missing.

use std::borrow::Cow;

use schemas::event::{Outcome, Severity};
use schemas::kind::Kind;
use schemas::source_class::SourceClass;

use super::super::fields::Fields;
use super::super::pieces::Pieces;
use super::super::{Format, Look};
use super::audit;
use crate::draft::Draft;
use crate::input::Input;
use crate::sink::{Refusal, Sink};

/// The audit payload by its two names.
const AUDITS: [&str; 2] = ["protoPayload", "protopayload_auditlog"];

fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    Pieces { envelope: "entries", read: &read_entry }.read_all(input, sink)
}

fn read_entry(
    fields: &Fields<'_>,
    raw: &str,
    _: &Input<'_>,
    sink: &mut dyn Sink,
) -> Result<(), Refusal> {
    let payload = AUDITS.iter().map(|name| fields.object(name)).find(|audit| !audit.is_empty());
    let mut draft = match payload {
        Some(payload) => audit::draft(fields, &payload),
        None => line(fields),
    };
    common(&mut draft, fields);
    draft.raw = Some(Cow::Borrowed(raw));
    sink.event(&draft);
    Ok(())
}

/// A log that is no audit log.
fn line<'a>(fields: &Fields<'a>) -> Draft<'a> {
    let mut draft = Draft::new("gcp.logging", SourceClass::Log, Kind::Messages);
    let request = fields.object("httpRequest");
    let payload = fields.object("jsonPayload");
    let own = || fields.opened("textPayload");
    draft.text = payload.text(&["message", "msg", "statusDetails"]);
    draft.text = draft.text.or_else(|| Some(own()).filter(|text| !text.is_empty()));
    draft.action = log_id(fields).unwrap_or_default();
    draft.network.source_address = request.text(&["remoteIp"]);
    draft.network.user_agent = request.text(&["userAgent"]);
    draft.subject = request.text(&["requestUrl"]);
    if let Some(status) = request.integer(&["status"]) {
        draft.outcome = if status < 400 { Outcome::Success } else { Outcome::Failure };
        draft.detail("status", Some(status));
        draft.detail("method", request.text(&["requestMethod"]).as_deref());
    }
    labels(&mut draft, &fields.path(&["resource", "labels"]));
    draft
}

/// What every entry has, whatever its payload.
fn common<'a>(draft: &mut Draft<'a>, fields: &Fields<'a>) {
    draft.time_ms = fields.time_ms(&["timestamp", "receiveTimestamp", "p_event_time"]);
    draft.severity = severity(&fields.text(&["severity"]).unwrap_or_default());
    draft.native_id = native_id(fields, draft.time_ms);
    draft.account = project(fields);
    let trace = fields.text(&["trace"]);
    draft.hints.trace_id = trace.map(|trace| match trace.rsplit_once('/') {
        Some((_, id)) => Cow::Owned(id.to_owned()),
        None => trace,
    });
    draft.hints.change_ids.extend(fields.object("operation").text(&["id"]));
    let mut place = vec![(Cow::Borrowed("cloud.provider"), Cow::Borrowed("gcp"))];
    let account = draft.account.clone();
    place.extend(account.map(|account| (Cow::Borrowed("cloud.account.id"), account)));
    let own = std::mem::replace(&mut draft.resource, place);
    draft.resource.extend(own);
    draft.detail("log", log_id(fields).as_deref());
    draft.detail("resource_type", fields.object("resource").text(&["type"]).as_deref());
}

fn native_id<'a>(fields: &Fields<'a>, time_ms: Option<i64>) -> Option<Cow<'a, str>> {
    let (id, time) = (fields.text(&["insertId"])?, time_ms?);
    let log = fields.text(&["logName", "log_name"]).unwrap_or_default();
    Some(Cow::Owned(format!("{id}/{time}/{log}")))
}

/// The project, folder or organisation.
fn project<'a>(fields: &Fields<'a>) -> Option<Cow<'a, str>> {
    let by_label = fields.path(&["resource", "labels"]).text(&["project_id"]);
    by_label.or_else(|| {
        let log = fields.text(&["logName", "log_name"])?;
        let (holder, _) = log.split_once("/logs/")?;
        let (_, id) = holder.split_once('/')?;
        Some(Cow::Owned(id.to_owned()))
    })
}

/// The id of the log: `cloudaudit.googleapis.com/activity`.
fn log_id<'a>(fields: &Fields<'a>) -> Option<Cow<'a, str>> {
    let log = fields.text(&["logName", "log_name"])?;
    let id = log.split_once("/logs/").map_or(log.as_ref(), |(_, id)| id);
    Some(Cow::Owned(id.replace("%2F", "/").replace("%2f", "/")))
}

fn severity(name: &str) -> Severity {
    match name {
        "DEBUG" | "INFO" | "NOTICE" => Severity::Informational,
        "WARNING" => Severity::Medium,
        "ERROR" => Severity::High,
        "CRITICAL" | "ALERT" => Severity::Critical,
        "EMERGENCY" => Severity::Fatal,
        _ => Severity::Unknown,
    }
}

/// The labels of the resource, under the names of `OpenTelemetry`.
pub(super) fn labels<'a>(draft: &mut Draft<'a>, labels: &Fields<'a>) {
    let zone = labels.text(&["zone"]).filter(|zone| zone != "global");
    let of_zone =
        || zone.as_ref()?.rsplit_once('-').map(|(region, _)| Cow::Owned(region.to_owned()));
    let region = labels.text(&["region", "location"]).filter(|region| region != "global");
    draft.attribute("cloud.region", region.or_else(of_zone));
    draft.attribute("cloud.availability_zone", zone);
    draft.attribute("k8s.cluster.name", labels.text(&["cluster_name"]));
    draft.attribute("k8s.namespace.name", labels.text(&["namespace_name", "namespace_id"]));
    draft.attribute("k8s.pod.name", labels.text(&["pod_name", "pod_id"]));
    draft.attribute("k8s.container.name", labels.text(&["container_name"]));
    draft.attribute("k8s.node.name", labels.text(&["node_name"]));
    draft.attribute("host.id", labels.text(&["instance_id"]));
    let services = ["service_name", "function_name", "backend_service_name", "module_id"];
    draft.attribute("service.name", labels.text(&services));
}

fn looks_like(look: &Look<'_>) -> bool {
    let has = |name: &str| look.has_in_any_case(name);
    let payloads = ["textPayload", "jsonPayload", "protoPayload", "insertId", "receiveTimestamp"];
    let logged = has("logName") && payloads.iter().any(|name| has(name));
    let audited = AUDITS.iter().any(|name| look.has(name));
    let listed = look.has("entries") && look.mentions("\"logName\"");
    logged || audited || listed
}

pub(crate) const FORMAT: Format = Format { name: "gcp-log-entry", sniff: looks_like, read };

#[cfg(test)]
#[path = "log_entry_tests.rs"]
mod tests;

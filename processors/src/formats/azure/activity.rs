//! Records of activity, sign-in and resource logs.
//!
//! Traps: over Event Hubs it is `time`, `operationName` in upper case and `resultType` `Success`; by
//! REST the same event has `eventTimestamp`, another case and `status.value` `Succeeded`, so ids are
//! made of what both agree on. Start, accept and success share a correlation id.

use std::borrow::Cow;
use std::net::SocketAddr;

use schemas::event::{Outcome, Severity};
use schemas::kind::Kind;
use schemas::source_class::SourceClass;

use super::super::fields::Fields;
use super::records::{ResourceName, named};
use crate::draft::{Draft, DraftActor};
use crate::input::Input;
use crate::sink::{Refusal, Sink};

const CLAIMS: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/";

/// Gives the event of one record to the sink.
pub(super) fn emit(
    fields: &Fields<'_>,
    raw: &str,
    input: &Input<'_>,
    sink: &mut dyn Sink,
) -> Result<(), Refusal> {
    let category = named(fields, "category").unwrap_or_default();
    let opened = fields.opened("properties");
    let properties = Fields::of(&opened);
    if category.starts_with("kube-audit") && properties.has("log") {
        // The cluster's own audit event, which may come by another path as well.
        let log = properties.opened("log");
        return crate::formats::read(&input.inner(log.as_bytes()), sink).map(drop);
    }
    sink.event(&event(fields, &properties, &category, raw));
    Ok(())
}

fn event<'a>(
    fields: &Fields<'a>,
    properties: &Fields<'a>,
    category: &str,
    raw: &'a str,
) -> Draft<'a> {
    let id = fields.text(&["resourceId", "targetResourceID", "id"]).unwrap_or_default();
    let resource = ResourceName::of(&id);
    let (class, kind, class_uid) = sort(category);
    let mut draft = Draft::new("azure.activity", class, kind);
    draft.class_uid = class_uid;
    draft.action = named(fields, "operationName").unwrap_or_default();
    draft.time_ms = fields.time_ms(&["time", "eventTimestamp", "p_event_time"]);
    let result = result(fields, properties);
    draft.outcome = outcome(result.as_deref().unwrap_or_default());
    draft.severity = severity(&named(fields, "level").unwrap_or_default());
    draft.native_id = native_id(fields, &draft, result.as_deref(), &resource);
    let account = fields.text(&["subscriptionId", "tenantId"]).map(Cow::into_owned);
    draft.account = resource.subscription.clone().or(account).map(Cow::Owned);
    draft.subject = subject(fields, properties, &resource);
    draft.resource = resource.attributes(fields.text(&["location", "resourceLocation"]));
    draft.actor = actor(fields, properties);
    from(&mut draft, fields, properties);
    draft.hints.request_id = fields.text(&["correlationId"]);
    draft.hints.session_id = properties.text(&["sessionId"]);
    if resource.kind.as_deref() == Some("deployments") {
        draft.hints.change_ids.extend(resource.name.map(Cow::Owned));
    }
    draft.text = text(fields, properties);
    draft.detail("category", Some(category).filter(|category| !category.is_empty()));
    draft.detail("result", result.as_deref());
    let signature = fields.text(&["resultSignature", "subStatus", "statusCode"]);
    draft.detail("result_signature", signature.as_deref());
    draft.detail("duration_ms", fields.integer(&["durationMs", "duration"]));
    draft.raw = Some(Cow::Borrowed(raw));
    draft
}

/// Class, kind and OCSF class by category.
fn sort(category: &str) -> (SourceClass, Kind, u32) {
    let category = category.to_ascii_lowercase();
    match category.as_str() {
        "administrative" | "policy" | "action" | "write" | "delete" => {
            (SourceClass::Audit, Kind::Audit, 6003)
        }
        "alert" | "security" => (SourceClass::Alert, Kind::Alerts, 2004),
        "servicehealth" | "resourcehealth" => (SourceClass::Alert, Kind::Alerts, 0),
        "autoscale" => (SourceClass::Change, Kind::Audit, 0),
        "recommendation" => (SourceClass::Alert, Kind::Alerts, 0),
        "auditlogs" => (SourceClass::Audit, Kind::Audit, 3001),
        _ if category.contains("signin") => (SourceClass::Audit, Kind::Audit, 3002),
        _ if category.contains("risk") => (SourceClass::Alert, Kind::Alerts, 2004),
        _ if category.contains("flow") => (SourceClass::Log, Kind::Audit, 4001),
        _ => (SourceClass::Log, Kind::Audit, 6003),
    }
}

/// What the record says of its end: a word, or the number of an error, of which 0 is none.
fn result<'a>(fields: &Fields<'a>, properties: &Fields<'a>) -> Option<Cow<'a, str>> {
    let said = named(fields, "resultType").or_else(|| named(fields, "status"));
    said.or_else(|| fields.text(&["result"]))
        .or_else(|| properties.text(&["result"]))
        .or_else(|| properties.object("status").text(&["errorCode"]))
        .or_else(|| fields.text(&["statusCode"]))
}

fn outcome(result: &str) -> Outcome {
    if let Ok(code) = result.parse::<i64>() {
        // Sign-ins give the number of an error or 0; storage gives the status of HTTP.
        let good = code == 0 || (100..400).contains(&code);
        return if good { Outcome::Success } else { Outcome::Failure };
    }
    match result.to_ascii_lowercase().as_str() {
        "success" | "succeeded" | "resolved" => Outcome::Success,
        "" | "start" | "started" | "accept" | "accepted" | "active" | "activated" | "updated"
        | "in progress" | "inprogress" | "created" => Outcome::Unknown,
        word if word.contains("fail") || word.contains("denied") || word.contains("error") => {
            Outcome::Failure
        }
        "clienterror" | "timeout" | "canceled" | "cancelled" | "interrupted" => Outcome::Failure,
        _ => Outcome::Unknown,
    }
}

/// Levels are words, or the numbers of Windows events.
fn severity(level: &str) -> Severity {
    match level.to_ascii_lowercase().as_str() {
        "critical" | "1" => Severity::Critical,
        "error" | "2" => Severity::High,
        "warning" | "3" => Severity::Medium,
        "information" | "informational" | "verbose" | "4" | "5" => Severity::Informational,
        _ => Severity::Unknown,
    }
}

/// What the paths agree on: they write operations in other cases and results in other words.
fn native_id<'a>(
    fields: &Fields<'a>,
    draft: &Draft<'_>,
    result: Option<&str>,
    resource: &ResourceName,
) -> Option<Cow<'a, str>> {
    let made = fields.text(&["correlationId"]).zip(draft.time_ms).map(|(correlation, time)| {
        let result = result.unwrap_or_default().to_ascii_lowercase();
        let result = match result.as_str() {
            "succeeded" => "success",
            "started" => "start",
            "accepted" => "accept",
            "failed" => "failure",
            other => other,
        };
        let (operation, on) = (draft.action.to_ascii_lowercase(), &resource.id);
        Cow::Owned(format!("{correlation}/{operation}/{result}/{time}/{on}"))
    });
    made.or_else(|| fields.text(&["eventDataId"])).or_else(|| flow_id(fields, draft.time_ms))
}

/// Flow logs have no correlation id: one record is what one card saw in a minute.
fn flow_id<'a>(fields: &Fields<'a>, time_ms: Option<i64>) -> Option<Cow<'a, str>> {
    let card = fields.text(&["macAddress"])?;
    let log = fields.text(&["systemId", "flowLogGUID"])?;
    Some(Cow::Owned(format!("{log}/{card}/{}", time_ms?)))
}

fn subject<'a>(
    fields: &Fields<'a>,
    properties: &Fields<'a>,
    resource: &ResourceName,
) -> Option<Cow<'a, str>> {
    let targets = properties.list("targetResources");
    let target = targets.first().map(|target| Fields::of(target.get()));
    let target = target.and_then(|target| target.text(&["userPrincipalName", "displayName", "id"]));
    let application = || properties.text(&["appDisplayName", "resourceDisplayName"]);
    let own = || resource.name.clone().map(Cow::Owned);
    target.or_else(application).or_else(own).or_else(|| fields.text(&["resourceId"]))
}

fn actor<'a>(fields: &Fields<'a>, properties: &Fields<'a>) -> Option<DraftActor<'a>> {
    let claims = fields.path(&["identity", "claims"]);
    // By REST the claims stand beside `caller`, not in an `identity`.
    let claims = if claims.is_empty() { fields.object("claims") } else { claims };
    let claim = |names: &[&str]| {
        let full = names.iter().find_map(|name| claims.text(&[&format!("{CLAIMS}{name}")]));
        full.or_else(|| claims.text(names))
    };
    let by = properties.path(&["initiatedBy", "user"]);
    let user = claim(&["upn"])
        .or_else(|| fields.text(&["caller"]))
        .or_else(|| claim(&["emailaddress", "name"]))
        .or_else(|| properties.text(&["userPrincipalName"]))
        .or_else(|| by.text(&["userPrincipalName", "id"]));
    let said = claims.text(&["name"]).or_else(|| by.text(&["displayName"]));
    let name = said.or_else(|| fields.text(&["identity"]));
    let program = claims.text(&["appid"]).or_else(|| {
        let program = properties.path(&["initiatedBy", "app"]);
        program.text(&["servicePrincipalId", "appId", "displayName"])
    });
    let is_user = user.as_ref().is_some_and(|user| user.contains('@'));
    let kind = if is_user || program.is_none() { "user" } else { "application" };
    let id = user.or(program).or_else(|| name.clone())?;
    Some(DraftActor { id, kind: Some(Cow::Borrowed(kind)), name })
}

fn from<'a>(draft: &mut Draft<'a>, fields: &Fields<'a>, properties: &Fields<'a>) {
    let request = fields.object("httpRequest");
    let address = fields.text(&["callerIpAddress"]).or_else(|| request.text(&["clientIpAddress"]));
    let initiator = || properties.path(&["initiatedBy", "user"]).text(&["ipAddress"]);
    let address = address.or_else(|| properties.text(&["ipAddress"])).or_else(initiator);
    // Storage logs write the port behind the address.
    match address.as_ref().and_then(|address| address.parse::<SocketAddr>().ok()) {
        Some(both) => {
            draft.network.source_address = Some(Cow::Owned(both.ip().to_string()));
            draft.network.source_port = Some(both.port());
        }
        None => draft.network.source_address = address,
    }
    draft.network.user_agent = properties.text(&["userAgent", "userAgentHeader"]);
}

fn text<'a>(fields: &Fields<'a>, properties: &Fields<'a>) -> Option<Cow<'a, str>> {
    let said = fields.text(&["resultDescription", "description", "statusText"]);
    let reason = || properties.object("status").text(&["failureReason"]);
    let names = ["statusMessage", "resultReason", "title", "recommendationName"];
    said.or_else(|| properties.text(&names)).or_else(reason)
}

#[cfg(test)]
#[path = "activity_tests.rs"]
mod tests;

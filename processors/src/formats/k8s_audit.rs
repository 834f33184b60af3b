//! Audit events of Kubernetes: one, an `EventList`, or inside the `log` or `message` of a line.
//!
//! Traps: one request gives up to four stages under the same audit id; objects of requests and
//! responses can be megabytes long, so they are skipped over; shippers add fields of their own and
//! drop `stage` or `auditID`.

use std::borrow::Cow;

use schemas::event::Outcome;
use schemas::kind::Kind;
use schemas::source_class::SourceClass;

use super::fields::{Fields, scalar};
use super::pieces::Pieces;
use super::{Format, Look};
use crate::draft::{Draft, DraftActor};
use crate::input::Input;
use crate::sink::{Refusal, Sink};

/// Where shippers put the line that they read.
const LINES: [&str; 3] = ["log", "message", "MESSAGE"];

fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    Pieces { envelope: "items", read: &read_piece }.read_all(input, sink)
}

fn read_piece(
    fields: &Fields<'_>,
    raw: &str,
    input: &Input<'_>,
    sink: &mut dyn Sink,
) -> Result<(), Refusal> {
    if is_event(fields) {
        give(fields, raw, sink);
        return Ok(());
    }
    let line = LINES.into_iter().find(|name| fields.has(name));
    let line = line.ok_or_else(|| Refusal::new("this is no audit event of Kubernetes"))?;
    if input.depth > super::DEPTH_MAX {
        return Err(Refusal::new("more lines in lines than are opened"));
    }
    let line = fields.opened(line);
    read(&input.inner(line.as_bytes()), sink)
}

fn is_event(fields: &Fields<'_>) -> bool {
    let version = fields.text(&["apiVersion"]).unwrap_or_default();
    let told = version.starts_with("audit.k8s.io/") && !fields.has("items");
    let about = || fields.has("requestURI") || fields.has("objectRef");
    told || fields.has("auditID") || (fields.has("verb") && about()) || is_cut_short(fields)
}

/// Log platforms keep only the fields that they know.
fn is_cut_short(fields: &Fields<'_>) -> bool {
    fields.text(&["kind"]).as_deref() == Some("Event") && fields.has("responseStatus")
}

fn give(fields: &Fields<'_>, raw: &str, sink: &mut dyn Sink) {
    let stage = fields.text(&["stage"]).unwrap_or_default();
    if stage == "RequestReceived" || stage == "ResponseStarted" {
        sink.filtered("k8s stage without an outcome");
        return;
    }
    let object = fields.object("objectRef");
    let mut draft = Draft::new("k8s.audit", SourceClass::Audit, Kind::Audit);
    draft.native_id = fields.text(&["auditID"]).map(|id| Cow::Owned(format!("{id}/{stage}")));
    let times = ["stageTimestamp", "requestReceivedTimestamp", "timestamp", "p_event_time"];
    draft.time_ms = fields.time_ms(&times);
    draft.action = action(fields, &object);
    draft.class_uid = class_uid(&object);
    draft.outcome = outcome(fields, &stage);
    draft.subject = subject(fields, &object);
    place(&mut draft, &object);
    belonging(&mut draft, fields, &object);
    draft.actor = actor(&fields.object("user"));
    draft.network.source_address = fields.list("sourceIPs").first().and_then(|ip| scalar(ip));
    draft.network.user_agent = fields.text(&["userAgent"]);
    draft.hints.request_id = fields.text(&["auditID"]);
    let keys = fields.path(&["user", "extra"]).list("accessKeyId");
    draft.hints.session_id = keys.first().and_then(|key| scalar(key));
    draft.text = fields.object("responseStatus").text(&["message"]);
    details(&mut draft, fields, &object);
    draft.raw = Some(Cow::Borrowed(raw));
    sink.event(&draft);
}

/// `create pods/exec`, or `get /healthz` where it is not about an object.
fn action<'a>(fields: &Fields<'a>, object: &Fields<'a>) -> Cow<'a, str> {
    let verb = fields.text(&["verb"]).unwrap_or_default();
    let whole = object.text(&["resource"]).map(|resource| match object.text(&["subresource"]) {
        Some(part) => Cow::Owned(format!("{resource}/{part}")),
        None => resource,
    });
    match whole.or_else(|| path(fields)) {
        Some(target) => Cow::Owned(format!("{verb} {target}").trim_start().to_owned()),
        None => verb,
    }
}

/// The path that was asked for, without its query.
fn path<'a>(fields: &Fields<'a>) -> Option<Cow<'a, str>> {
    let uri = fields.text(&["requestURI"])?;
    Some(uri.split_once('?').map(|(path, _)| Cow::Owned(path.to_owned())).unwrap_or(uri))
}

/// Who may do what is a matter of accounts; all else is a call.
fn class_uid(object: &Fields<'_>) -> u32 {
    match object.text(&["resource"]).as_deref() {
        Some("roles" | "clusterroles" | "rolebindings" | "clusterrolebindings") => 3001,
        Some("tokenreviews") => 3002,
        Some("serviceaccounts") if object.has("subresource") => 3002,
        Some("serviceaccounts") => 3001,
        _ => 6003,
    }
}

fn outcome(fields: &Fields<'_>, stage: &str) -> Outcome {
    let decision = fields.object("annotations").text(&["authorization.k8s.io/decision"]);
    let code = fields.object("responseStatus").integer(&["code"]);
    match code {
        _ if stage == "Panic" || decision.as_deref() == Some("forbid") => Outcome::Failure,
        Some(code) if code >= 400 => Outcome::Failure,
        Some(_) => Outcome::Success,
        None => Outcome::Unknown,
    }
}

fn subject<'a>(fields: &Fields<'a>, object: &Fields<'a>) -> Option<Cow<'a, str>> {
    let resource = object.text(&["resource"]);
    let parts = [object.text(&["namespace"]), resource, object.text(&["name"])];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() { path(fields) } else { Some(Cow::Owned(parts.join("/"))) }
}

fn place<'a>(draft: &mut Draft<'a>, object: &Fields<'a>) {
    let (resource, name) = (object.text(&["resource"]), object.text(&["name"]));
    draft.attribute("k8s.namespace.name", object.text(&["namespace"]));
    let own = resource.as_deref().and_then(|resource| attribute(&kind(Cow::Borrowed(resource))));
    if let Some(own) = own {
        draft.attribute(own, name.clone());
    }
    draft.attribute("k8s.object.kind", resource.map(kind));
    draft.attribute("k8s.object.name", name);
    draft.attribute("k8s.object.api_group", object.text(&["apiGroup"]));
}

/// The attribute that holds names of this kind.
fn attribute(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "Pod" => "k8s.pod.name",
        "Deployment" => "k8s.deployment.name",
        "StatefulSet" => "k8s.statefulset.name",
        "DaemonSet" => "k8s.daemonset.name",
        "ReplicaSet" => "k8s.replicaset.name",
        "Job" => "k8s.job.name",
        "CronJob" => "k8s.cronjob.name",
        "Node" => "k8s.node.name",
        _ => return None,
    })
}

/// What an object belongs to and where it runs, where the log keeps objects.
fn belonging<'a>(draft: &mut Draft<'a>, fields: &Fields<'a>, object: &Fields<'a>) {
    let resource = object.text(&["resource"]);
    if !matches!(resource.as_deref(), Some("pods" | "replicasets" | "jobs")) {
        return;
    }
    let written = ["responseObject", "requestObject"].map(|name| fields.object(name));
    let owners = written.iter().map(|object| object.object("metadata").list("ownerReferences"));
    for owner in owners.into_iter().find(|owners| !owners.is_empty()).into_iter().flatten() {
        let owner = Fields::of(owner.get());
        if let Some(name) = owner.text(&["kind"]).and_then(|kind| attribute(&kind)) {
            draft.attribute(name, owner.text(&["name"]));
        }
    }
    // A pod gets its node by a call of its own, which names it as its target.
    let node = |object: &Fields<'a>| {
        let target = object.object("target");
        object.object("spec").text(&["nodeName"]).or_else(|| target.text(&["name"]))
    };
    draft.attribute("k8s.node.name", written.iter().find_map(node));
}

/// The kind of a resource, by which other sources know the same object.
pub(super) fn kind(resource: Cow<'_, str>) -> Cow<'_, str> {
    let kind = match resource.as_ref() {
        "pods" => "Pod",
        "deployments" => "Deployment",
        "statefulsets" => "StatefulSet",
        "daemonsets" => "DaemonSet",
        "replicasets" => "ReplicaSet",
        "jobs" => "Job",
        "cronjobs" => "CronJob",
        "nodes" => "Node",
        "namespaces" => "Namespace",
        "services" => "Service",
        "secrets" => "Secret",
        "configmaps" => "ConfigMap",
        "serviceaccounts" => "ServiceAccount",
        "roles" => "Role",
        "rolebindings" => "RoleBinding",
        "clusterroles" => "ClusterRole",
        "clusterrolebindings" => "ClusterRoleBinding",
        _ => return resource,
    };
    Cow::Borrowed(kind)
}

fn actor<'a>(user: &Fields<'a>) -> Option<DraftActor<'a>> {
    let id = user.text(&["username"])?;
    let kind = match id.strip_prefix("system:") {
        Some(rest) if rest.starts_with("serviceaccount:") => "service_account",
        Some(rest) if rest.starts_with("node:") => "node",
        Some(_) => "system",
        None => "user",
    };
    Some(DraftActor { id, kind: Some(Cow::Borrowed(kind)), name: None })
}

fn details<'a>(draft: &mut Draft<'a>, fields: &Fields<'a>, object: &Fields<'a>) {
    let said = fields.object("annotations");
    let decision = said.text(&["authorization.k8s.io/decision"]);
    draft.detail("decision", decision.as_deref());
    draft.detail("reason", said.text(&["authorization.k8s.io/reason"]).as_deref());
    let code = fields.object("responseStatus").integer(&["code"]);
    draft.detail("status", code);
    let acted_as = fields.object("impersonatedUser").text(&["username"]);
    draft.detail("impersonated_user", acted_as.as_deref());
    draft.detail("verb", fields.text(&["verb"]).as_deref());
    draft.detail("subresource", object.text(&["subresource"]).as_deref());
    draft.detail("stage", fields.text(&["stage"]).as_deref());
}

fn looks_like(look: &Look<'_>) -> bool {
    let shaped = look.has_all(&["kind", "apiVersion"]) || LINES.iter().any(|name| look.has(name));
    look.has_all(&["auditID", "verb"])
        || look.has_all(&["auditID", "stage"])
        || look.has_all(&["verb", "objectRef"])
        || look.has_all(&["kind", "responseStatus", "user"])
        || (shaped && look.mentions("audit.k8s.io/v1"))
}

pub(crate) const FORMAT: Format = Format { name: "k8s-audit", sniff: looks_like, read };

#[cfg(test)]
#[path = "k8s_audit_tests.rs"]
mod tests;

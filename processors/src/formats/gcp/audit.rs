//! The payload of Cloud Audit Logs: who called which method on what, and whether it was granted.
//!
//! Traps: a status that is absent or `{}` is a success; long operations give two entries with one
//! `operation.id`, and the first does not know the end; Kubernetes puts its objects in
//! `resourceName`; `callerIp` and `callerIP` both occur.

use std::borrow::Cow;

use schemas::event::Outcome;
use schemas::kind::Kind;
use schemas::source_class::SourceClass;

use super::super::fields::Fields;
use super::super::k8s_audit;
use super::log_entry::labels;
use crate::draft::{Draft, DraftActor};

/// The event of an entry with this payload.
pub(super) fn draft<'a>(fields: &Fields<'a>, payload: &Fields<'a>) -> Draft<'a> {
    let service = payload.text(&["serviceName"]).or_else(|| fields.text(&["serviceName"]));
    let mut draft = Draft::new("gcp.audit", SourceClass::Audit, Kind::Audit);
    draft.action = payload.text(&["methodName"]).unwrap_or_default();
    draft.class_uid = class_uid(service.as_deref().unwrap_or_default(), &draft.action);
    draft.outcome = outcome(fields, payload);
    draft.subject = payload.text(&["resourceName"]);
    place(&mut draft, fields, payload, service);
    draft.actor = actor(payload);
    let request = payload.object("requestMetadata");
    draft.network.source_address = request.text(&["callerIp"]);
    draft.network.user_agent = request.text(&["callerSuppliedUserAgent"]);
    draft.hints.session_id = payload.object("authenticationInfo").text(&["serviceAccountKeyName"]);
    let status = payload.object("status");
    draft.text = status.text(&["message"]);
    draft.detail("status", status.integer(&["code"]));
    let checks = checks(payload);
    let permissions: Vec<_> =
        checks.iter().filter_map(|check| check.text(&["permission"])).collect();
    draft.detail("permissions", (!permissions.is_empty()).then(|| permissions.join(" ")));
    draft
}

fn class_uid(service: &str, method: &str) -> u32 {
    let signs_in = service.starts_with("login.") || method.contains(".LoginService.");
    let grants = method.ends_with("etIamPolicy") && !method.ends_with("getIamPolicy");
    let accounts = ["CreateServiceAccount", "DeleteServiceAccount", "CreateRole", "UpdateRole"];
    match () {
        () if signs_in => 3002,
        () if grants || accounts.iter().any(|name| method.contains(name)) => 3001,
        () => 6003,
    }
}

fn checks<'a>(payload: &Fields<'a>) -> Vec<Fields<'a>> {
    let checks = payload.list("authorizationInfo");
    checks.into_iter().map(|check| Fields::of(check.get())).collect()
}

fn outcome(fields: &Fields<'_>, payload: &Fields<'_>) -> Outcome {
    let operation = fields.object("operation");
    let says = |name| operation.text(&[name]).is_some_and(|said| said == "true");
    let code = payload.object("status").integer(&["code"]);
    let refused = checks(payload)
        .iter()
        .any(|check| check.text(&["granted"]).is_some_and(|granted| granted == "false"));
    match code {
        Some(code) if code != 0 => Outcome::Failure,
        // A call may be granted by one of several checks; it is refused when nothing says it went on.
        None if refused && !payload.has("response") => Outcome::Failure,
        _ if says("first") && !says("last") => Outcome::Unknown,
        _ => Outcome::Success,
    }
}

fn actor<'a>(payload: &Fields<'a>) -> Option<DraftActor<'a>> {
    let by = payload.object("authenticationInfo");
    let id = by.text(&["principalEmail", "principalSubject", "authoritySelector"])?;
    let is_service = id.ends_with("gserviceaccount.com") || id.starts_with("serviceAccount:");
    let kind = if is_service { "service_account" } else { "user" };
    let subject = by.text(&["principalSubject"]).filter(|subject| *subject != id);
    Some(DraftActor { id, kind: Some(Cow::Borrowed(kind)), name: subject })
}

fn place<'a>(
    draft: &mut Draft<'a>,
    fields: &Fields<'a>,
    payload: &Fields<'a>,
    service: Option<Cow<'a, str>>,
) {
    labels(draft, &fields.path(&["resource", "labels"]));
    let located = draft.resource.iter().any(|(name, _)| name == "cloud.region");
    if !located {
        let locations = payload.object("resourceLocation").list("currentLocations");
        let first = locations.first().and_then(|place| super::super::fields::scalar(place));
        draft.attribute("cloud.region", first.filter(|region| region != "global"));
    }
    draft.resource.retain(|(name, _)| name != "service.name" || service.is_none());
    let name = payload.text(&["resourceName"]);
    match (service.as_deref(), name) {
        (Some("k8s.io"), Some(name)) => object(draft, &name),
        (Some(service), Some(name)) => {
            let full = format!("//{service}/{}", name.trim_start_matches('/'));
            let is_full = name.starts_with("//");
            draft.attribute("cloud.resource_id", Some(if is_full { name } else { full.into() }));
        }
        _ => {}
    }
    draft.attribute("cloud.service", service);
}

/// The object of a name like `core/v1/namespaces/shop/pods/cart-1`.
fn object<'a>(draft: &mut Draft<'a>, name: &str) {
    let parts: Vec<&str> = name.split('/').skip(2).collect();
    let (namespace, rest) = match parts.as_slice() {
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some(*namespace), rest),
        rest => (None, rest),
    };
    draft.resource.retain(|(name, _)| name != "k8s.namespace.name" || namespace.is_none());
    draft.attribute("k8s.namespace.name", namespace.map(str::to_owned));
    let kind = rest.first().map(|kind| k8s_audit::kind(Cow::Owned((*kind).to_owned())));
    draft.attribute("k8s.object.kind", kind);
    draft.attribute("k8s.object.name", rest.get(1).map(|name| (*name).to_owned()));
}

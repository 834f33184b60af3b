//! Alerts for an Alertmanager, by its API v2.
//!
//! **Invariant:** an alert that fires has an end in the future, one that is over has its own. An Alertmanager
//! ends an alert whose end has passed, and takes one without an end for over after its `resolve_timeout`
//! (5 min), so without an end every alert would seem to be over before the next notification comes.

use std::collections::BTreeMap;

use schemas::notification::Member;
use serde_json::{Value, json};

use super::webhook::{annotations, labels};
use super::{HttpRequest, Telling, is_resolved, time};
use crate::config::{Alertmanager, Endpoint, Secret};

pub(super) fn render(to: &Alertmanager, telling: Telling<'_>) -> HttpRequest {
    let said_ms = telling.told.attributes.time.millis();
    let alerts = telling.data().members.iter();
    let alerts: Vec<_> = alerts
        .map(|member| alert_of(telling, member, said_ms.saturating_add(to.holds_for_ms)))
        .collect();
    post(to, &telling.key(), &alerts)
}

/// One alert that, should it fire, does so until then.
pub(crate) fn alert_of(telling: Telling<'_>, member: &Member, holds_until_ms: i64) -> Value {
    let mut labels: BTreeMap<_, _> =
        labels(member).into_iter().map(|(name, value)| (label_name(&name), value)).collect();
    labels.insert("tenant".to_owned(), telling.told.attributes.tenant.clone());
    // The condition's fingerprint tells alerts apart whose labels were cut.
    labels.insert("isobar_fingerprint".to_owned(), member.fingerprint.to_string());
    let over_ms = member.ends_at_ms.unwrap_or(member.starts_at_ms).max(member.starts_at_ms);
    let ends_ms = if is_resolved(member) { over_ms } else { holds_until_ms };
    json!({
        "labels": labels,
        "annotations": annotations(member),
        "startsAt": time(member.starts_at_ms),
        "endsAt": time(ends_ms),
        "generatorURL": telling.link(member).unwrap_or_default(),
    })
}

/// Alertmanagers before 0.27 refuse names with other characters, such as the dot of `service.name`.
fn label_name(name: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = name.chars().map(fits).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// The request that posts them.
pub(crate) fn post(to: &Alertmanager, key: &str, alerts: &[Value]) -> HttpRequest {
    let base = to.endpoint.url.reveal().trim_end_matches('/');
    let url = Secret::new(format!("{base}/api/v2/alerts"));
    let endpoint = Endpoint { url, bearer_token: to.endpoint.bearer_token.clone() };
    HttpRequest::json(&endpoint, key, &json!(alerts))
}

//! Alertmanager's webhook payload, version 4, so that what takes its notifications takes ours.

use std::collections::BTreeMap;

use schemas::notification::Member;
use serde_json::{Value, json};

use super::{HttpRequest, Telling, is_resolved, level_name, time};
use crate::config::Endpoint;

/// What Alertmanager writes for an end that has not come.
const NO_END: &str = "0001-01-01T00:00:00Z";

pub(super) fn render(endpoint: &Endpoint, telling: Telling<'_>) -> HttpRequest {
    HttpRequest::json(endpoint, &telling.key(), &payload(telling))
}

fn payload(telling: Telling<'_>) -> Value {
    let data = telling.data();
    let (labels, annotations): (Vec<_>, Vec<_>) =
        data.members.iter().map(|member| (labels(member), annotations(member))).unzip();
    let alerts = data.members.iter().zip(labels.iter().zip(&annotations));
    let alerts: Vec<_> =
        alerts.map(|(member, (labels, words))| alert(telling, member, labels, words)).collect();
    json!({
        "version": "4",
        "groupKey": telling.group_key(),
        "truncatedAlerts": data.left_out,
        "status": if telling.is_over() { "resolved" } else { "firing" },
        "receiver": data.receiver,
        "groupLabels": data.group.as_ref().map(|group| &group.labels),
        "commonLabels": common(&labels),
        "commonAnnotations": common(&annotations),
        "externalURL": telling.external_url.unwrap_or_default(),
        "alerts": alerts,
    })
}

fn alert(
    telling: Telling<'_>,
    member: &Member,
    labels: &BTreeMap<String, String>,
    annotations: &BTreeMap<String, String>,
) -> Value {
    let ends_at = member.ends_at_ms.filter(|_| is_resolved(member));
    json!({
        "status": if is_resolved(member) { "resolved" } else { "firing" },
        "labels": labels,
        "annotations": annotations,
        "startsAt": time(member.starts_at_ms),
        "endsAt": ends_at.map_or_else(|| NO_END.to_owned(), time),
        "generatorURL": telling.link(member).unwrap_or_default(),
        "fingerprint": member.fingerprint,
    })
}

/// The alert's own labels, and the two that every receiver of Alertmanager's looks for. The alert's id
/// tells episodes apart, the tenant whose it is.
pub(super) fn labels(member: &Member) -> BTreeMap<String, String> {
    let mut labels = member.labels.clone();
    labels.entry("alertname".to_owned()).or_insert_with(|| member.rule.clone());
    labels.entry("severity".to_owned()).or_insert_with(|| level_name(member.level).to_owned());
    labels.retain(|name, value| !name.is_empty() && !value.is_empty());
    labels
}

pub(super) fn annotations(member: &Member) -> BTreeMap<String, String> {
    let words = [("summary", &member.title), ("description", &member.reason)];
    words.into_iter().map(|(name, text)| (name.to_owned(), text.clone())).collect()
}

/// What all of them say.
fn common(all: &[BTreeMap<String, String>]) -> BTreeMap<String, String> {
    let Some((first, others)) = all.split_first() else { return BTreeMap::new() };
    let is_common =
        |name: &String, value: &String| others.iter().all(|other| other.get(name) == Some(value));
    first
        .iter()
        .filter(|(name, value)| is_common(name, value))
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect()
}

//! Findings in examples: `{finding: {detector: …, measure: …, severity: high, resource: {service.name: …}}}`.
//! What is left out has a plain value, so that an example says no more than it is about.

use std::collections::BTreeMap;

use anyhow::{Context, anyhow};
use rules::timeline::Sent;
use schemas::envelope::{Attributes, Envelope, Extra};
use schemas::event::Severity;
use schemas::finding::Finding;
use schemas::finite::Finite;
use schemas::id::{Fingerprint, RecordId, ResourceId};
use schemas::position::Position;
use schemas::resource::Resource;
use schemas::source_class::SourceClass;
use schemas::time::Time;
use serde::Deserialize;

const WINDOW_MS: i64 = 60_000;

#[derive(Deserialize)]
struct Message {
    finding: Option<Given>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    detector: String,
    measure: String,
    #[serde(default = "medium")]
    severity: Severity,
    #[serde(default)]
    resource: BTreeMap<String, String>,
    #[serde(default = "one")]
    observed: f64,
    #[serde(default)]
    id: String,
}

fn medium() -> Severity {
    Severity::Medium
}

fn one() -> f64 {
    1.0
}

/// The finding that a message of an example is; `None` where it is none.
pub(super) fn read(sent: &Sent) -> anyhow::Result<Option<Envelope<Finding>>> {
    if !sent.json.starts_with(r#"{"finding""#) {
        return Ok(None);
    }
    let message: Message = serde_json::from_str(&sent.json).context("no finding")?;
    message.finding.map(|given| envelope(given, sent)).transpose()
}

fn envelope(given: Given, sent: &Sent) -> anyhow::Result<Envelope<Finding>> {
    let time = |ms: i64| Time::from_millis(ms).map_err(|error| anyhow!("{error}"));
    let attributes = Attributes {
        id: RecordId::of(&given.detector, &[&given.id, &sent.at_ms.to_string(), &sent.json]),
        source: "isobar.analytics".to_owned(),
        subject: None,
        time: time(sent.at_ms)?,
        arrival_time: time(sent.arrives_ms)?,
        tenant: sent.tenant.clone(),
        source_class: SourceClass::Finding,
        traceparent: None,
    };
    let name = given.resource.values().map(String::as_str).collect::<Vec<_>>().join("/");
    let resource = Resource {
        id: ResourceId::of(&sent.tenant, &name),
        attributes: given.resource.clone(),
        extra: Extra::new(),
    };
    let number = |value: f64| Finite::new(value).ok_or_else(|| anyhow!("no finite number"));
    let finding = Finding {
        fingerprint: Fingerprint::of(&sent.tenant, &given.detector, &given.resource),
        reason: format!("{} is unusual", given.measure),
        detector: given.detector,
        resource,
        series: None,
        measure: given.measure,
        window_start_ms: sent.at_ms - WINDOW_MS,
        window_size_ms: WINDOW_MS,
        position: Position { partition: 0, offset: 0, row: 0 },
        severity: given.severity,
        score: number(1.0)?,
        threshold: number(1.0)?,
        observed: number(given.observed)?,
        expected: None,
        labels: BTreeMap::new(),
        evidence: Vec::new(),
        excerpt: None,
        condition: None,
        extra: Extra::new(),
    };
    Ok(Envelope::new(attributes, finding))
}

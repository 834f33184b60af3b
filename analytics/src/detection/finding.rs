//! What was found, as a record.
//!
//! **Invariant:** the same condition on the same series has the same fingerprint: only which series it is,
//! and whether it is its values, their staying the same, or their not coming, tells conditions apart.

use std::collections::BTreeMap;

use detect::{Detector, Verdict};
use schemas::envelope::{Attributes, Envelope, Extra, Payload};
use schemas::event::Severity;
use schemas::finding::{Evidence, Excerpt, Finding, Range};
use schemas::finite::Finite;
use schemas::id::{Fingerprint, RecordId, ResourceId};
use schemas::position::Position;
use schemas::resource::Resource;
use schemas::source_class::SourceClass;

use super::Figure;
use super::seat::{Seat, Seen};
use crate::windows::{MINUTE_MS, Row, Series, time_of};

/// What a resource is called by in a sentence, the best first.
pub(super) const NAMES: [&str; 7] = [
    "host.name",
    "k8s.pod.name",
    "service.instance.id",
    "service.name",
    "cloud.resource_id",
    "host.id",
    "cloud.account.id",
];
/// From these scores on a finding is more than low.
const MEDIUM: f64 = 1.5;
const HIGH: f64 = 2.5;
/// A score of 1 is an alarm.
pub(super) const THRESHOLD: f64 = 1.0;

/// What a verdict on a row says, if it can be written.
pub(super) fn of(
    series: &Series,
    row: &Row<'_>,
    seat: &Seat,
    (figure, verdict): (Figure, &Verdict),
    partition: u32,
) -> Option<Envelope<Finding>> {
    let start_ms = row.start * MINUTE_MS;
    let detector = condition_of(verdict);
    let (attributes, labels) = (seat.attributes(), seat.labels());
    let name = name_of((series, figure.is_rate), &attributes, &labels);
    let said = verdict.reason(Some(figure.value), minute_text)?;
    let offset = u64::try_from(row.offset).unwrap_or_default();
    let finding = Finding {
        detector: detector.to_owned(),
        fingerprint: fingerprint_of(series, detector),
        resource: Resource { id: resource_of(series), attributes, extra: Extra::new() },
        series: Some(series.id),
        measure: series.measure.to_string(),
        labels,
        window_start_ms: start_ms,
        window_size_ms: MINUTE_MS,
        position: Position { partition, offset, row: 0 },
        severity: severity_of(verdict.score),
        score: Finite::new(verdict.score)?,
        threshold: Finite::new(THRESHOLD)?,
        observed: Finite::new(figure.value)?,
        expected: verdict.expected.and_then(|band| range(band.low, band.high)),
        reason: format!("{name}: {said}"),
        evidence: evidence_of(verdict),
        excerpt: Some(excerpt_of(seat.recent())),
        condition: None,
        extra: Extra::new(),
    };
    Some(Envelope::new(attributes_of(series, row, detector, name), finding))
}

/// Who is alarmed: the vote, or one of the two runs beside it.
fn condition_of(verdict: &Verdict) -> &'static str {
    match verdict.evidence().first() {
        Some((Detector::FlatLine, _)) => "series.flat-line",
        Some((Detector::Missing, _)) => "series.missing",
        _ => "series.anomaly",
    }
}

fn fingerprint_of(series: &Series, detector: &str) -> Fingerprint {
    let of = BTreeMap::from([("series".to_owned(), series.id.to_string())]);
    Fingerprint::of(&series.tenant, detector, &of)
}

/// A group is no resource; what two groups have in common are their attributes, not an id.
fn resource_of(series: &Series) -> ResourceId {
    let group = || ResourceId::of(&series.tenant, &format!("group {}", series.id));
    series.resource.unwrap_or_else(group)
}

pub(super) fn severity_of(score: f64) -> Severity {
    match score {
        HIGH.. => Severity::High,
        MEDIUM.. => Severity::Medium,
        _ => Severity::Low,
    }
}

/// Such as `http.server.requests a second of checkout-1 (route /pay)`.
pub(super) fn name_of(
    (series, is_rate): (&Series, bool),
    attributes: &BTreeMap<String, String>,
    labels: &BTreeMap<String, String>,
) -> String {
    let mut name = series.measure.to_string();
    if let Some(unit) = &series.unit {
        name.push_str(&format!(" [{unit}]"));
    }
    if is_rate {
        name.push_str(" a second");
    }
    // A group is called by what it has in common.
    let is_group = series.resource.is_none();
    let of = called(attributes).filter(|_| !is_group);
    if let Some(of) = of {
        name.push_str(&format!(" of {of}"));
    }
    let labels = if is_group { attributes } else { labels }.iter();
    let told: Vec<String> = labels
        // The id of the resource is of no use to people.
        .filter(|(name, value)| !value.is_empty() && *name != "resource")
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    if !told.is_empty() {
        name.push_str(&format!(" ({})", told.join(", ")));
    }
    name
}

/// What people call a resource with these attributes.
pub(super) fn called(attributes: &BTreeMap<String, String>) -> Option<&str> {
    NAMES.iter().find_map(|name| attributes.get(*name)).map(String::as_str)
}

/// A minute, as people write it.
pub(super) fn minute_text(ms: i64) -> String {
    let text = time_of(ms).to_string().replace('T', " ");
    format!("{} UTC", text.get(..16).unwrap_or(&text))
}

fn range(low: f64, high: f64) -> Option<Range> {
    Some(Range { low: Finite::new(low)?, high: Finite::new(high)?, extra: Extra::new() })
}

fn evidence_of(verdict: &Verdict) -> Vec<Evidence> {
    let one = |(by, digits): (Detector, f32)| {
        let digits = drawn(digits)?;
        Some(Evidence { by: by.name().to_owned(), digits, extra: Extra::new() })
    };
    verdict.evidence().into_iter().filter_map(one).collect()
}

pub(super) fn excerpt_of(recent: &[Seen]) -> Excerpt {
    let shown = || recent.iter().filter(|seen| seen.value.is_finite());
    Excerpt {
        times_ms: shown().map(Seen::time_ms).collect(),
        values: shown().filter_map(|seen| drawn(seen.value)).collect(),
        low: shown().map(|seen| drawn(seen.low)).collect(),
        high: shown().map(|seen| drawn(seen.high)).collect(),
        extra: Extra::new(),
    }
}

/// Five digits, as they are drawn; nothing where there is no number.
pub(super) fn drawn(value: f32) -> Option<Finite> {
    format!("{value:.4e}").parse().ok().and_then(Finite::new)
}

fn attributes_of(series: &Series, row: &Row<'_>, detector: &str, name: String) -> Attributes {
    let start_ms = row.start * MINUTE_MS;
    Attributes {
        id: RecordId::of(Finding::TYPE, &[&series.id.to_string(), &start_ms.to_string(), detector]),
        source: "isobar.analytics".to_owned(),
        subject: Some(name),
        time: time_of(start_ms),
        arrival_time: time_of(row.part.arrival_ms),
        tenant: series.tenant.to_string(),
        source_class: SourceClass::Finding,
        traceparent: None,
    }
}

//! Records as they arrive, with the truth beside them.

use std::collections::BTreeMap;

use schemas::codec;
use schemas::envelope::{Attributes, Envelope, Extra};
use schemas::event::Severity;
use schemas::finding::Finding;
use schemas::finite::Finite;
use schemas::id::{Fingerprint, RecordId, ResourceId};
use schemas::position::Position;
use schemas::resource::Resource;
use schemas::source_class::SourceClass;
use schemas::time::Time;

use super::estate::Service;
use super::wire::Wire;
use crate::dice::Dice;

/// Audit logs arrive minutes late, all else within seconds.
const AUDIT_LATE_MS: (i64, i64) = (60_000, 300_000);
const LATE_MS: (i64, i64) = (500, 20_000);
/// The format of our own findings.
pub(super) const FINDING: &str = "isobar.finding";

/// One record, and what nobody who reads it knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// When it arrives.
    pub arrival_ms: i64,
    /// The format that it has to be read as.
    pub format: &'static str,
    /// The bytes.
    pub value: Vec<u8>,
    /// The story it is part of; none of noise.
    pub story: Option<usize>,
    /// Whether it is what the story came from.
    pub is_cause: bool,
    /// Whether it says no more than that an alert is over: it is part of nothing by itself.
    pub is_end: bool,
}

impl Told {
    pub(super) fn of(wire: &Wire, ms: i64, story: Option<usize>, dice: &mut Dice) -> Self {
        let is_audit = matches!(wire.format, "aws-cloudtrail" | "k8s-audit");
        let (from_ms, to_ms) = if is_audit { AUDIT_LATE_MS } else { LATE_MS };
        let arrival_ms = ms + dice.between(from_ms, to_ms);
        let value = wire.value.to_string().into_bytes();
        Self { arrival_ms, format: wire.format, value, story, is_cause: false, is_end: false }
    }

    /// A finding of our own detectors on a service or on one of its pods.
    pub(super) fn finding(
        (service, pod): (&Service, Option<&str>),
        measure: &str,
        ms: i64,
        story: Option<usize>,
        dice: &mut Dice,
    ) -> Self {
        let (name, value) = pod.map_or(("service.name", service.name), |pod| ("k8s.pod.name", pod));
        let attributes = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        let record = finding(attributes, measure, ms);
        let value = codec::encode(&record).unwrap_or_default();
        let arrival_ms = ms + dice.between(LATE_MS.0, LATE_MS.1);
        Self { arrival_ms, format: FINDING, value, story, is_cause: false, is_end: false }
    }
}

#[expect(clippy::expect_used, reason = "the numbers stand here, and are finite")]
fn finding(attributes: BTreeMap<String, String>, measure: &str, ms: i64) -> Envelope<Finding> {
    let time = Time::from_millis(ms).unwrap_or(Time::MIN);
    let number = |value| Finite::new(value).expect("a finite number");
    let name = attributes.values().next().cloned().unwrap_or_default();
    let data = Finding {
        detector: "panel".to_owned(),
        fingerprint: Fingerprint::of("default", measure, &attributes),
        resource: Resource {
            id: ResourceId::of("default", &name),
            attributes,
            extra: Extra::new(),
        },
        series: None,
        measure: measure.to_owned(),
        labels: BTreeMap::new(),
        window_start_ms: ms - 60_000,
        window_size_ms: 60_000,
        position: Position { partition: 0, offset: 0, row: 0 },
        severity: Severity::High,
        score: number(6.0),
        threshold: number(4.0),
        observed: number(9.0),
        expected: None,
        reason: format!("{measure} is far above what was expected"),
        evidence: Vec::new(),
        excerpt: None,
        condition: None,
        extra: Extra::new(),
    };
    let attributes = Attributes {
        id: RecordId::of("isobar.finding", &[&name, measure, &ms.to_string()]),
        source: "isobar/analytics".to_owned(),
        subject: Some(name),
        time,
        arrival_time: time,
        tenant: "default".to_owned(),
        source_class: SourceClass::Finding,
        traceparent: None,
    };
    Envelope::new(attributes, data)
}

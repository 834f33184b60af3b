//! What was found between series, as a record.
//!
//! **Invariant:** the relations of a resource are one condition, a member away from its peers is one a
//! series: each has a fingerprint of its own.

use std::collections::BTreeMap;

use detect::{Apart, Broken};
use schemas::envelope::{Attributes, Envelope, Extra, Payload};
use schemas::finding::{Evidence, Finding, Range};
use schemas::finite::Finite;
use schemas::id::{Fingerprint, RecordId};
use schemas::position::Position;
use schemas::resource::Resource;
use schemas::source_class::SourceClass;

use super::{Compared, Found};
use crate::detection::finding as single;
use crate::detection::seat::Seat;
use crate::windows::{MINUTE_MS, Series, time_of};

/// Metrics of a resource that no longer move together.
const RELATIONS: &str = "resource.relations";
/// A series that went away from its peers.
const PEERS: &str = "series.peers";

/// A series that a finding is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    pub(crate) series: &'a Series,
    pub(crate) seat: &'a Seat,
    /// What is compared of it is growth in a second.
    pub(crate) is_rate: bool,
}

/// What an alarm says, if it can be written; `other` is the second metric.
pub(crate) fn finding(
    compared: &Compared,
    about: About<'_>,
    other: Option<About<'_>>,
    partition: u32,
) -> Option<Envelope<Finding>> {
    match &compared.found {
        Found::Broken(broken, ..) => of_relations(compared, broken, about, other?, partition),
        Found::Apart(apart, _) => of_peers(compared, apart, about, partition),
    }
}

fn of_relations(
    compared: &Compared,
    broken: &Broken,
    first: About<'_>,
    second: About<'_>,
    partition: u32,
) -> Option<Envelope<Finding>> {
    let attributes = first.seat.attributes();
    let resource = first.series.resource?;
    let name = single::called(&attributes).map_or_else(|| resource.to_string(), str::to_owned);
    let metrics = [first, second].map(metric_of);
    let [one, another] = &metrics;
    let reason = broken.reason((one, another), &name, single::minute_text);
    let usual = Finite::new(f64::from(broken.usual))?;
    let of = BTreeMap::from([("resource".to_owned(), resource.to_string())]);
    let finding = Finding {
        detector: RELATIONS.to_owned(),
        fingerprint: Fingerprint::of(&first.series.tenant, RELATIONS, &of),
        resource: Resource { id: resource, attributes, extra: Extra::new() },
        series: None,
        measure: metrics.join(", "),
        labels: BTreeMap::new(),
        observed: Finite::new(f64::from(broken.late))?,
        expected: Some(Range { low: usual, high: usual, extra: Extra::new() }),
        reason,
        excerpt: None,
        condition: None,
        ..begun(compared, (broken.score, broken.digits, "relations"), first, partition)?
    };
    Some(Envelope::new(written(compared, first, RELATIONS, &resource.to_string(), name), finding))
}

fn of_peers(
    compared: &Compared,
    apart: &Apart,
    about: About<'_>,
    partition: u32,
) -> Option<Envelope<Finding>> {
    let (attributes, labels) = (about.seat.attributes(), about.seat.labels());
    let series = about.series;
    let name = single::name_of((series, about.is_rate), &attributes, &labels);
    let (low, high) = apart.others;
    let range = Range { low: Finite::new(low)?, high: Finite::new(high)?, extra: Extra::new() };
    let id = series.id.to_string();
    let of = BTreeMap::from([("series".to_owned(), id.clone())]);
    let finding = Finding {
        detector: PEERS.to_owned(),
        fingerprint: Fingerprint::of(&series.tenant, PEERS, &of),
        resource: Resource { id: series.resource?, attributes, extra: Extra::new() },
        series: Some(series.id),
        measure: series.measure.to_string(),
        labels,
        observed: Finite::new(apart.value)?,
        expected: Some(range),
        reason: apart.reason(&name, compared.minute * MINUTE_MS),
        excerpt: Some(single::excerpt_of(about.seat.recent())),
        condition: None,
        ..begun(compared, (apart.score, apart.digits, "peers"), about, partition)?
    };
    Some(Envelope::new(written(compared, about, PEERS, &id, name), finding))
}

/// What all have in common; the rest is put in its place.
fn begun(
    compared: &Compared,
    (score, digits, by): (f64, f32, &str),
    about: About<'_>,
    partition: u32,
) -> Option<Finding> {
    let digits = single::drawn(digits)?;
    let offset = u64::try_from(compared.offset).unwrap_or_default();
    Some(Finding {
        detector: String::new(),
        fingerprint: Fingerprint::of(&about.series.tenant, by, &BTreeMap::new()),
        resource: Resource {
            id: about.series.resource?,
            attributes: BTreeMap::new(),
            extra: Extra::new(),
        },
        series: None,
        measure: String::new(),
        labels: BTreeMap::new(),
        window_start_ms: compared.minute * MINUTE_MS,
        window_size_ms: MINUTE_MS,
        position: Position { partition, offset, row: 0 },
        severity: single::severity_of(score),
        score: Finite::new(score)?,
        threshold: Finite::new(single::THRESHOLD)?,
        observed: Finite::new(0.0)?,
        expected: None,
        reason: String::new(),
        evidence: vec![Evidence { by: by.to_owned(), digits, extra: Extra::new() }],
        excerpt: None,
        condition: None,
        extra: Extra::new(),
    })
}

/// The metric and what tells it from others of this name.
fn metric_of(about: About<'_>) -> String {
    let labels = about.seat.labels();
    let told = labels.iter().filter(|(name, value)| !value.is_empty() && *name != "resource");
    let told: Vec<String> = told.map(|(name, value)| format!("{name} {value}")).collect();
    let measure = &about.series.measure;
    if told.is_empty() { measure.to_string() } else { format!("{measure} ({})", told.join(", ")) }
}

fn written(
    compared: &Compared,
    about: About<'_>,
    detector: &str,
    of: &str,
    name: String,
) -> Attributes {
    let start_ms = compared.minute * MINUTE_MS;
    Attributes {
        id: RecordId::of(Finding::TYPE, &[of, &start_ms.to_string(), detector]),
        source: "isobar.analytics".to_owned(),
        subject: Some(name),
        time: time_of(start_ms),
        arrival_time: time_of(compared.arrival_ms),
        tenant: about.series.tenant.to_string(),
        source_class: SourceClass::Finding,
        traceparent: None,
    }
}

//! Records for the tests of detection: definitions, points, events and marks.

use std::collections::BTreeMap;

use schemas::envelope::{Attributes, Envelope, Extra, Payload};
use schemas::event::{Event, Outcome, Severity};
use schemas::id::{EventId, RecordId, ResourceId, SeriesId};
use schemas::kind::Kind;
use schemas::mark::{InputProgress, Mark, Writer};
use schemas::metric::{MetricBatch, Point, PointKind};
use schemas::resource::{Hints, Resource};
use schemas::series::{SeriesDefinition, Temporality};
use schemas::source_class::SourceClass;
use schemas::time::Time;
use schemas::{codec, mark};
use stream::{EventTime, Offset, Record};

/// 2026-11-21 00:00 UTC, in minutes.
pub(crate) const START: i64 = 29_921_760;

fn attributes(id: RecordId, class: SourceClass, time_ms: i64) -> Attributes {
    let time = Time::from_millis(time_ms).unwrap();
    Attributes {
        id,
        source: "test".into(),
        subject: None,
        time,
        arrival_time: time,
        tenant: "acme".into(),
        source_class: class,
        traceparent: None,
    }
}

fn resource(host: &str) -> Resource {
    let named = [("host.name", host), ("cloud.region", "eu-west-1")];
    let attributes = named.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Resource {
        id: ResourceId::of("acme", host),
        attributes: attributes.into(),
        extra: Extra::new(),
    }
}

fn labels() -> BTreeMap<String, String> {
    BTreeMap::from([("route".to_owned(), "/pay".to_owned())])
}

pub(crate) fn series_of(name: &str) -> SeriesId {
    SeriesId::of(ResourceId::of("acme", "web-1"), name, &labels())
}

/// A series of the host `web-1`, defined in this minute.
pub(crate) fn definition(name: &str, temporality: Temporality, minute: i64) -> Record {
    definition_in("s", name, temporality, minute)
}

/// The same, in a unit.
pub(crate) fn definition_in(
    unit: &str,
    name: &str,
    temporality: Temporality,
    minute: i64,
) -> Record {
    let of = attributes(
        RecordId::of(SeriesDefinition::TYPE, &[name]),
        SourceClass::Metric,
        minute * 60_000,
    );
    let data = SeriesDefinition {
        series: series_of(name),
        resource: resource("web-1"),
        metric: name.into(),
        unit: Some(unit.into()),
        temporality,
        labels: labels(),
        extra: Extra::new(),
    };
    record(codec::encode(&Envelope::new(of, data)).unwrap())
}

/// Points of one series as (seconds since the start, value); they arrive at the last of these.
pub(crate) fn points(name: &str, points: &[(i64, f64)]) -> Record {
    let value = |(seconds, value): &(i64, f64)| (*seconds, *value, PointKind::Value);
    pieces(name, &points.iter().map(value).collect::<Vec<_>>())
}

/// A statistic set of `count` values that are `mean` on average.
pub(crate) fn set(name: &str, seconds: i64, count: f64, mean: f64) -> Record {
    let pieces_of_it = [(PointKind::SetCount, count), (PointKind::SetSum, count * mean)];
    pieces(name, &pieces_of_it.map(|(kind, value)| (seconds, value, kind)))
}

fn pieces(name: &str, pieces: &[(i64, f64, PointKind)]) -> Record {
    let time_ms = |seconds: i64| START * 60_000 + seconds * 1_000;
    let last = pieces.iter().map(|(seconds, ..)| time_ms(*seconds)).max().unwrap();
    let mut batch = MetricBatch::new(Time::from_millis(last).unwrap());
    for (seconds, value, kind) in pieces {
        let (series, time_ms) = (series_of(name), time_ms(*seconds));
        batch.push(Point { series, time_ms, value: *value, kind: *kind }).unwrap();
    }
    record(batch.encode().unwrap())
}

/// An event of a resource, so many seconds after the start.
pub(crate) fn event(number: usize, seconds: i64, host: &str, failed: bool) -> Record {
    let id = EventId::of("test", &number.to_string()).into();
    let of = attributes(id, SourceClass::Log, START * 60_000 + seconds * 1_000);
    let event = Event {
        kind: Kind::Code,
        class_uid: 6003,
        action: "Put".into(),
        outcome: if failed { Outcome::Failure } else { Outcome::Success },
        severity: Severity::Low,
        resource: resource(host),
        actor: None,
        network: None,
        hints: Hints::default(),
        text: None,
        age_ms: 0,
        size_bytes: 10,
        raw: None,
        extra: Extra::new(),
    };
    record(codec::encode(&Envelope::new(of, event)).unwrap())
}

/// All above has read up to so many seconds after the start.
pub(crate) fn mark_until(seconds: i64) -> Record {
    let progress = InputProgress {
        topic: "isobar.in.metrics".into(),
        partition: 0,
        partitions: 1,
        read_until_ms: START * 60_000 + seconds * 1_000,
        extra: Extra::new(),
    };
    let writer = Writer { topology: "processors".into(), slot: "0".into(), extra: Extra::new() };
    let mark = Mark { writer, inputs: vec![progress], extra: Extra::new() };
    record(mark::encode(&mark).unwrap())
}

pub(crate) fn record(value: Vec<u8>) -> Record {
    let (offset, arrival) = (Offset(0), EventTime(0));
    Record { offset, arrival, key: None, value: Some(value), headers: Vec::new() }
}

//! Records for the tests of comparison: hosts of tenants with metrics that one load drives.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use schemas::envelope::{Attributes, Envelope, Extra, Payload};
use schemas::id::{RecordId, ResourceId, SeriesId};
use schemas::mark::{InputProgress, Mark, Writer};
use schemas::metric::{MetricBatch, Point, PointKind};
use schemas::resource::Resource;
use schemas::series::{SeriesDefinition, Temporality};
use schemas::source_class::SourceClass;
use schemas::time::Time;
use schemas::{codec, mark};
use stream::{EventTime, Offset, Record};

/// 2026-11-21 00:00 UTC, in minutes.
pub(crate) const START: i64 = 29_921_760;

/// One series of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Of<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) host: &'a str,
    pub(crate) metric: &'a str,
}

impl Of<'_> {
    fn resource(&self) -> ResourceId {
        ResourceId::of(self.tenant, self.host)
    }

    pub(crate) fn id(&self) -> SeriesId {
        SeriesId::of(self.resource(), self.metric, &BTreeMap::new())
    }

    pub(crate) fn definition(&self, minute: i64) -> Record {
        let time = Time::from_millis((START + minute) * 60_000).unwrap();
        let attributes = Attributes {
            id: RecordId::of(SeriesDefinition::TYPE, &[self.host, self.metric]),
            source: "test".into(),
            subject: None,
            time,
            arrival_time: time,
            tenant: self.tenant.into(),
            source_class: SourceClass::Metric,
            traceparent: None,
        };
        let named = [("host.name", self.host), ("service.name", "shop")];
        let named = named.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let data = SeriesDefinition {
            series: self.id(),
            resource: Resource {
                id: self.resource(),
                attributes: named.into(),
                extra: Extra::new(),
            },
            metric: self.metric.into(),
            unit: None,
            temporality: Temporality::Gauge,
            labels: BTreeMap::new(),
            extra: Extra::new(),
        };
        record(codec::encode(&Envelope::new(attributes, data)).unwrap())
    }
}

/// A point of each series in a minute.
pub(crate) fn points(minute: i64, values: &[(Of<'_>, f64)]) -> Record {
    let time_ms = (START + minute) * 60_000 + 10_000;
    let mut batch = MetricBatch::new(Time::from_millis(time_ms).unwrap());
    for (of, value) in values {
        let (series, kind) = (of.id(), PointKind::Value);
        batch.push(Point { series, time_ms, value: *value, kind }).unwrap();
    }
    record(batch.encode().unwrap())
}

/// All above has read so far that this minute is closed.
pub(crate) fn closed(minute: i64) -> Record {
    let progress = InputProgress {
        topic: "isobar.in.metrics".into(),
        partition: 0,
        partitions: 1,
        read_until_ms: (START + minute) * 60_000 + 90_000,
        extra: Extra::new(),
    };
    let writer = Writer { topology: "processors".into(), slot: "0".into(), extra: Extra::new() };
    let mark = Mark { writer, inputs: vec![progress], extra: Extra::new() };
    record(mark::encode(&mark).unwrap())
}

fn record(value: Vec<u8>) -> Record {
    let (offset, arrival) = (Offset(0), EventTime(0));
    Record { offset, arrival, key: None, value: Some(value), headers: Vec::new() }
}

/// Chance from a seed.
pub(crate) struct Chance(ChaCha8Rng);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A value of a law that is near the normal one: mean 0, deviation 1.
    pub(crate) fn noise(&mut self) -> f64 {
        let sum: f64 = (0..12).map(|_| f64::from(self.0.next_u32()) / f64::from(u32::MAX)).sum();
        sum - 6.0
    }

    pub(crate) fn below(&mut self, most: u32) -> u32 {
        self.0.next_u32() % most
    }
}

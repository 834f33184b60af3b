//! Metrics of OTLP, from either encoding, as points and statistics go to the sink.
//!
//! A histogram becomes a set of its statistics, and points of `<name>.bucket`, each with its upper
//! bound in the label `le` and the count of all values up to it, as Prometheus counts them. A sum
//! that may fall is a gauge, unless it is sent as increments.

use std::borrow::Cow;

use schemas::metric::PointKind;
use schemas::series::Temporality;
use schemas::time::Time;
use serde::{Deserialize, Deserializer};

use super::attributes::Resource;
use super::{attributes, buckets, json};
use crate::draft::{DraftSeries, Labels, StatisticSet};
use crate::sink::Sink;
use crate::time;

/// The bit of a point's flags that says: no value was recorded.
const NO_RECORDED_VALUE: u64 = 1;

/// A point of any type: each uses the fields it has.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct DataPoint<'a> {
    #[serde(borrow, deserialize_with = "attributes::labels")]
    pub(super) attributes: Labels<'a>,
    #[serde(deserialize_with = "json::whole")]
    pub(super) start_time_unix_nano: u64,
    #[serde(deserialize_with = "json::whole")]
    pub(super) time_unix_nano: u64,
    #[serde(deserialize_with = "json::whole")]
    pub(super) flags: u64,
    #[serde(deserialize_with = "json::double")]
    pub(super) as_double: Option<f64>,
    #[serde(deserialize_with = "json::signed")]
    pub(super) as_int: Option<i64>,
    #[serde(deserialize_with = "json::whole")]
    pub(super) count: u64,
    #[serde(deserialize_with = "json::double")]
    pub(super) sum: Option<f64>,
    #[serde(deserialize_with = "json::double")]
    pub(super) min: Option<f64>,
    #[serde(deserialize_with = "json::double")]
    pub(super) max: Option<f64>,
    #[serde(deserialize_with = "json::wholes")]
    pub(super) bucket_counts: Vec<u64>,
    #[serde(deserialize_with = "json::doubles")]
    pub(super) explicit_bounds: Vec<f64>,
    #[serde(deserialize_with = "json::signed")]
    pub(super) scale: Option<i64>,
    #[serde(deserialize_with = "json::whole")]
    pub(super) zero_count: u64,
    #[serde(deserialize_with = "json::double")]
    pub(super) zero_threshold: Option<f64>,
    #[serde(deserialize_with = "json::nullable")]
    pub(super) positive: Buckets,
    #[serde(deserialize_with = "json::nullable")]
    pub(super) negative: Buckets,
    #[serde(deserialize_with = "json::nullable")]
    pub(super) quantile_values: Vec<Quantile>,
}

impl DataPoint<'_> {
    /// Empties the point for the next one, keeping what its lists have reserved.
    pub(super) fn clear(&mut self) {
        let mut empty = Self::default();
        self.attributes.clear();
        self.bucket_counts.clear();
        self.explicit_bounds.clear();
        self.quantile_values.clear();
        self.positive.bucket_counts.clear();
        self.negative.bucket_counts.clear();
        std::mem::swap(&mut empty.bucket_counts, &mut self.bucket_counts);
        std::mem::swap(&mut empty.explicit_bounds, &mut self.explicit_bounds);
        std::mem::swap(&mut empty.quantile_values, &mut self.quantile_values);
        std::mem::swap(&mut empty.positive.bucket_counts, &mut self.positive.bucket_counts);
        std::mem::swap(&mut empty.negative.bucket_counts, &mut self.negative.bucket_counts);
        let attributes = std::mem::take(&mut self.attributes);
        *self = Self { attributes, ..empty };
    }
}

/// Neighbouring buckets of an exponential histogram.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Buckets {
    #[serde(deserialize_with = "json::signed")]
    pub(super) offset: Option<i64>,
    #[serde(deserialize_with = "json::wholes")]
    pub(super) bucket_counts: Vec<u64>,
}

/// A quantile that the source computed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Quantile {
    #[serde(deserialize_with = "json::double")]
    pub(super) quantile: Option<f64>,
    #[serde(deserialize_with = "json::double")]
    pub(super) value: Option<f64>,
}

/// What the points of a metric are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Numbers.
    Number,
    /// Counts between bounds that are given.
    Histogram,
    /// Counts between powers of a base.
    Exponential,
    /// Quantiles.
    Summary,
}

/// How values relate, as OTLP says it: 1 for increments, 2 for totals.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Aggregation(pub(super) u64);

impl<'de> Deserialize<'de> for Aggregation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        json::code(deserializer, &["_UNSPECIFIED", "_DELTA", "_CUMULATIVE"]).map(Self)
    }
}

impl Aggregation {
    /// What a value means relative to the one before; those that may fall are states.
    pub(super) fn temporality(self, monotonic: bool) -> Temporality {
        match (self.0, monotonic) {
            (1, _) => Temporality::Delta,
            (_, true) => Temporality::Cumulative,
            (_, false) => Temporality::Gauge,
        }
    }
}

/// Summaries count on and on, but those of `CloudWatch` are of one period each.
pub(super) fn summary_temporality(name: &str) -> Temporality {
    if name.starts_with("amazonaws.com/") { Temporality::Delta } else { Temporality::Cumulative }
}

/// What the points of a metric have in common.
#[derive(Debug)]
pub(super) struct Metric<'m, 'a> {
    pub(super) resource: &'m Resource<'a>,
    pub(super) scope: &'m str,
    pub(super) name: &'m str,
    pub(super) unit: &'m str,
    pub(super) temporality: Temporality,
    pub(super) arrival: Time,
}

impl<'m> Metric<'m, '_> {
    /// Gives a point to the sink.
    pub(super) fn give(&self, shape: Shape, point: &mut DataPoint<'m>, sink: &mut dyn Sink) {
        if !self.scope.is_empty() {
            let scope = (Cow::Borrowed("otel.scope.name"), Cow::Borrowed(self.scope));
            point.attributes.push(scope);
        }
        let time_ms = self.time_ms(point);
        if point.flags & NO_RECORDED_VALUE != 0 {
            let series = self.series(self.name, &point.attributes);
            return sink.point(&series, time_ms, f64::NAN, PointKind::Stale);
        }
        match shape {
            Shape::Number => self.number(point, time_ms, sink),
            Shape::Histogram => {
                self.statistics(point, time_ms, sink);
                let (last, rest) = buckets::explicit(point);
                self.bounds(point, time_ms, rest, last, sink);
            }
            Shape::Exponential => {
                self.statistics(point, time_ms, sink);
                let (last, rest) = buckets::exponential(point);
                self.bounds(point, time_ms, rest, last, sink);
            }
            Shape::Summary => self.summary(point, time_ms, sink),
        }
    }

    fn time_ms(&self, point: &DataPoint<'_>) -> i64 {
        time::of_nanos(point.time_unix_nano).unwrap_or_else(|| self.arrival.millis())
    }

    fn series<'s>(
        &'s self,
        metric: &'s str,
        labels: &'s [(Cow<'s, str>, Cow<'s, str>)],
    ) -> DraftSeries<'s> {
        DraftSeries {
            source: "otlp",
            account: self.resource.account().map(|account| Cow::Borrowed(account.as_ref())),
            resource: &self.resource.attributes,
            metric: Cow::Borrowed(metric),
            unit: Some(self.unit).filter(|unit| !unit.is_empty()).map(Cow::Borrowed),
            temporality: self.temporality,
            labels,
        }
    }

    /// Whether a total begins with this point.
    fn kind(&self, point: &DataPoint<'_>) -> PointKind {
        let begins = point.start_time_unix_nano == point.time_unix_nano && point.time_unix_nano > 0;
        match self.temporality {
            Temporality::Cumulative if begins => PointKind::Start,
            _ => PointKind::Value,
        }
    }

    fn number(&self, point: &DataPoint<'_>, time_ms: i64, sink: &mut dyn Sink) {
        let value = point.as_double.or(point.as_int.map(|number| number as f64));
        let Some(value) = value else { return sink.filtered("a data point without a value") };
        let series = self.series(self.name, &point.attributes);
        sink.point(&series, time_ms, value, self.kind(point));
    }

    fn statistics(&self, point: &DataPoint<'_>, time_ms: i64, sink: &mut dyn Sink) {
        let set = StatisticSet {
            count: Some(point.count as f64),
            sum: point.sum,
            min: point.min,
            max: point.max,
        };
        sink.set(&self.series(self.name, &point.attributes), time_ms, &set);
    }

    /// Gives the counts up to each bound, and up to infinity.
    fn bounds(
        &self,
        point: &mut DataPoint<'m>,
        time_ms: i64,
        bounds: Vec<(f64, f64)>,
        total: Option<f64>,
        sink: &mut dyn Sink,
    ) {
        let Some(total) = total else { return };
        let kind = self.kind(point);
        let name = format!("{}.bucket", self.name);
        for (bound, count) in bounds.into_iter().chain([(f64::INFINITY, total)]) {
            let bound =
                if bound.is_finite() { Cow::Owned(bound.to_string()) } else { "+Inf".into() };
            point.attributes.push((Cow::Borrowed("le"), bound));
            sink.point(&self.series(&name, &point.attributes), time_ms, count, kind);
            point.attributes.pop();
        }
    }

    fn summary(&self, point: &mut DataPoint<'m>, time_ms: i64, sink: &mut dyn Sink) {
        let quantiles = std::mem::take(&mut point.quantile_values);
        let known = |wanted: f64| {
            let found =
                quantiles.iter().find(|one| one.quantile.unwrap_or(0.0).total_cmp(&wanted).is_eq());
            found.map(|one| one.value.unwrap_or(0.0))
        };
        // Quantiles 0 and 1 are the least and the greatest value.
        (point.min, point.max) = (known(0.0), known(1.0));
        self.statistics(point, time_ms, sink);
        let states = Metric { temporality: Temporality::Gauge, ..*self };
        for quantile in &quantiles {
            let label = Cow::Owned(quantile.quantile.unwrap_or(0.0).to_string());
            point.attributes.push((Cow::Borrowed("quantile"), label));
            let series = states.series(self.name, &point.attributes);
            sink.point(&series, time_ms, quantile.value.unwrap_or(0.0), PointKind::Value);
            point.attributes.pop();
        }
    }
}

//! Inputs as short texts, and figures as short texts, so that a case fits a line.
//!
//! An input is words: `10:5` is the value 5 at 10 s, `10:start:0`, `10:stale` and
//! `10:set:count/sum/min/max` are what they say, `fill:N` is the values 1 to N a millisecond apart and `fill:N/2` two;
//! `;` ends a batch, `define` is the definition, else it stands before the first batch, `@90` is a mark of the one partition above, and `@1/2=90` of the second of two.

use std::collections::BTreeMap;

use loadtest::windows::Rules;
use loadtest::windows::figures::Figures;
use loadtest::windows::oracle::Expected;
use schemas::envelope::{Attributes, Envelope, Extra};
use schemas::id::{RecordId, ResourceId, SeriesId};
use schemas::mark::{InputProgress, Mark, Writer};
use schemas::metric::{MetricBatch, Point, PointKind};
use schemas::resource::Resource;
use schemas::series::{SeriesDefinition, Temporality};
use schemas::source_class::SourceClass;
use schemas::time::Time;
use schemas::{codec, mark};

pub(crate) const SERIES: u64 = 7;

/// The records of a script.
pub(crate) fn records(temporality: Temporality, script: &str) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    let mut points = Vec::new();
    let mut is_defined = false;
    for word in script.split_whitespace().chain([";"]) {
        let is_point = word.starts_with(|first: char| first.is_ascii_digit())
            || word.starts_with('-')
            || word.starts_with("fill");
        if word == "define" || (is_point && !is_defined) {
            records.push(definition(temporality));
            is_defined = true;
        }
        if is_point {
            points.extend(rows(word));
        } else if !points.is_empty() {
            records.push(batch(&std::mem::take(&mut points)));
        }
        if let Some(told) = word.strip_prefix('@') {
            records.push(mark_of(told));
        }
    }
    records
}

/// What the oracle says of a script.
pub(crate) fn expected(temporality: Temporality, script: &str) -> Expected {
    let records = records(temporality, script);
    let mut expected = Expected::default();
    let values = records.iter().map(Vec::as_slice);
    expected.add_partition(0, values, &Rules::default_of_metric_windows()).unwrap();
    expected
}

fn ms(seconds: &str) -> i64 {
    let seconds: f64 = seconds.parse().unwrap();
    #[expect(clippy::cast_possible_truncation, reason = "times of cases are small")]
    let ms = (seconds * 1_000.0).round() as i64;
    ms
}

fn rows(word: &str) -> Vec<Point> {
    let (time, rest) = word.split_once(':').unwrap();
    let point =
        |time_ms, value, kind| Point { series: SeriesId::from_u64(SERIES), time_ms, value, kind };
    if time == "fill" {
        let (last, step_ms) = rest.split_once('/').unwrap_or((rest, "1"));
        let (last, step_ms): (i32, i64) = (last.parse().unwrap(), step_ms.parse().unwrap());
        return (1..=last)
            .map(|n| point(i64::from(n) * step_ms, f64::from(n), PointKind::Value))
            .collect();
    }
    let time_ms = ms(time);
    match rest.split_once(':') {
        None if rest == "stale" => vec![point(time_ms, f64::NAN, PointKind::Stale)],
        None => vec![point(time_ms, rest.parse().unwrap(), PointKind::Value)],
        Some(("start", value)) => vec![point(time_ms, value.parse().unwrap(), PointKind::Start)],
        Some((_, pieces)) => {
            let kinds =
                [PointKind::SetCount, PointKind::SetSum, PointKind::SetMin, PointKind::SetMax];
            let pieces = pieces.split('/').map(|piece| piece.parse().unwrap());
            pieces.zip(kinds).map(|(value, kind)| point(time_ms, value, kind)).collect()
        }
    }
}

fn batch(points: &[Point]) -> Vec<u8> {
    let mut batch = MetricBatch::new(Time::from_millis(0).unwrap());
    points.iter().for_each(|point| batch.push(*point).unwrap());
    batch.encode().unwrap()
}

fn mark_of(told: &str) -> Vec<u8> {
    let (place, until) = told.split_once('=').unwrap_or(("0/1", told));
    let (partition, partitions) = place.split_once('/').unwrap();
    let progress = InputProgress {
        topic: "isobar.in.metrics".into(),
        partition: partition.parse().unwrap(),
        partitions: partitions.parse().unwrap(),
        read_until_ms: ms(until),
        extra: Extra::new(),
    };
    let writer = Writer { topology: "processors".into(), slot: "0".into(), extra: Extra::new() };
    mark::encode(&Mark { writer, inputs: vec![progress], extra: Extra::new() }).unwrap()
}

fn definition(temporality: Temporality) -> Vec<u8> {
    let attributes = Attributes {
        id: RecordId::of("isobar.series", &["7"]),
        source: "isobar.processors".into(),
        subject: None,
        time: Time::from_millis(0).unwrap(),
        arrival_time: Time::from_millis(0).unwrap(),
        tenant: "acme".into(),
        source_class: SourceClass::Metric,
        traceparent: None,
    };
    let resource = ResourceId::of("acme", "vm");
    let data = SeriesDefinition {
        series: SeriesId::from_u64(SERIES),
        resource: Resource { id: resource, attributes: BTreeMap::new(), extra: Extra::new() },
        metric: "m".into(),
        unit: None,
        temporality,
        labels: BTreeMap::new(),
        extra: Extra::new(),
    };
    codec::encode(&Envelope::new(attributes, data)).unwrap()
}

/// Figures in a line; what is missing is left out.
pub(crate) fn line(figures: &Figures) -> String {
    let number = |value: f64| {
        let text = format!("{value:.6}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    let mut line = format!("n={}", figures.count);
    let mut add = |name: &str, value: Option<String>| {
        value.into_iter().for_each(|value| line.push_str(&format!(" {name}={value}")));
    };
    let pair = |one: Option<f64>, other: Option<f64>| {
        Some(format!("{}..{}", number(one?), number(other?)))
    };
    let quantiles = figures.quantiles.map(|all| all.map(number).join("/"));
    add("sum", figures.sum.map(number));
    add("range", pair(figures.min, figures.max));
    add("ends", pair(figures.first, figures.last));
    add("mean", figures.mean.map(number));
    add("dev", figures.deviation.map(number));
    add("q", quantiles);
    add("inc", figures.increase.map(number));
    add("rate", figures.rate.map(number));
    add("stale", figures.stale_since_ms.map(|ms| (ms / 1_000).to_string()));
    add("unusable", (figures.unusable > 0).then(|| figures.unusable.to_string()));
    line
}

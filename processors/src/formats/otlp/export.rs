//! OTLP as JSON: the same three steps as protobuf, whose names tell the signals apart.
//!
//! Metrics, logs and spans are kept as they stand until it is their turn, so that one that cannot be
//! read does not take the others with it. Collectors' file exporters write several values a record.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::attributes::{Resource, Scope};
use super::metrics::{Aggregation, DataPoint, Metric, Shape, summary_temporality};
use super::proto::Context;
use super::{json, logs, traces};
use crate::input::Input;
use crate::json::Text;
use crate::sink::{Refusal, Sink};
use schemas::series::Temporality;

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Export<'a> {
    #[serde(borrow, alias = "resource_metrics", deserialize_with = "json::nullable")]
    resource_metrics: Vec<Group<'a>>,
    #[serde(borrow, alias = "resource_logs", deserialize_with = "json::nullable")]
    resource_logs: Vec<Group<'a>>,
    #[serde(borrow, alias = "resource_spans", deserialize_with = "json::nullable")]
    resource_spans: Vec<Group<'a>>,
}

/// What one resource sent.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Group<'a> {
    #[serde(borrow, deserialize_with = "json::nullable")]
    resource: Resource<'a>,
    #[serde(
        borrow,
        alias = "scopeMetrics",
        alias = "scopeLogs",
        alias = "scopeSpans",
        alias = "scope_metrics",
        alias = "scope_logs",
        alias = "scope_spans",
        alias = "instrumentationLibraryMetrics",
        alias = "instrumentationLibraryLogs",
        alias = "instrumentationLibrarySpans",
        deserialize_with = "json::nullable"
    )]
    scopes: Vec<Items<'a>>,
}

/// What one library within it sent.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Items<'a> {
    #[serde(borrow, alias = "instrumentationLibrary", deserialize_with = "json::nullable")]
    scope: Scope<'a>,
    #[serde(
        borrow,
        alias = "metrics",
        alias = "logRecords",
        alias = "log_records",
        alias = "spans",
        deserialize_with = "json::nullable"
    )]
    items: Vec<&'a RawValue>,
}

type Give<'a> = fn(&Context<'_, 'a>, &'a RawValue, &mut dyn Sink) -> Result<(), serde_json::Error>;

/// Gives everything in a value to the sink.
pub(super) fn read<'a>(input: &Input<'a>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let mut values = serde_json::Deserializer::from_slice(input.value).into_iter::<Export<'a>>();
    let wrong = |error| crate::json::refusal(input.value, &error);
    // All of them are read before any is given, so that a cut value is refused as a whole.
    let exports = values.by_ref().collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    for export in &exports {
        give(input, &export.resource_metrics, give_metric, sink);
        give(input, &export.resource_logs, logs::give_json, sink);
        give(input, &export.resource_spans, traces::give_json, sink);
    }
    Ok(())
}

fn give<'a>(input: &Input<'a>, groups: &[Group<'a>], give: Give<'a>, sink: &mut dyn Sink) {
    for group in groups {
        for scope in &group.scopes {
            let name = scope.scope.name.as_ref().map_or("", |Text(name)| name.as_ref());
            let context = Context { input, resource: &group.resource, scope: name };
            for item in &scope.items {
                if let Err(error) = give(&context, item, sink) {
                    let bytes = item.get().as_bytes();
                    sink.refused(crate::json::refusal(bytes, &error), bytes);
                }
            }
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct JsonMetric<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    unit: Option<Text<'a>>,
    #[serde(borrow)]
    gauge: Option<Data<'a>>,
    #[serde(borrow)]
    sum: Option<Data<'a>>,
    #[serde(borrow)]
    histogram: Option<Data<'a>>,
    #[serde(borrow)]
    exponential_histogram: Option<Data<'a>>,
    #[serde(borrow)]
    summary: Option<Data<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Data<'a> {
    #[serde(borrow, deserialize_with = "json::nullable")]
    data_points: Vec<DataPoint<'a>>,
    aggregation_temporality: Aggregation,
    #[serde(deserialize_with = "json::nullable")]
    is_monotonic: bool,
}

fn give_metric<'a>(
    context: &Context<'_, 'a>,
    item: &'a RawValue,
    sink: &mut dyn Sink,
) -> Result<(), serde_json::Error> {
    let found: JsonMetric<'a> = serde_json::from_str(item.get())?;
    let name = found.name.unwrap_or_default().0;
    let summary = summary_temporality(&name);
    let data = (found.gauge.map(|data| (Shape::Number, Temporality::Gauge, data)))
        .or(found.sum.map(|data| (Shape::Number, data.temporality(data.is_monotonic), data)))
        .or(found.histogram.map(|data| (Shape::Histogram, data.temporality(true), data)))
        .or((found.exponential_histogram)
            .map(|data| (Shape::Exponential, data.temporality(true), data)))
        .or(found.summary.map(|data| (Shape::Summary, summary, data)));
    let Some((shape, temporality, data)) = data else {
        sink.filtered("a metric without data points");
        return Ok(());
    };
    let unit = found.unit.unwrap_or_default().0;
    let Context { input, resource, scope } = *context;
    let arrival = input.arrival;
    let metric = Metric { resource, scope, name: &name, unit: &unit, temporality, arrival };
    for mut point in data.data_points {
        metric.give(shape, &mut point, sink);
    }
    Ok(())
}

impl Data<'_> {
    fn temporality(&self, monotonic: bool) -> Temporality {
        self.aggregation_temporality.temporality(monotonic)
    }
}

//! Platform metrics: the statistics of one interval (`timeGrain`) a record.
//!
//! Traps: diagnostic settings write `average`, `count`; data collection rules export `Average`,
//! `Count`, with `unit` and `dimension{}`, and only the aggregations that were asked for.

use std::borrow::Cow;

use schemas::metric::PointKind;
use schemas::series::Temporality;

use super::super::fields::{Fields, scalar};
use super::super::{Format, Look};
use super::records::ResourceName;
use crate::draft::{DraftSeries, Labels, StatisticSet};
use crate::input::Input;
use crate::sink::{Refusal, Sink};

/// Gives the statistics of one record to the sink.
pub(super) fn emit(
    fields: &Fields<'_>,
    input: &Input<'_>,
    sink: &mut dyn Sink,
) -> Result<(), Refusal> {
    let metric = fields.text(&["metricName"]);
    let metric = metric.ok_or_else(|| Refusal::new("`metricName` is not a text"))?;
    let time_ms = fields.time_ms(&["time", "timestamp", "timeStamp"]);
    let time_ms = time_ms.unwrap_or(input.arrival.millis());
    let resource = ResourceName::of(&fields.text(&["resourceId"]).unwrap_or_default());
    let labels = labels(fields);
    let series = DraftSeries {
        source: "azure.monitor",
        account: resource.subscription.clone().map(Cow::Owned),
        resource: &resource.attributes(fields.text(&["location"])),
        metric,
        unit: fields.text(&["unit"]).map(ucum),
        temporality: Temporality::Delta,
        labels: &labels,
    };
    give(fields, &series, time_ms, sink);
    Ok(())
}

fn give(fields: &Fields<'_>, series: &DraftSeries<'_>, time_ms: i64, sink: &mut dyn Sink) {
    let set = StatisticSet {
        count: fields.number(&["count"]),
        sum: fields.number(&["total"]),
        min: fields.number(&["minimum"]),
        max: fields.number(&["maximum"]),
    };
    let average = fields.number(&["average"]);
    match average {
        // Nothing was counted, which is news of its own; but nothing is not the least of anything.
        _ if set.count.is_some_and(|count| count <= 0.0) => {
            sink.set(series, time_ms, &StatisticSet { min: None, max: None, ..set });
        }
        // A set has no place for an average, so it stands for itself where nothing else does.
        Some(average) if set == StatisticSet::default() => {
            let series = DraftSeries { temporality: Temporality::Gauge, ..series.clone() };
            sink.point(&series, time_ms, average, PointKind::Value);
        }
        None if set == StatisticSet::default() => sink.filtered("no data point"),
        _ => sink.set(series, time_ms, &with_average(set, average)),
    }
}

/// Sum and count give each other, where the average is known.
fn with_average(set: StatisticSet, average: Option<f64>) -> StatisticSet {
    let Some(average) = average else { return set };
    let count = set.count.or_else(|| {
        let count = set.sum? / average;
        count.is_finite().then(|| count.round())
    });
    StatisticSet { count, sum: set.sum.or_else(|| Some(average * count?)), ..set }
}

fn labels<'a>(fields: &Fields<'a>) -> Labels<'a> {
    let mut labels = Labels::new();
    for name in ["dimension", "dimensions"] {
        let given = fields.object(name);
        for (key, value) in given.iter() {
            if let Some(value) = scalar(value) {
                labels.push((Cow::Owned(key.to_owned()), value));
            }
        }
    }
    let grain = fields.text(&["timeGrain"]);
    labels.extend(grain.map(|grain| (Cow::Borrowed("azure.time_grain"), grain)));
    labels
}

fn ucum(unit: Cow<'_, str>) -> Cow<'_, str> {
    let known = match unit.to_ascii_lowercase().as_str() {
        "bytes" => "By",
        "bytespersecond" => "By/s",
        "bitspersecond" => "bit/s",
        "count" => "1",
        "countpersecond" => "1/s",
        "percent" => "%",
        "seconds" => "s",
        "milliseconds" => "ms",
        "byteseconds" => "By.s",
        _ => return unit,
    };
    Cow::Borrowed(known)
}

fn is_metric(look: &Look<'_>) -> bool {
    if look.has("records") {
        return look.mentions("\"metricName\"") || look.mentions("\"MetricName\"");
    }
    let measured = ["average", "total", "count", "minimum", "maximum", "timeGrain"];
    super::has(look, "metricName")
        && super::has(look, "resourceId")
        && measured.iter().any(|name| super::has(look, name))
}

pub(crate) const FORMAT: Format =
    Format { name: "azure-monitor-metrics", sniff: is_metric, read: super::read };

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::formats::recorder::Recorder;

    #[test]
    fn both_spellings_give_the_same_set() {
        let value = r#"{"records": [
 {"count": 4, "total": 9, "minimum": 1, "maximum": 4, "average": 2.25, "metricName": "Requests",
  "resourceId": "/SUBSCRIPTIONS/S-1/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.WEB/SITES/SHOP",
  "time": "2026-01-01T11:59:00.0000000Z", "timeGrain": "PT1M"},
 {"Total": 9, "Average": 2.25, "metricName": "Requests", "unit": "Count",
  "dimension": {"Instance": "i-1"}, "time": "2026-01-01T11:59:00Z", "timeGrain": "PT1M",
  "resourceId": "/subscriptions/s-1/resourceGroups/r/providers/Microsoft.Web/sites/shop"},
 {"Average": 0.5, "metricName": "Cpu", "unit": "Percent", "time": "2026-01-01T11:59:00Z"},
 {"count": 0, "total": 0, "metricName": "Idle", "time": "2026-01-01T11:59:00Z"},
 {"metricName": {}, "time": 7}]}"#;
        let (shown, read) = Recorder::record(value, FORMAT.read);
        assert!(read);
        expect![[r#"
            set azure.monitor/Requests{azure.time_grain=PT1M} at 1767268740000
              account: s-1
              resource: cloud.provider=azure cloud.account.id=s-1 cloud.resource_id=/subscriptions/s-1/resourcegroups/r/providers/microsoft.web/sites/shop cloud.service=microsoft.web azure.resource_group=r azure.resource_provider=microsoft.web azure.resource_type=sites
              is: count Some(4.0) sum Some(9.0) min Some(1.0) max Some(4.0)
            set azure.monitor/Requests{Instance=i-1 azure.time_grain=PT1M} at 1767268740000
              account: s-1
              resource: cloud.provider=azure cloud.account.id=s-1 cloud.resource_id=/subscriptions/s-1/resourcegroups/r/providers/microsoft.web/sites/shop cloud.service=microsoft.web azure.resource_group=r azure.resource_provider=microsoft.web azure.resource_type=sites
              unit: 1
              is: count Some(4.0) sum Some(9.0) min None max None
            point Cpu{} 0.5 Value at 1767268740000
            set azure.monitor/Idle{} at 1767268740000
              resource: cloud.provider=azure
              is: count Some(0.0) sum Some(0.0) min None max None
            refused `{"metricName": {}, "time": 7}`: `metricName` is not a text
        "#]].assert_eq(&shown);
    }
}

//! What clouds measure themselves: metric streams of `CloudWatch`, and Azure Monitor over Event Hubs.
//!
//! **Invariant:** a line or record is the statistics of one interval, and so one point.

use super::Measured;
use crate::company::load::Reading;
use crate::company::parcel::Parcel;
use crate::company::text::{self, Decimal};

/// Values in an interval.
const COUNT: i64 = 5;

/// The statistics of an interval around a value.
struct Interval {
    minimum: Decimal,
    maximum: Decimal,
    sum: Decimal,
    average: Decimal,
}

impl Interval {
    fn around(average: Decimal) -> Self {
        let times =
            |parts: i64, of: i64| Decimal { digits: average.digits * parts / of, ..average };
        Self { minimum: times(9, 10), maximum: times(11, 10), sum: times(COUNT, 1), average }
    }
}

/// A share of 1 in percent.
fn percent(share: Decimal) -> Decimal {
    Decimal { digits: share.digits, places: share.places.saturating_sub(2) }
}

/// Namespace, name and unit.
const OF_AWS: [(&str, &str, &str); 4] = [
    ("AWS/EC2", "CPUUtilization", "Percent"),
    ("CWAgent", "mem_used", "Bytes"),
    ("Shop", "Latency", "Seconds"),
    ("Shop", "RequestRate", "Count/Second"),
];
const OF_AZURE: [&str; 4] =
    ["Percentage CPU", "Used Memory Bytes", "AverageResponseTime", "RequestsPerSecond"];

fn values(reading: &Reading) -> [Decimal; 4] {
    let Reading { cpu, memory_bytes, latency_s, requests_per_s, .. } = *reading;
    [percent(cpu), memory_bytes, latency_s, requests_per_s]
}

/// One interval a line.
pub(super) fn metric_stream(measured: &Measured<'_>) -> Parcel {
    let (account, region) = (&measured.service.account, measured.service.region);
    let time_ms = measured.time_ms;
    let (mut lines, mut points) = (String::with_capacity(4_096), 0);
    for (host, reading) in &measured.hosts {
        for ((namespace, name, unit), value) in OF_AWS.into_iter().zip(values(reading)) {
            let Interval { minimum, maximum, sum, .. } = Interval::around(value);
            lines += &format!(
                "{{\"metric_stream_name\":\"shop\",\"account_id\":\"{account}\",\"region\":\"{region}\",\
                 \"namespace\":\"{namespace}\",\"metric_name\":\"{name}\",\
                 \"dimensions\":{{\"InstanceId\":\"{}\"}},\"timestamp\":{time_ms},\
                 \"value\":{{\"max\":{maximum},\"min\":{minimum},\"sum\":{sum},\"count\":{COUNT}}},\
                 \"unit\":\"{unit}\"}}\n",
                host.id
            );
            points += 1;
        }
    }
    Parcel { points, ..Parcel::of("aws-cloudwatch-metric-stream", lines) }
}

/// One interval a record.
pub(super) fn azure_monitor(measured: &Measured<'_>) -> Parcel {
    let time = text::time(measured.time_ms).replace('Z', "0000Z");
    let mut records = Vec::with_capacity(12);
    for (host, reading) in &measured.hosts {
        for (name, value) in OF_AZURE.into_iter().zip(values(reading)) {
            let Interval { minimum, maximum, sum, average } = Interval::around(value);
            let resource = &host.id;
            records.push(format!(
                "{{\"count\":{COUNT},\"total\":{sum},\"minimum\":{minimum},\"maximum\":{maximum},\
                 \"average\":{average},\"resourceId\":\"{resource}\",\"time\":\"{time}\",\
                 \"metricName\":\"{name}\",\"timeGrain\":\"PT1M\"}}"
            ));
        }
    }
    let points = records.len() as u64;
    let value = format!(r#"{{"records":[{}]}}"#, records.join(","));
    Parcel { points, ..Parcel::of("azure-monitor-metrics", value) }
}

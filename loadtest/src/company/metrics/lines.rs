//! What Telegraf sends: the line protocol of `InfluxDB`, and its own JSON in batches.
//!
//! **Invariant:** a field that is a number is a point; a field that is a text is none.

use super::Measured;
use crate::company::load::Reading;
use crate::company::parcel::Parcel;
use crate::company::text::Decimal;

/// The measurements of a host with their fields; one line or object each.
fn measurements(reading: &Reading) -> [(&'static str, Vec<(&'static str, Decimal)>); 4] {
    let Reading { cpu, memory_bytes, latency_s, requests_per_s, requests, errors, received_bytes } =
        *reading;
    [
        ("cpu", vec![("usage", cpu)]),
        ("mem", vec![("used", memory_bytes)]),
        ("net", vec![("bytes_recv", received_bytes)]),
        (
            "http",
            vec![
                ("latency", latency_s),
                ("rate", requests_per_s),
                ("requests", requests),
                ("errors", errors),
            ],
        ),
    ]
}

/// One measurement a line, times in nanoseconds.
pub(super) fn line_protocol(measured: &Measured<'_>) -> Parcel {
    let (service, region) = (measured.service.name, measured.service.region);
    let (mut lines, mut points) = (String::with_capacity(2_048), 0);
    for (host, reading) in &measured.hosts {
        for (measurement, fields) in measurements(reading) {
            let fields = fields.iter().map(|(name, value)| format!("{name}={value}"));
            let fields: Vec<String> = fields.collect();
            points += fields.len() as u64;
            lines += &format!(
                "{measurement},host={},region={region},service={service} {} {}000000\n",
                host.name,
                fields.join(","),
                measured.time_ms
            );
        }
    }
    Parcel { points, ..Parcel::of("influx-line-protocol", lines) }
}

/// A batch; the first field of each host is its state, in words.
pub(super) fn telegraf(measured: &Measured<'_>) -> Parcel {
    let (service, time_ms) = (measured.service.name, measured.time_ms);
    let (mut metrics, mut points) = (Vec::with_capacity(16), 0);
    for (host, reading) in &measured.hosts {
        let tags = format!(r#""host":"{}","service":"{service}""#, host.name);
        let state = r#""state":"running""#;
        metrics.push(object("system", &tags, state, time_ms));
        for (measurement, fields) in measurements(reading) {
            points += fields.len() as u64;
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| format!(r#""{name}":{value}"#)).collect();
            metrics.push(object(measurement, &tags, &fields.join(","), time_ms));
        }
    }
    let value = format!(r#"{{"metrics":[{}]}}"#, metrics.join(","));
    let filtered = measured.hosts.len() as u64;
    Parcel { points, filtered, ..Parcel::of("telegraf-json", value) }
}

fn object(name: &str, tags: &str, fields: &str, time_ms: i64) -> String {
    format!(r#"{{"name":"{name}","tags":{{{tags}}},"fields":{{{fields}}},"timestamp":{time_ms}}}"#)
}

//! OTLP, in protobuf as the Collector's exporter sends it, and in JSON.
//!
//! **Invariant:** both encodings tell the same metrics of the same resources.

use super::Measured;
use crate::company::load::Reading;
use crate::company::parcel::Parcel;
use crate::company::proto::Proto;
use crate::company::text::Decimal;
use crate::company::world::{Host, Service};

/// Name, unit, and whether it is a total.
const METRICS: [(&str, &str, bool); 6] = [
    ("system.cpu.utilization", "1", false),
    ("system.memory.usage", "By", false),
    ("http.server.request.latency", "s", false),
    ("http.server.requests", "{request}", true),
    ("http.server.errors", "{request}", true),
    ("system.network.io", "By", true),
];
/// The number that OTLP has for totals.
const CUMULATIVE: u64 = 2;
const SCOPE: &str = "shop";

fn values(reading: &Reading) -> [Decimal; 6] {
    let Reading { cpu, memory_bytes, latency_s, requests, errors, received_bytes, .. } = *reading;
    [cpu, memory_bytes, latency_s, requests, errors, received_bytes]
}

fn attributes<'a>(service: &'a Service, host: &'a Host) -> [(&'static str, &'a str); 6] {
    [
        ("service.name", service.name),
        ("service.instance.id", &host.id),
        ("host.name", &host.name),
        ("cloud.provider", service.cloud.name()),
        ("cloud.region", service.region),
        ("cloud.account.id", &service.account),
    ]
}

fn parcel(measured: &Measured<'_>, value: impl Into<Vec<u8>>) -> Parcel {
    let points = (measured.hosts.len() * METRICS.len()) as u64;
    Parcel { points, ..Parcel::of("otlp-metrics", value) }
}

pub(super) fn protobuf(measured: &Measured<'_>) -> Parcel {
    let mut request = Proto(Vec::with_capacity(2_048));
    let time_ns = measured.time_ms.unsigned_abs() * 1_000_000;
    for (host, reading) in &measured.hosts {
        request.message(1, |of_host| {
            of_host.message(1, |resource| {
                for (name, value) in attributes(measured.service, host) {
                    resource.message(1, |attribute| {
                        attribute.text(1, name);
                        attribute.message(2, |any| any.text(1, value));
                    });
                }
            });
            of_host.message(2, |scoped| {
                scoped.message(1, |scope| scope.text(1, SCOPE));
                for (metric, value) in METRICS.into_iter().zip(values(reading)) {
                    scoped.message(2, |message| write_metric(message, metric, value, time_ns));
                }
            });
        });
    }
    parcel(measured, request.0)
}

fn write_metric(
    message: &mut Proto,
    (name, unit, is_total): (&str, &str, bool),
    value: Decimal,
    time_ns: u64,
) {
    message.text(1, name);
    message.text(3, unit);
    message.message(if is_total { 7 } else { 5 }, |data| {
        data.message(1, |point| {
            point.fixed(3, time_ns);
            point.double(4, value.value());
        });
        if is_total {
            data.number(2, CUMULATIVE);
            data.number(3, 1);
        }
    });
}

pub(super) fn json(measured: &Measured<'_>) -> Parcel {
    let hosts = measured.hosts.iter().map(|(host, reading)| {
        let attributes = attributes(measured.service, host).map(|(name, value)| {
            format!(r#"{{"key":"{name}","value":{{"stringValue":"{value}"}}}}"#)
        });
        let attributes = attributes.join(",");
        let metrics = METRICS.into_iter().zip(values(reading));
        let metrics: Vec<_> =
            metrics.map(|(metric, value)| json_metric(metric, value, measured.time_ms)).collect();
        let metrics = metrics.join(",");
        format!(
            r#"{{"resource":{{"attributes":[{attributes}]}},"scopeMetrics":[{{"scope":{{"name":"{SCOPE}"}},"metrics":[{metrics}]}}]}}"#
        )
    });
    let hosts = hosts.collect::<Vec<_>>().join(",");
    parcel(measured, format!(r#"{{"resourceMetrics":[{hosts}]}}"#))
}

fn json_metric((name, unit, is_total): (&str, &str, bool), value: Decimal, time_ms: i64) -> String {
    // Numbers of 64 bits are texts in the JSON of protobuf.
    let points =
        format!(r#""dataPoints":[{{"timeUnixNano":"{time_ms}000000","asDouble":{value}}}]"#);
    let data = if is_total {
        format!(r#""sum":{{{points},"aggregationTemporality":{CUMULATIVE},"isMonotonic":true}}"#)
    } else {
        format!(r#""gauge":{{{points}}}"#)
    };
    format!(r#"{{"name":"{name}","unit":"{unit}",{data}}}"#)
}

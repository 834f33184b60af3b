//! What Prometheus scrapes in the cluster: remote write, and one sample a value by the adapter.
//!
//! **Invariant:** both tell the same series.

use super::Measured;
use crate::company::load::Reading;
use crate::company::pack::Packer;
use crate::company::parcel::Parcel;
use crate::company::proto::Proto;
use crate::company::text::{self, Decimal};
use crate::company::world::{CLUSTER, Host, Service};
use crate::dice::Dice;

const METRICS: [&str; 6] = [
    "pod_cpu_usage_ratio",
    "pod_memory_working_set_bytes",
    "http_request_latency_seconds",
    "http_requests_total",
    "http_request_errors_total",
    "pod_network_receive_bytes_total",
];

fn values(reading: &Reading) -> [Decimal; 6] {
    let Reading { cpu, memory_bytes, latency_s, requests, errors, received_bytes, .. } = *reading;
    [cpu, memory_bytes, latency_s, requests, errors, received_bytes]
}

/// The labels in the order of their names, as senders have to sort them.
fn labels<'a>(
    metric: &'a str,
    service: &'a Service,
    host: &'a Host,
) -> [(&'static str, &'a str); 6] {
    [
        ("__name__", metric),
        ("cluster", CLUSTER),
        ("instance", &host.name),
        ("job", service.name),
        ("namespace", "shop"),
        ("uid", &host.id),
    ]
}

/// A request in a block of snappy.
pub(super) fn remote_write(measured: &Measured<'_>, packer: &mut Packer) -> Parcel {
    let mut request = Proto(Vec::with_capacity(4_096));
    let time_ms = measured.time_ms.unsigned_abs();
    for (host, reading) in &measured.hosts {
        for (metric, value) in METRICS.into_iter().zip(values(reading)) {
            request.message(1, |series| {
                for (name, text) in labels(metric, measured.service, host) {
                    series.message(1, |label| {
                        label.text(1, name);
                        label.text(2, text);
                    });
                }
                series.message(2, |sample| {
                    sample.double(1, value.value());
                    sample.number(2, time_ms);
                });
            });
        }
    }
    let points = (measured.hosts.len() * METRICS.len()) as u64;
    let version = ("x-prometheus-remote-write-version".to_owned(), b"0.1.0".to_vec());
    let value = packer.snappy(&request.0);
    Parcel { points, headers: vec![version], ..Parcel::of("prometheus-remote-write", value) }
}

/// One of the samples, in JSON; its value is a text.
pub(super) fn kafka_adapter(measured: &Measured<'_>, dice: &mut Dice) -> Parcel {
    let place = dice.place(METRICS.len());
    let sample = measured.hosts.first().and_then(|(host, reading)| {
        Some((*host, *METRICS.get(place)?, *values(reading).get(place)?))
    });
    let Some((host, metric, value)) = sample else { return Parcel::default() };
    let time = text::time_in_seconds(measured.time_ms);
    let labels = labels(metric, measured.service, host);
    let labels = labels.map(|(name, text)| format!(r#""{name}":"{text}""#)).join(",");
    let value = format!(
        r#"{{"timestamp":"{time}","value":"{value}","name":"{metric}","labels":{{{labels}}}}}"#
    );
    Parcel { points: 1, ..Parcel::of("prometheus-kafka-adapter", value) }
}

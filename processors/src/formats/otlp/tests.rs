//! Requests of each signal in both encodings, as the sink sees them.

use expect_test::{Expect, expect};

use super::*;
use crate::formats::recording::lines;
use crate::formats::wire::write::{bytes, double, fixed, message, number, text, varint};

const MILLI: u64 = 1_000_000;

fn label(field: u64, key: &str, value: &str) -> Vec<u8> {
    message(field, &[text(1, key), message(2, &[text(1, value)])])
}

/// A request whose one resource and scope hold these items.
fn request(items: &[Vec<u8>]) -> Vec<u8> {
    let scope = message(1, &[text(1, "lib")]);
    let scope = message(2, &[&[scope], items].concat());
    let resource = message(1, &[label(1, "service.name", "api")]);
    message(1, &[resource, scope])
}

fn check(value: &[u8], expected: &Expect) {
    let arrival = schemas::time::Time::from_millis(1_000).unwrap();
    assert!(sniff(&Look::at(&Input::new(value, arrival))), "not seen to be OTLP");
    expected.assert_eq(&lines(&FORMAT, value));
}

fn gauge(name: &str, value: f64) -> Vec<u8> {
    let point = message(1, &[fixed(3, 5 * MILLI), double(4, value), label(7, "core", "0")]);
    message(2, &[text(1, name), text(3, "1"), message(5, &[point])])
}

fn sum(start: u64, flags: u64) -> Vec<u8> {
    let point = [fixed(2, start), fixed(3, 5 * MILLI), fixed(6, 7), number(8, flags)];
    let sum = message(7, &[message(1, &point), number(2, 2), number(3, 1)]);
    message(2, &[text(1, "requests"), sum])
}

#[test]
fn numbers_in_protobuf() {
    let items = [gauge("cpu", 0.5), sum(MILLI, 0), sum(5 * MILLI, 0), sum(MILLI, 1)];
    check(
        &request(&items),
        &expect![[r#"
        otlp - [service.name=api] cpu 1 Gauge {core=0,otel.scope.name=lib} 5 0.5 Value
        otlp - [service.name=api] requests - Cumulative {otel.scope.name=lib} 5 7 Value
        otlp - [service.name=api] requests - Cumulative {otel.scope.name=lib} 5 7 Start
        otlp - [service.name=api] requests - Cumulative {otel.scope.name=lib} 5 NaN Stale
    "#]],
    );
}

#[test]
fn histograms_in_protobuf() {
    let packed = |field, numbers: &[u64]| {
        let all: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        bytes(field, &all)
    };
    let point = [
        fixed(3, 5 * MILLI),
        fixed(4, 6),
        double(5, 9.5),
        packed(6, &[1, 2, 3]),
        packed(7, &[1_f64.to_bits(), 2.5_f64.to_bits()]),
        double(12, 4.0),
    ];
    let explicit = message(9, &[message(1, &point), number(2, 1)]);
    let positive = message(8, &[number(1, 1), bytes(2, &[2, 1])]);
    let point = [fixed(3, 5 * MILLI), fixed(4, 4), number(6, 0), fixed(7, 1), positive];
    let exponential = message(10, &[message(1, &point), number(2, 2)]);
    let quantile = |at, value| message(6, &[double(1, at), double(2, value)]);
    let old_label = message(1, &[text(1, "AZ"), text(2, "a")]);
    let point = [
        old_label,
        fixed(3, 5 * MILLI),
        fixed(4, 2),
        double(5, 3.0),
        quantile(0.0, 1.0),
        quantile(0.5, 2.0),
    ];
    let summary = message(11, &[message(1, &point)]);
    let items = [
        message(2, &[text(1, "latency"), explicit]),
        message(2, &[text(1, "size"), exponential]),
        message(2, &[text(1, "amazonaws.com/AWS/EC2/CPU"), summary]),
    ];
    check(
        &request(&items),
        &expect![[r#"
        otlp - [service.name=api] latency - Delta {otel.scope.name=lib} 5 Some(6.0) Some(9.5) None Some(4.0)
        otlp - [service.name=api] latency.bucket - Delta {otel.scope.name=lib,le=1} 5 1 Value
        otlp - [service.name=api] latency.bucket - Delta {otel.scope.name=lib,le=2.5} 5 3 Value
        otlp - [service.name=api] latency.bucket - Delta {otel.scope.name=lib,le=+Inf} 5 6 Value
        otlp - [service.name=api] size - Cumulative {otel.scope.name=lib} 5 Some(4.0) None None None
        otlp - [service.name=api] size.bucket - Cumulative {otel.scope.name=lib,le=0} 5 1 Value
        otlp - [service.name=api] size.bucket - Cumulative {otel.scope.name=lib,le=1} 5 3 Value
        otlp - [service.name=api] size.bucket - Cumulative {otel.scope.name=lib,le=2} 5 4 Value
        otlp - [service.name=api] size.bucket - Cumulative {otel.scope.name=lib,le=+Inf} 5 4 Value
        otlp - [service.name=api] amazonaws.com/AWS/EC2/CPU - Delta {AZ=a,otel.scope.name=lib} 5 Some(2.0) Some(3.0) Some(1.0) None
        otlp - [service.name=api] amazonaws.com/AWS/EC2/CPU - Gauge {AZ=a,otel.scope.name=lib,quantile=0} 5 1 Value
        otlp - [service.name=api] amazonaws.com/AWS/EC2/CPU - Gauge {AZ=a,otel.scope.name=lib,quantile=0.5} 5 2 Value
    "#]],
    );
}

#[test]
fn several_requests_each_after_its_length() {
    let requests = [request(&[gauge("a", 1.0)]), request(&[gauge("b", 2.0)])];
    let value: Vec<u8> =
        requests.iter().flat_map(|one| [varint(one.len() as u64), one.clone()].concat()).collect();
    check(
        &value,
        &expect![[r#"
        otlp - [service.name=api] a 1 Gauge {core=0,otel.scope.name=lib} 5 1 Value
        otlp - [service.name=api] b 1 Gauge {core=0,otel.scope.name=lib} 5 2 Value
    "#]],
    );
}

#[test]
fn logs_in_protobuf() {
    let pairs =
        message(6, &[label(1, "k", "v"), message(1, &[text(1, "n"), message(2, &[number(3, 1)])])]);
    let log = [
        fixed(1, 5 * MILLI),
        number(2, 17),
        text(3, "ERROR"),
        message(5, &[text(1, "it broke")]),
        message(6, &[text(1, "map"), bytes(2, &pairs)]),
        bytes(9, &[0xab; 16]),
    ];
    let bare = [fixed(11, 6 * MILLI), bytes(5, &pairs), text(12, "started")];
    check(
        &request(&[message(2, &log), message(2, &bare)]),
        &expect![[r#"
        otlp.logs None Some(5) log Unknown Medium Some("api") [service.name=api] Some("it broke") {"scope":"lib","severity_text":"ERROR"} Some("abababababababababababababababab")
        otlp.logs None Some(6) started Unknown Unknown Some("api") [service.name=api] Some("{\"k\":\"v\",\"n\":1}") {"scope":"lib"} None
    "#]],
    );
}

#[test]
fn spans_in_protobuf() {
    let span = [
        bytes(1, &[1; 16]),
        bytes(2, &[2; 8]),
        text(5, "GET /"),
        number(6, 2),
        fixed(7, 5 * MILLI),
        fixed(8, 8 * MILLI),
        message(15, &[text(2, "timed out"), number(3, 2)]),
    ];
    check(
        &request(&[message(2, &span)]),
        &expect![[r#"
        otlp.traces Some("010101010101010101010101010101010202020202020202") Some(5) GET / Failure Medium Some("api") [service.name=api] Some("timed out") {"duration_ms":3.0,"scope":"lib","span_kind":"server"} Some("01010101010101010101010101010101")
    "#]],
    );
}

#[test]
fn spans_name_whom_they_ask_and_what_they_read() {
    const QUEUE: (&str, &str) = ("messaging.destination.name", "mail");
    const PEER: (&str, &str) = ("peer.service", "cart");
    for (kind, (name, value), peer) in [
        (3, PEER, Some("service/cart")),
        (4, QUEUE, Some("queue/mail")),
        (5, QUEUE, Some("queue/mail")),
        (5, PEER, None),
        (2, PEER, None),
        (3, ("http.route", "/"), None),
    ] {
        let span = [
            bytes(1, &[1; 16]),
            bytes(2, &[2; 8]),
            text(5, "ask"),
            number(6, kind),
            fixed(7, 5 * MILLI),
            label(9, name, value),
        ];
        let told = lines(&FORMAT, &request(&[message(2, &span)]));
        let expected = peer.map(|peer| format!("\"peer\":\"{peer}\""));
        let found = told.split(['{', ',', '}']).find(|part| part.starts_with("\"peer\""));
        assert_eq!(found, expected.as_deref(), "{told}");
    }
}

#[test]
fn metrics_in_json() {
    let value = br#"{"resourceMetrics":[{"resource":{"attributes":null},"scopeMetrics":[{"metrics":[
        {"name":"a","gauge":{"dataPoints":[{"asInt":"-3","timeUnixNano":"5000000"},{"flags":1}]}},
        {"name":"b","sum":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA",
         "dataPoints":[{"asDouble":"NaN","attributes":[{"key":"x","value":{"boolValue":true}}]},{}]}},
        {"name":"c","gauge":{"dataPoints":[{"asInt":"seven"}]}},
        {"name":"d"}]}]},{"scopeMetrics":null}]}"#;
    check(
        value,
        &expect![[r#"
        otlp - [] a - Gauge {} 5 -3 Value
        otlp - [] a - Gauge {} 1000 NaN Stale
        otlp - [] b - Delta {x=true} 1000 NaN Value
        filtered: a data point without a value
        refused: not readable as JSON: invalid float literal at line 1 column 51 @Some(50): {"name":"c","gauge":{"dataPoints":[{"asInt":"seven"}]}}
        filtered: a metric without data points
    "#]],
    );
}

#[test]
fn logs_and_spans_in_json() {
    check(
        br#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"5000000",
        "severityText":"Warning","body":{"stringValue":"hot"},"attributes":null}]}]}]}
        {"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0a","spanId":"0b","name":"n",
        "kind":"SPAN_KIND_CLIENT","startTimeUnixNano":1000000,"status":{},"links":null}]}]}]}"#,
        &expect![[r#"
            otlp.logs None Some(5) log Unknown Low None [] Some("hot") {"severity_text":"Warning"} None
            otlp.traces Some("0a0b") Some(1) n Unknown Informational None [] Some("n") {"span_kind":"client"} Some("0a")
        "#]],
    );
}

#[test]
fn what_is_cut_is_refused_as_a_whole_and_what_is_broken_on_its_own() {
    let value = request(&[gauge("cpu", 0.5)]);
    for end in 1..value.len() {
        let told = lines(&FORMAT, &value[..end]);
        assert!(told.contains("refused"), "{end}: {told}");
    }
    let broken = message(2, &[text(1, "bad"), bytes(5, &[0x0a, 0x7f])]);
    check(
        &request(&[gauge("good", 1.0), broken]),
        &expect![[r#"
        otlp - [service.name=api] good 1 Gauge {core=0,otel.scope.name=lib} 5 1 Value
        refused: a protobuf length beyond the end @Some(92): 
        bad*
        
    "#]],
    );
    let mut nested = number(3, 1);
    for _ in 0..1_000 {
        nested = message(5, &[message(1, &[nested])]);
    }
    let deep = message(2, &[fixed(1, 1), bytes(5, &nested)]);
    assert!(lines(&FORMAT, &request(&[deep])).contains("nested more deeply"));
}

//! The service under every disturbance: what it publishes is what the undisturbed run publishes.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::{BTreeMap, BTreeSet};

use processors::service::{ProcessorsConfig, topology};
use schemas::dead_letter::DeadLetter;
use schemas::late::Late;
use schemas::metric::{MetricBatch, is_batch};
use schemas::signal::{Relation, Signal, SignalKind};
use schemas::{codec, topic};
use stream::memory::{Dice, Faults};
use stream::testing::{Published, Scenario, disturbed, undisturbed};
use stream::{EventTime, Offset, Record, TopicPartition};

const START_MS: i64 = 1_767_225_600_000;

fn record(arrival_ms: i64, value: String) -> Record {
    Record {
        offset: Offset(0),
        arrival: EventTime(arrival_ms),
        key: None,
        value: Some(value.into_bytes()),
        headers: Vec::new(),
    }
}

/// A call of an API; the same number is the same call.
fn audit(number: i64, time_ms: i64) -> String {
    let time = schemas::time::Time::from_millis(time_ms).unwrap();
    format!(
        r#"{{"eventVersion":"1.08","eventID":"call-{number}","eventTime":"{time}","eventSource":"ec2.amazonaws.com","eventName":"RunInstances","awsRegion":"eu-west-1","recipientAccountId":"111122223333","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/u{}"}},"sourceIPAddress":"192.0.2.1"}}"#,
        number % 5
    )
}

fn metric(number: i64, time_ms: i64) -> String {
    let seconds = time_ms / 1000;
    let time = schemas::time::Time::from_millis(seconds * 1000).unwrap();
    let time = time.to_string().replace(".000Z", "Z");
    format!(
        r#"{{"timestamp":"{time}","value":"{number}","name":"up","labels":{{"__name__":"up","instance":"h{}","job":"node"}}}}"#,
        number % 7
    )
}

/// A span that says who calls whom; some say what others have said.
fn span(number: i64, time_ms: i64) -> String {
    let (service, peer) = (number % 5, number % 3);
    format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"s{service}"}}}},{{"key":"host.name","value":{{"stringValue":"h1"}}}}]}},"scopeSpans":[{{"spans":[{{"traceId":"{number:032x}","spanId":"{number:016x}","name":"ask","kind":3,"startTimeUnixNano":"{time_ms}000000","endTimeUnixNano":"{time_ms}000001","attributes":[{{"key":"peer.service","value":{{"stringValue":"p{peer}"}}}}]}}]}}]}}]}}"#
    )
}

fn scenario(seed: u64) -> Scenario {
    let mut dice = Dice::new(seed);
    let mut topology = topology(ProcessorsConfig::default());
    // Marks are written by the clock, so they differ from run to run.
    topology.marks = None;
    let mut inputs = BTreeMap::new();
    for (topic, make) in [
        ("isobar.in.audit", audit as fn(i64, i64) -> String),
        ("isobar.in.metrics", metric),
        ("isobar.in.knowledge", span),
    ] {
        for partition in 0..2 {
            let mut records = Vec::new();
            for number in 0..60 {
                let arrival_ms = START_MS + number * 30_000;
                let time_ms = arrival_ms - i64::try_from(dice.below(3_000_000)).unwrap();
                let value = make(number * 2 + i64::from(partition), time_ms);
                records.push(record(arrival_ms, value.clone()));
                match dice.below(10) {
                    0 | 1 => records.push(record(arrival_ms + 1_000, value)),
                    2 => records.push(record(arrival_ms, "neither one nor the other".to_owned())),
                    3 => records.push(record(arrival_ms, make(number, arrival_ms + 3_600_000))),
                    _ => {}
                }
            }
            inputs.insert(TopicPartition::new(topic, partition), records);
        }
    }
    topology.inputs.retain(|input| inputs.keys().any(|of| of.topic == *input));
    Scenario { topology, inputs, output_partitions: 16 }
}

/// By topic, sorted: tasks of several partitions write to one. Rows of batches count one by one, as
/// where batches end is chance; offsets do not count, as aborted records lie between.
fn sorted(published: &Published) -> BTreeMap<&str, Vec<String>> {
    let mut sorted: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for ((topic, partition, _), values) in published {
        let lines = sorted.entry(topic).or_default();
        for value in values {
            if is_batch(value) {
                let batch = MetricBatch::decode(value).unwrap();
                lines.extend(batch.points().iter().map(|point| format!("{partition} {point:?}")));
            } else if topic == topic::DEAD_LETTER.name {
                let letter = codec::decode::<DeadLetter>(value).unwrap().data;
                lines.push(format!("{} {:?}", letter.reason, letter.message));
            } else if topic == topic::LATE.name {
                let late = codec::decode::<Late>(value).unwrap();
                lines.push(format!("{:?} {}", late.attributes, late.data.watermark_ms));
            } else {
                lines.push(format!("{partition} {}", String::from_utf8_lossy(value)));
            }
        }
    }
    sorted.values_mut().for_each(|lines| lines.sort());
    sorted
}

/// The first line that only one side has.
fn difference<'a>(some: &'a [String], other: &'a [String]) -> Option<&'a String> {
    let first = some.iter().zip(other).find(|(a, b)| a != b).map(|(a, b)| a.min(b));
    first.or(some.get(other.len())).or(other.get(some.len()))
}

#[test]
fn whatever_happens_the_same_is_published() {
    let faults = Faults {
        abort: 40,
        commit_lost: 25,
        answer_lost: 25,
        unreachable: 20,
        slow_news: 600,
        ..Faults::default()
    };
    for seed in 0..60 {
        let scenario = scenario(seed);
        let expected = undisturbed(&scenario).unwrap();
        let (published, _) = disturbed(&scenario, seed, faults, |log| log).unwrap();
        let (published, expected) = (sorted(&published), sorted(&expected));
        for topic in [
            topic::EVENTS,
            topic::METRICS,
            topic::SIGNALS,
            topic::SERIES,
            topic::LATE,
            topic::DEAD_LETTER,
        ] {
            let [published, expected] =
                [&published, &expected].map(|of| of.get(topic.name).map_or(&[][..], Vec::as_slice));
            assert!(!expected.is_empty(), "seed {seed}: nothing on {}", topic.name);
            let difference = difference(published, expected);
            assert_eq!(difference, None, "seed {seed}, {}", topic.name);
        }
    }
}

/// A call that comes twice, by two paths even, is one event.
#[test]
fn events_have_the_ids_of_what_they_are() {
    let scenario = scenario(1);
    let published = undisturbed(&scenario).unwrap();
    let mut ids = BTreeMap::new();
    for ((topic, ..), values) in &published {
        for value in values.iter().filter(|_| topic == topic::EVENTS.name) {
            let event = codec::decode::<schemas::event::Event>(value).unwrap();
            *ids.entry(event.attributes.id).or_insert(0) += 1;
        }
    }
    assert!(ids.len() > 50 && ids.values().all(|count| *count == 1), "{}", ids.len());
}

/// What the spans that were published say, each relation once an hour of each partition.
#[test]
fn what_spans_show_is_told_once() {
    let published = undisturbed(&scenario(1)).unwrap();
    let (mut shown, mut told) = (BTreeSet::new(), BTreeMap::new());
    for ((topic, ..), values) in &published {
        for value in values.iter().filter(|_| topic == topic::EVENTS.name) {
            let event = codec::decode::<schemas::event::Event>(value).unwrap().data;
            let Some(peer) = event.extra.get("peer") else { continue };
            let service = &event.resource.attributes["service.name"];
            let peer = peer.as_str().unwrap();
            shown.insert(format!("{service} RunsOn host/h1"));
            shown.insert(format!("{service} Calls {peer}"));
        }
        for value in values.iter().filter(|_| topic == topic::SIGNALS.name) {
            let signal = codec::decode::<Signal>(value).unwrap().data;
            assert_eq!(signal.kind, SignalKind::Relation);
            for Relation { from, how, to, .. } in signal.relations {
                let relation = format!("{} {how:?} {}/{}", from.value, to.kind, to.value);
                *told.entry(relation).or_insert(0) += 1;
            }
        }
    }
    assert!(shown.len() > 15 && told.keys().eq(&shown), "{shown:?} {told:?}");
    assert!(told.values().all(|times| (1..=2).contains(times)), "{told:?}");
}

//! Timelines in, records out: what the counts promise, and the same under crashes.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a panic is how a test fails"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use analytics::event_counts::{EventCountsConfig, topology};
use expect_test::{Expect, expect};
use schemas::aggregate::Aggregate;
use schemas::dead_letter::DeadLetter;
use schemas::envelope::{Attributes, Envelope, Extra};
use schemas::event::{Event, Outcome, Severity};
use schemas::id::{EventId, ResourceId};
use schemas::kind::Kind;
use schemas::late::Late;
use schemas::mark::{InputProgress, Mark, Writer};
use schemas::resource::{Hints, Resource};
use schemas::source_class::SourceClass;
use schemas::time::Time;
use schemas::{codec, key, mark, topic};
use stream::memory::{Cluster, Dice, Faults};
use stream::testing::{Disturbances, ManualClock, Published, Scenario, disturbed, undisturbed};
use stream::watermark::Patience;
use stream::{
    EventTime, Offset, Record, Settings, TopicPartition, WindowSize, Worker, WorkerEvent,
};

/// An event of `tenant` about `resource`, `seconds` into the day; arrives one second later.
fn event(tenant: &str, resource: &str, id: &str, seconds: i64) -> Record {
    let resource = ResourceId::of(tenant, resource);
    let time = Time::from_millis(seconds * 1000).unwrap();
    let attributes = Attributes {
        id: EventId::of("test", id).into(),
        source: "test".into(),
        subject: None,
        time,
        arrival_time: Time::from_millis(seconds * 1000 + 1000).unwrap(),
        tenant: tenant.into(),
        source_class: SourceClass::Log,
        traceparent: None,
    };
    let event = Event {
        kind: Kind::Audit,
        class_uid: 6003,
        action: "CreateUser".into(),
        outcome: Outcome::Success,
        severity: Severity::Low,
        resource: Resource { id: resource, attributes: BTreeMap::new(), extra: Extra::new() },
        actor: None,
        network: None,
        hints: Hints::default(),
        text: None,
        age_ms: 1000,
        size_bytes: 10,
        raw: None,
        extra: Extra::new(),
    };
    let value = codec::encode(&Envelope::new(attributes, event)).unwrap();
    record(key::resource(tenant, resource).into_bytes(), value)
}

fn mark_until(seconds: i64) -> Record {
    let progress = InputProgress {
        topic: "isobar.in.audit".into(),
        partition: 0,
        partitions: 1,
        read_until_ms: seconds * 1000,
        extra: Extra::new(),
    };
    let writer = Writer { topology: "processors".into(), slot: "0".into(), extra: Extra::new() };
    let mark = Mark { writer, inputs: vec![progress], extra: Extra::new() };
    record(Vec::new(), mark::encode(&mark).unwrap())
}

fn record(key: Vec<u8>, value: Vec<u8>) -> Record {
    Record {
        offset: Offset(0),
        arrival: EventTime(0),
        key: Some(key),
        value: Some(value),
        headers: Vec::new(),
    }
}

fn scenario(inputs: Vec<Vec<Record>>) -> Scenario {
    let name = |n: usize| TopicPartition::new(topic::EVENTS.name, i32::try_from(n).unwrap());
    Scenario {
        topology: topology(EventCountsConfig::default()).unwrap(),
        inputs: inputs.into_iter().enumerate().map(|(n, records)| (name(n), records)).collect(),
        output_partitions: 3,
    }
}

/// What was published, as text; offsets are left out, for the log decides them.
fn told(published: &Published) -> String {
    let mut lines = Vec::new();
    for ((topic, _, key), values) in published {
        for value in values {
            lines.push(match topic.as_str() {
                "isobar.aggregates" => window(value),
                "isobar.late" => {
                    let late = codec::decode::<Late>(value).unwrap();
                    format!("late {}", late.attributes.time.millis() / 1000)
                }
                _ => {
                    let letter = codec::decode::<DeadLetter>(value).unwrap();
                    format!("dead letter {:?}: {}", key.len(), letter.data.reason)
                }
            });
        }
    }
    let mut text = String::new();
    lines.iter().for_each(|line| writeln!(text, "{line}").unwrap());
    text
}

fn window(value: &[u8]) -> String {
    let Envelope { attributes, data, .. } = codec::decode::<Aggregate>(value).unwrap();
    format!(
        "{} [{}, {}) {:?} {}: {}",
        attributes.tenant,
        data.window_start_ms / 1000,
        (data.window_start_ms + data.window_size_ms) / 1000,
        data.state,
        data.revision,
        data.statistics.count
    )
}

#[expect(clippy::needless_pass_by_value, reason = "so that a test reads as one expression")]
fn check(timeline: Vec<Record>, expected: Expect) {
    expected.assert_eq(&told(&undisturbed(&scenario(vec![timeline])).unwrap()));
}

#[test]
fn a_window_is_emitted_once_the_watermark_passes_its_end() {
    check(
        vec![
            event("acme", "vm", "1", 10),
            event("acme", "vm", "2", 59),
            event("acme", "vm", "3", 60),
            event("acme", "vm", "4", 89),
        ],
        expect![[""]],
    );
    check(
        vec![
            event("acme", "vm", "1", 10),
            event("acme", "vm", "2", 59),
            event("acme", "vm", "3", 60),
            event("acme", "vm", "4", 90),
        ],
        expect![[r#"
            acme [0, 60) Final 0: 2
        "#]],
    );
}

#[test]
fn an_event_sent_again_counts_once() {
    check(
        vec![
            event("acme", "vm", "1", 10),
            event("acme", "vm", "1", 10),
            event("acme", "vm", "2", 95),
            event("acme", "vm", "1", 10),
        ],
        expect![[r#"
            acme [0, 60) Final 0: 1
        "#]],
    );
}

#[test]
fn within_the_grace_a_window_is_corrected_and_beyond_it_the_event_is_late() {
    check(
        vec![
            event("acme", "vm", "1", 10),
            event("acme", "vm", "2", 100),
            event("acme", "vm", "3", 20),
            event("acme", "disk", "4", 20),
            event("acme", "vm", "5", 150),
            event("acme", "vm", "6", 30),
        ],
        expect![[r#"
            acme [0, 60) Final 0: 1
            acme [0, 60) Final 0: 1
            acme [0, 60) Correction 1: 2
            acme [60, 120) Final 0: 1
            late 30
        "#]],
    );
}

#[test]
fn one_tenants_time_does_not_move_anothers() {
    check(
        vec![
            event("acme", "vm", "1", 10),
            event("other", "vm", "2", 1000),
            event("acme", "vm", "3", 20),
        ],
        expect![[""]],
    );
}

#[test]
fn silence_closes_windows_only_as_far_as_the_stage_above_has_read() {
    let timeline = |until| vec![event("acme", "vm", "1", 10), mark_until(until)];
    check(timeline(89), expect![[""]]);
    check(
        timeline(90),
        expect![[r#"
            acme [0, 60) Final 0: 1
        "#]],
    );
}

#[test]
fn what_cannot_be_read_is_kept_with_the_reason() {
    check(
        vec![record(b"k".to_vec(), b"{\"no\": \"event\"}".to_vec()), event("acme", "vm", "1", 10)],
        expect![[r#"
            dead letter 1: cannot tell what record this is: expected JSON with the attributes `type` and `schemaversion` (does something else write to this topic?)
        "#]],
    );
}

#[test]
fn a_negative_grace_is_refused() {
    let config = EventCountsConfig { grace_ms: -1, ..EventCountsConfig::default() };
    let error = topology(config).unwrap_err().to_string();
    assert_eq!(error, "grace_ms is -1; give 0 or more milliseconds");
}

const FAULTS: Faults = Faults {
    abort: 40,
    commit_lost: 25,
    answer_lost: 25,
    unreachable: 20,
    slow_news: 600,
    leak_aborted: false,
    no_fencing: false,
};

fn random_input(seed: u64) -> Vec<Vec<Record>> {
    let mut dice = Dice::new(seed);
    let mut partition = |name: i64| {
        let mut records = Vec::new();
        for n in 0..80i64 {
            let late = if dice.chance(60) { 400 } else { 60 };
            let at = 600 + n * 8 - i64::try_from(dice.below(late)).unwrap();
            let resource = format!("{name}-{}", dice.below(6));
            let tenant = ["acme", "globex"][usize::try_from(dice.below(2)).unwrap()];
            let again = dice.chance(80);
            let id = format!("{name}-{}", if again { n - 1 } else { n });
            records.push(event(tenant, &resource, &id, at));
            if dice.chance(60) {
                records.push(mark_until(600 + n * 8 - 20));
            }
        }
        records
    };
    (0..3).map(&mut partition).collect()
}

#[test]
fn crashes_change_nothing_that_is_published() {
    let (mut kills, mut hard) = (0, 0);
    for seed in 0..150 {
        let scenario = scenario(random_input(seed));
        let expected = told(&undisturbed(&scenario).unwrap());
        let (published, seen): (Published, Disturbances) =
            disturbed(&scenario, seed, FAULTS, |log| log)
                .unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        assert_eq!(told(&published), expected, "seed {seed} {seen:?}");
        hard += u64::from(expected.contains("Correction") && expected.contains("late"));
        kills += seen.kills;
    }
    println!("150 seeds, {kills} kills, {hard} inputs with corrections and late events");
    assert!(kills > 100 && hard > 50);
}

/// The size of the image of one task that holds `keys` × 5 open windows of this length.
fn image_bytes(window_ms: i64, keys: i64) -> usize {
    let start_ms = 1_700_006_400_000;
    let config = EventCountsConfig {
        window: WindowSize::try_new(window_ms).unwrap(),
        patience: Patience {
            disorder_default_ms: 6 * window_ms,
            ..EventCountsConfig::default().patience
        },
        ..EventCountsConfig::default()
    };
    let topology = topology(config).unwrap();
    let cluster = Cluster::new(Faults::default(), 0);
    let input = TopicPartition::new(topic::EVENTS.name, 0);
    cluster.create_topic(topic::EVENTS.name, 1);
    cluster.create_topic(&topology.state_topic(topic::EVENTS.name), 1);
    for number in 0..5 * keys {
        let at_ms = start_ms + number / keys * window_ms;
        let record =
            event("acme", &format!("{}", number % keys), &format!("{number}"), at_ms / 1000);
        cluster.produce(&input, record);
    }
    let images = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&images);
    let observer = move |event: &WorkerEvent<'_>| {
        if let WorkerEvent::Imaged { image, .. } = event {
            seen.lock().unwrap().push(image.bytes);
        }
    };
    let (clock, settings) = (ManualClock::default(), Settings::default());
    let log = cluster.join(&topology, "s0");
    let (topology, on) = (Arc::new(topology), Box::new(clock.clone()));
    let mut worker = Worker::new(log, topology, settings, on, Box::new(observer));
    for _ in 0..2_000 {
        worker.step().unwrap();
        clock.advance_ms(20);
    }
    let bytes = images.lock().unwrap().last().copied();
    bytes.unwrap()
}

#[test]
fn an_image_grows_with_its_entries_and_not_with_the_length_of_its_windows() {
    let (minute, day) = (image_bytes(60_000, 100), image_bytes(86_400_000, 100));
    println!(
        "500 open windows: {minute} bytes with windows of a minute, {day} with windows of a day"
    );
    assert!(minute.abs_diff(day) * 100 <= minute, "{minute} and {day}");
    assert!(image_bytes(60_000, 200) > minute * 19 / 10);
}

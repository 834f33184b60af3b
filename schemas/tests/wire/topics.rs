//! The topics are consistent with each other and with the types.

use std::collections::BTreeSet;

use schemas::id::ResourceId;
use schemas::kind::Kind;
use schemas::topic::{self, Cleanup};
use schemas::{key, metric, schema};

#[test]
fn each_kind_has_its_topic() {
    for (kind, topic) in Kind::ALL.into_iter().zip(topic::INPUTS) {
        assert_eq!(topic.name, format!("isobar.in.{kind}"));
        assert_eq!(topic::input_of(kind), topic);
    }
}

#[test]
fn names_differ_and_payloads_exist() {
    let names: BTreeSet<_> = topic::ALL.iter().map(|topic| topic.name).collect();
    assert_eq!(names.len(), topic::ALL.len());
    let mut types: BTreeSet<_> = schema::all().iter().map(|record| record.payload).collect();
    types.insert(metric::TYPE);
    let used: BTreeSet<_> = topic::ALL.iter().flat_map(|topic| topic.payloads).copied().collect();
    assert_eq!(used, types, "each type has a topic and each topic's types exist");
}

/// Partition = (hash mod 256) mod N: only then do keys keep their neighbours.
#[test]
fn partitions_of_keyed_topics_divide_256() {
    for topic in topic::ALL.iter().filter(|topic| !topic.payloads.is_empty()) {
        assert_eq!(256 % topic.partitions, 0, "{}", topic.name);
    }
}

/// A record that may be written must not be refused by the broker: 16 kB are for its key, its
/// headers and the framing of its batch.
#[test]
fn the_longest_record_fits_its_topic() {
    for record in schema::all() {
        for topic in topic::ALL.iter().filter(|topic| topic.payloads.contains(&record.payload)) {
            let limit = usize::try_from(topic.message_bytes_max).unwrap();
            assert!(record.bytes_max + 16_000 < limit, "{} on {}", record.payload, topic.name);
        }
    }
}

/// Replaying after a crash needs the input of the last image; a day is the least.
#[test]
fn inputs_of_tasks_are_kept_for_more_than_a_day() {
    for topic in topic::ALL {
        if let Cleanup::Delete { retention_days } = topic.cleanup {
            assert!(retention_days >= 3, "{}", topic.name);
        }
    }
}

#[test]
fn names_of_state_topics_and_keys_are_stable() {
    let state = topic::state_topic("analytics", topic::METRICS.name);
    assert_eq!(state, "analytics.isobar.metrics.state");
    let resource = ResourceId::of("acme", "web-1");
    assert_eq!(key::resource("acme", resource), "acme/cd266c0922d729197642eca96fa0b4ef");
    assert_eq!(key::domain("acme"), "acme");
}

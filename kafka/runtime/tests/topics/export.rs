//! A file from a cluster.

use std::collections::BTreeMap;

use expect_test::expect;
use kafka_runtime::topics::{Cluster, ClusterTopic, Options, Setting, TopicFile, export, plan};

use super::{document, file};

fn found(partitions: u32, settings: &[(&str, &str, bool)]) -> ClusterTopic {
    let setting = |&(name, value, own): &(&str, &str, bool)| {
        (name.to_owned(), Setting { value: value.to_owned(), own })
    };
    let settings = settings.iter().map(setting).collect();
    ClusterTopic { partitions, replicas: 3, leaderless: 0, settings }
}

fn cluster() -> Cluster {
    let events = found(
        16,
        &[
            ("cleanup.policy", "delete,compact", true),
            ("flush.ms", "9223372036854775807", false),
            ("follower.replication.throttled.replicas", "*", true),
            ("min.cleanable.dirty.ratio", "0.1", true),
            ("min.insync.replicas", "2", false),
            ("retention.ms", "604800000", false),
        ],
    );
    let latest = found(
        1,
        &[
            ("cleanup.policy", "compact", true),
            ("min.insync.replicas", "2", false),
            ("retention.ms", "604800000", false),
        ],
    );
    let topics = [("isobar.events", events), ("Their_Latest", latest)];
    let topics = topics.into_iter().map(|(name, topic)| (name.to_owned(), topic));
    Cluster { brokers: 3, topics: topics.collect::<BTreeMap<_, _>>() }
}

#[test]
fn what_only_a_file_knows_is_taken_from_it() {
    let known = file(&[document("isobar.events", "tenant", 8, &[])]);
    expect![[r#"
        ---
        apiVersion: kafka.strimzi.io/v1
        kind: KafkaTopic
        metadata:
          name: their-latest
        spec:
          topicName: Their_Latest
          partitions: 1
          replicas: 3
          config:
            cleanup.policy: compact
            min.insync.replicas: 2
        ---
        apiVersion: kafka.strimzi.io/v1
        kind: KafkaTopic
        metadata:
          name: isobar.events
          annotations:
            isobar.io/key: tenant
            isobar.io/owner: someone
            isobar.io/schema: any
        spec:
          partitions: 16
          replicas: 3
          config:
            cleanup.policy: compact,delete
            min.cleanable.dirty.ratio: '0.1'
            min.insync.replicas: 2
            retention.ms: 604800000
    "#]]
    .assert_eq(&export(&cluster(), &known).unwrap());
}

#[test]
fn an_export_passes_the_checks_and_differs_in_nothing() {
    let known = file(&[
        document("isobar.events", "tenant", 8, &[]),
        document("other", "id", 8, &[]).replace("spec:", "spec:\n  topicName: Their_Latest"),
    ]);
    let text = export(&cluster(), &known).unwrap();
    let exported = TopicFile::parse("exported.yaml", &text).unwrap();
    assert!(plan(&exported, &cluster(), &Options::default()).is_empty());
}

//! The difference between a file and a cluster.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use kafka_runtime::topics::{
    Cluster, ClusterTopic, Colour, Copies, Options, Setting, TopicFile, json, plan, show,
};

use super::{STATE, document, file};

fn check(file: &TopicFile, cluster: &Cluster, options: &Options, expected: &Expect) {
    expected.assert_eq(&show(&plan(file, cluster, options), file, Colour::Off));
}

/// Name, partitions, replicas, and the settings that are its own.
type Found<'a> = (&'a str, u32, u16, &'a [(&'a str, &'a str)]);

/// A cluster of three brokers with these topics.
fn cluster(topics: &[Found<'_>]) -> Cluster {
    let topic = |&(name, partitions, replicas, own): &Found<'_>| {
        let setting = |value: &str, own| Setting { value: value.to_owned(), own };
        let mut settings = BTreeMap::from([
            ("cleanup.policy".to_owned(), setting("delete", false)),
            ("min.insync.replicas".to_owned(), setting("1", false)),
            ("retention.ms".to_owned(), setting("604800000", false)),
            ("segment.ms".to_owned(), setting("604800000", false)),
        ]);
        settings.extend(own.iter().map(|(name, value)| ((*name).to_owned(), setting(value, true))));
        (name.to_owned(), ClusterTopic { partitions, replicas, leaderless: 0, settings })
    };
    Cluster { brokers: 3, topics: topics.iter().map(topic).collect() }
}

const AS_DECLARED: &[(&str, &str)] = &[("retention.ms", "604800000"), ("min.insync.replicas", "2")];

fn events(partitions: u32) -> TopicFile {
    file(&[document("isobar.events", "tenant", partitions, &[])])
}

#[test]
fn what_is_missing_is_created() {
    let file = file(&[
        document("isobar.in.code", "any", 12, &[]),
        document("isobar.events", "tenant", 16, &[]),
        document("isobar.latest", "id", 16, &[("cleanup.policy", "compact"), ("retention.ms", "")]),
        document("counts.isobar.events.state", "task", 16, &STATE),
    ]);
    check(
        &file,
        &cluster(&[]),
        &Options::default(),
        &expect![[r#"
        + isobar.in.code              create   12 partitions, 3 replicas, delete after 7 d
        + isobar.events               create   16 partitions, 3 replicas, delete after 7 d
        + isobar.latest               create   16 partitions, 3 replicas, compact
        + counts.isobar.events.state  create   16 partitions, 3 replicas, kept for ever
        4 topics in topics.yaml: 4 to create, 0 to grow, 0 to set, 0 to delete, 0 refused
    "#]],
    );
}

#[test]
fn a_small_cluster_needs_to_be_told_of() {
    let (file, mut cluster) = (events(16), cluster(&[]));
    cluster.brokers = 1;
    check(
        &file,
        &cluster,
        &Options::default(),
        &expect![[r#"
        ! isobar.events  refused  create with 3 replicas
        refused: the cluster has 1 broker; start more, or for a development cluster give --replicas 1
        1 topic in topics.yaml: 0 to create, 0 to grow, 0 to set, 0 to delete, 1 refused
    "#]],
    );
    check(
        &file,
        &cluster,
        &Options::one_broker(),
        &expect![[r#"
        + isobar.events  create   16 partitions, 1 replica, delete after 7 d
        1 topic in topics.yaml: 1 to create, 0 to grow, 0 to set, 0 to delete, 0 refused
    "#]],
    );
    let copies = Copies { replicas: Some(1), min_in_sync: None };
    let plan = plan(&file, &cluster, &Options { copies, ..Options::default() });
    expect![[r#"{"actions":[{"action":"create","partitions":16,"replicas":1,"settings":{"cleanup.policy":"delete","min.insync.replicas":"1","retention.ms":"604800000"},"topic":"isobar.events"}],"left_alone":[],"summary":{"create":1,"delete":0,"grow":0,"refused":0,"set":0}}"#]]
    .assert_eq(&json(&plan));
}

#[test]
fn nothing_is_to_be_done_to_what_is_right() {
    let found = cluster(&[("isobar.events", 16, 3, AS_DECLARED), ("theirs", 1, 1, &[])]);
    check(
        &events(16),
        &found,
        &Options::default(),
        &expect![[r#"
        nothing to do: 1 topic as topics.yaml says
    "#]],
    );
}

#[test]
fn drift_is_set_right_and_what_was_set_by_hand_is_named() {
    let found = cluster(&[(
        "isobar.events",
        16,
        3,
        &[
            ("retention.ms", "3600000"),
            ("flush.ms", "1000"),
            ("leader.replication.throttled.replicas", "*"),
        ],
    )]);
    check(
        &events(16),
        &found,
        &Options::default(),
        &expect![[r#"
        ~ isobar.events  set      min.insync.replicas: 1 -> 2
                         set      retention.ms: 3600000 (1 h) -> 604800000 (7 d)
                         unset    flush.ms: 1000, which the file does not have -> the broker's default
        1 topic in topics.yaml: 0 to create, 0 to grow, 1 to set, 0 to delete, 0 refused
    "#]],
    );
    expect![[r#"{"actions":[{"action":"set","changes":[{"from":"1","setting":"min.insync.replicas","to":"2"},{"from":"3600000","setting":"retention.ms","to":"604800000"},{"from":"1000","setting":"flush.ms","to":null}],"settings":{"cleanup.policy":"delete","leader.replication.throttled.replicas":"*","min.insync.replicas":"2","retention.ms":"604800000"},"topic":"isobar.events"}],"left_alone":[],"summary":{"create":0,"delete":0,"grow":0,"refused":0,"set":1}}"#]]
    .assert_eq(&json(&plan(&events(16), &found, &Options::default())));
}

/// Kafka gives the words of a list in an order of its own.
#[test]
fn the_order_of_policies_is_no_difference() {
    let declared = document("isobar.a", "id", 16, &[("cleanup.policy", "[delete, compact]")]);
    let own: &[_] = &[("cleanup.policy", "delete,compact"), ("min.insync.replicas", "2")];
    let found = cluster(&[("isobar.a", 16, 3, own)]);
    check(
        &file(&[declared]),
        &found,
        &Options::default(),
        &expect![[r#"
        nothing to do: 1 topic as topics.yaml says
    "#]],
    );
}

#[test]
fn partitions_are_added_where_no_key_moves() {
    let file = file(&[
        document("isobar.in.code", "any", 12, &[]),
        document("processors.isobar.in.code.state", "task", 12, &STATE),
        document("isobar.events", "tenant", 32, &[]),
        document("counts.isobar.events.state", "task", 32, &STATE),
        document("isobar.alerts", "id", 8, &[]),
    ]);
    let state: &[_] = &[STATE[0], STATE[1], AS_DECLARED[1]];
    let found = cluster(&[
        ("isobar.in.code", 6, 3, AS_DECLARED),
        ("processors.isobar.in.code.state", 6, 3, state),
        ("isobar.events", 16, 3, AS_DECLARED),
        ("counts.isobar.events.state", 16, 3, state),
        ("isobar.alerts", 16, 3, AS_DECLARED),
    ]);
    check(
        &file,
        &found,
        &Options::default(),
        &expect![[r#"
        + isobar.in.code                   grow     6 partitions -> 12
        + processors.isobar.in.code.state  grow     6 partitions -> 12
        ! isobar.events                    refused  16 partitions -> 32
        ! counts.isobar.events.state       refused  16 partitions -> 32
        ! isobar.alerts                    refused  16 partitions -> 8
        refused: a keyed topic grows as a new generation: in place its keys would move to other partitions, away from their state; make a topic of a new name, let the writers change over, and remove this one when it has been read
        refused: partitions cannot be taken away; give 16 in the file
        5 topics in topics.yaml: 0 to create, 2 to grow, 0 to set, 0 to delete, 3 refused
    "#]],
    );
}

/// And a topic on too few brokers is not told to wait for more of them than it has.
#[test]
fn replicas_are_not_moved() {
    let found = cluster(&[("isobar.events", 16, 1, &[])]);
    check(
        &events(16),
        &found,
        &Options::default(),
        &expect![[r#"
        ! isobar.events  refused  1 replica -> 3
        refused: replicas are moved by kafka-reassign-partitions.sh or by Strimzi; if 1 is meant, give --replicas 1
        1 topic in topics.yaml: 0 to create, 0 to grow, 0 to set, 0 to delete, 1 refused
    "#]],
    );
}

#[test]
fn only_what_is_ours_is_deleted_and_only_when_told() {
    let found = cluster(&[
        ("isobar.events", 16, 3, AS_DECLARED),
        ("isobar.old", 4, 3, &[]),
        ("gone.isobar.events.state", 16, 3, &[]),
        ("theirs.state", 1, 3, &[]),
        ("theirs.orders.state", 1, 3, &[]),
        ("__consumer_offsets", 50, 3, &[]),
    ]);
    check(
        &events(16),
        &found,
        &Options::default(),
        &expect![[r#"
          gone.isobar.events.state           not in the file; --delete deletes it
          isobar.old                         not in the file; --delete deletes it
        nothing to do: 1 topic as topics.yaml says
    "#]],
    );
    let delete = Options { delete: true, ..Options::default() };
    check(
        &events(16),
        &found,
        &delete,
        &expect![[r#"
        - gone.isobar.events.state  delete   16 partitions with all records
        - isobar.old                delete   4 partitions with all records
        1 topic in topics.yaml: 0 to create, 0 to grow, 0 to set, 2 to delete, 0 refused
    "#]],
    );
}

#[test]
fn marks_are_coloured_on_a_terminal() {
    let file = events(16);
    let plan = plan(&file, &cluster(&[]), &Options::default());
    assert!(show(&plan, &file, Colour::On).starts_with("\u{1b}[32m+\u{1b}[0m isobar.events"));
}

#[test]
fn no_prefix_makes_the_topics_of_kafka_ours() {
    let found =
        cluster(&[("isobar.events", 16, 3, AS_DECLARED), ("__consumer_offsets", 50, 3, &[])]);
    let all = Options { delete: true, prefix: String::new(), ..Options::default() };
    assert!(plan(&events(16), &found, &all).is_empty());
}

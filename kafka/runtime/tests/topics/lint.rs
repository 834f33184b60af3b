//! What a topic file is held to, and how mistakes in it are told.

use expect_test::{Expect, expect};
use kafka_runtime::topics::{Cleanup, TopicFile, problems_json};

use super::{STATE, document};

fn check(documents: &[String], expected: &Expect) {
    let text = documents.concat();
    let told = match TopicFile::parse("topics.yaml", &text) {
        Ok(file) => format!("{} topics", file.topics().len()),
        Err(problems) => problems.to_string(),
    };
    expected.assert_eq(&told);
}

#[test]
fn the_built_in_file_is_good() {
    let file = TopicFile::built_in();
    let events = file.get("isobar.events").unwrap();
    assert!(events.is_keyed());
    assert!(!file.get("isobar.in.code").unwrap().is_keyed());
    assert_eq!((events.partitions, events.replicas), (16, 3));
    assert_eq!((events.cleanup(), events.retention_ms()), (Cleanup::Delete, Some(604_800_000)));
    assert_eq!(events.schemas(), ["isobar.event", "isobar.mark"]);
    assert_eq!(
        file.get("isobar.signals").unwrap().owners(),
        ["processors", "analytics", "gateway", "rules apply", "notifier"]
    );
    let input = file.input_of_state("event-counts.isobar.events.state").unwrap();
    assert_eq!(input.name, "isobar.events");
}

#[test]
fn a_good_file_is_good() {
    check(
        &[
            document("a.in", "any", 6, &[]),
            document("a.events", "tenant", 16, &[]),
            document("counts.a.events.state", "task", 16, &STATE),
            document("a.latest", "id", 4, &[("cleanup.policy", "compact"), ("retention.ms", "")]),
            document("a.both", "id", 4, &[("cleanup.policy", "[delete, compact]")]),
        ],
        &expect!["5 topics"],
    );
}

#[test]
fn everything_is_told_at_once() {
    check(
        &[
            document("a.in", "any", 0, &[("retention.mss", "1"), ("retention.ms", "7d")]),
            "---\nkind: Topic\nmetadata:\n  name: b\n  labels:\n    tier: 1\n  annotations:\n    \
             isobar.io/ownr: me\nspec:\n  partition: 3\n  replicas: 3\nstatus: {}\n"
                .to_owned(),
            "---\nspec: [\n".to_owned(),
            "---\n- a list\n".to_owned(),
        ],
        &expect![[r#"
            topics.yaml:11: a.in: spec.partitions is missing or no number; give a number from 1 to 100000
            topics.yaml:16: a.in: there is no topic setting retention.mss; did you mean retention.ms?
            topics.yaml:17: a.in: retention.ms is "7d"; give a whole number, -1 or more
            topics.yaml:19: b: apiVersion is missing or no text; give its text
            topics.yaml:19: b: kind is Topic; give KafkaTopic
            topics.yaml:23: b: tier is no text; put it in quotes
            topics.yaml:24: b: the annotation isobar.io/key is missing; say what chooses the partition of a record ("any" where producers choose)
            topics.yaml:24: b: the annotation isobar.io/owner is missing; say who writes it
            topics.yaml:24: b: the annotation isobar.io/schema is missing; say the types of its records ("any" where producers send what they have)
            topics.yaml:25: b: there is no annotation isobar.io/ownr; did you mean isobar.io/owner?
            topics.yaml:26: b: spec.partitions is missing or no number; give a number from 1 to 100000
            topics.yaml:27: b: spec has no field partition; did you mean partitions?
            topics.yaml:29: b: a topic has no field status; take it out; known are apiVersion, kind, metadata, spec
            topics.yaml:32: did not find expected node content at line 32 column 1, while parsing a flow node; mend the YAML; each topic is a document of its own between lines of ---
            topics.yaml:33: the document is no topic; give it apiVersion, kind, metadata and spec"#]],
    );
}

#[test]
fn names_are_legal_and_taken_once() {
    check(
        &[
            document("a.events", "id", 16, &[]),
            document("a.events", "id", 16, &[]),
            document("A_events", "id", 16, &[]),
            document("'a events'", "id", 16, &[]),
            document("x", "id", 16, &[]).replace("spec:", "spec:\n  topicName: a_events"),
        ],
        &expect![[r#"
            topics.yaml:21: a.events: the name is taken by the topic on line 5; rename one or take it out; . and _ count as the same
            topics.yaml:37: A_events: "A_events" is no name in Kubernetes; use lower-case letters, digits, dots and dashes, and spec.topicName for Kafka's
            topics.yaml:53: a events: "a events" is no name in Kubernetes; use lower-case letters, digits, dots and dashes, and spec.topicName for Kafka's
            topics.yaml:53: a events: "a events" is no topic name; Kafka takes 1 to 249 letters, digits, dots, dashes and underscores
            topics.yaml:69: a_events: the name is taken by the topic on line 21; rename one or take it out; . and _ count as the same"#]],
    );
}

#[test]
fn keyed_topics_have_a_divisor_of_256() {
    let twelve = |key| document("a", key, 12, &[]);
    check(&[twelve("any")], &expect!["1 topics"]);
    check(&[twelve("'any: producers choose'")], &expect!["1 topics"]);
    check(
        &[twelve("anything")],
        &expect![
            "topics.yaml:11: a: 12 partitions for a keyed topic; give a divisor of 256, so that a key keeps its neighbours"
        ],
    );
    check(
        &[twelve("'none: the writer chooses'")],
        &expect![
            "topics.yaml:11: a: 12 partitions for a keyed topic; give a divisor of 256, so that a key keeps its neighbours"
        ],
    );
}

#[test]
fn records_stay_for_as_long_as_a_task_may_have_to_read_them_again() {
    let kept = |ms| [document("a", "id", 16, &[("retention.ms", ms)])];
    check(&kept("89400000"), &expect!["1 topics"]);
    check(&kept("-1"), &expect!["1 topics"]);
    check(
        &kept("89399999"),
        &expect![
            "topics.yaml:16: a: retention.ms is 89399999; give 89400000 (1 d 50 min) or more: a task reads from its last image again after a crash"
        ],
    );
    check(
        &kept(""),
        &expect![
            "topics.yaml:13: a: retention.ms is missing; say how long records stay, in milliseconds"
        ],
    );
    check(
        &[document("a", "id", 16, &[("retention.bytes", "1000000")])],
        &expect![
            "topics.yaml:17: a: retention.bytes is set; give -1: a burst would shorten retention.ms"
        ],
    );
}

#[test]
fn settings_that_contradict_each_other_are_told() {
    check(
        &[
            document("a", "id", 16, &[("cleanup.policy", "compact")]),
            document("b", "id", 16, &[("min.compaction.lag.ms", "1000")]),
            document("c", "id", 16, &[("unclean.leader.election.enable", "true")]),
        ],
        &expect![[r#"
            topics.yaml:14: a: retention.ms means nothing with cleanup.policy compact; take it out, or change the policy
            topics.yaml:33: b: min.compaction.lag.ms means nothing with cleanup.policy delete; take it out, or change the policy
            topics.yaml:50: c: unclean leaders are allowed; take it out: a replica that lags would lead, and committed records be lost"#]],
    );
}

#[test]
fn a_record_is_on_enough_brokers_and_not_on_too_many() {
    let copies = |in_sync| [document("a", "id", 16, &[("min.insync.replicas", in_sync)])];
    check(
        &copies("1"),
        &expect![
            "topics.yaml:16: a: min.insync.replicas is 1 of 3 replicas; one lost broker could lose records; give 2"
        ],
    );
    check(
        &copies("3"),
        &expect![
            "topics.yaml:16: a: min.insync.replicas is 3 of 3 replicas; one broker down stops all writers; give one less"
        ],
    );
    check(
        &copies("4"),
        &expect![
            "topics.yaml:16: a: min.insync.replicas is 4 of 3 replicas; no broker could take a record; give at most the replicas"
        ],
    );
    check(
        &copies(""),
        &expect![
            "topics.yaml:13: a: min.insync.replicas is missing; say how many replicas have a record before it counts as written; 2 of 3"
        ],
    );
}

#[test]
fn state_fits_its_input_and_never_expires() {
    check(
        &[
            document("a.events", "tenant", 16, &[]),
            document("counts.a.events.state", "task", 8, &[("retention.ms", "604800000")]),
            document("counts.a.gone.state", "task", 16, &STATE),
            document("a.latest", "id", 16, &[("cleanup.policy", "compact"), ("retention.ms", "")]),
            document("counts.a.latest.state", "task", 16, &STATE),
        ],
        &expect![[r#"
            topics.yaml:27: counts.a.events.state: 8 partitions, and its input has 16; give 16: a task's state has its partition
            topics.yaml:29: counts.a.events.state: retention.bytes of a state topic is missing; give -1: only the owner knows what it needs no more
            topics.yaml:32: counts.a.events.state: retention.ms of a state topic is 604800000; give -1: only the owner knows what it needs no more
            topics.yaml:37: counts.a.gone.state: its input a.gone is not in this file; state topics are called <topology>.<input topic>.state
            topics.yaml:69: counts.a.latest.state: its input a.latest is compacted; a task reads every record again after a crash; let the input only delete"#]],
    );
}

#[test]
fn topics_that_go_together_have_the_same_partitions() {
    let with = |name: &str| {
        let note = format!("someone\n    isobar.io/copartition: {name}");
        document("a.metrics", "id", 8, &[]).replace("someone", &note)
    };
    let events = || document("a.events", "id", 16, &[]);
    check(
        &[events(), with("a.events")],
        &expect![
            "topics.yaml:28: a.metrics: 8 partitions, and a.events has 16; give both the same"
        ],
    );
    check(
        &[events(), with("a.gone")],
        &expect![
            "topics.yaml:26: a.metrics: a.gone is not in this file; name a topic of this file"
        ],
    );
}

#[test]
fn problems_for_programs() {
    let text = document("a", "id", 12, &[]);
    let problems = TopicFile::parse("topics.yaml", &text).unwrap_err();
    expect![[r#"{"file":"topics.yaml","problems":[{"line":11,"mend":"give a divisor of 256, so that a key keeps its neighbours","topic":"a","what":"12 partitions for a keyed topic"}]}"#]]
    .assert_eq(&problems_json(&problems));
}

#[test]
fn an_empty_file_is_a_wrong_one() {
    check(
        &["# nothing\n---\n---\n# still nothing\n".to_owned()],
        &expect!["topics.yaml:1: there is no topic in this file; check that it is the right one"],
    );
}

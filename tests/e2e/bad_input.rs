//! What goes wrong in the world: each has one clear error with what to do, or is waited for.
//! Nothing is skipped, nothing is lost.

use std::time::Duration;

use kafka_runtime::plain::{PlainProducer, create_topic, delete_before, delete_group};
use stream::image::{ImageAt, Pointer};
use stream::memory::Dice;
use stream::{
    Batch, Checkpoint, Log, LogError, Offset, Reaction, StateRecord, TopicPartition, Versions,
};

use crate::bench::{Bench, drain, has_processed, run_until, said};
use crate::support::{Cluster, shared_broker};

fn stops(bench: &Bench) -> LogError {
    let (mut worker, _) = bench.worker("s0");
    run_until(&mut worker, "an error", |_| false).unwrap_err()
}

fn assert_says(error: &LogError, words: &[&str]) {
    let text = error.to_string();
    assert_eq!(error.reaction, Reaction::Stop, "{text}");
    assert!(!text.contains('\n'), "one line: {text}");
    for word in words {
        assert!(text.contains(word), "{word:?} is missing in: {text}");
    }
}

#[test]
fn a_broker_that_is_down_at_the_start_and_goes_away_later_is_waited_for() {
    let cluster = Cluster::start(&["--brokers", "1"]);
    let bench = Bench::new(cluster.settings());
    bench.produce(200);
    cluster.kill(1);
    let (mut worker, heard) = bench.worker("s0");
    run_until(&mut worker, "waiting", |worker| worker.is_waiting()).unwrap();
    assert_eq!(said(&heard, "Restored"), 0);
    cluster.up(1);
    run_until(&mut worker, "200 records", |worker| has_processed(worker, 200)).unwrap();

    cluster.kill(1);
    run_until(&mut worker, "waiting", |worker| worker.is_waiting()).unwrap();
    cluster.up(1);
    bench.produce(200);
    run_until(&mut worker, "400 records", |worker| has_processed(worker, 400)).unwrap();
    assert!(!worker.is_waiting());
    bench.assert_exact(400);
}

#[test]
fn a_missing_topic_is_named_with_the_command_that_makes_it() {
    let bench = Bench::without_topics(shared_broker().settings());
    assert_says(&stops(&bench), &[bench.input(), "isobar topics apply"]);
}

#[test]
fn a_state_topic_with_another_number_of_partitions_is_refused() {
    let bench = Bench::without_topics(shared_broker().settings());
    bench.create_topics(3);
    assert_says(&stops(&bench), &[&bench.state(), "has 3 partitions", "has 2"]);
}

/// Leaves a group whose tasks have images and committed offsets.
fn processed(bench: &Bench, count: i64) {
    bench.produce(usize::try_from(count).unwrap());
    let (mut worker, _) = bench.worker("s0");
    run_until(&mut worker, "all records", |worker| has_processed(worker, count)).unwrap();
    drain(&mut worker);
}

#[test]
fn a_truncated_state_topic_is_refused() {
    let bench = Bench::new(shared_broker().settings());
    processed(&bench, 20);
    for partition in 0..2 {
        let of = TopicPartition::new(bench.state(), partition);
        delete_before(&bench.settings, &of, None).unwrap();
    }
    assert_says(
        &stops(&bench),
        &["cannot restore", &bench.state(), "truncated", "delete it and the group's offset"],
    );
}

#[test]
fn a_truncated_input_that_is_still_needed_is_refused() {
    let bench = Bench::new(shared_broker().settings());
    processed(&bench, 20);
    bench.produce(20);
    for partition in 0..2 {
        let of = TopicPartition::new(bench.input(), partition);
        delete_before(&bench.settings, &of, Some(Offset(15))).unwrap();
    }
    assert_says(&stops(&bench), &["offset 10", "begins at 15", "retention"]);
}

/// Commits a checkpoint with this metadata by hand.
fn commit_by_hand(bench: &Bench, metadata: String, state: &[u8]) {
    let (mut worker, _) = bench.worker("s0");
    run_until(&mut worker, "two tasks", |worker| worker.tasks().count() == 2).unwrap();
    drop(worker);
    let mut log = kafka_runtime::KafkaLog::new(bench.settings.clone(), &bench.topology, "s0");
    let input = TopicPartition::new(bench.input(), 0);
    let checkpoint = Checkpoint { input: input.clone(), resume_at: Offset(5), metadata };
    let batch = Batch {
        outputs: Vec::new(),
        state: vec![StateRecord { input, value: state.to_vec() }],
        checkpoints: vec![checkpoint],
    };
    // The member has to be in the group before it may commit.
    let joined = (0..400).any(|_| matches!(log.poll(1, 50), Ok(stream::Polled::Change(_))));
    assert!(joined);
    log.commit(&batch).unwrap();
}

#[test]
fn an_unreadable_image_is_refused() {
    let bench = Bench::new(shared_broker().settings());
    bench.produce(20);
    let pointer = Pointer {
        versions: Versions { schema: 1, logic: 1 },
        cut_at: Offset(5),
        image: Some(ImageAt { first_chunk: Offset(0), chunks: 1 }),
        sequence: 1,
        steps: 0,
    };
    commit_by_hand(&bench, pointer.encode(), b"IsIm, but not really");
    assert_says(
        &stops(&bench),
        &["state offset 0", "unusable", "delete it and the group's offset"],
    );
}

/// To begin anew without a word would publish everything a second time.
#[test]
fn a_lost_offset_beside_state_that_is_kept_is_refused() {
    let bench = Bench::new(shared_broker().settings());
    processed(&bench, 20);
    delete_group(&bench.settings, &bench.topology.name).unwrap();
    assert_says(&stops(&bench), &["offset was lost", "offsets.retention.minutes", &bench.state()]);
}

#[test]
fn an_offset_that_another_program_committed_is_refused() {
    let bench = Bench::new(shared_broker().settings());
    bench.produce(20);
    commit_by_hand(&bench, "somebody else's".into(), b"");
    assert_says(&stops(&bench), &["no usable pointer", "another name"]);
}

#[test]
fn an_image_of_another_schema_is_refused() {
    let mut bench = Bench::new(shared_broker().settings());
    processed(&bench, 20);
    bench.topology.versions.schema = 2;
    assert_says(&stops(&bench), &["schema 1", "reads 2"]);
}

#[test]
fn a_replay_under_other_logic_is_refused_and_a_drained_one_is_not() {
    let mut bench = Bench::new(shared_broker().settings());
    processed(&bench, 20);
    bench.topology.versions.logic = 2;
    let (mut worker, _) = bench.worker("s0");
    bench.produce(20);
    run_until(&mut worker, "40 records", |worker| has_processed(worker, 40)).unwrap();
    // A crash right after a commit leaves something to replay.
    drop(worker);
    bench.topology.versions.logic = 3;
    assert_says(&stops(&bench), &["processed by logic 2", "SIGTERM"]);
    bench.topology.compatible_logic = vec![2];
    let (mut worker, _) = bench.worker("s0");
    run_until(&mut worker, "a replay", |worker| has_processed(worker, 40)).unwrap();
    bench.assert_exact(40);
}

#[test]
fn a_record_that_is_too_large_is_named_and_nothing_around_it_is_published() {
    let bench = Bench::without_topics(shared_broker().settings());
    bench.create_topics(2);
    let small = format!("{}.small", bench.output());
    create_topic(&bench.settings, &small, (2, 1), &[("max.message.bytes", "2000")]).unwrap();
    let bench = bench.with_output(&small);
    bench.produce(20);
    // Compression is of no help against chance.
    let mut dice = Dice::new(1);
    let value: Vec<u8> = (0..5000).map(|_| dice.roll().to_le_bytes()[0]).collect();
    let producer = PlainProducer::new(&bench.settings).unwrap();
    producer.send((bench.input(), 0), Some(b"0"), &value, None).unwrap();
    producer.flush(Duration::from_secs(10)).unwrap();
    assert_says(&stops(&bench), &[&small, "5003 bytes", "max.message.bytes"]);
    let published = bench.published().concat();
    assert!(published.len() <= 20 && !published.contains(&11), "{published:?}");
}

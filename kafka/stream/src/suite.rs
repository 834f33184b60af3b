//! The conformance suite: what every log has to do for the kernel. The memory log and the real
//! Kafka log pass the same tests.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

use std::sync::Arc;

use crate::batch::{Batch, Checkpoint, StateRecord};
use crate::log::{Change, Log, LogError, Polled, Reaction};
use crate::record::{Destination, Offset, Output, Record, TopicPartition};
use crate::time::EventTime;
use crate::topology::Topology;

/// A log under test: topics `<name>.in` (2 partitions), `<name>.out` (2) and the state topic.
pub trait Fixture {
    /// The log's handle.
    type Log: Log;
    /// A topology of its own for this test, stateful, with its topics made.
    fn topology(&self) -> &Topology;
    /// A member of its group; dropping it is a crash.
    fn member(&self, slot: &str) -> Self::Log;
    /// A member of another topology's group.
    fn member_of(&self, topology: &Topology, slot: &str) -> Self::Log;
    /// Appends to an input partition, outside of any transaction.
    fn produce(&self, partition: i32, value: &[u8]);
    /// Committed records of an output partition.
    fn read(&self, topic: &str, partition: i32) -> Vec<Record>;
    /// How many polls of 50 ms a test may take to see something.
    fn patience_polls(&self) -> usize;
}

/// Instantiates every test of the suite for a fixture: an expression that makes a fresh one.
#[macro_export]
macro_rules! log_conformance_suite {
    ($fixture:expr) => {
        $crate::log_conformance_suite!(@ $fixture,
            records_come_in_order_from_where_they_are_resumed,
            a_batch_becomes_visible_whole_with_its_position,
            a_member_that_crashes_leaves_nothing_behind,
            transactions_leave_gaps_in_offsets,
            the_same_slot_fences_its_predecessor,
            partitions_move_only_after_they_are_released,
            leaving_hands_over_at_once,
            a_stable_end_is_reached_behind_control_records,
            state_can_be_trimmed_and_what_is_gone_is_refused,
            a_missing_topic_is_named
        );
    };
    (@ $fixture:expr, $($name:ident),+) => {
        $(#[test]
        fn $name() {
            $crate::suite::$name(&$fixture);
        })+
    };
}

struct Member<'a, F: Fixture> {
    fixture: &'a F,
    log: F::Log,
    held: Vec<TopicPartition>,
    records: Vec<(TopicPartition, Record)>,
    reached: Vec<(TopicPartition, Offset)>,
    revoked: Vec<TopicPartition>,
}

impl<'a, F: Fixture> Member<'a, F> {
    fn join(fixture: &'a F, slot: &str) -> Self {
        let log = fixture.member(slot);
        Self { fixture, log, held: vec![], records: vec![], reached: vec![], revoked: vec![] }
    }

    /// One poll; assigned partitions start where the group committed.
    fn poll(&mut self) -> Result<(), LogError> {
        match self.log.poll(100, 50) {
            Ok(Polled::Nothing) => {}
            Ok(Polled::Records { records, reached }) => {
                for (input, of_input) in records {
                    self.records.extend(of_input.into_iter().map(|record| (input.clone(), record)));
                }
                self.reached.extend(reached);
            }
            Ok(Polled::Change(Change::Assigned(inputs))) => {
                for input in inputs {
                    let claim = self.log.claim(&input).expect("a claim");
                    let at = claim.committed.map_or(claim.log_start, |(at, _)| at);
                    self.log.resume(&input, at).expect("a start");
                    self.held.push(input);
                }
            }
            Ok(Polled::Change(Change::Revoked(inputs) | Change::Lost(inputs))) => {
                self.held.retain(|held| !inputs.contains(held));
                self.revoked.extend(inputs);
            }
            Err(error) if error.reaction == Reaction::Retry => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        for _ in 0..self.fixture.patience_polls() {
            if done(self) {
                return;
            }
            self.poll().unwrap_or_else(|error| panic!("waiting for {what}: {error}"));
        }
        panic!("{what} did not come: holds {:?}, {} records", self.held, self.records.len());
    }

    fn until_holding(&mut self, count: usize) {
        self.until(&format!("{count} partitions"), |member| member.held.len() == count);
    }

    fn values(&self, input: &TopicPartition) -> Vec<Vec<u8>> {
        let of_input = self.records.iter().filter(|(of, _)| of == input);
        of_input.filter_map(|(_, record)| record.value.clone()).collect()
    }
}

fn input(fixture: &impl Fixture, partition: i32) -> TopicPartition {
    TopicPartition::new(Arc::clone(&fixture.topology().inputs[0]), partition)
}

fn batch(fixture: &impl Fixture, partition: i32, resume_at: i64, value: &[u8]) -> Batch {
    let topic = &fixture.topology().outputs[0];
    let mut output = Output::keyed(topic, b"key".to_vec(), value.to_vec(), EventTime(1));
    output.destination = Destination::Partition(partition);
    let input = input(fixture, partition);
    Batch {
        outputs: vec![output],
        state: vec![StateRecord { input: input.clone(), value: [b"state ", value].concat() }],
        checkpoints: vec![Checkpoint {
            input,
            resume_at: Offset(resume_at),
            metadata: format!("after {}", String::from_utf8_lossy(value)),
        }],
    }
}

fn published(fixture: &impl Fixture, partition: i32) -> Vec<Vec<u8>> {
    let records = fixture.read(&fixture.topology().outputs[0], partition);
    records.into_iter().filter_map(|record| record.value).collect()
}

/// Records of each partition come in order, from any offset that is asked for.
pub fn records_come_in_order_from_where_they_are_resumed(fixture: &impl Fixture) {
    for n in 0..20u8 {
        fixture.produce(i32::from(n % 2), &[n]);
    }
    let mut member = Member::join(fixture, "s0");
    member.until("20 records", |member| member.records.len() == 20);
    let even: Vec<_> = (0..20u8).step_by(2).map(|n| vec![n]).collect();
    assert_eq!(member.values(&input(fixture, 0)), even);
    member.records.clear();
    member.log.resume(&input(fixture, 0), Offset(7)).expect("a new start");
    member.until("3 records", |member| member.records.len() >= 3);
    assert_eq!(member.values(&input(fixture, 0)), even[7..]);
}

/// Outputs, state and position of a batch are there together after its commit.
pub fn a_batch_becomes_visible_whole_with_its_position(fixture: &impl Fixture) {
    let mut member = Member::join(fixture, "s0");
    member.until_holding(2);
    let offsets = member.log.commit(&batch(fixture, 1, 5, b"one")).expect("a commit");
    assert_eq!(published(fixture, 1), [b"one".to_vec()]);
    let claim = member.log.claim(&input(fixture, 1)).expect("a claim");
    assert_eq!(claim.committed, Some((Offset(5), "after one".to_owned())));
    assert_eq!(member.log.claim(&input(fixture, 0)).expect("a claim").committed, None);
    let mut state = Vec::new();
    let visit = &mut |at: Offset, bytes: &[u8]| {
        state.push((at, bytes.to_vec()));
        true
    };
    member.log.read_state(&input(fixture, 1), offsets[0], visit).expect("state");
    assert_eq!(state, [(offsets[0], b"state one".to_vec())]);
}

/// What was polled but not committed is read again by the next owner.
pub fn a_member_that_crashes_leaves_nothing_behind(fixture: &impl Fixture) {
    fixture.produce(0, b"a");
    fixture.produce(0, b"b");
    let mut member = Member::join(fixture, "s0");
    member.until("2 records", |member| member.records.len() == 2);
    member.log.commit(&batch(fixture, 0, 1, b"A")).expect("a commit");
    drop(member);
    let mut next = Member::join(fixture, "s0");
    next.until("1 record", |member| !member.records.is_empty());
    assert_eq!(next.values(&input(fixture, 0)), [b"b".to_vec()]);
    assert_eq!(published(fixture, 0), [b"A".to_vec()]);
}

/// A reader must not expect the next record at the next offset.
pub fn transactions_leave_gaps_in_offsets(fixture: &impl Fixture) {
    let mut member = Member::join(fixture, "s0");
    member.until_holding(2);
    member.log.commit(&batch(fixture, 0, 1, b"one")).expect("a commit");
    member.log.commit(&batch(fixture, 0, 2, b"two")).expect("a commit");
    let records = fixture.read(&fixture.topology().outputs[0], 0);
    assert_eq!(records.len(), 2);
    assert!(records[1].offset > records[0].offset.next(), "{records:?}");
}

/// A second process for a slot takes it over; the first can commit no more.
pub fn the_same_slot_fences_its_predecessor(fixture: &impl Fixture) {
    let mut first = Member::join(fixture, "s0");
    first.until_holding(2);
    first.log.commit(&batch(fixture, 0, 1, b"first")).expect("a commit");
    let mut second = Member::join(fixture, "s0");
    second.until_holding(2);
    let error = first.log.commit(&batch(fixture, 0, 2, b"stale")).expect_err("fenced");
    assert_eq!(error.reaction, Reaction::Stop, "{error}");
    second.log.commit(&batch(fixture, 0, 2, b"second")).expect("a commit");
    assert_eq!(published(fixture, 0), [b"first".to_vec(), b"second".to_vec()]);
}

/// A revoked partition's batch may still commit; the new owner starts behind it.
pub fn partitions_move_only_after_they_are_released(fixture: &impl Fixture) {
    let mut old = Member::join(fixture, "s0");
    old.until_holding(2);
    let mut new = Member::join(fixture, "s1");
    for _ in 0..fixture.patience_polls() {
        new.poll().expect("a poll");
        old.poll().expect("a poll");
        if !old.revoked.is_empty() {
            break;
        }
    }
    let moved = old.revoked.clone();
    assert_eq!(moved.len(), 1, "one of two partitions moves");
    assert!(new.held.is_empty(), "before it was released");
    let last = batch(fixture, moved[0].partition, 7, b"last");
    old.log.commit(&last).expect("a commit while revoked");
    old.log.release(&moved).expect("a release");
    for _ in 0..fixture.patience_polls() {
        new.poll().expect("a poll");
        old.poll().expect("a poll");
        if !new.held.is_empty() {
            break;
        }
    }
    assert_eq!(new.held, moved);
    let claim = new.log.claim(&moved[0]).expect("a claim");
    assert_eq!(claim.committed, Some((Offset(7), "after last".to_owned())));
}

/// After an orderly end the others need not wait for a session to time out.
pub fn leaving_hands_over_at_once(fixture: &impl Fixture) {
    let mut old = Member::join(fixture, "s0");
    old.until_holding(2);
    let mut new = Member::join(fixture, "s1");
    new.poll().expect("a poll");
    old.log.leave().expect("a leave");
    drop(old);
    // 60 polls of 50 ms: half of the shortest session timeout in use.
    for _ in 0..60 {
        new.poll().expect("a poll");
        if new.held.len() == 2 {
            return;
        }
    }
    panic!("the group still waits for the member that left: {:?}", new.held);
}

/// Control records are never given, but the end behind them is told to be reached.
pub fn a_stable_end_is_reached_behind_control_records(fixture: &impl Fixture) {
    let mut writer = Member::join(fixture, "s0");
    writer.until_holding(2);
    writer.log.commit(&batch(fixture, 0, 1, b"one")).expect("a commit");
    let mut below = fixture.topology().clone();
    below.name = Arc::from(format!("{}.below", below.name));
    below.inputs = vec![Arc::clone(&fixture.topology().outputs[0])];
    below.outputs = Vec::new();
    below.stateful = false;
    let log = fixture.member_of(&below, "s0");
    let mut reader =
        Member { fixture, log, held: vec![], records: vec![], reached: vec![], revoked: vec![] };
    reader.until_holding(2);
    let place = TopicPartition::new(Arc::clone(&below.inputs[0]), 0);
    let end = reader.log.ends(std::slice::from_ref(&place)).expect("ends")[0];
    assert!(end > Offset(1), "one record and the mark of its commit");
    reader.until("the stable end", |reader| {
        reader.reached.iter().any(|(input, at)| *input == place && *at >= end)
    });
    assert_eq!(reader.values(&place), [b"one".to_vec()]);
}

/// State before the last image may go; a restore that needs it is refused.
pub fn state_can_be_trimmed_and_what_is_gone_is_refused(fixture: &impl Fixture) {
    let mut member = Member::join(fixture, "s0");
    member.until_holding(2);
    let first = member.log.commit(&batch(fixture, 0, 1, b"one")).expect("a commit")[0];
    let second = member.log.commit(&batch(fixture, 0, 2, b"two")).expect("a commit")[0];
    let place = input(fixture, 0);
    member.log.trim_state(&place, second);
    let mut gone = false;
    for _ in 0..fixture.patience_polls() {
        let mut at_first = false;
        let read = member.log.read_state(&place, first, &mut |at, _| {
            at_first |= at == first;
            true
        });
        gone = read.is_err_and(|error| error.reaction == Reaction::Stop) || !at_first;
        if gone {
            break;
        }
        member.poll().expect("a poll");
    }
    assert!(gone, "what was trimmed can still be read");
    let mut state = Vec::new();
    let visit = &mut |_: Offset, bytes: &[u8]| {
        state.push(bytes.to_vec());
        true
    };
    member.log.read_state(&place, second, visit).expect("state");
    assert_eq!(state, [b"state two".to_vec()]);
}

/// A topic that is not there is an error a person can act on.
pub fn a_missing_topic_is_named(fixture: &impl Fixture) {
    let mut member = Member::join(fixture, "s0");
    member.until_holding(2);
    let error = member.log.partitions("no.such.topic").expect_err("a missing topic");
    assert_eq!(error.reaction, Reaction::Stop);
    assert!(error.to_string().contains("no.such.topic"), "{error}");
}

//! Kill-and-compare on the memory log: whatever happens, what was published is what the undisturbed
//! run publishes. And the faults that would break it, planted, are each caught.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a panic is how a test fails")]

mod support;

use std::cell::RefCell;

use stream::image::Pointer;
use stream::memory::{Faults, MemoryLog};
use stream::testing::{Disturbances, Published, disturbed, undisturbed};
use stream::{Batch, Claim, Log, LogError, Offset, Polled, TopicPartition};
use support::{Planted, scenario};

const FAULTS: Faults = Faults {
    abort: 40,
    commit_lost: 25,
    answer_lost: 25,
    unreachable: 20,
    slow_news: 600,
    leak_aborted: false,
    no_fencing: false,
};
const RECORDS: usize = 120;

fn compare(seed: u64, planted: Planted, faults: Faults) -> (Result<bool, LogError>, Disturbances) {
    let scenario = scenario(seed, planted, RECORDS);
    let expected = undisturbed(&self::scenario(seed, Planted::Nothing, RECORDS)).unwrap();
    match disturbed(&scenario, seed, faults, |log| log) {
        Ok((published, seen)) => (Ok(published == expected), seen),
        Err(error) => (Err(error), Disturbances::default()),
    }
}

/// `ISOBAR_SEEDS=from..to` runs others, and `ISOBAR_SEEDS=n..n+1` one again.
#[expect(clippy::disallowed_methods, reason = "the test's own configuration")]
fn seeds() -> std::ops::Range<u64> {
    let given = std::env::var("ISOBAR_SEEDS").unwrap_or_else(|_| "0..1500".to_owned());
    let (from, to) = given.split_once("..").unwrap();
    from.parse().unwrap()..to.parse().unwrap()
}

#[test]
fn whatever_happens_the_published_output_is_that_of_the_undisturbed_run() {
    let mut total = Disturbances::default();
    for seed in seeds() {
        let (outcome, seen) = compare(seed, Planted::Nothing, FAULTS);
        match outcome {
            Ok(same) => assert!(same, "seed {seed}: output differs ({seen:?})"),
            Err(error) => panic!("seed {seed}: {error}"),
        }
        add(&mut total, seen);
    }
    println!("chaos seeds={:?} {total:?}", seeds());
    // A run that met none of its dangers would prove nothing.
    let Disturbances { kills, starts, expired, unclear, yields, replays, images, drains } = total;
    assert!(
        [kills, starts, expired, unclear, yields, replays, images, drains].iter().all(|n| *n > 0)
    );
}

fn add(total: &mut Disturbances, seen: Disturbances) {
    total.kills += seen.kills;
    total.starts += seen.starts;
    total.expired += seen.expired;
    total.unclear += seen.unclear;
    total.yields += seen.yields;
    total.replays += seen.replays;
    total.images += seen.images;
    total.drains += seen.drains;
}

/// A planted fault has to show within this many seeds.
const SEEDS_TO_CATCH: u64 = 200;

fn is_caught(run: impl Fn(u64) -> bool) -> bool {
    (0..SEEDS_TO_CATCH).any(|seed| !run(seed))
}

fn holds(seed: u64, planted: Planted, faults: Faults) -> bool {
    compare(seed, planted, faults).0.unwrap_or(false)
}

#[test]
fn stream_time_that_is_not_restored_is_caught() {
    assert!(is_caught(|seed| holds(seed, Planted::StreamTimeForgotten, FAULTS)));
}

#[test]
fn an_image_of_parts_cut_at_different_offsets_is_caught() {
    assert!(is_caught(|seed| holds(seed, Planted::CutAtAnotherOffset, FAULTS)));
}

#[test]
fn outputs_of_a_failed_commit_that_leak_are_caught() {
    let faults = Faults { leak_aborted: true, ..FAULTS };
    assert!(is_caught(|seed| holds(seed, Planted::Nothing, faults)));
}

#[test]
fn a_stale_owner_that_commits_is_caught() {
    let faults = Faults { no_fencing: true, ..FAULTS };
    assert!(is_caught(|seed| holds(seed, Planted::Nothing, faults)));
}

#[test]
fn a_replay_that_publishes_is_caught() {
    assert!(is_caught(|seed| {
        let scenario = scenario(seed, Planted::Nothing, RECORDS);
        let expected = undisturbed(&scenario).unwrap();
        let run = disturbed(&scenario, seed, FAULTS, |log| Publishing {
            log,
            claimed: RefCell::default(),
        });
        run.is_ok_and(|(published, _): (Published, _)| published == expected)
    }));
}

/// Plants the replay that publishes: the committed offset is told as if it were the image's, so
/// that nothing is withheld.
struct Publishing {
    log: MemoryLog,
    claimed: RefCell<Vec<TopicPartition>>,
}

impl Log for Publishing {
    fn slot(&self) -> &str {
        self.log.slot()
    }

    fn claim(&mut self, input: &TopicPartition) -> Result<Claim, LogError> {
        let mut claim = self.log.claim(input)?;
        let first = !self.claimed.borrow().contains(input);
        if let (true, Some((resume_at, metadata))) = (first, claim.committed.as_mut()) {
            *resume_at = Pointer::decode(metadata).unwrap().cut_at;
            self.claimed.borrow_mut().push(input.clone());
        }
        Ok(claim)
    }
    fn poll(&mut self, records_max: usize, wait_ms: u64) -> Result<Polled, LogError> {
        self.log.poll(records_max, wait_ms)
    }
    fn read_state(
        &mut self,
        input: &TopicPartition,
        from: Offset,
        visit: &mut dyn FnMut(Offset, &[u8]) -> bool,
    ) -> Result<(), LogError> {
        self.log.read_state(input, from, visit)
    }
    fn resume(&mut self, input: &TopicPartition, at: Offset) -> Result<(), LogError> {
        self.log.resume(input, at)
    }
    fn release(&mut self, inputs: &[TopicPartition]) -> Result<(), LogError> {
        self.log.release(inputs)
    }
    fn commit(&mut self, batch: &Batch) -> Result<Vec<Offset>, LogError> {
        self.log.commit(batch)
    }
    fn recover(&mut self) -> Result<(), LogError> {
        self.log.recover()
    }
    fn ends(&mut self, inputs: &[TopicPartition]) -> Result<Vec<Offset>, LogError> {
        self.log.ends(inputs)
    }
    fn partitions(&mut self, topic: &str) -> Result<i32, LogError> {
        self.log.partitions(topic)
    }
    fn trim_state(&mut self, input: &TopicPartition, before: Offset) {
        self.log.trim_state(input, before);
    }
    fn leave(&mut self) -> Result<(), LogError> {
        self.log.leave()
    }
}

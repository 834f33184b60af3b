//! What one receiver is told next, and what becomes of it.
//!
//! **Invariant:** a notification ends in exactly one of three ways: delivered, refused for good, or given
//! up. It is given up only when it is old and the receiver has just failed: of one that waited because this
//! service was away, or behind another's, at least one attempt is made, or the receiver is known to be down.

use stream::{Offset, TopicPartition};

use crate::backoff;
use crate::breaker::{Breaker, BreakerState};
use crate::queue::{Job, Queue};
use crate::result::{Outcome, Report};
use crate::verdict::Verdict;

/// A receiver that asks for longer is asked again after this all the same.
const RETRY_AFTER_MAX_MS: i64 = 3_600_000;
/// An error is told with so many characters.
const ERROR_CHARACTERS_MAX: usize = 300;

/// How patient we are.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// See [`crate::config::NotifierConfig::give_up_after_ms`].
    pub give_up_after_ms: i64,
    /// See [`crate::config::NotifierConfig::delayed_after_ms`].
    pub delayed_after_ms: i64,
}

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Send the notification at this place.
    Send(usize),
    /// Give the one at this place up.
    GiveUp(usize),
    /// Nothing, until then.
    Wait(i64),
    /// Nothing, until there is something to tell.
    Idle,
}

/// A notification whose way is over, or whose delay is to be told.
#[derive(Debug)]
pub struct Ended {
    /// Where it lay.
    pub input: TopicPartition,
    /// At which offset.
    pub offset: Offset,
    /// Which holding of the partition it was read in.
    pub holding: u64,
    /// What is told of it.
    pub report: Report,
}

/// One receiver's deliveries.
#[derive(Debug)]
pub(crate) struct Courier {
    policy: Policy,
    pub(crate) queue: Queue,
    breaker: Breaker,
    /// The receiver asked for a rest until then.
    hold_until_ms: i64,
    last_error: Option<String>,
}

impl Courier {
    pub(crate) fn new(policy: Policy) -> Self {
        Self {
            policy,
            queue: Queue::default(),
            breaker: Breaker::default(),
            hold_until_ms: i64::MIN,
            last_error: None,
        }
    }

    pub(crate) fn state(&self, now_ms: i64) -> BreakerState {
        self.breaker.state(now_ms)
    }

    /// What is to be done now.
    pub(crate) fn step(&self, now_ms: i64) -> Step {
        let is_old = |job: &Job| now_ms - job.arrival_ms >= self.policy.give_up_after_ms;
        if self.breaker.is_failing()
            && let Some((place, _)) = self.queue.heads().find(|(_, job)| is_old(job))
        {
            return Step::GiveUp(place);
        }
        let held_ms = self.hold_until_ms.max(self.breaker.rests_until(now_ms).unwrap_or(i64::MIN));
        let mut soonest_ms: Option<i64> = None;
        for (place, job) in self.queue.heads() {
            let due_ms = job.not_before_ms.max(held_ms);
            if due_ms <= now_ms {
                return Step::Send(place);
            }
            soonest_ms = Some(soonest_ms.map_or(due_ms, |soonest| soonest.min(due_ms)));
        }
        soonest_ms.map_or(Step::Idle, Step::Wait)
    }

    /// What came of sending the one at this place. What is to be told: its end, or that it is delayed.
    pub(crate) fn sent(&mut self, place: usize, verdict: Verdict, now_ms: i64) -> Option<Ended> {
        let job = self.queue.get_mut(place)?;
        job.attempts = job.attempts.saturating_add(1);
        match verdict {
            Verdict::Delivered => {
                self.breaker.answered();
                self.end(place, Outcome::Delivered, now_ms)
            }
            Verdict::Refused { why } => {
                job.last_error = Some(crate::text::fit(&why, ERROR_CHARACTERS_MAX));
                self.breaker.answered();
                self.end(place, Outcome::Refused, now_ms)
            }
            Verdict::Again { why, after_ms } => {
                let why = crate::text::fit(&why, ERROR_CHARACTERS_MAX);
                job.not_before_ms = now_ms + backoff::wait_ms(job.key(), job.attempts);
                job.last_error = Some(why.clone());
                self.last_error = Some(why);
                self.breaker.failed(now_ms);
                if let Some(after_ms) = after_ms {
                    self.hold_until_ms = now_ms + after_ms.clamp(0, RETRY_AFTER_MAX_MS);
                }
                self.delayed(place, now_ms)
            }
        }
    }

    /// The one at this place has waited for too long.
    pub(crate) fn give_up(&mut self, place: usize, now_ms: i64) -> Option<Ended> {
        let error = self.last_error.clone();
        let job = self.queue.get_mut(place)?;
        job.last_error = job.last_error.take().or(error);
        self.end(place, Outcome::GivenUp, now_ms)
    }

    /// The one at this place cannot be sent at all.
    pub(crate) fn refuse(&mut self, place: usize, why: &str, now_ms: i64) -> Option<Ended> {
        self.queue.get_mut(place)?.last_error = Some(why.to_owned());
        self.end(place, Outcome::Refused, now_ms)
    }

    fn end(&mut self, place: usize, outcome: Outcome, now_ms: i64) -> Option<Ended> {
        self.queue.take(place).map(|job| ended(&job, outcome, now_ms))
    }

    /// Told once of each that waits for long.
    fn delayed(&mut self, place: usize, now_ms: i64) -> Option<Ended> {
        let Policy { delayed_after_ms, give_up_after_ms } = self.policy;
        let job = self.queue.get_mut(place)?;
        let age_ms = now_ms - job.arrival_ms;
        if job.is_delay_told || !(delayed_after_ms..give_up_after_ms).contains(&age_ms) {
            return None;
        }
        job.is_delay_told = true;
        Some(ended(job, Outcome::Delayed, now_ms))
    }
}

fn ended(job: &Job, outcome: Outcome, now_ms: i64) -> Ended {
    Ended {
        input: job.input.clone(),
        offset: job.offset,
        holding: job.holding,
        report: Report::of(job, outcome, now_ms),
    }
}

#[cfg(test)]
mod tests;

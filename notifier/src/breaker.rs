//! Whether a receiver is asked at all.
//!
//! **Invariant:** after [`FAILURES`] failures in a row it rests; then one attempt decides whether it works
//! again or rests for twice as long, up to [`LONGEST_MS`]. What is waiting stays in its order meanwhile.

/// So many failures in a row open it.
const FAILURES: u32 = 5;
const FIRST_MS: i64 = 5_000;
/// A receiver that is back is found within this.
const LONGEST_MS: i64 = 60_000;

/// The state of a receiver, for metrics and log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// It works, as far as is known.
    Closed,
    /// One attempt is made to see whether it works again.
    HalfOpen,
    /// It is not asked.
    Open,
}

/// One receiver's breaker.
#[derive(Debug, Clone, Default)]
pub(crate) struct Breaker {
    failures: u32,
    openings: u32,
    open_until_ms: Option<i64>,
}

impl Breaker {
    /// Until when nothing is sent, where that is in the future.
    pub(crate) fn rests_until(&self, now_ms: i64) -> Option<i64> {
        self.open_until_ms.filter(|until_ms| *until_ms > now_ms)
    }

    pub(crate) fn state(&self, now_ms: i64) -> BreakerState {
        match self.open_until_ms {
            None => BreakerState::Closed,
            Some(until_ms) if until_ms > now_ms => BreakerState::Open,
            Some(_) => BreakerState::HalfOpen,
        }
    }

    /// The last attempt failed.
    pub(crate) fn is_failing(&self) -> bool {
        self.failures > 0
    }

    /// It answered, whatever it said of the content.
    pub(crate) fn answered(&mut self) {
        *self = Self::default();
    }

    /// It failed.
    pub(crate) fn failed(&mut self, now_ms: i64) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES {
            let rest_ms = (FIRST_MS << self.openings.min(16)).min(LONGEST_MS);
            self.openings = self.openings.saturating_add(1);
            self.open_until_ms = Some(now_ms.saturating_add(rest_ms));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_tries_once_and_closes_or_rests_for_longer() {
        let mut breaker = Breaker::default();
        for _ in 1..FAILURES {
            breaker.failed(0);
            assert_eq!(breaker.state(0), BreakerState::Closed);
        }
        breaker.failed(0);
        assert_eq!((breaker.state(0), breaker.rests_until(0)), (BreakerState::Open, Some(5_000)));
        assert_eq!(breaker.state(5_000), BreakerState::HalfOpen);
        breaker.failed(5_000);
        assert_eq!(breaker.rests_until(5_000), Some(15_000));
        for _ in 0..100 {
            breaker.failed(15_000);
        }
        assert_eq!(breaker.rests_until(15_000), Some(75_000));
        breaker.answered();
        assert_eq!(breaker.state(15_000), BreakerState::Closed);
        assert!(!breaker.is_failing());
    }
}

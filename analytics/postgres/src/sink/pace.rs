//! When something is to be done again.

use std::time::{Duration, Instant};

const BACKOFF_MIN: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(10);

/// How long to wait after errors: twice as long each time, until something was stored.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
    /// When it first went wrong.
    since: Option<Instant>,
    until: Option<Instant>,
}

impl Backoff {
    pub(super) fn new() -> Self {
        Self { next: BACKOFF_MIN, since: None, until: None }
    }

    /// It went wrong; gives how long is to be waited.
    pub(super) fn failed(&mut self) -> Duration {
        let (wait, now) = (self.next, Instant::now());
        self.next = (wait * 2).min(BACKOFF_MAX);
        self.since.get_or_insert(now);
        self.until = Some(now + wait);
        wait
    }

    /// It went well; gives how long it had not, if it had not.
    pub(super) fn well(&mut self) -> Option<Duration> {
        self.next = BACKOFF_MIN;
        self.until = None;
        self.since.take().map(|since| since.elapsed())
    }

    /// True when nothing has to be waited for.
    pub(super) fn is_over(&self) -> bool {
        self.until.is_none_or(|until| Instant::now() >= until)
    }
}

/// Something that is due now and then.
#[derive(Debug)]
pub(super) struct Every {
    interval: Duration,
    next: Instant,
}

impl Every {
    /// First due after one interval.
    pub(super) fn new(interval: Duration) -> Self {
        Self { interval, next: Instant::now() + interval }
    }

    /// True when it is due, once.
    pub(super) fn is_due(&mut self) -> bool {
        let now = Instant::now();
        let is_due = now >= self.next;
        if is_due {
            self.next = now + self.interval;
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_ten_seconds_and_begin_anew_when_it_went_well() {
        let mut backoff = Backoff::new();
        assert!(backoff.is_over() && backoff.well().is_none());
        let waits: Vec<_> = (0..9).map(|_| backoff.failed().as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
        assert!(!backoff.is_over());
        assert!(backoff.well().is_some() && backoff.is_over());
        assert_eq!(backoff.failed().as_millis(), 100);
    }
}

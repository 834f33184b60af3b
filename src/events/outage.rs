//! A log that is away, told once for all workers: one line when it goes, one when it is back, and a
//! reminder now and then in between.
//!
//! A client that finds its broker again loses it once or twice more before it stays, so a worker is
//! back only when it has been for a while.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// In between it is told this often.
const REMINDER: Duration = Duration::from_secs(30);
/// A worker that has reached the log for this long is back.
const SETTLED: Duration = Duration::from_secs(2);

/// Which workers cannot reach the log.
#[derive(Debug, Default)]
pub(crate) struct Outage {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    away: BTreeMap<String, Away>,
    /// When the first of them went away, and when that was last told.
    since: Option<(Instant, Instant)>,
}

#[derive(Debug)]
struct Away {
    why: String,
    /// It has reached the log again since then.
    reached: Option<Instant>,
}

/// What to say of a worker that cannot reach the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tell {
    /// It is the first.
    Begin,
    /// It has been so for this long.
    Remind(Duration),
    /// It was said already.
    Nothing,
}

impl Outage {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A worker cannot reach the log.
    pub(super) fn away(&self, worker: &str, why: String, now: Instant) -> Tell {
        let mut state = self.lock();
        state.away.insert(worker.to_owned(), Away { why, reached: None });
        let Some((since, told)) = &mut state.since else {
            state.since = Some((now, now));
            return Tell::Begin;
        };
        if now.duration_since(*told) < REMINDER {
            return Tell::Nothing;
        }
        *told = now;
        Tell::Remind(now.duration_since(*since))
    }

    /// A worker has reached the log, perhaps for a moment only.
    pub(super) fn reached(&self, worker: &str, now: Instant) {
        if let Some(away) = self.lock().away.get_mut(worker) {
            away.reached.get_or_insert(now);
        }
    }

    /// Why a worker cannot reach the log, if it cannot.
    pub(crate) fn why(&self, worker: &str) -> Option<String> {
        self.lock().away.get(worker).map(|away| away.why.clone())
    }

    /// To be called now and then: how long the outage was, if it is over by now.
    pub(crate) fn settle(&self, now: Instant) -> Option<Duration> {
        let mut state = self.lock();
        let is_away = |away: &Away| away.reached.is_none_or(|at| now.duration_since(at) < SETTLED);
        state.away.retain(|_, away| is_away(away));
        let over = state.since.filter(|_| state.away.is_empty());
        over.map(|(since, _)| {
            state.since = None;
            now.duration_since(since)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_when_it_goes_one_when_all_are_back_and_a_reminder() {
        let outage = Outage::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let away = |worker, seconds| outage.away(worker, "why".to_owned(), at(seconds));
        assert_eq!(away("a", 0), Tell::Begin);
        assert_eq!(away("b", 1), Tell::Nothing);
        assert_eq!(away("a", 29), Tell::Nothing);
        assert_eq!(away("b", 31), Tell::Remind(Duration::from_secs(31)));
        assert_eq!(away("a", 32), Tell::Nothing);
        outage.reached("a", at(40));
        assert_eq!(outage.settle(at(42)), None, "b is still away");
        assert_eq!((outage.why("a"), outage.why("b")), (None, Some("why".to_owned())));
        outage.reached("b", at(43));
        assert_eq!(away("b", 44), Tell::Nothing, "back for a second only");
        outage.reached("b", at(45));
        assert_eq!(outage.settle(at(46)), None);
        assert_eq!(outage.settle(at(47)), Some(Duration::from_secs(47)));
        assert_eq!(outage.settle(at(48)), None);
        assert_eq!(away("a", 50), Tell::Begin);
    }
}

//! Where a thing was named: in which incidents, when, and how often at all.
//!
//! **Invariant:** how surprising it is to meet a thing again is its rate times the time since it was
//! last met, whatever kind of thing it is. So one formula serves hosts that alert every minute and
//! roles that were made a second ago, and a thing that everybody names explains nothing.

use crate::weights::{NEAREST_MS, WATCHED_MS};

/// So many incidents are remembered for a thing; the one named longest ago is dropped.
const RECENT_MAX: usize = 8;
/// Counts older than this are halved.
const FADES_MS: i64 = 14 * 86_400_000;

/// What is remembered of one thing.
#[derive(Debug, Default)]
pub(crate) struct Posting {
    /// The incident that named it first.
    pub(crate) home: u64,
    /// Incidents that name it, with when they last did.
    pub(crate) recent: Vec<(u64, i64)>,
    /// In how many different seconds it was named.
    seconds: f64,
    last_second: Option<i64>,
    since_ms: i64,
}

impl Posting {
    /// Notes that an incident named it.
    pub(crate) fn note(&mut self, incident: u64, time_ms: i64, first_ms: i64) {
        if self.last_second.is_none() {
            (self.home, self.since_ms) = (incident, first_ms);
        }
        let second = time_ms.div_euclid(1_000);
        if self.last_second != Some(second) {
            self.last_second = Some(second);
            self.seconds += 1.0;
        }
        if time_ms.saturating_sub(self.since_ms) > FADES_MS {
            self.seconds *= 0.5;
            self.since_ms = time_ms - FADES_MS / 2;
        }
        self.name(incident, time_ms);
    }

    fn name(&mut self, incident: u64, time_ms: i64) {
        if let Some((_, last)) = self.recent.iter_mut().find(|(known, _)| *known == incident) {
            *last = time_ms.max(*last);
            return;
        }
        if self.recent.len() == RECENT_MAX
            && let Some(oldest) =
                (0..RECENT_MAX).min_by_key(|at| self.recent.get(*at).map(|entry| entry.1))
        {
            self.recent.remove(oldest);
        }
        self.recent.push((incident, time_ms));
    }

    /// Moves it from one incident to another.
    pub(crate) fn move_to(&mut self, from: u64, to: u64) {
        self.recent
            .iter_mut()
            .filter(|(known, _)| *known == from)
            .for_each(|(known, _)| *known = to);
        if self.home == from {
            self.home = to;
        }
    }

    /// How likely it is to meet it again within such a time by chance.
    pub(crate) fn chance(&self, lag_ms: i64, now_ms: i64) -> f64 {
        let watched_ms = float(now_ms.saturating_sub(self.since_ms).max(0)) + WATCHED_MS;
        let expected = self.seconds * float(lag_ms.max(NEAREST_MS)) / watched_ms;
        expected / (1.0 + expected)
    }
}

/// Milliseconds as a number; exact for times within 285,000 years.
#[expect(clippy::cast_precision_loss, reason = "spans of time are far below 2^53 ms")]
pub(crate) fn float(ms: i64) -> f64 {
    ms as f64
}

//! Where a thing was named: in which incidents, when, and how often at all.
//!
//! **Invariant:** how surprising it is to meet a thing again is its rate times the time since it was
//! last met, whatever kind of thing it is. So one formula serves hosts that alert every minute and
//! roles that were made a second ago, and a thing that everybody names explains nothing.

use serde::{Deserialize, Serialize};

use crate::weights::{BURSTS_WATCHED_MS, NEAREST_MS, WATCHED_MS};

/// So many incidents are remembered for a thing; the one named longest ago is dropped.
const RECENT_MAX: usize = 8;
/// Counts older than this are halved.
const FADES_MS: i64 = 14 * 86_400_000;

/// What is remembered of one thing.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(crate) struct Posting {
    /// The incident that named it first.
    pub(crate) home: u64,
    /// Incidents that name it, with when they last did.
    pub(crate) recent: Vec<(u64, i64)>,
    /// In how many different bursts it was named; most are of a second.
    bursts: f64,
    last_burst: Option<i64>,
    since_ms: i64,
}

impl Posting {
    /// Notes that an incident named it.
    pub(crate) fn note(&mut self, incident: u64, time_ms: i64, (first_ms, burst_ms): (i64, i64)) {
        if self.last_burst.is_none() {
            (self.home, self.since_ms) = (incident, first_ms);
        }
        let burst = time_ms.div_euclid(burst_ms);
        if self.last_burst != Some(burst) {
            self.last_burst = Some(burst);
            self.bursts += 1.0;
        }
        if time_ms.saturating_sub(self.since_ms) > FADES_MS {
            self.bursts *= 0.5;
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
        let expected = self.bursts * float(lag_ms.max(NEAREST_MS)) / watched_ms;
        expected / (1.0 + expected)
    }

    /// The same of what is named in bursts: where these follow each other without a pause, it is always
    /// there, however many there are in an hour.
    pub(crate) fn chance_of_burst(&self, (lag_ms, burst_ms): (i64, i64), now_ms: i64) -> f64 {
        let watched_ms = float(now_ms.saturating_sub(self.since_ms).max(0)) + BURSTS_WATCHED_MS;
        let busy = (self.bursts * float(burst_ms) / watched_ms).min(1.0);
        1.0 - (1.0 - self.chance(lag_ms, now_ms)) * (1.0 - busy)
    }
}

/// Milliseconds as a number; exact for times within 285,000 years.
#[expect(clippy::cast_precision_loss, reason = "spans of time are far below 2^53 ms")]
pub(crate) fn float(ms: i64) -> f64 {
    ms as f64
}

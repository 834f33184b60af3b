//! How often images are cut: as seldom as the replay budget allows.
//!
//! A crash replays at most two cut times of input. With input rate `r` and replay rate `R` that
//! takes `2 × cut time × r ÷ R`, which must stay within the budget.

/// What a worker has seen of its own speed.
#[derive(Debug)]
pub(crate) struct Pace {
    budget_ms: i64,
    since_ms: i64,
    records: u64,
    busy_us: i64,
    cut_time_ms: i64,
}

/// A cut never takes less, so that small states are not written over and over.
const CUT_TIME_MIN_MS: i64 = 500;
/// Nor more, so that an idle worker's images do not grow old.
const CUT_TIME_MAX_MS: i64 = 30_000;
/// Rates are measured over this long.
const MEASURE_MS: i64 = 1_000;
/// A replay also reads its input, which costs about this much a record.
const FETCH_US_A_RECORD: i64 = 1;

impl Pace {
    pub(crate) fn new(budget_ms: i64, now_ms: i64) -> Self {
        Self {
            budget_ms,
            since_ms: now_ms,
            records: 0,
            busy_us: 0,
            cut_time_ms: 2 * CUT_TIME_MIN_MS,
        }
    }

    /// `records` were processed in `busy_us`.
    pub(crate) fn observe(&mut self, records: u64, busy_us: i64) {
        self.records += records;
        self.busy_us += busy_us;
    }

    /// How long one cut may take.
    pub(crate) fn cut_time_ms(&mut self, now_ms: i64) -> i64 {
        let elapsed_ms = now_ms - self.since_ms;
        if elapsed_ms >= MEASURE_MS {
            let allowed = self.allowed_ms(elapsed_ms);
            // Halfway to what was measured: one slow second must not double the writing.
            self.cut_time_ms = (self.cut_time_ms + allowed) / 2;
            (self.since_ms, self.records, self.busy_us) = (now_ms, 0, 0);
        }
        self.cut_time_ms
    }

    fn allowed_ms(&self, elapsed_ms: i64) -> i64 {
        let records = i64::try_from(self.records).unwrap_or(i64::MAX);
        // Replaying one millisecond of input takes this many microseconds.
        let replay_us = (self.busy_us + records * FETCH_US_A_RECORD) / elapsed_ms;
        let allowed_ms = self.budget_ms.saturating_mul(1000) / (2 * replay_us).max(1);
        allowed_ms.clamp(CUT_TIME_MIN_MS, CUT_TIME_MAX_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_cut_times_of_input_replay_within_the_budget() {
        for (rate, cost_us) in [(50_000, 2), (100_000, 5), (1_000, 3), (0, 0)] {
            let mut pace = Pace::new(1_000, 0);
            let mut cut_time_ms = 0;
            for second in 1..30 {
                pace.observe(rate, cost_us * i64::try_from(rate).unwrap());
                cut_time_ms = pace.cut_time_ms(second * 1000);
            }
            let replay_ms =
                2 * cut_time_ms * i64::try_from(rate).unwrap() * (cost_us + 1) / 1_000_000;
            assert!(
                replay_ms <= 1_000 || cut_time_ms <= CUT_TIME_MIN_MS + 5,
                "{rate} {cut_time_ms} {replay_ms}"
            );
        }
    }
}

//! How often images are cut: as seldom as the replay budget allows.
//!
//! Every task is imaged once in a cycle, in rounds: a share of the tasks at a time, so that one commit
//! touches the state partitions of few. A crash replays at most a cycle and a round of input. With input
//! rate `r` and replay rate `R` that takes `(cycle + round) × r ÷ R`, which must stay within the budget.

/// What a worker has seen of its own speed.
#[derive(Debug)]
pub(crate) struct Pace {
    budget_ms: i64,
    since_ms: i64,
    records: u64,
    busy_us: i64,
    commits: i64,
    /// As much input as a crash may have to replay.
    span_ms: i64,
    /// Commits came so far apart.
    gap_ms: i64,
}

/// When images are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rhythm {
    /// A task begins an image this long after it began its last one.
    pub(crate) cycle_ms: i64,
    /// An image takes this long.
    pub(crate) round_ms: i64,
    /// So many tasks write theirs at a time.
    pub(crate) at_once: usize,
}

/// Rounds in a cycle, where there are as many tasks, and commits to write them in.
const ROUNDS_MAX: i64 = 16;
/// Less is never asked for, so that small states are not written over and over.
const SPAN_MIN_MS: i64 = 1_000;
/// Nor more, so that an idle worker's images do not grow old.
const SPAN_MAX_MS: i64 = 60_000;
/// Rates are measured over this long.
const MEASURE_MS: i64 = 1_000;
/// A replay also reads its input, which costs about this much a record.
const FETCH_US_A_RECORD: i64 = 1;

impl Pace {
    pub(crate) fn new(budget_ms: i64, now_ms: i64) -> Self {
        let (records, busy_us, commits) = (0, 0, 0);
        let (span_ms, gap_ms) = (2 * SPAN_MIN_MS, MEASURE_MS);
        Self { budget_ms, since_ms: now_ms, records, busy_us, commits, span_ms, gap_ms }
    }

    /// `records` were processed in `busy_us`.
    pub(crate) fn observe(&mut self, records: u64, busy_us: i64) {
        self.records += records;
        self.busy_us += busy_us;
    }

    /// There was a commit, in which pieces of images may go.
    pub(crate) fn committed(&mut self) {
        self.commits += 1;
    }

    /// When so many tasks are to be imaged.
    pub(crate) fn rhythm(&mut self, now_ms: i64, tasks: usize) -> Rhythm {
        let elapsed_ms = now_ms - self.since_ms;
        if elapsed_ms >= MEASURE_MS {
            let allowed_ms = self.allowed_ms(elapsed_ms);
            // Halfway to what was measured: one slow second must not double the writing.
            self.span_ms = (self.span_ms + allowed_ms) / 2;
            self.gap_ms = elapsed_ms / self.commits.max(1);
            (self.since_ms, self.records, self.busy_us, self.commits) = (now_ms, 0, 0, 0);
        }
        let rounds = self.rounds(tasks);
        let round_ms = self.span_ms / (rounds + 1);
        let at_once = tasks.div_ceil(usize::try_from(rounds).unwrap_or(1));
        Rhythm { cycle_ms: round_ms * rounds, round_ms, at_once }
    }

    /// As many as there are tasks and commits for: a round takes a commit at least.
    fn rounds(&self, tasks: usize) -> i64 {
        let commits = self.span_ms / self.gap_ms.max(1) - 1;
        let tasks = i64::try_from(tasks).unwrap_or(ROUNDS_MAX);
        commits.min(tasks).clamp(1, ROUNDS_MAX)
    }

    fn allowed_ms(&self, elapsed_ms: i64) -> i64 {
        let records = i64::try_from(self.records).unwrap_or(i64::MAX);
        // Replaying one millisecond of input takes this many microseconds.
        let replay_us = (self.busy_us + records * FETCH_US_A_RECORD) / elapsed_ms;
        let allowed_ms = self.budget_ms.saturating_mul(1000) / replay_us.max(1);
        allowed_ms.clamp(SPAN_MIN_MS, SPAN_MAX_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cycle_and_a_round_of_input_replay_within_the_budget() {
        let loads = [
            (50_000, 2, 1, 50),
            (100_000, 5, 16, 40),
            (1_000, 3, 3, 20),
            (0, 0, 2, 0),
            (80_000, 9, 70, 2),
        ];
        for (rate, cost_us, tasks, commits) in loads {
            let mut pace = Pace::new(1_000, 0);
            let mut rhythm = pace.rhythm(0, tasks);
            for second in 1..30 {
                (0..commits).for_each(|_| pace.committed());
                pace.observe(rate, cost_us * i64::try_from(rate).unwrap());
                rhythm = pace.rhythm(second * 1000, tasks);
            }
            let span_ms = rhythm.cycle_ms + rhythm.round_ms;
            let replay_ms = span_ms * i64::try_from(rate).unwrap() * (cost_us + 1) / 1_000_000;
            assert!(replay_ms <= 1_000 || span_ms <= SPAN_MIN_MS + 5, "{rate} {rhythm:?}");
            let in_a_cycle = i64::try_from(rhythm.at_once).unwrap() * rhythm.cycle_ms;
            assert!(in_a_cycle >= i64::try_from(tasks).unwrap() * rhythm.round_ms, "{rhythm:?}");
            let is_one_round = rhythm.round_ms == rhythm.cycle_ms;
            assert!(
                rhythm.round_ms * commits.max(1) >= 1_000 || is_one_round,
                "{commits} {rhythm:?}"
            );
        }
    }
}

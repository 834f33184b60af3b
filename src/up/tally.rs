//! What the workers did, summed up for people.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hdrhistogram::Histogram;
use stream::WorkerEvent;

/// Longer ages count as this.
const AGE_MAX_US: u64 = 60_000_000;

/// Hears of what the workers of one service commit.
#[derive(Debug)]
pub(super) struct Tally {
    sums: Mutex<Sums>,
    /// Their clock is so many times faster than ours.
    speed: i64,
}

/// Sums since the start.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    /// Transactions.
    pub(super) commits: u64,
    /// Output records.
    pub(super) outputs: u64,
    /// What processors counted.
    counted: BTreeMap<&'static str, u64>,
    /// For each input record, how long after it was taken its batch had committed; no record waits
    /// longer than the first of its batch, which stands for all.
    ages_us: Histogram<u64>,
}

impl Tally {
    /// Nothing yet.
    ///
    /// # Errors
    /// Never, with these bounds.
    pub(super) fn new(speed: u16) -> anyhow::Result<Self> {
        let ages_us = Histogram::new_with_bounds(1, AGE_MAX_US, 3)?;
        let sums = Sums { commits: 0, outputs: 0, counted: BTreeMap::new(), ages_us };
        Ok(Self { sums: Mutex::new(sums), speed: speed.into() })
    }

    fn lock(&self) -> MutexGuard<'_, Sums> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what has committed.
    pub(super) fn observe(&self, event: &WorkerEvent<'_>) {
        let WorkerEvent::Committed { records, outputs, age_us, counts, .. } = event else { return };
        let mut sums = self.lock();
        sums.commits += 1;
        sums.outputs += *outputs as u64;
        let age_us = u64::try_from(*age_us / self.speed).unwrap_or(0);
        sums.ages_us.saturating_record_n(age_us, *records);
        for (counted, amount) in *counts {
            *sums.counted.entry(counted.what).or_default() += amount;
        }
    }

    /// The sums so far.
    pub(super) fn sums(&self) -> Sums {
        self.lock().clone()
    }
}

impl Sums {
    /// What processors counted under this name.
    pub(super) fn counted(&self, what: &str) -> u64 {
        self.counted.get(what).copied().unwrap_or(0)
    }

    /// This share of the records had committed within so many milliseconds.
    pub(super) fn age_ms(&self, share: f64) -> f64 {
        let us = u32::try_from(self.ages_us.value_at_quantile(share)).unwrap_or(u32::MAX);
        // In tenths: what is beyond is noise.
        (f64::from(us) / 100.0).round() / 10.0
    }
}

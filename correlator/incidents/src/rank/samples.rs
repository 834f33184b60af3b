//! Samples by series and time.
//!
//! **Invariant:** a kept value is a finite number; a series has one value a time, the last one given.

use std::collections::BTreeMap;

/// What one row of samples is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series {
    /// Which node.
    pub node: String,
    /// What is measured.
    pub metric: String,
    /// How it was summed up: Average, p99, Sum.
    pub statistic: String,
}

/// Values in time.
pub(super) type Values = BTreeMap<i64, f64>;

/// The samples of one period.
#[derive(Debug, Clone, Default)]
pub struct Samples {
    series: BTreeMap<Series, Values>,
    dropped: u64,
}

impl Samples {
    /// Keeps a sample; what is not a finite number is counted and dropped, as if it were missing.
    pub fn add(&mut self, series: &Series, at_ms: i64, value: f64) {
        if !value.is_finite() {
            self.dropped += 1;
            return;
        }
        // Most samples are of a series that is there, and its key is not copied.
        if let Some(values) = self.series.get_mut(series) {
            values.insert(at_ms, value);
        } else {
            self.series.insert(series.clone(), Values::from([(at_ms, value)]));
        }
    }

    /// How many values were no finite numbers.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(super) fn of(&self, series: &Series) -> Option<&Values> {
        self.series.get(series)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&Series, &Values)> {
        self.series.iter()
    }
}

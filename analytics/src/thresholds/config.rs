//! What may be chosen about thresholds.

use std::sync::Arc;

use super::rule::Rule;

/// Which rules there are, and of how many series.
#[derive(Clone, Debug, PartialEq)]
pub struct ThresholdsConfig {
    /// The rules, in the order of their files.
    pub rules: Arc<[Rule]>,
    /// How many series a task watches; definitions of more are counted.
    pub series_max: usize,
}

impl Default for ThresholdsConfig {
    fn default() -> Self {
        Self { rules: Arc::from([]), series_max: 10_000 }
    }
}

//! From one statistic to a score.
//!
//! **Invariant:** one statistic alone counts for less than the mean of many: four digits are an alarm
//! where nothing was told lately, so once in ten thousand rows by chance.

use serde::{Deserialize, Serialize};

use crate::decision::Decision;
use crate::tail::Tail;

/// The alarm is at 1.45 digits of evidence.
const DOUBT: f64 = 0.3625;

/// The past of a statistic, and of its alarms.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Strength {
    tail: Tail,
    decision: Decision,
}

impl Strength {
    /// Digits and score of a row; without a statistic only time passes.
    pub(super) fn judge(
        &mut self,
        statistic: Option<f64>,
        elapsed_ms: f64,
        sensitivity: f64,
    ) -> (f32, f64) {
        let digits = statistic.map_or(0.0, |statistic| self.tail.judge(statistic));
        let score = self.decision.score(DOUBT * f64::from(digits), elapsed_ms, sensitivity);
        (digits, score)
    }
}

//! From evidence to alarms: an alarm makes the next one harder.
//!
//! Refractory: right after an alarm the evidence has to be several times as strong, which fades over
//! forty rows or some three hours, whichever is shorter. Fatigue: every alarm of the last fortnight raises
//! what is needed by a tenth, up to half as much again; so a restless series has a budget.
//!
//! **Invariant:** all of this is in the score, so that `score >= 1` is all there is to an alarm.

use serde::{Deserialize, Serialize};

/// The evidence that is an alarm on a quiet series, in digits.
const EVIDENCE: f64 = 1.45;
const REFRACTORY: f64 = 3.0;
const REFRACTORY_ROWS: f64 = 40.0;
const REFRACTORY_MS: f64 = 200.0 * 60_000.0;
const FATIGUE: f64 = 0.1;
const FATIGUE_MAX: f64 = 0.5;
const FATIGUE_MS: f64 = 14.0 * 86_400_000.0;

/// The alarms that are not forgotten yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Decision {
    refractory: f64,
    alarms: f64,
}

impl Decision {
    /// The score of a row: 1 and more is an alarm, which is then remembered.
    pub(crate) fn score(&mut self, evidence: f64, elapsed_ms: f64, sensitivity: f64) -> f64 {
        let by_time = 1.0 / (1.0 + elapsed_ms / REFRACTORY_MS);
        self.refractory *= by_time.min(1.0 - 1.0 / REFRACTORY_ROWS);
        self.alarms /= 1.0 + elapsed_ms / FATIGUE_MS;
        let harder = 1.0 + (FATIGUE * self.alarms).min(FATIGUE_MAX) + self.refractory;
        let score = round(sensitivity * evidence / EVIDENCE / harder);
        if score >= 1.0 {
            self.alarms += 1.0;
            self.refractory = REFRACTORY.max(self.refractory);
        }
        score
    }
}

/// To six decimals, as it is written: what is read decides as what was computed.
fn round(score: f64) -> f64 {
    (score * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW_MS: f64 = 300_000.0;

    #[test]
    fn the_same_evidence_alarms_once_and_again_much_later() {
        let mut decision = Decision::default();
        let alarms = |decision: &mut Decision, rows: u32| {
            (0..rows).filter(|_| decision.score(2.0, ROW_MS, 1.0) >= 1.0).count()
        };
        assert_eq!(alarms(&mut decision, 80), 1);
        assert!((1..=30).contains(&alarms(&mut decision, 4000)));
    }

    #[test]
    fn far_stronger_evidence_alarms_at_once() {
        let mut decision = Decision::default();
        assert!(decision.score(1.7, ROW_MS, 1.0) >= 1.0);
        assert!(decision.score(4.9, ROW_MS * 120.0, 1.0) >= 1.0);
    }

    #[test]
    fn sensitivity_is_a_factor_of_the_evidence() {
        let score = |sensitivity| Decision::default().score(1.0, ROW_MS, sensitivity);
        assert!((score(2.0) / score(1.0) - 2.0).abs() < 1e-5);
    }
}

//! Bayesian online change points: how many rows ago the series last became another one.
//!
//! Each hypothesis is a run that began at some row, with the mean and spread of its rows. A row's
//! probability under a run is Student's; runs share the chance of one change in 250 rows. The
//! statistic is what the run in force thought the least likely lately, against a fresh start.
//!
//! **Invariant:** at most sixteen runs are held; the least likely one goes first.

use serde::{Deserialize, Serialize};

use crate::math::{exp2, log2};

const RUNS_MAX: usize = 16;
const CHANCE: f32 = 1.0 / 250.0;
const WARM_UP_ROWS: u32 = 16;

/// The rows since some change, if it was one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Run {
    rows: f32,
    mean: f32,
    /// The sum of squares about the mean.
    spread: f32,
    probability: f32,
}

/// All runs that may be in force.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ChangePoint {
    runs: Vec<Run>,
    /// Values are told apart from this one, so that f32 holds their differences.
    origin: f64,
    usual_spread: f32,
    rows: u32,
}

impl ChangePoint {
    /// The probability that the run in force is younger than eight rows, as odds.
    #[allow(clippy::cast_possible_truncation, reason = "differences are kept as f32")]
    pub(crate) fn step(&mut self, value: f64) -> Option<f64> {
        if self.rows == 0 {
            self.origin = value;
        }
        self.rows = self.rows.saturating_add(1);
        let value = (value - self.origin).clamp(-1e15, 1e15) as f32;
        self.usual_spread += (value * value - self.usual_spread) / 500.0_f32.min(count(self.rows));
        self.judge(value);
        self.learn(value);
        (self.rows > WARM_UP_ROWS).then(|| {
            let young: f32 =
                self.runs.iter().filter(|run| run.rows < 8.0).map(|run| run.probability).sum();
            f64::from(young / (1.0 - young).max(1e-6))
        })
    }

    fn prior_spread(&self) -> f32 {
        0.01 * self.usual_spread + 1e-20
    }

    /// Weighs each run by how well it foresaw the row, and adds the run that begins here.
    fn judge(&mut self, value: f32) {
        let prior = self.prior_spread();
        let mut total = 0.0;
        for run in &mut self.runs {
            run.probability *= student(run, prior, value).max(1e-30);
            total += run.probability;
        }
        let scale = (1.0 - CHANCE) / total.max(1e-37);
        self.runs.iter_mut().for_each(|run| run.probability *= scale);
        let begins = if self.runs.is_empty() { 1.0 } else { CHANCE };
        self.runs.push(Run { rows: 0.0, mean: value, spread: 0.0, probability: begins });
        if self.runs.len() > RUNS_MAX {
            let least = self
                .runs
                .iter()
                .enumerate()
                .min_by(|(_, one), (_, other)| one.probability.total_cmp(&other.probability));
            if let Some((place, _)) = least {
                self.runs.remove(place);
            }
        }
    }

    fn learn(&mut self, value: f32) {
        for run in &mut self.runs {
            run.rows = (run.rows + 1.0).min(1000.0);
            let difference = value - run.mean;
            run.mean += difference / run.rows;
            run.spread += difference * (value - run.mean);
            if run.rows >= 1000.0 {
                run.spread *= 0.999;
            }
        }
    }
}

/// Student's density of a row under a run, up to a factor common to runs of like size.
fn student(run: &Run, prior: f32, value: f32) -> f32 {
    let freedom = run.rows + 1.0;
    let variance = (run.spread + prior) / freedom * (1.0 + 1.0 / run.rows.max(1.0));
    let squared = (value - run.mean) * (value - run.mean) / variance.max(1e-30);
    let tail = log2(1.0 + squared / freedom) * -0.5 * (freedom + 1.0);
    exp2(tail - 0.5 * log2(variance.max(1e-30)).clamp(-60.0, 60.0))
}

#[allow(clippy::cast_precision_loss, reason = "only whether there are many matters")]
fn count(rows: u32) -> f32 {
    rows as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_level_makes_a_young_run_likely() {
        let mut change = ChangePoint::default();
        let noise = |row: u32| f64::from(row * 7919 % 1009) / 1009.0;
        let before = (0..500).filter_map(|row| change.step(noise(row))).last().unwrap();
        let after = (0..6).filter_map(|row| change.step(5.0 + noise(row))).last().unwrap();
        assert!(before < 0.3, "{before}");
        assert!(after > 3.0, "{after}");
        assert!(change.runs.len() <= RUNS_MAX);
    }

    #[test]
    fn probabilities_sum_to_one_whatever_comes() {
        let mut change = ChangePoint::default();
        for value in [0.0, 1e18, -1e18, 3.0, 3.0, 3.0, 1e-20, 7.0] {
            change.step(value);
            let sum: f32 = change.runs.iter().map(|run| run.probability).sum();
            assert!(sum.is_finite() && (0.0..1.01).contains(&sum), "{sum} after {value}");
        }
    }
}

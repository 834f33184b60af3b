//! Counts with many zeros: how unlikely a number is where so few are usual.
//!
//! The deviance of a Poisson law whose rate follows the last rows, divided by how much wider than
//! Poisson's the counts spread: the Chernoff bound of a negative binomial's tail.

use serde::{Deserialize, Serialize};

use crate::average::Average;
use crate::math::{digits, log2};

const ROWS: f64 = 200.0;
const WARM_UP_ROWS: u32 = 16;
/// Above this share of zeros the other detectors lose weight: their rows are no deviations of a level.
const ZERO_SHARE: f64 = 0.4;
const GATE: f64 = 0.5;

/// Rate, spread and share of zeros of the last rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counts {
    rate: Average,
    zeros: f64,
    rows: u32,
}

impl Counts {
    /// The deviance of a row, 0 when it is as expected.
    #[allow(clippy::cast_possible_truncation, reason = "a logarithm needs no more")]
    pub(crate) fn step(&mut self, value: f64) -> Option<f64> {
        let is_known = self.rows >= WARM_UP_ROWS;
        let rate = self.rate.mean.max(0.5 / ROWS);
        let wider = (self.rate.deviation().powi(2) / rate).max(1.0);
        self.rows = self.rows.saturating_add(1);
        self.rate.add(value, 1.0 / ROWS);
        if !is_known || value < 0.0 {
            return None;
        }
        let octaves = if value > 0.0 { log2((value / rate) as f32) } else { 0.0 };
        let nats = value * f64::from(octaves) * std::f64::consts::LN_2 - value + rate;
        Some(f64::from(digits(std::f32::consts::LOG2_E)) * nats.max(0.0) / wider)
    }

    /// By how much the other detectors count, beside a share of zeros.
    pub(crate) fn gate(&mut self, value: f64) -> f64 {
        let gate = 1.0 - GATE * (self.zeros - ZERO_SHARE).max(0.0);
        let zero = if value.abs() < f64::MIN_POSITIVE { 1.0 } else { 0.0 };
        self.zeros += (zero - self.zeros) / ROWS;
        gate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_among_zeros_is_nothing_and_twenty_is_much() {
        let mut counts = Counts::default();
        for row in 0..1000_u32 {
            counts.step(if row % 10 == 0 { 1.0 } else { 0.0 });
        }
        let of = |value: f64| {
            {
                let mut next = counts;
                next.step(value)
            }
            .unwrap()
        };
        assert!(of(0.0) < 0.2 && of(1.0) < 1.0, "{} {}", of(0.0), of(1.0));
        assert!(of(20.0) > 10.0, "{}", of(20.0));
    }

    #[test]
    fn many_zeros_take_weight_from_others() {
        let mut counts = Counts::default();
        assert!((0..50).all(|_| (counts.gate(3.0) - 1.0).abs() < 1e-9));
        let gate = (0..2000).map(|_| counts.gate(0.0)).last().unwrap();
        assert!((0.69..0.72).contains(&gate), "{gate}");
    }
}

//! The step from the last row, in usual steps.

use serde::{Deserialize, Serialize};

use crate::average::Average;

const ROWS: f64 = 60.0;

/// The last row and the usual step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RateOfChange {
    last: Option<f64>,
    usual: Average,
}

impl RateOfChange {
    /// The step in usual steps.
    pub(crate) fn step(&mut self, value: f64) -> Option<f64> {
        let step = (value - self.last.replace(value)?).abs();
        let usual = self.usual.mean + 1e-9 * value.abs() + 1e-30;
        self.usual.add(step, 1.0 / ROWS);
        Some(step / usual)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_is_many_usual_steps() {
        let mut rate = RateOfChange::default();
        for row in 0..100_u32 {
            rate.step(f64::from(row % 2));
        }
        let jump = rate.step(30.0).unwrap();
        assert!((28.0..31.0).contains(&jump), "{jump}");
    }
}

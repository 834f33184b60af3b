//! The size of values, so that one immense value does not blind a series for months.
//!
//! **Invariant:** what is learned is at most a hundred times the usual size; a size that was set by
//! something immense is noticed after 64 rows, and the series begins anew.

use serde::{Deserialize, Serialize};

use crate::average::Average;

const ROWS: f64 = 300.0;
const TIMES_MAX: f64 = 100.0;
const DWARFED: f64 = 1e-6;
const DWARFED_ROWS: u32 = 64;
/// Values beyond count as this large: their squares have to fit f32.
const VALUE_MAX: f64 = 1e18;

/// The usual size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scale {
    size: Average,
    dwarfed: u32,
}

/// What to make of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fitted {
    /// The value, as large as it may count.
    Value(f64),
    /// All that was learned is of another scale.
    Anew,
}

impl Scale {
    /// Fits a value into the usual size, and learns it.
    pub(crate) fn fit(&mut self, value: f64) -> Fitted {
        let size = self.size.mean;
        let reach = if size > 0.0 { (TIMES_MAX * size).min(VALUE_MAX) } else { VALUE_MAX };
        let fitted = value.clamp(-reach, reach);
        self.size.add(fitted.abs(), 1.0 / ROWS);
        if fitted.abs() >= DWARFED * size {
            self.dwarfed = 0;
        } else if fitted != 0.0 {
            self.dwarfed += 1;
        }
        if self.dwarfed >= DWARFED_ROWS { Fitted::Anew } else { Fitted::Value(fitted) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_followed_and_an_immense_value_is_cut() {
        let mut scale = Scale::default();
        (0..100).for_each(|_| assert_eq!(scale.fit(10.0), Fitted::Value(10.0)));
        assert_eq!(scale.fit(1e300), Fitted::Value(1000.0));
        let grown = (0..50).map(|_| scale.fit(1e6)).last();
        assert_eq!(grown, Some(Fitted::Value(1e6)));
    }

    #[test]
    fn zeros_are_no_other_scale() {
        let mut scale = Scale::default();
        scale.fit(1e15);
        assert!((0..1000).all(|_| scale.fit(0.0) == Fitted::Value(0.0)));
        assert!((0..1000).any(|_| scale.fit(5.0) == Fitted::Anew));
    }
}

//! Numbers in JSON payloads: finite ones only.
//!
//! JSON has no text for infinity or NaN; `serde_json` writes `null`, which a reader then refuses,
//! so a sum that overflowed would surface two services later. [`Finite`] asks for the decision
//! where the number is computed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A number that is neither infinite nor NaN.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Finite(f64);

impl Finite {
    /// The number, or nothing if JSON cannot write it.
    #[must_use]
    pub fn new(number: f64) -> Option<Self> {
        number.is_finite().then_some(Self(number))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_cannot_write_is_not_finite() {
        assert_eq!(Finite::new(1.5).map(Finite::get), Some(1.5));
        assert!([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(Finite::new) == [None; 3]);
        assert!(serde_json::from_str::<Finite>("1e999").is_err());
    }
}

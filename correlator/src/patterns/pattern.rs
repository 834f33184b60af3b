//! What a pattern asks for.

use super::condition::Condition;

/// What has to come together.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    /// What has to hold within that time.
    pub kind: Kind,
    /// The hits that make it up lie at most so far apart.
    pub within_ms: i64,
}

/// What has to hold of the hits within the time.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A figure of them lies within bounds.
    Threshold(Figure, Bounds),
    /// Of some rules there are hits, and of others there are none.
    Together(Condition),
    /// One step after the other.
    Sequence(Vec<Step>),
}

/// What is computed of hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// How many there are.
    Count,
    /// How many different values a field has.
    Distinct,
    /// The sum of a field.
    Sum,
    /// The mean of a field.
    Mean,
    /// A percentile of a field, by the nearest rank.
    Percentile(u8),
}

/// What a figure has to be: all of these.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Not less.
    pub at_least: f64,
    /// Not more.
    pub at_most: f64,
    /// Greater, not only as great.
    pub is_above: bool,
    /// Less, not only as little.
    pub is_below: bool,
    /// Anything but this.
    pub is_not: Option<f64>,
}

impl Bounds {
    /// Everything.
    pub const ANY: Self = Self {
        at_least: f64::NEG_INFINITY,
        at_most: f64::INFINITY,
        is_above: false,
        is_below: false,
        is_not: None,
    };

    /// From this on.
    #[must_use]
    pub fn from(at_least: f64) -> Self {
        Self { at_least, ..Self::ANY }
    }

    /// Whether a figure fits.
    #[must_use]
    pub fn hold(&self, figure: f64) -> bool {
        let low = if self.is_above { figure > self.at_least } else { figure >= self.at_least };
        let high = if self.is_below { figure < self.at_most } else { figure <= self.at_most };
        low && high && self.is_not != Some(figure)
    }
}

/// One step of a sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The rules whose hits count, by their places.
    pub rules: Vec<u8>,
    /// How many hits make the step.
    pub at_least: usize,
    /// From the step before to the first hit of this one: at least so long.
    pub after_ms: i64,
    /// The same: at most so long.
    pub before_ms: i64,
}

impl Step {
    /// One hit of a rule, at any time after the step before.
    #[must_use]
    pub fn of(rule: u8) -> Self {
        Self { rules: vec![rule], at_least: 1, after_ms: 0, before_ms: i64::MAX }
    }
}

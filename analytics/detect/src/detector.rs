//! The detectors, one a file, and their names.
//!
//! **Invariant:** a detector gives a distance, 0 or more, from what it expected of a row, and learns
//! the row afterwards. How rare the distance is, its tail decides.

pub(crate) mod change_point;
pub(crate) mod counts;
pub(crate) mod forecast;
pub(crate) mod iqr;
pub(crate) mod isolation_forest;
pub(crate) mod level_shift;
pub(crate) mod neighbour;
pub(crate) mod rate_of_change;
pub(crate) mod run_length;
pub(crate) mod weekly_profile;
pub(crate) mod z_score;

use serde::{Deserialize, Serialize};

/// Number of detectors.
pub(crate) const DETECTORS: usize = 14;

/// Who gives evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Detector {
    /// Distance from the forecast that follows quickest.
    Forecast,
    /// Distances from the quick and from the slower forecast, together.
    Residual,
    /// Distance from the forecast that follows slowest: what lasts.
    Drift,
    /// The last rows' level beside that of many more.
    LevelShift,
    /// Distance from the usual of this half hour of the week.
    WeeklyProfile,
    /// Distance to the nearest shape of the past.
    Neighbour,
    /// Robust z-score over the last rows.
    ZScore,
    /// Distance outside the middle half of the last rows.
    Iqr,
    /// Isolation forest over shapes of eight rows.
    IsolationForest,
    /// Bayesian online change points.
    ChangePoint,
    /// The step from the last row.
    RateOfChange,
    /// Deviance of a count.
    Counts,
    /// A run of equal rows.
    FlatLine,
    /// A run of missing rows.
    Missing,
}

impl Detector {
    /// All, in the order of their numbers.
    pub const ALL: [Self; DETECTORS] = [
        Self::Forecast,
        Self::Residual,
        Self::Drift,
        Self::LevelShift,
        Self::WeeklyProfile,
        Self::Neighbour,
        Self::ZScore,
        Self::Iqr,
        Self::IsolationForest,
        Self::ChangePoint,
        Self::RateOfChange,
        Self::Counts,
        Self::FlatLine,
        Self::Missing,
    ];

    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Forecast => "forecast",
            Self::Residual => "residual",
            Self::Drift => "drift",
            Self::LevelShift => "level-shift",
            Self::WeeklyProfile => "weekly-profile",
            Self::Neighbour => "neighbour",
            Self::ZScore => "z-score",
            Self::Iqr => "iqr",
            Self::IsolationForest => "isolation-forest",
            Self::ChangePoint => "change-point",
            Self::RateOfChange => "rate-of-change",
            Self::Counts => "counts",
            Self::FlatLine => "flat-line",
            Self::Missing => "missing",
        }
    }

    /// Its number.
    #[must_use]
    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_places() {
        for (place, detector) in Detector::ALL.into_iter().enumerate() {
            assert_eq!(detector.index(), place);
        }
    }
}

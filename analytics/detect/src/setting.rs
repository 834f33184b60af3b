//! What may be chosen: how readily findings are told, and who votes.
//!
//! **Invariant:** one setting serves all series; nothing is chosen for a single one.

use serde::{Deserialize, Serialize};

use crate::detector::Detector;

/// The detectors that vote unless others are chosen.
pub const PANEL: [Detector; 5] = [
    Detector::Forecast,
    Detector::Residual,
    Detector::Drift,
    Detector::LevelShift,
    Detector::Neighbour,
];

/// How all series are judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    sensitivity: f64,
    voters: Vec<Detector>,
}

/// A setting that means nothing.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SettingError {
    /// Not a positive number.
    #[error(
        "a sensitivity is a number above 0 and up to 10, not {0}; 1 is usual, 2 tells twice as readily"
    )]
    Sensitivity(f64),
    /// Runs are told whoever votes.
    #[error("{} is always told and cannot vote; choose others, or none for the usual ones", .0.name())]
    NoVoter(Detector),
}

impl Default for Setting {
    fn default() -> Self {
        Self { sensitivity: 1.0, voters: PANEL.to_vec() }
    }
}

impl Setting {
    /// A setting; no voters means the usual ones.
    ///
    /// # Errors
    ///
    /// When the sensitivity is none, or a detector cannot vote.
    pub fn new(sensitivity: f64, voters: &[Detector]) -> Result<Self, SettingError> {
        if !(sensitivity > 0.0 && sensitivity <= 10.0) {
            return Err(SettingError::Sensitivity(sensitivity));
        }
        let is_run = |voter: &&Detector| matches!(voter, Detector::FlatLine | Detector::Missing);
        if let Some(&run) = voters.iter().find(is_run) {
            return Err(SettingError::NoVoter(run));
        }
        let mut voters = voters.to_vec();
        voters.sort_unstable();
        voters.dedup();
        let voters = if voters.is_empty() { PANEL.to_vec() } else { voters };
        Ok(Self { sensitivity, voters })
    }

    /// How readily findings are told; 1 is usual.
    #[must_use]
    pub fn sensitivity(&self) -> f64 {
        self.sensitivity
    }

    /// Who votes, in the order of their numbers.
    #[must_use]
    pub fn voters(&self) -> &[Detector] {
        &self.voters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_nothing_is_refused() {
        for wrong in [0.0, -1.0, f64::NAN, 11.0] {
            assert!(Setting::new(wrong, &[]).is_err(), "{wrong}");
        }
        assert_eq!(
            Setting::new(1.0, &[Detector::Missing]),
            Err(SettingError::NoVoter(Detector::Missing))
        );
    }

    #[test]
    fn voters_are_in_order_and_once() {
        let setting = Setting::new(1.0, &[Detector::Iqr, Detector::ZScore, Detector::Iqr]).unwrap();
        assert_eq!(setting.voters(), [Detector::ZScore, Detector::Iqr]);
        assert_eq!(Setting::new(1.0, &[]).unwrap(), Setting::default());
    }
}

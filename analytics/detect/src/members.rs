//! The detectors that run for one series.
//!
//! **Invariant:** only who votes runs, besides the forecast, which says what was expected.

use serde::{Deserialize, Serialize};

use crate::detector::change_point::ChangePoint;
use crate::detector::counts::Counts;
use crate::detector::forecast::{Expectation, Forecast};
use crate::detector::iqr::Iqr;
use crate::detector::isolation_forest::IsolationForest;
use crate::detector::level_shift::LevelShift;
use crate::detector::neighbour::Neighbour;
use crate::detector::rate_of_change::RateOfChange;
use crate::detector::weekly_profile::WeeklyProfile;
use crate::detector::z_score::ZScore;
use crate::detector::{DETECTORS, Detector};
use crate::hours::Hours;

/// The distance that each detector found; none where it has nothing to say.
pub(crate) type Distances = [Option<f64>; DETECTORS];

/// States of detectors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Members {
    forecast: Forecast,
    level_shift: Option<LevelShift>,
    weekly_profile: Option<WeeklyProfile>,
    neighbour: Option<(Neighbour, Hours)>,
    z_score: Option<ZScore>,
    iqr: Option<Iqr>,
    isolation_forest: Option<IsolationForest>,
    change_point: Option<ChangePoint>,
    rate_of_change: Option<RateOfChange>,
    counts: Counts,
}

impl Members {
    /// Those that are asked for.
    pub(crate) fn new(voters: &[Detector]) -> Self {
        let mut members = Self::default();
        for voter in voters {
            members.enlist(*voter);
        }
        members
    }

    fn enlist(&mut self, voter: Detector) {
        match voter {
            Detector::LevelShift => self.level_shift = Some(LevelShift::default()),
            Detector::WeeklyProfile => self.weekly_profile = Some(WeeklyProfile::default()),
            Detector::Neighbour => self.neighbour = Some((Neighbour::default(), Hours::default())),
            Detector::ZScore => self.z_score = Some(ZScore::default()),
            Detector::Iqr => self.iqr = Some(Iqr::default()),
            Detector::IsolationForest => self.isolation_forest = Some(IsolationForest::default()),
            Detector::ChangePoint => self.change_point = Some(ChangePoint::default()),
            Detector::RateOfChange => self.rate_of_change = Some(RateOfChange::default()),
            // The forecast and the counts always run; runs are no members.
            Detector::Forecast
            | Detector::Residual
            | Detector::Drift
            | Detector::Counts
            | Detector::FlatLine
            | Detector::Missing => {}
        }
    }

    /// What each found about a row, what was expected, and by how much evidence counts.
    pub(crate) fn step(
        &mut self,
        time_ms: i64,
        value: f64,
    ) -> (Distances, Option<Expectation>, f64) {
        let mut found: Distances = [None; DETECTORS];
        let mut note = |detector: Detector, distance: Option<f64>| {
            if let Some(place) = found.get_mut(detector.index()) {
                *place = distance;
            }
        };
        let expected = self.forecast.step(time_ms, value);
        note(Detector::Forecast, expected.map(|expected| expected.sudden));
        note(Detector::Residual, expected.map(|expected| expected.both));
        note(Detector::Drift, expected.map(|expected| expected.slow));
        note(Detector::LevelShift, self.level_shift.as_mut().map(|shift| shift.step(value)));
        note(
            Detector::WeeklyProfile,
            self.weekly_profile.as_mut().and_then(|w| w.step(time_ms, value)),
        );
        note(
            Detector::Neighbour,
            self.neighbour.as_mut().and_then(|(near, hours)| {
                near.step(value).map(|distance| hours.level(time_ms, distance))
            }),
        );
        note(Detector::ZScore, self.z_score.as_mut().and_then(|z_score| z_score.step(value)));
        note(Detector::Iqr, self.iqr.as_mut().and_then(|iqr| iqr.step(value)));
        note(Detector::IsolationForest, self.isolation_forest.as_mut().and_then(|f| f.step(value)));
        note(Detector::ChangePoint, self.change_point.as_mut().and_then(|c| c.step(value)));
        note(Detector::RateOfChange, self.rate_of_change.as_mut().and_then(|r| r.step(value)));
        note(Detector::Counts, self.counts.step(value));
        (found, expected, self.counts.gate(value))
    }
}

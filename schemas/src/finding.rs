//! What analytics found, with what it saw and what it expected, so that a person can check it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::envelope::{Extra, Payload};
use crate::event::Severity;
use crate::finite::Finite;
use crate::id::{Fingerprint, SeriesId};
use crate::position::Position;
use crate::resource::Resource;
use crate::version::Version;

/// One thing a detector found in one window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// What found it: `tail.shift`, `forecast.exhaustion`.
    pub detector: String,
    /// The same condition found again has the same fingerprint.
    pub fingerprint: Fingerprint,
    /// What it was found on.
    pub resource: Resource,
    /// The series, if it was found in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<SeriesId>,
    /// What was measured.
    pub measure: String,
    /// The first millisecond of the window it was found in.
    pub window_start_ms: i64,
    /// The length of that window.
    pub window_size_ms: i64,
    /// The last input that led to it.
    pub position: Position,
    /// How serious the detector says it is.
    pub severity: Severity,
    /// How unusual it is, on the detector's scale; at `threshold` it is found.
    pub score: Finite,
    /// From which score on it is found.
    pub threshold: Finite,
    /// What was seen.
    pub observed: Finite,
    /// What was expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Range>,
    /// One sentence for people that says why.
    pub reason: String,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Payload for Finding {
    const TYPE: &'static str = "isobar.finding";
    const VERSION: Version = Version::new(1, 0);
}

/// From a lower to an upper bound, both within.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Range {
    /// The lower bound.
    pub low: Finite,
    /// The upper bound.
    pub high: Finite,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

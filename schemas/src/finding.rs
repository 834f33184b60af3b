//! What analytics found, with what it saw and what it expected, so that a person can check it.

use std::collections::BTreeMap;

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
    /// What tells the series from others of this measure on the resource.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
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
    /// What each of several ways to look at it found, the strongest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// What came before it, to be drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<Excerpt>,
    /// How it stands, where it is a condition that is also told when it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Payload for Finding {
    const TYPE: &'static str = "isobar.finding";
    const VERSION: Version = Version::new(1, 2);
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

/// How rare one way to look at it finds what it saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// What looked: `forecast`, `level-shift`.
    pub by: String,
    /// How rare it is among all windows of this series, in digits: 2 is once in a hundred.
    pub digits: Finite,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The last windows of a series, the one of the finding at the end, as columns of equal length.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Excerpt {
    /// When each began; those without a value are left out.
    pub times_ms: Vec<i64>,
    /// What was seen, to five digits.
    pub values: Vec<Finite>,
    /// The lower end of what was expected, where anything was.
    pub low: Vec<Option<Finite>>,
    /// The upper end.
    pub high: Vec<Option<Finite>>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A condition that somebody wrote down, such as a threshold: whoever tells that it holds tells its end, too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Condition {
    /// How it stands.
    pub status: ConditionStatus,
    /// What people call it.
    pub title: String,
    /// When it began to hold; tells one episode from the next.
    pub since_ms: i64,
    /// When it was decided, on the clock of those who wrote the input.
    pub said_ms: i64,
    /// What the observed value is compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Finite>,
    /// What whoever wrote it wants its alerts to be told apart and routed by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How a condition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConditionStatus {
    /// It has begun to hold.
    Begins,
    /// It still holds; said now and then, so that nobody takes silence for its end.
    Lasts,
    /// It is over.
    Over,
}

//! A pane of one task's share of a group, to be merged with the shares of other tasks.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bytes::Bytes;
use crate::envelope::{Extra, Payload};
use crate::finite::Finite;
use crate::position::Position;
use crate::version::Version;

/// What one task saw of one group in one pane. A later one of the same writer replaces it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Partial {
    /// The input topic of the task that saw it; its partition stands in `position`.
    pub writer: String,
    /// What the group-by names.
    pub group: BTreeMap<String, String>,
    /// What is measured.
    pub measure: String,
    /// The first millisecond of the pane.
    pub pane_start_ms: i64,
    /// The length of the pane.
    pub pane_size_ms: i64,
    /// The last input folded in.
    pub position: Position,
    /// What can be merged without error.
    pub moments: Moments,
    /// The quantile sketch, in the form the analytics of this major version write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sketch: Option<Bytes>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Payload for Partial {
    const TYPE: &'static str = "isobar.partial";
    const VERSION: Version = Version::new(1, 0);
}

/// Sums that merge: two of them give those of the values together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Moments {
    /// How many values.
    pub count: u64,
    /// Their sum.
    pub sum: Finite,
    /// The sum of the squared distances from their mean.
    pub squared_distance: Finite,
    /// The least.
    pub min: Finite,
    /// The greatest.
    pub max: Finite,
    /// The earliest, and when it was.
    pub first: Dated,
    /// The latest, and when it was.
    pub last: Dated,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A value at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dated {
    /// When.
    pub time_ms: i64,
    /// What.
    pub value: Finite,
}

//! What a window over a series or a group of events came to.
//!
//! **Invariant:** a window is `[window_start_ms, window_start_ms + window_size_ms)`. Records of
//! one window differ in `revision`, which rises by one; the greatest is the truth. A `final`
//! window changes only by corrections.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::envelope::{Extra, Payload};
use crate::finite::Finite;
use crate::id::{ResourceId, SeriesId};
use crate::position::Position;
use crate::version::Version;

/// One revision of one window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Aggregate {
    /// The series: of points, or of what is counted over events. With the window it is the key.
    pub series: SeriesId,
    /// The resource, unless the group spans several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<ResourceId>,
    /// What the group-by names: `region`, `service.name`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub group: BTreeMap<String, String>,
    /// What is measured: the name of a metric, or of a measure of events.
    pub measure: String,
    /// The first millisecond of the window.
    pub window_start_ms: i64,
    /// The length of the window.
    pub window_size_ms: i64,
    /// How settled it is.
    pub state: WindowState,
    /// Counts the records of this window from 0.
    pub revision: u32,
    /// The last input that changed it, be it that time passed.
    pub position: Position,
    /// What the values came to.
    pub statistics: Statistics,
    /// Quantiles by name: `p50`, `p99`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub quantiles: BTreeMap<String, Finite>,
    /// About how many different values there were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distinct: Option<u64>,
    /// How much a counter grew, the step from the point before the window to its first included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub increase: Option<Finite>,
    /// Growth per second, for a counter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Finite>,
    /// Since when the series has had no value, if its source said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_since_ms: Option<i64>,
    /// How many of its points are in none of these figures: not finite, or of a kind that makes no
    /// sense in such a series.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unusable: u64,
    /// How many values the quantiles promise nothing for, because they range too widely.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub collapsed: u64,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Payload for Aggregate {
    const TYPE: &'static str = "isobar.aggregate";
    const VERSION: Version = Version::new(2, 0);
}

/// How settled a window is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WindowState {
    /// More is to come.
    Provisional,
    /// The watermark has passed its end.
    Final,
    /// Something late came after all.
    Correction,
}

/// What the values of a window came to. Statistic sets tell no first value, no last and no
/// deviation, and may tell nothing else either: what is not known is missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Statistics {
    /// How many values.
    pub count: u64,
    /// Their sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<Finite>,
    /// The least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Finite>,
    /// The greatest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Finite>,
    /// The earliest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Finite>,
    /// The latest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Finite>,
    /// The arithmetic mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<Finite>,
    /// The standard deviation of the values as a whole population.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deviation: Option<Finite>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

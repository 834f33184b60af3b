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
    /// The series, if this is a window over points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<SeriesId>,
    /// The resource, unless the group spans several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<ResourceId>,
    /// What the group-by names: `region`, `service.name`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub group: BTreeMap<String, String>,
    /// What is measured: the name of a metric, or `events` for their number.
    pub measure: String,
    /// The first millisecond of the window.
    pub window_start_ms: i64,
    /// The length of the window.
    pub window_size_ms: i64,
    /// How settled it is.
    pub state: WindowState,
    /// Counts the records of this window from 0.
    pub revision: u32,
    /// The last input folded in.
    pub position: Position,
    /// What the values came to.
    pub statistics: Statistics,
    /// Quantiles by name: `p50`, `p99`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub quantiles: BTreeMap<String, Finite>,
    /// About how many different values there were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distinct: Option<u64>,
    /// Growth per second, for a counter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Finite>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Payload for Aggregate {
    const TYPE: &'static str = "isobar.aggregate";
    const VERSION: Version = Version::new(1, 0);
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

/// What the values of a window came to; a window without values is not written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Statistics {
    /// How many values.
    pub count: u64,
    /// Their sum.
    pub sum: Finite,
    /// The least.
    pub min: Finite,
    /// The greatest.
    pub max: Finite,
    /// The earliest.
    pub first: Finite,
    /// The latest.
    pub last: Finite,
    /// The arithmetic mean.
    pub mean: Finite,
    /// The standard deviation of the values as a whole population.
    pub deviation: Finite,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

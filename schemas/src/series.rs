//! What a series of points is. Labels would cost 140 bytes on every point, so they stay out of
//! the batches.
//!
//! **Invariant:** a series' definition stands in the same partition as its points, in the same
//! transaction or an earlier one, before the first of them; it is repeated every ten minutes and
//! copied to the compacted topic `isobar.series`. Its tenant and source class, in the envelope,
//! are those of its points.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::envelope::{Extra, Payload};
use crate::id::SeriesId;
use crate::resource::Resource;
use crate::version::Version;

/// The definition of a series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeriesDefinition {
    /// The number its points carry.
    pub series: SeriesId,
    /// What is measured.
    pub resource: Resource,
    /// The name of the metric: `system.cpu.utilization`.
    pub metric: String,
    /// The unit, in UCUM: `By`, `ms`, `1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What a value means relative to the one before.
    pub temporality: Temporality,
    /// What tells it from other series of the metric on this resource.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Payload for SeriesDefinition {
    const TYPE: &'static str = "isobar.series";
    const VERSION: Version = Version::new(1, 0);
}

/// What a value means relative to the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Temporality {
    /// A state at an instant; it may go up and down.
    Gauge,
    /// A count since a start; it falls only when it starts again.
    Cumulative,
    /// A count since the point before.
    Delta,
}

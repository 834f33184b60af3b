//! A pane of one task's share of a group, to be merged with the shares of other tasks.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bytes::Bytes;
use crate::envelope::{Extra, Payload};
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
    /// In which unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The first millisecond of the pane.
    pub pane_start_ms: i64,
    /// The length of the pane.
    pub pane_size_ms: i64,
    /// The last input folded in.
    pub position: Position,
    /// What it saw, in the form the analytics of this major version write.
    pub pane: Bytes,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Payload for Partial {
    const TYPE: &'static str = "isobar.partial";
    const VERSION: Version = Version::new(2, 0);
}

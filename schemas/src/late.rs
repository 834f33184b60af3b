//! What came after every window that could have held it was settled: not folded in, not lost.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::envelope::{Extra, Payload};
use crate::finite::Finite;
use crate::id::SeriesId;
use crate::position::Position;
use crate::version::Version;

/// A point or an event that came too late; its own time and id stand in the envelope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Late {
    /// The topic in which it stands.
    pub topic: String,
    /// Where it stands there.
    pub position: Position,
    /// The watermark of its tenant and source class when it came.
    pub watermark_ms: i64,
    /// How far behind the watermark was still accepted.
    pub grace_ms: i64,
    /// The series, if it is a point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<SeriesId>,
    /// The value, if it is a point that JSON can write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Finite>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Payload for Late {
    const TYPE: &'static str = "isobar.late";
    const VERSION: Version = Version::new(1, 0);
}

//! One hit, as a pattern keeps it.

use schemas::id::RecordId;
use serde::{Deserialize, Serialize};

/// A hit of one of the rules of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When it happened, on its source's clock.
    pub time_ms: i64,
    /// Which of the pattern's rules, by its place.
    pub rule: u8,
    /// The field that is counted or summed, if there is one and the hit has it.
    pub value: Option<Value>,
    /// The event, finding or signal.
    pub record: RecordId,
}

/// The value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// A text, by its hash: whether it is the same is all that is asked.
    Text(u64),
    /// A number.
    Number(f64),
}

impl Entry {
    /// What entries are sorted by: those of one moment by their records, so that the order in which they
    /// arrived decides nothing.
    pub(crate) fn order(&self) -> (i64, RecordId, u8) {
        (self.time_ms, self.record, self.rule)
    }
}

//! Where in an input something stands: the guard of every upsert.
//!
//! **Invariant:** positions of one partition are ordered as its rows are, and a row that changes
//! because of an input carries that input's position. So "replace if the position is greater"
//! applies each change once, in order, however often it is delivered. A position never gets
//! another field: what it is compared by would not be known to older readers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The last input that is folded into a record.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// The partition of the topic that the writer reads.
    pub partition: u32,
    /// The offset of the message.
    pub offset: u64,
    /// The row within the message; 0 where a message is one row.
    pub row: u32,
}

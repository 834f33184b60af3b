//! An edition of the rules: all of them, as they apply from this record of a partition on.
//!
//! **Invariants:** the record begins with [`PREFIX`] and no other does. It holds everything it means, so
//! what a task does is a function of its partition. `edition` is the hash of the texts; `seal` says that
//! whoever made it holds the key, because anybody may write to an input topic. The attribute `time` is
//! when it was applied: of two the later one holds, in whatever order they come.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::envelope::{Extra, Payload};
use crate::id::Hash128;
use crate::version::Version;

/// The first bytes of each edition, and of no other record.
pub const PREFIX: &[u8] = br#"{"specversion":"1.0","type":"isobar.rules","#;

/// All rules at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleEdition {
    /// The hash of the texts: the same rules are the same edition.
    pub edition: Hash128,
    /// How many files there are.
    pub files: u32,
    /// Who applied them, as they call themselves.
    pub by: String,
    /// The files: names and texts as JSON, compressed with gzip, in base64.
    pub content: String,
    /// HMAC-SHA256 over edition, time and content, in hexadecimal.
    pub seal: String,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Payload for RuleEdition {
    const TYPE: &'static str = "isobar.rules";
    const VERSION: Version = Version::new(1, 0);
    /// It has to fit into a message of every input topic.
    const BYTES_MAX: usize = 1_000_000;
}

/// Whether a value is an edition of rules; looks at its first 43 bytes.
#[must_use]
pub fn is_edition(value: &[u8]) -> bool {
    value.starts_with(PREFIX)
}

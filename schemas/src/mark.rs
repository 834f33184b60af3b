//! Progress marks: the passage of time as an input, so that no task downstream reads a clock.
//!
//! Once a second a worker that writes to a keyed topic adds a mark to each of its partitions, in
//! its transaction: up to which wall time it has read each partition of its own input. Downstream
//! a tenant is idle only up to the least of all writers' marks, so a stalled stage is never
//! mistaken for silence.
//!
//! **Invariants:** a mark begins with [`PREFIX`] and no other record does, so a reader tells them
//! apart in constant time. A mark belongs to no tenant and to no source class and happened at no
//! time, so it has only the attributes that `CloudEvents` requires; tools that read the topic see
//! one more type of event.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codec::{DecodeError, EncodeError, check_length, check_written, peek};
use crate::envelope::{Extra, SpecVersion};
use crate::id::RecordId;
use crate::version::Version;

/// The type of a mark.
pub const TYPE: &str = "isobar.mark";
/// The version this program writes, and whose major version it reads.
pub const VERSION: Version = Version::new(1, 0);
/// The first bytes of each mark, and of no other record.
pub const PREFIX: &[u8] = br#"{"specversion":"1.0","type":"isobar.mark","#;
/// The longest mark: about 500 input partitions.
pub const BYTES_MAX: usize = 64 << 10;

/// How far a writer has read its inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Mark {
    /// Whose mark it is; a later one of the same writer replaces it.
    pub writer: Writer,
    /// One entry for each input partition the writer is assigned.
    pub inputs: Vec<InputProgress>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// One worker of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Writer {
    /// The topology it runs: `processors`.
    pub topology: String,
    /// Its slot's name, which it keeps when it is started again.
    pub slot: String,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How far one input partition was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InputProgress {
    /// The input topic.
    pub topic: String,
    /// The partition of it.
    pub partition: u32,
    /// How many partitions the topic has: a reader waits until it has heard of all of them.
    pub partitions: u32,
    /// The wall time at which everything stable in it had been read.
    pub read_until_ms: i64,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The record as it stands on the wire.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Wire {
    specversion: SpecVersion,
    /// The type of `data`.
    #[serde(rename = "type")]
    payload: String,
    /// The version of the schema of `data`: `major.minor`.
    schemaversion: Version,
    /// The hash of `data`.
    id: RecordId,
    /// The service and the worker.
    source: String,
    /// The mark.
    data: Mark,
}

/// Whether a value is a mark; looks at its first 42 bytes.
#[must_use]
pub fn is_mark(value: &[u8]) -> bool {
    value.starts_with(PREFIX)
}

/// Writes a mark.
///
/// # Errors
/// When it names more partitions than a mark holds.
pub fn encode(mark: &Mark) -> Result<Vec<u8>, EncodeError> {
    let value = write(mark).map_err(|source| EncodeError::Unwritable { payload: TYPE, source })?;
    check_written(TYPE, value, BYTES_MAX)
}

fn write(mark: &Mark) -> Result<Vec<u8>, serde_json::Error> {
    let data = serde_json::to_string(mark)?;
    serde_json::to_vec(&Wire {
        specversion: SpecVersion::V1,
        payload: TYPE.to_owned(),
        schemaversion: VERSION,
        id: RecordId::of(TYPE, &[&data]),
        source: format!("isobar.{}/{}", mark.writer.topology, mark.writer.slot),
        data: mark.clone(),
    })
}

/// Reads a mark.
///
/// # Errors
/// When the value is too long, of another type or major version, or against the schema.
pub fn decode(value: &[u8]) -> Result<Mark, DecodeError> {
    check_length(TYPE, value.len(), BYTES_MAX)?;
    let head = peek(value)?;
    head.check(TYPE, VERSION)?;
    let malformed = |source| DecodeError::Malformed {
        payload: TYPE,
        found: head.version,
        known: VERSION,
        source,
    };
    serde_json::from_slice::<Wire>(value).map(|wire| wire.data).map_err(malformed)
}

//! Dead letters: what could not be read, with all that is needed to see why and to try again.
//!
//! **Invariant:** a dead letter fits its topic whatever arrived. A broker limits compressed
//! batches, not what is in them, so a message may be longer than any topic takes; of such a one
//! the first part is kept, the letter says that it was cut, and topic, partition and offset tell
//! where the whole stands.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bytes::Bytes;
use crate::envelope::{Extra, Payload};
use crate::version::Version;

/// How much of a value is kept: all that a broker takes by default.
pub const VALUE_BYTES_MAX: usize = 1_048_588;
/// How much of a key is kept, and of all headers together.
pub const KEY_BYTES_MAX: usize = 64 << 10;

/// A message that ended here instead of as events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeadLetter {
    /// The topic it came from.
    pub topic: String,
    /// The partition of it.
    pub partition: u32,
    /// The offset in it.
    pub offset: u64,
    /// The service that could not read it.
    pub service: String,
    /// The formats that were tried.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formats: Vec<String>,
    /// What is wrong with it, and how to mend it.
    pub reason: String,
    /// The first byte of the value that is wrong, where one can be named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub byte_position: Option<u64>,
    /// The message itself.
    pub message: Message,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Payload for DeadLetter {
    const TYPE: &'static str = "isobar.dead-letter";
    const VERSION: Version = Version::new(1, 0);
    /// The longest message in base64, and half a mebibyte for what is said about it.
    const BYTES_MAX: usize = (VALUE_BYTES_MAX + 2 * KEY_BYTES_MAX).div_ceil(3) * 4 + (1 << 19);
}

/// A Kafka message as it came.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    /// Its key, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Bytes>,
    /// Its headers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<Header>,
    /// Its value, in base64; absent for a tombstone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Bytes>,
    /// The length its value had.
    pub value_bytes: u64,
    /// Whether something of it is missing here because it was too long.
    pub cut: bool,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Message {
    /// Keeps a message, or as much of it as a dead letter holds.
    #[must_use]
    pub fn keep(
        key: Option<&[u8]>,
        headers: &[(&str, Option<&[u8]>)],
        value: Option<&[u8]>,
    ) -> Self {
        let kept = headers_that_fit(headers);
        let too_long = |part: Option<&[u8]>, limit| part.is_some_and(|bytes| bytes.len() > limit);
        Self {
            cut: too_long(key, KEY_BYTES_MAX)
                || too_long(value, VALUE_BYTES_MAX)
                || kept.len() < headers.len(),
            key: key.map(|key| first(key, KEY_BYTES_MAX)),
            headers: kept,
            value: value.map(|value| first(value, VALUE_BYTES_MAX)),
            value_bytes: value.map_or(0, |value| value.len() as u64),
            extra: Extra::new(),
        }
    }
}

fn first(bytes: &[u8], limit: usize) -> Bytes {
    Bytes(bytes.get(..limit).unwrap_or(bytes).to_vec())
}

fn headers_that_fit(headers: &[(&str, Option<&[u8]>)]) -> Vec<Header> {
    // What a header without a name and value takes in JSON counts too: there may be many.
    let size =
        |(name, value): &(&str, Option<&[u8]>)| 32 + name.len() + value.map_or(0, <[u8]>::len);
    let mut room = KEY_BYTES_MAX;
    let fits = |header: &&(&str, Option<&[u8]>)| match room.checked_sub(size(header)) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    };
    headers.iter().take_while(fits).map(|(name, value)| Header::new(name, *value)).collect()
}

/// A header of a Kafka message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Header {
    /// Its name; names may repeat.
    pub name: String,
    /// Its value, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Bytes>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Header {
    fn new(name: &str, value: Option<&[u8]>) -> Self {
        let value = value.map(|value| Bytes(value.to_vec()));
        Self { name: name.to_owned(), value, extra: Extra::new() }
    }
}

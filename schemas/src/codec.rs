//! The one door for JSON payloads: [`encode`] and [`decode`].
//!
//! **Invariants:** `decode` refuses another type and another major version before it reads the
//! payload, and no bytes make it panic or use memory out of proportion to their length; what
//! `encode` writes, `decode` reads; fields that this version does not know survive both.

use std::borrow::Cow;

use serde::Deserialize;

use crate::envelope::{Envelope, Payload, Wire, WireRef};
use crate::version::Version;

/// How each record begins; its type follows.
pub(crate) const TYPE_PREFIX: &[u8] = br#"{"specversion":"1.0","type":""#;
const VERSION_PREFIX: &[u8] = br#","schemaversion":""#;

/// A text in quotes longer than this is read by the general parser.
const SHORT_TEXT_BYTES_MAX: usize = 64;

/// Why bytes are not the record that was expected.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The value is no record of ours at all.
    #[error(
        "cannot tell what record this is: expected JSON with the attributes `type` and \
         `schemaversion` (does something else write to this topic?)"
    )]
    NotARecord(#[source] serde_json::Error),
    /// The value is a record, but of another type.
    #[error("expected a record of type {expected}, found {found}: check the topic and its reader")]
    WrongType {
        /// The type asked for.
        expected: &'static str,
        /// The type the record says it has.
        found: String,
    },
    /// A later or an earlier major version than this program reads.
    #[error(
        "{payload} has schema version {found} and this program reads {}.x: upgrade this program \
         before its writers, or convert the topic", .supported.major
    )]
    UnsupportedVersion {
        /// The type of the record.
        payload: &'static str,
        /// The version the record says it has.
        found: Version,
        /// The version of this program.
        supported: Version,
    },
    /// The value is longer than its type allows.
    #[error("{payload} of {bytes} bytes is longer than the limit of {limit}: split or shorten it")]
    TooLong {
        /// The type asked for.
        payload: &'static str,
        /// The length of the value.
        bytes: usize,
        /// The longest value of this type.
        limit: usize,
    },
    /// The value does not follow the schema of its type.
    #[error(
        "cannot read {payload} of schema version {found} (this program knows {known}): compare \
         it with the published schema"
    )]
    Malformed {
        /// The type of the record.
        payload: &'static str,
        /// The version the record says it has.
        found: Version,
        /// The version of this program.
        known: Version,
        /// What is wrong, with the position.
        source: serde_json::Error,
    },
}

/// Why a record cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The record is longer than its type allows.
    #[error("{payload} of {bytes} bytes is longer than the limit of {limit}: split or shorten it")]
    TooLong {
        /// The type of the record.
        payload: &'static str,
        /// The length it would have.
        bytes: usize,
        /// The longest record of this type.
        limit: usize,
    },
    /// The record has no text in JSON.
    #[error("cannot write {payload} as JSON")]
    Unwritable {
        /// The type of the record.
        payload: &'static str,
        /// What is wrong.
        source: serde_json::Error,
    },
}

/// What the first bytes of a record say it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Head<'a> {
    /// The type of the payload: compare with [`Payload::TYPE`].
    #[serde(borrow, rename = "type")]
    pub payload: Cow<'a, str>,
    /// The version of the payload's schema.
    #[serde(rename = "schemaversion")]
    pub version: Version,
}

/// Writes a record.
///
/// # Errors
/// When it is longer than its type allows, or has no text in JSON.
pub fn encode<T: Payload>(envelope: &Envelope<T>) -> Result<Vec<u8>, EncodeError> {
    let mut value = Vec::with_capacity(envelope.data.bytes_hint());
    serde_json::to_writer(&mut value, &WireRef(envelope))
        .map_err(|source| EncodeError::Unwritable { payload: T::TYPE, source })?;
    check_written(T::TYPE, value, T::BYTES_MAX)
}

pub(crate) fn check_written(
    payload: &'static str,
    value: Vec<u8>,
    limit: usize,
) -> Result<Vec<u8>, EncodeError> {
    let bytes = value.len();
    if bytes > limit {
        return Err(EncodeError::TooLong { payload, bytes, limit });
    }
    Ok(value)
}

/// Reads a record of a type that is known from the topic or from [`peek`].
///
/// # Errors
/// When the value is too long, of another type or major version, or against its schema.
pub fn decode<T: Payload>(value: &[u8]) -> Result<Envelope<T>, DecodeError> {
    check_length(T::TYPE, value.len(), T::BYTES_MAX)?;
    let head = peek(value)?;
    head.check(T::TYPE, T::VERSION)?;
    let malformed = |source| DecodeError::Malformed {
        payload: T::TYPE,
        found: head.version,
        known: T::VERSION,
        source,
    };
    serde_json::from_slice::<Wire<T>>(value).map(Envelope::from).map_err(malformed)
}

pub(crate) fn check_length(
    payload: &'static str,
    bytes: usize,
    limit: usize,
) -> Result<(), DecodeError> {
    if bytes > limit {
        return Err(DecodeError::TooLong { payload, bytes, limit });
    }
    Ok(())
}

/// Tells what record this is, without reading it: about 20 ns for what this program wrote. A
/// writer that orders the fields differently costs one pass over the value.
///
/// # Errors
/// When the value is not JSON with a type and a version.
pub fn peek(value: &[u8]) -> Result<Head<'_>, DecodeError> {
    match peek_prefix(value) {
        Some(head) => Ok(head),
        None => serde_json::from_slice(value).map_err(DecodeError::NotARecord),
    }
}

fn peek_prefix(value: &[u8]) -> Option<Head<'_>> {
    let (payload, rest) = short_text(value.strip_prefix(TYPE_PREFIX)?)?;
    let (version, _) = short_text(rest.strip_prefix(VERSION_PREFIX)?)?;
    Some(Head { payload: Cow::Borrowed(payload), version: version.parse().ok()? })
}

/// A text up to its closing quote, if it is short and has no escapes, and what follows it.
fn short_text(value: &[u8]) -> Option<(&str, &[u8])> {
    let end = value.iter().take(SHORT_TEXT_BYTES_MAX).position(|byte| *byte == b'"')?;
    let (text, rest) = value.split_at_checked(end)?;
    let text = str::from_utf8(text).ok().filter(|text| !text.contains('\\'))?;
    Some((text, rest.get(1..)?))
}

impl Head<'_> {
    /// Refuses a record that a reader of this type and version cannot read.
    pub(crate) fn check(&self, payload: &'static str, known: Version) -> Result<(), DecodeError> {
        if self.payload != payload {
            let found = self.payload.clone().into_owned();
            return Err(DecodeError::WrongType { expected: payload, found });
        }
        if !known.reads(self.version) {
            let found = self.version;
            return Err(DecodeError::UnsupportedVersion { payload, found, supported: known });
        }
        Ok(())
    }
}

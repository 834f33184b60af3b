//! Summaries as bytes inside of records. Image entries hold them in the same form, by their stores.
//!
//! **Invariant:** reading any bytes gives a summary that keeps its promises, or an error: lengths,
//! orders and ranges are checked, and no memory is claimed beyond what the bytes themselves hold.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The first byte; another form gets another number.
const FORMAT: u8 = 1;
/// More than a window ever counts, and few enough that thousands of them add up.
pub(super) const COUNT_MAX: u64 = 1 << 48;

/// Bytes that are not a summary.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SummaryError {
    /// A later program wrote them, or no program.
    #[error("a summary in format {0:?}; this program reads format {FORMAT}: upgrade it first")]
    Format(Option<u8>),
    /// They are cut short, changed, or go on after the summary.
    #[error("{length} bytes are no summary: read the record again, or compute its window anew")]
    Damaged {
        /// How many there are.
        length: usize,
    },
}

/// What in a summary cannot be.
#[derive(Debug, thiserror::Error)]
#[error("a summary with {0}")]
pub(super) struct Inconsistent(pub(super) &'static str);

impl Inconsistent {
    pub(super) fn unless(holds: bool, problem: &'static str) -> Result<(), Self> {
        if holds { Ok(()) } else { Err(Self(problem)) }
    }
}

/// Writes a [`super::Pane`], [`super::Sketch`] or [`super::Distinct`] for a record.
pub fn to_bytes<T: Serialize>(summary: &T) -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "summaries have no part that cannot be written")]
    postcard::to_extend(summary, vec![FORMAT]).expect("a summary that encodes")
}

/// Reads what [`to_bytes`] wrote.
///
/// # Errors
/// When the bytes are of another format, damaged, or more than one summary.
pub fn from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, SummaryError> {
    let damaged = SummaryError::Damaged { length: bytes.len() };
    match bytes.split_first() {
        Some((&FORMAT, rest)) => match postcard::take_from_bytes(rest) {
            Ok((summary, [])) => Ok(summary),
            _ => Err(damaged),
        },
        other => Err(SummaryError::Format(other.map(|(format, _)| *format))),
    }
}

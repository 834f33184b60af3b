//! Schema versions, `major.minor`, and the one rule about them.
//!
//! **Invariant:** within a major version every reader can read every record. So a minor version
//! only adds optional fields or values of an enumeration; a reader keeps fields it does not know,
//! and `tests/wire/compatibility.rs` compares each type with the schema frozen in `baseline/`. A value
//! of an enumeration that a reader does not know is an error, never a guess, which is why readers
//! are upgraded before writers.

use std::fmt;
use std::str::FromStr;

use crate::text::text_form;

/// The version of one payload type's schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Raised by an incompatible change; a reader refuses a major version it does not know.
    pub major: u16,
    /// Raised by a compatible change; a reader accepts any.
    pub minor: u16,
}

/// A text that is not a schema version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a schema version: write major.minor, like 1.0")]
pub struct VersionError(String);

impl Version {
    /// A version from its two parts.
    #[must_use]
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }

    /// Whether a reader made for this version can read a record of that one.
    #[must_use]
    pub const fn reads(self, found: Self) -> bool {
        self.major == found.major
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let version = text
            .split_once('.')
            .and_then(|(major, minor)| Some(Self { major: part(major)?, minor: part(minor)? }));
        version.ok_or_else(|| VersionError(text.to_owned()))
    }
}

/// Digits without a sign or a leading zero, so that each version has one text.
fn part(text: &str) -> Option<u16> {
    let canonical = text == "0" || text.starts_with(|first: char| ('1'..='9').contains(&first));
    canonical.then(|| text.parse().ok())?
}

text_form!(Version, r"^(0|[1-9]\d*)\.(0|[1-9]\d*)$");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_one_text() {
        assert_eq!("1.12".parse(), Ok(Version::new(1, 12)));
        assert_eq!(Version::new(1, 12).to_string(), "1.12");
        for text in ["", "1", "1.", ".1", "1.0.0", "01.0", "1.+1", "-1.0", "1.65536", "1.1x"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_reader_reads_every_minor_of_its_major_and_nothing_else() {
        let reader = Version::new(2, 1);
        assert!(reader.reads(Version::new(2, 0)) && reader.reads(Version::new(2, 9)));
        assert!(!reader.reads(Version::new(1, 1)) && !reader.reads(Version::new(3, 0)));
    }
}

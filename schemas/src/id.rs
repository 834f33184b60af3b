//! Ids are hashes of what they identify, so the same thing has the same id on every machine, in
//! every replay and in every path by which it reaches us.
//!
//! **Invariant:** an id is XXH3 over a tag for its kind and its parts, each with its length before
//! it: `("ab", "c")` and `("a", "bc")` differ, and so do an alert and an incident of the same
//! parts. XXH3 is fast and the same everywhere, but not cryptographic: who can choose native ids
//! at will can make two of their own events collide, not somebody else's with theirs unseen.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use crate::text::text_form;

/// 128 bits in 32 lower-case hexadecimal digits: what all ids but that of a series are made of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash128(u128);

/// A text that is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id: it has {digits} lower-case hexadecimal digits")]
pub struct IdError {
    text: String,
    digits: usize,
}

impl Hash128 {
    /// The least of all, where ranges of keys begin.
    pub const MIN: Self = Self(0);

    /// Hashes the kind of thing and the parts that tell it from others of its kind.
    #[must_use]
    pub fn of(kind: &str, parts: &[&str]) -> Self {
        let mut all = Parts::of(kind);
        parts.iter().for_each(|part| all.add(part.as_bytes()));
        all.hash()
    }

    /// The id as a number, for dense maps.
    #[must_use]
    pub fn as_u128(self) -> u128 {
        self.0
    }
}

/// What is hashed: each part behind its length.
struct Parts(Vec<u8>);

impl Parts {
    fn of(kind: &str) -> Self {
        let mut parts = Self(Vec::with_capacity(256));
        parts.add(kind.as_bytes());
        parts
    }

    fn add(&mut self, part: &[u8]) {
        self.0.extend_from_slice(&(part.len() as u64).to_le_bytes());
        self.0.extend_from_slice(part);
    }

    fn hash(&self) -> Hash128 {
        Hash128(xxh3_128(&self.0))
    }
}

impl fmt::Display for Hash128 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(str::from_utf8(&hex::<32>(self.0)).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Hash128 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for Hash128 {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        unhex::<32>(text).map(Self)
    }
}

text_form!(Hash128, "^[0-9a-f]{32}$");

/// Identifies one series of points: tenant, resource, metric and labels.
///
/// It has 64 bits because every point carries it; a million series collide with a chance of
/// one in 37 million.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId(u64);

impl SeriesId {
    /// The id of the series with this metric and these labels on this resource.
    #[must_use]
    pub fn of(resource: ResourceId, metric: &str, labels: &BTreeMap<String, String>) -> Self {
        let labels = labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Self::of_sorted(resource, metric, labels)
    }

    /// The same, of labels that are in the order of their names, each once.
    pub fn of_sorted<'a>(
        resource: ResourceId,
        metric: &'a str,
        labels: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let resource = hex::<32>(resource.0.0);
        let mut parts = Parts::of("series");
        parts.add(&resource);
        parts.add(metric.as_bytes());
        for (name, value) in labels {
            parts.add(name.as_bytes());
            parts.add(value.as_bytes());
        }
        let [low, ..] = halves(parts.hash().0);
        Self(low)
    }

    /// The series with this number, as the column of a metric batch holds it.
    #[must_use]
    pub fn from_u64(number: u64) -> Self {
        Self(number)
    }

    /// The number a metric batch holds.
    #[must_use]
    pub fn as_u64(self) -> u64 {
        self.0
    }
}

fn halves(hash: u128) -> [u64; 2] {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = hash.to_le_bytes();
    [u64::from_le_bytes([a, b, c, d, e, f, g, h]), u64::from_le_bytes([i, j, k, l, m, n, o, p])]
}

impl fmt::Display for SeriesId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(str::from_utf8(&hex::<16>(self.0.into())).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for SeriesId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for SeriesId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let [low, _] = halves(unhex::<16>(text)?);
        Ok(Self(low))
    }
}

text_form!(SeriesId, "^[0-9a-f]{16}$");

/// The last `N` hexadecimal digits of a number.
fn hex<const N: usize>(number: u128) -> [u8; N] {
    let mut digits = [b'0'; N];
    for (place, digit) in digits.iter_mut().rev().enumerate() {
        let nibble = u8::try_from(number >> (4 * place) & 0xf).unwrap_or(0);
        *digit = if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
    }
    digits
}

fn unhex<const N: usize>(text: &str) -> Result<u128, IdError> {
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let number =
        text.bytes().try_fold(0, |sum: u128, byte| Some(sum << 4 | u128::from(digit(&byte)?)));
    let error = || IdError { text: text.to_owned(), digits: N };
    number.filter(|_| text.len() == N).ok_or_else(error)
}

/// Declares an id of 128 bits that cannot be mistaken for one of another kind.
macro_rules! id {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
            JsonSchema,
        )]
        #[schemars(inline)]
        pub struct $name(pub Hash128);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, formatter)
            }
        }
    };
}

id! {
    /// Identifies one record on our topics: `CloudEvents` `id`. A record sent twice has one id.
    RecordId
}
id! {
    /// Identifies one event, whatever path it takes to us and however often it is delivered.
    EventId
}
id! {
    /// Identifies what an event or a series is about.
    ResourceId
}
id! {
    /// Says that two alerts are the same condition, at different times.
    Fingerprint
}
id! {
    /// Identifies one alert from its first firing until it is resolved.
    AlertId
}
id! {
    /// Identifies one incident, however many alerts join it.
    IncidentId
}

impl RecordId {
    /// The id of a record of this payload type that is told from others by these parts.
    #[must_use]
    pub fn of(payload_type: &str, parts: &[&str]) -> Self {
        Self(Hash128::of(payload_type, parts))
    }
}

impl EventId {
    /// The id of the event that `source` calls `native_id`. Where native ids are unique only
    /// within one account or feed, `source` names that account or feed.
    #[must_use]
    pub fn of(source: &str, native_id: &str) -> Self {
        Self(Hash128::of("event", &[source, native_id]))
    }
}

/// The record that carries an event has the event's id.
impl From<EventId> for RecordId {
    fn from(event: EventId) -> Self {
        Self(event.0)
    }
}

impl ResourceId {
    /// The id of the tenant's resource with this native name: an ARN, a Kubernetes UID,
    /// `namespace/service`. Attributes that change or are learned later are not part of it.
    #[must_use]
    pub fn of(tenant: &str, native_name: &str) -> Self {
        Self(Hash128::of("resource", &[tenant, native_name]))
    }
}

impl Fingerprint {
    /// The fingerprint of a rule or detector and the labels it groups by. The version of the
    /// rule is not part of it, so that tuning a rule does not fork history.
    #[must_use]
    pub fn of(tenant: &str, rule: &str, labels: &BTreeMap<String, String>) -> Self {
        let mut parts = vec![tenant, rule];
        parts.extend(labels.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]));
        Self(Hash128::of("fingerprint", &parts))
    }
}

impl AlertId {
    /// The id of the alert with this fingerprint that began with this record.
    #[must_use]
    pub fn of(tenant: &str, fingerprint: Fingerprint, first: RecordId) -> Self {
        Self(Hash128::of("alert", &[tenant, &fingerprint.to_string(), &first.to_string()]))
    }
}

impl IncidentId {
    /// The id of the incident that this alert opened.
    #[must_use]
    pub fn of(seed: AlertId) -> Self {
        Self(Hash128::of("incident", &[&seed.to_string()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_the_same_for_ever() {
        // These texts were computed by another implementation of XXH3.
        let event = EventId::of("aws.cloudtrail", "e-1");
        assert_eq!(event.to_string(), "53fade26dd68c4d1d4e8be5dd34c4c10");
        let labels = BTreeMap::from([("cpu".to_owned(), "0".to_owned())]);
        let resource = ResourceId::of("acme", "web-1");
        assert_eq!(resource.to_string(), "cd266c0922d729197642eca96fa0b4ef");
        let series = SeriesId::of(resource, "system.cpu.time", &labels);
        assert_eq!(series.to_string(), "c870cb659f70b504");
    }

    #[test]
    fn parts_and_kinds_do_not_run_into_each_other() {
        assert_ne!(Hash128::of("event", &["ab", "c"]), Hash128::of("event", &["a", "bc"]));
        assert_ne!(Hash128::of("event", &["a"]), Hash128::of("event", &["a", ""]));
        assert_ne!(Hash128::of("alert", &["a"]), Hash128::of("incident", &["a"]));
    }

    #[test]
    fn an_id_has_one_text() {
        let id = EventId::of("source", "native").0;
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(SeriesId::from_u64(255).to_string(), "00000000000000ff");
        for text in ["", "0", "00000000000000FF", "00000000000000fg", "000000000000000ff"] {
            assert!(text.parse::<SeriesId>().is_err(), "{text}");
        }
        assert!(id.to_string().to_uppercase().parse::<Hash128>().is_err());
    }
}

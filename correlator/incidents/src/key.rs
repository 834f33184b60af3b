//! Keys of the tables: 64 bits of what they stand for, with a tag for what kind of thing it is.

use schemas::id::{Hash128, IncidentId};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::item::{Item, Kind, Mention, Session};

/// A key; two things of a tenant share one with a chance of one in 10¹³ at a million things.
pub(crate) type Key = u64;

/// What a key stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// Something an item names.
    Mention(Kind),
    /// A name without its digits, of one credential.
    Sibling,
    /// A service that was changed.
    Changed,
    /// A rule in a place.
    Condition,
    /// A call of a session.
    Repeated,
    /// A place.
    Place,
    /// A rule.
    Rule,
}

fn hash(tag: u64, parts: &[&str]) -> Key {
    parts.iter().fold(tag, |seed, part| xxh3_64_with_seed(part.as_bytes(), seed))
}

pub(crate) fn mention(mention: &Mention) -> Key {
    hash(16 + mention.kind as u64, &[&mention.value])
}

/// A name without its digits, where it has any.
pub(crate) fn sibling(session: &Session, name: &str) -> Option<Key> {
    let mut masked = String::with_capacity(name.len());
    let mut in_digits = false;
    for letter in name.chars() {
        let digit = letter.is_ascii_digit();
        if !digit {
            masked.push(letter);
        } else if !in_digits {
            masked.push('#');
        }
        in_digits = digit;
    }
    masked.contains('#').then(|| hash(1, &[&session.who, &masked]))
}

pub(crate) fn condition(rule: &str, place: Option<&str>) -> Key {
    hash(2, &[rule, place.unwrap_or_default()])
}

pub(crate) fn repeated(session: &Session, action: &str) -> Key {
    hash(3, &[&session.who, &session.agent, action])
}

pub(crate) fn place(place: &str) -> Key {
    hash(4, &[place])
}

pub(crate) fn rule(rule: &str) -> Key {
    hash(5, &[rule])
}

pub(crate) fn session(session: &Session) -> Key {
    hash(6, &[&session.who, &session.agent])
}

/// What the statistics of order are about: what was done, or the rule that says so.
pub(crate) fn kind_of(item: &Item) -> Key {
    hash(7, &[item.rule.as_deref().unwrap_or(&item.action)])
}

/// An incident by its id, which is a hash already.
pub(crate) fn incident(id: IncidentId) -> Key {
    let [first, _] = halves(id.0.as_u128());
    first
}

/// A wide number as two.
pub(crate) fn halves(number: u128) -> [u64; 2] {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = number.to_le_bytes();
    [u64::from_le_bytes([a, b, c, d, e, f, g, h]), u64::from_le_bytes([i, j, k, l, m, n, o, p])]
}

pub(crate) fn pair(from: Key, to: Key) -> Key {
    from.rotate_left(1) ^ to
}

/// A word that may be the name of a service.
pub(crate) fn word_of_service(name: &str) -> Key {
    hash(9, &[name])
}

/// A service that something was changed of, named by a field or by a word.
pub(crate) fn changed(name: &str, by_field: bool) -> Key {
    hash(if by_field { 10 } else { 11 }, &[name])
}

/// A service with an alert about what it asks of others.
pub(crate) fn outgoing(name: &str) -> Key {
    hash(12, &[name])
}

/// What a record is known by when it comes again, or when a rule fires on it: half of its id.
pub(crate) fn seen(record: Hash128) -> Key {
    let [a, b, c, d, e, f, g, h, ..] = record.as_u128().to_le_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

pub(crate) fn word(word: &str) -> u32 {
    let [a, b, c, d, ..] = hash(8, &[word]).to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

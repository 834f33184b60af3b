//! When a variant fits: every reference that is named has to stand the test beside it.

use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::reference::{Reference, Scope};

/// All of these have to hold.
#[derive(Clone, Debug)]
pub(super) struct When(Vec<(Reference, Test)>);

#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Words")]
enum Test {
    Present,
    Absent,
    OneOf(Vec<Pattern>),
}

/// A text in any case; with `*` at its end, all that begin so.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Words")]
pub(super) struct Pattern {
    text: String,
    is_prefix: bool,
}

impl When {
    pub(super) fn fits(&self, scope: Scope<'_>) -> bool {
        self.0.iter().all(|(reference, test)| test.holds(reference, scope))
    }
}

impl Test {
    fn holds(&self, reference: &Reference, scope: Scope<'_>) -> bool {
        // Objects have no text, but they are there.
        let is_there = || !reference.values(scope).is_empty() || reference.text(scope).is_some();
        match self {
            Self::Present => is_there(),
            Self::Absent => !is_there(),
            Self::OneOf(patterns) => {
                let said = reference.texts(scope);
                said.iter().any(|said| patterns.iter().any(|pattern| pattern.fits(said)))
            }
        }
    }
}

impl Pattern {
    pub(super) fn fits(&self, said: &str) -> bool {
        let length = if self.is_prefix { self.text.len() } else { said.len() };
        said.get(..length).is_some_and(|said| said.eq_ignore_ascii_case(&self.text))
    }
}

impl From<&str> for Pattern {
    fn from(written: &str) -> Self {
        let stem = written.strip_suffix('*');
        Self { text: stem.unwrap_or(written).to_owned(), is_prefix: stem.is_some() }
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Tests;

        impl<'de> Visitor<'de> for Tests {
            type Value = When;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("references, each with present, absent, a value or a list of values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<When, A::Error> {
                let mut tests = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    let reference =
                        name.trim_start_matches('$').parse().map_err(A::Error::custom)?;
                    tests.push((reference, map.next_value()?));
                }
                Ok(When(tests))
            }
        }

        deserializer.deserialize_map(Tests)
    }
}

impl From<Words> for Test {
    fn from(Words(words): Words) -> Self {
        match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["present"] => Self::Present,
            ["absent"] => Self::Absent,
            ref words => Self::OneOf(words.iter().copied().map(Pattern::from).collect()),
        }
    }
}

impl From<Words> for Pattern {
    fn from(Words(words): Words) -> Self {
        Self::from(words.first().map_or("", String::as_str))
    }
}

/// One scalar, or a list of them, as texts.
#[derive(Debug)]
struct Words(Vec<String>);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Scalars;

        impl<'de> Visitor<'de> for Scalars {
            type Value = Words;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a number, a boolean or a list of these")
            }

            fn visit_str<E: Error>(self, written: &str) -> Result<Words, E> {
                Ok(Words(vec![written.to_owned()]))
            }

            fn visit_bool<E: Error>(self, written: bool) -> Result<Words, E> {
                Ok(Words(vec![written.to_string()]))
            }

            fn visit_i64<E: Error>(self, written: i64) -> Result<Words, E> {
                Ok(Words(vec![written.to_string()]))
            }

            fn visit_u64<E: Error>(self, written: u64) -> Result<Words, E> {
                Ok(Words(vec![written.to_string()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Words, A::Error> {
                let mut all = Vec::new();
                while let Some(Words(words)) = list.next_element()? {
                    all.extend(words);
                }
                Ok(Words(all))
            }
        }

        deserializer.deserialize_any(Scalars)
    }
}

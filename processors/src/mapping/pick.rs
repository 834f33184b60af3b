//! A value of an event: a text with references in it, the first of several, or a table.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::condition::Pattern;
use super::reference::{Reference, Scope};

/// How a value is found.
#[derive(Clone, Debug)]
pub(super) enum Pick {
    Template(Vec<Part>),
    First(Vec<Self>),
    Table { from: Box<Self>, map: Vec<(Pattern, String)>, otherwise: Option<String> },
}

#[derive(Clone, Debug)]
pub(super) enum Part {
    Text(String),
    Reference(Reference),
}

impl Pick {
    /// The value as text.
    pub(super) fn text<'a>(&'a self, scope: Scope<'a>) -> Option<Cow<'a, str>> {
        match self {
            Self::Template(parts) => match &**parts {
                [Part::Text(text)] => Some(Cow::Borrowed(text)),
                [Part::Reference(reference)] => reference.text(scope),
                parts => filled(parts, scope).map(Cow::Owned),
            },
            Self::First(picks) => picks.iter().find_map(|pick| pick.text(scope)),
            Self::Table { from, map, otherwise } => {
                let found = from.text(scope);
                let fits = |(pattern, _): &&(Pattern, String)| {
                    found.as_deref().is_some_and(|found| pattern.fits(found))
                };
                let said = map.iter().find(fits).map(|(_, said)| said);
                said.or(otherwise.as_ref()).map(|said| Cow::Borrowed(said.as_str()))
            }
        }
    }

    /// The value as JSON: what a reference alone names keeps its type.
    pub(super) fn json(&self, scope: Scope<'_>) -> Option<Value> {
        match self {
            Self::First(picks) => picks.iter().find_map(|pick| pick.json(scope)),
            Self::Template(parts) if let [Part::Reference(reference)] = &**parts => {
                reference.json(scope)
            }
            Self::Template(_) | Self::Table { .. } => {
                self.text(scope).map(|text| Value::from(text.into_owned()))
            }
        }
    }

    /// All values, where a list means all and not the first.
    pub(super) fn texts<'a>(&'a self, scope: Scope<'a>) -> Vec<Cow<'a, str>> {
        match self {
            Self::Template(parts) if let [Part::Reference(reference)] = &**parts => {
                reference.texts(scope)
            }
            pick => pick.text(scope).into_iter().collect(),
        }
    }

    /// Every text that does not depend on the value: what it may come to, as far as that is known.
    pub(super) fn literals(&self) -> Vec<&str> {
        match self {
            Self::Template(parts) => match &**parts {
                [Part::Text(text)] => vec![text],
                _ => Vec::new(),
            },
            Self::First(picks) => picks.iter().flat_map(Self::literals).collect(),
            Self::Table { map, otherwise, .. } => {
                map.iter().map(|(_, said)| said).chain(otherwise).map(String::as_str).collect()
            }
        }
    }
}

/// A text has no value unless each of its parts has one.
fn filled(parts: &[Part], scope: Scope<'_>) -> Option<String> {
    parts.iter().try_fold(String::new(), |mut text, part| {
        match part {
            Part::Text(plain) => text.push_str(plain),
            Part::Reference(reference) => text.push_str(&reference.text(scope)?),
        }
        Some(text)
    })
}

/// `$place`, or text with `${place}` in it.
fn parts(written: &str) -> Result<Vec<Part>, String> {
    let is_braced = |rest: &str| rest.starts_with("${");
    if let Some(place) = written.strip_prefix('$').filter(|_| !is_braced(written)) {
        return Ok(vec![Part::Reference(place.parse()?)]);
    }
    let mut parts = Vec::new();
    let mut rest = written;
    while let Some((before, after)) = rest.split_once("${") {
        let (place, behind) = after
            .split_once('}')
            .ok_or_else(|| format!("`{written}` has a `${{` without its `}}`"))?;
        if !before.is_empty() {
            parts.push(Part::Text(before.to_owned()));
        }
        parts.push(Part::Reference(place.parse()?));
        rest = behind;
    }
    if !rest.is_empty() || parts.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    Ok(parts)
}

impl<'de> Deserialize<'de> for Pick {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Written)
    }
}

struct Written;

impl<'de> Visitor<'de> for Written {
    type Value = Pick;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a list of which the first with a value is taken, or {from, map, else}")
    }

    fn visit_str<E: Error>(self, written: &str) -> Result<Pick, E> {
        parts(written).map(Pick::Template).map_err(E::custom)
    }

    fn visit_bool<E: Error>(self, written: bool) -> Result<Pick, E> {
        Ok(Pick::Template(vec![Part::Text(written.to_string())]))
    }

    fn visit_i64<E: Error>(self, written: i64) -> Result<Pick, E> {
        Ok(Pick::Template(vec![Part::Text(written.to_string())]))
    }

    fn visit_u64<E: Error>(self, written: u64) -> Result<Pick, E> {
        Ok(Pick::Template(vec![Part::Text(written.to_string())]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Pick, A::Error> {
        let mut picks = Vec::new();
        while let Some(pick) = list.next_element()? {
            picks.push(pick);
        }
        Ok(Pick::First(picks))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Pick, A::Error> {
        let table = Table::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
        let Rows(map) = table.map;
        Ok(Pick::Table { from: Box::new(table.from), map, otherwise: table.otherwise })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    from: Pick,
    map: Rows,
    #[serde(default, rename = "else")]
    otherwise: Option<String>,
}

/// The rows of a table in their order, which decides.
struct Rows(Vec<(Pattern, String)>);

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Rows;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Rows, A::Error> {
                let mut rows = Vec::new();
                while let Some(row) = map.next_entry()? {
                    rows.push(row);
                }
                Ok(Rows(rows))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

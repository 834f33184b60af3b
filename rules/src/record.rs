//! A raw record, decoded once and borrowed from its text, as rules ask for its fields.
//!
//! **Invariant:** a field is found by its exact name, else by the same name in other case, as logs
//! shipped by third parties have it. A name with dots is first looked for as it is, then part by part;
//! a part that is a list stands for all its elements. Of a name that is given twice the last counts.

use std::borrow::Cow;
use std::fmt;

use rsigma_eval::event::{Event, EventValue};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// The JSON of an event, as its source wrote it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record<'a>(Node<'a>);

#[derive(Debug, Clone, PartialEq)]
enum Node<'a> {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Object(Vec<(Text<'a>, Node<'a>)>),
}

/// A text that borrows where it holds no escapes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Record<'a> {
    /// Decodes a record.
    ///
    /// # Errors
    /// When it is no JSON, or nested more than 127 levels deep.
    pub fn decode(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text).map(Self)
    }

    /// A field as text; none where it is missing, or no text, number or truth.
    #[must_use]
    pub fn text_of(&self, field: &str) -> Option<String> {
        self.get_field(field)?.as_str().map(Cow::into_owned)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Node<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Node<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node<'de>, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node<'de>, E> {
        Ok(Node::Integer(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "rules compare such numbers as floats")]
    fn visit_u64<E>(self, value: u64) -> Result<Node<'de>, E> {
        Ok(i64::try_from(value).map_or(Node::Float(value as f64), Node::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node<'de>, E> {
        Ok(Node::Float(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Node<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Node<'de>, A::Error> {
        let mut entries = Vec::with_capacity(8);
        while let Some(entry) = from.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Object(entries))
    }
}

impl<'a> Node<'a> {
    /// The entry of exactly this name.
    fn exact(&self, name: &str) -> Option<&Node<'a>> {
        let Self::Object(entries) = self else { return None };
        entries.iter().rev().find(|(key, _)| key.0 == name).map(|(_, value)| value)
    }

    /// The entry of this name, or else of this name in other case.
    fn entry(&self, name: &str) -> Option<&Node<'a>> {
        let Self::Object(entries) = self else { return None };
        let other_case = || entries.iter().rev().find(|(key, _)| key.0.eq_ignore_ascii_case(name));
        self.exact(name).or_else(|| other_case().map(|(_, value)| value))
    }

    /// Whatever is reached by a name with dots, on all ways through lists.
    fn reach<'n>(&'n self, path: &str, found: &mut Vec<EventValue<'n>>) {
        if let Self::List(items) = self {
            return items.iter().for_each(|item| item.reach(path, found));
        }
        match path.split_once('.') {
            None => found.extend(self.entry(path).map(Node::value)),
            Some((first, rest)) => {
                if let Some(node) = self.entry(first) {
                    node.reach(rest, found);
                }
            }
        }
    }

    fn value(&self) -> EventValue<'_> {
        match self {
            Self::Null => EventValue::Null,
            Self::Bool(value) => EventValue::Bool(*value),
            Self::Integer(value) => EventValue::Int(*value),
            Self::Float(value) => EventValue::Float(*value),
            Self::Text(text) => EventValue::Str(Cow::Borrowed(text)),
            Self::List(items) => EventValue::Array(items.iter().map(Self::value).collect()),
            Self::Object(entries) => {
                let named =
                    entries.iter().map(|(key, value)| (Cow::Borrowed(&*key.0), value.value()));
                EventValue::Map(named.collect())
            }
        }
    }

    fn any_text(&self, is_wanted: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Self::Text(text) => is_wanted(text),
            Self::List(items) => items.iter().any(|item| item.any_text(is_wanted)),
            Self::Object(entries) => entries.iter().any(|(_, value)| value.any_text(is_wanted)),
            Self::Null | Self::Bool(_) | Self::Integer(_) | Self::Float(_) => false,
        }
    }

    fn texts<'n>(&'n self, found: &mut Vec<Cow<'n, str>>) {
        match self {
            Self::Text(text) => found.push(Cow::Borrowed(text)),
            Self::List(items) => items.iter().for_each(|item| item.texts(found)),
            Self::Object(entries) => entries.iter().for_each(|(_, value)| value.texts(found)),
            Self::Null | Self::Bool(_) | Self::Integer(_) | Self::Float(_) => {}
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::from(*value),
            Self::Integer(value) => Value::from(*value),
            Self::Float(value) => Value::from(*value),
            Self::Text(text) => Value::from(text.as_ref()),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Object(entries) => {
                entries.iter().map(|(key, value)| (key.0.to_string(), value.to_json())).collect()
            }
        }
    }
}

impl Event for Record<'_> {
    fn get_field(&self, path: &str) -> Option<EventValue<'_>> {
        if let Some(node) = self.0.exact(path) {
            return Some(node.value());
        }
        if !path.contains('.') {
            return self.0.entry(path).map(Node::value);
        }
        let mut found = Vec::new();
        self.0.reach(path, &mut found);
        if found.len() > 1 { Some(EventValue::Array(found)) } else { found.pop() }
    }

    fn any_string_value(&self, is_wanted: &dyn Fn(&str) -> bool) -> bool {
        self.0.any_text(is_wanted)
    }

    fn all_string_values(&self) -> Vec<Cow<'_, str>> {
        let mut found = Vec::new();
        self.0.texts(&mut found);
        found
    }

    fn to_json(&self) -> Value {
        self.0.to_json()
    }
}

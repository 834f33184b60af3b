//! Attributes: names with values of any type, which become labels, whose values are texts.
//!
//! A map within an attribute becomes one label a key, `name.key`, as the dimensions of `CloudWatch`
//! do; a list becomes its JSON.

use std::borrow::Cow;
use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Deserializer, Serialize};

use super::json;
use crate::draft::Labels;
use crate::formats::wire::{self, Field, Fields, Wrong};
use crate::json::Text;

/// Values in values are read this deep at most.
const NESTING_MAX: u8 = 16;
/// Maps are taken apart while the names stay this short, so that one long name is not repeated for
/// every key of a large map.
const NAME_BYTES_MAX: usize = 256;

/// A value of any type.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum AnyValue<'a> {
    #[default]
    Nothing,
    Text(Cow<'a, str>),
    Truth(bool),
    Int(i64),
    Double(f64),
    List(Vec<AnyValue<'a>>),
    Pairs(Vec<(Cow<'a, str>, AnyValue<'a>)>),
}

impl<'a> AnyValue<'a> {
    /// The value as a text; lists and maps as their JSON.
    pub(super) fn into_text(self) -> Cow<'a, str> {
        match self {
            Self::Nothing => Cow::Borrowed(""),
            Self::Text(text) => text,
            Self::Truth(true) => Cow::Borrowed("true"),
            Self::Truth(false) => Cow::Borrowed("false"),
            Self::Int(number) => Cow::Owned(number.to_string()),
            Self::Double(number) => Cow::Owned(number.to_string()),
            Self::List(_) | Self::Pairs(_) => {
                Cow::Owned(serde_json::to_string(&self).unwrap_or_default())
            }
        }
    }

    /// Adds the value under a name.
    pub(super) fn label(self, name: Cow<'a, str>, labels: &mut Labels<'a>) {
        match self {
            Self::Nothing => {}
            Self::Pairs(pairs) if name.len() <= NAME_BYTES_MAX => {
                for (key, value) in pairs {
                    value.label(Cow::Owned(format!("{name}.{key}")), labels);
                }
            }
            value => labels.push((name, value.into_text())),
        }
    }

    /// Reads a protobuf `AnyValue`.
    pub(super) fn read(message: &'a [u8], nesting: u8) -> Result<Self, Wrong<'a>> {
        if nesting > NESTING_MAX {
            return Err(Wrong::new("OTLP values nested more deeply than is read", message));
        }
        let mut value = Self::Nothing;
        for field in Fields::of(message) {
            value = match field? {
                (1, Field::Bytes(text)) => Self::Text(wire::text(text)),
                (2, Field::Varint(truth)) => Self::Truth(truth != 0),
                (3, Field::Varint(number)) => Self::Int(number.cast_signed()),
                (4, Field::Fixed64(bits)) => Self::Double(f64::from_bits(bits)),
                (5, Field::Bytes(list)) => Self::read_list(list, nesting)?,
                (6, Field::Bytes(pairs)) => Self::read_pairs(pairs, nesting)?,
                (7, Field::Bytes(bytes)) => Self::Text(Cow::Owned(hex(bytes))),
                _ => value,
            };
        }
        Ok(value)
    }

    fn read_list(message: &'a [u8], nesting: u8) -> Result<Self, Wrong<'a>> {
        let mut list = Vec::new();
        for field in Fields::of(message) {
            if let (1, Field::Bytes(value)) = field? {
                list.push(Self::read(value, nesting + 1)?);
            }
        }
        Ok(Self::List(list))
    }

    fn read_pairs(message: &'a [u8], nesting: u8) -> Result<Self, Wrong<'a>> {
        let mut pairs = Vec::new();
        for field in Fields::of(message) {
            if let (1, Field::Bytes(pair)) = field? {
                pairs.push(read_pair(pair, nesting + 1)?);
            }
        }
        Ok(Self::Pairs(pairs))
    }
}

fn read_pair(message: &[u8], nesting: u8) -> Result<(Cow<'_, str>, AnyValue<'_>), Wrong<'_>> {
    let (mut key, mut value) = (Cow::Borrowed(""), AnyValue::Nothing);
    for field in Fields::of(message) {
        match field? {
            (1, Field::Bytes(text)) => key = wire::text(text),
            (2, Field::Bytes(message)) => value = AnyValue::read(message, nesting)?,
            _ => {}
        }
    }
    Ok((key, value))
}

/// Reads a protobuf `KeyValue` into labels.
pub(super) fn read_label<'l, 'a: 'l>(
    message: &'a [u8],
    labels: &mut Labels<'l>,
) -> Result<(), Wrong<'a>> {
    let (key, value) = read_pair(message, 0)?;
    value.label(key, labels);
    Ok(())
}

/// Reads a label of OTLP before 1.0, whose value is a text.
pub(super) fn read_text_label<'l, 'a: 'l>(
    message: &'a [u8],
    labels: &mut Labels<'l>,
) -> Result<(), Wrong<'a>> {
    let (mut key, mut value) = (Cow::Borrowed(""), Cow::Borrowed(""));
    for field in Fields::of(message) {
        match field? {
            (1, Field::Bytes(text)) => key = wire::text(text),
            (2, Field::Bytes(text)) => value = wire::text(text),
            _ => {}
        }
    }
    labels.push((key, value));
    Ok(())
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The value of a label.
pub(super) fn find<'l, 'a>(labels: &'l Labels<'a>, name: &str) -> Option<&'l Cow<'a, str>> {
    labels.iter().find(|(label, _)| label == name).map(|(_, value)| value)
}

/// Writes labels as one JSON object.
#[derive(Debug)]
pub(super) struct AsObject<'l, 'a>(pub(super) &'l Labels<'a>);

impl Serialize for AsObject<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl Serialize for AnyValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nothing => serializer.serialize_unit(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Truth(truth) => serializer.serialize_bool(*truth),
            Self::Int(number) => serializer.serialize_i64(*number),
            Self::Double(number) => serializer.serialize_f64(*number),
            Self::List(list) => serializer.collect_seq(list),
            Self::Pairs(pairs) => {
                let mut map = serializer.serialize_map(Some(pairs.len()))?;
                for (key, value) in pairs {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

/// How JSON names the types; one of them is given.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct JsonValue<'a> {
    #[serde(borrow)]
    string_value: Option<Text<'a>>,
    bool_value: Option<bool>,
    #[serde(deserialize_with = "json::signed")]
    int_value: Option<i64>,
    #[serde(deserialize_with = "json::double")]
    double_value: Option<f64>,
    #[serde(borrow)]
    bytes_value: Option<Text<'a>>,
    #[serde(borrow)]
    array_value: Option<JsonList<'a>>,
    #[serde(borrow)]
    kvlist_value: Option<JsonPairs<'a>>,
}

#[derive(Deserialize)]
struct JsonList<'a> {
    #[serde(borrow, default, deserialize_with = "json::nullable")]
    values: Vec<AnyValue<'a>>,
}

#[derive(Deserialize)]
struct JsonPairs<'a> {
    #[serde(borrow, default, deserialize_with = "json::nullable")]
    values: Vec<JsonPair<'a>>,
}

#[derive(Deserialize)]
struct JsonPair<'a> {
    #[serde(borrow, default)]
    key: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "json::nullable")]
    value: AnyValue<'a>,
}

impl<'a> JsonPair<'a> {
    fn into_pair(self) -> (Cow<'a, str>, AnyValue<'a>) {
        (self.key.unwrap_or_default().0, self.value)
    }
}

impl<'de> Deserialize<'de> for AnyValue<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = JsonValue::deserialize(deserializer)?;
        let text = value.string_value.or(value.bytes_value).map(|Text(text)| Self::Text(text));
        let pairs = |pairs: JsonPairs<'de>| {
            Self::Pairs(pairs.values.into_iter().map(JsonPair::into_pair).collect())
        };
        Ok(text
            .or(value.int_value.map(Self::Int))
            .or(value.double_value.map(Self::Double))
            .or(value.bool_value.map(Self::Truth))
            .or(value.array_value.map(|list| Self::List(list.values)))
            .or(value.kvlist_value.map(pairs))
            .unwrap_or_default())
    }
}

/// Attributes of JSON as labels.
pub(super) fn labels<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Labels<'de>, D::Error> {
    struct Attributes;

    impl<'de> Visitor<'de> for Attributes {
        type Value = Labels<'de>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of attributes")
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Labels::new())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut labels = Labels::new();
            while let Some(pair) = list.next_element::<JsonPair<'de>>()? {
                let (key, value) = pair.into_pair();
                value.label(key, &mut labels);
            }
            Ok(labels)
        }
    }

    deserializer.deserialize_any(Attributes)
}

/// What was measured, or what wrote the log.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Resource<'a> {
    #[serde(borrow, default, deserialize_with = "labels")]
    pub(super) attributes: Labels<'a>,
}

impl<'a> Resource<'a> {
    /// Reads a protobuf `Resource`.
    pub(super) fn read(message: &'a [u8]) -> Result<Self, Wrong<'a>> {
        let mut resource = Self::default();
        for field in Fields::of(message) {
            if let (1, Field::Bytes(pair)) = field? {
                read_label(pair, &mut resource.attributes)?;
            }
        }
        Ok(resource)
    }

    /// The account, subscription or project it is of.
    pub(super) fn account(&self) -> Option<&Cow<'a, str>> {
        find(&self.attributes, "cloud.account.id")
    }
}

/// The library that measured.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Scope<'a> {
    #[serde(borrow, default)]
    pub(super) name: Option<Text<'a>>,
}

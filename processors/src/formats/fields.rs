//! JSON objects whose shape cannot be relied on: names beside values that are not read yet.
//!
//! Exporters write names in other cases, write a name twice (`Level` and `level`), and put texts
//! where objects are documented. A derived struct refuses all of these, and the message is lost;
//! here a value that is not of the shape that is asked for is only not found.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::json::{self, Text};
use crate::sink::Refusal;
use crate::time;

/// The fields of one object, in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Fields<'a> {
    /// The fields of a value that must be an object.
    pub(crate) fn parse(value: &'a [u8]) -> Result<Self, Refusal> {
        json::parse(value)
    }

    /// The fields of an object; none of anything else.
    pub(crate) fn of(text: &'a str) -> Self {
        let looks_like_object = text.trim_ascii_start().starts_with('{');
        let fields = looks_like_object.then(|| serde_json::from_str(text).ok()).flatten();
        fields.unwrap_or_default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and values, in their order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), *value))
    }

    /// The value of this name, or of the same in another case; `null` is no value.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a RawValue> {
        let given = || self.iter().filter(|(_, value)| value.get() != "null");
        let exact = given().find(|(key, _)| *key == name);
        let found = exact.or_else(|| given().find(|(key, _)| key.eq_ignore_ascii_case(name)));
        found.map(|(_, value)| value)
    }

    /// Whether there is a value of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// The first of these that is a text, a number or a boolean, and not empty.
    pub(crate) fn text(&self, names: &[&str]) -> Option<Cow<'a, str>> {
        names.iter().find_map(|name| scalar(self.raw(name)?))
    }

    /// The first of these that is a number, or a text that holds one.
    pub(crate) fn number(&self, names: &[&str]) -> Option<f64> {
        names.iter().find_map(|name| scalar(self.raw(name)?)?.trim().parse().ok())
    }

    /// The first of these that is a whole number, or a text that holds one.
    pub(crate) fn integer(&self, names: &[&str]) -> Option<i64> {
        names.iter().find_map(|name| scalar(self.raw(name)?)?.trim().parse().ok())
    }

    /// The first of these that is a time, in milliseconds since the epoch.
    pub(crate) fn time_ms(&self, names: &[&str]) -> Option<i64> {
        names.iter().find_map(|name| time::of_text(&scalar(self.raw(name)?)?))
    }

    /// The object of this name; an empty one where there is none.
    pub(crate) fn object(&self, name: &str) -> Self {
        self.raw(name).map(|value| Self::of(value.get())).unwrap_or_default()
    }

    /// The objects by which this one is reached, one inside of the other.
    pub(crate) fn path(&self, names: &[&str]) -> Self {
        let Some((first, rest)) = names.split_first() else { return self.clone() };
        rest.iter().fold(self.object(first), |fields, name| fields.object(name))
    }

    /// The elements of the array of this name; none where it is not one.
    pub(crate) fn list(&self, name: &str) -> Vec<&'a RawValue> {
        let list = self.raw(name).and_then(|value| serde_json::from_str(value.get()).ok());
        list.unwrap_or_default()
    }

    /// The JSON of this name, also where it stands inside of a text; empty where there is none.
    pub(crate) fn opened(&self, name: &str) -> Cow<'a, str> {
        let value = self.raw(name);
        value.map(|value| scalar(value).unwrap_or(Cow::Borrowed(value.get()))).unwrap_or_default()
    }
}

/// A text, a number or a boolean as text; `None` of anything else, and of an empty text.
pub(crate) fn scalar(value: &RawValue) -> Option<Cow<'_, str>> {
    let written = value.get();
    let text = match written.as_bytes().first()? {
        b'"' => serde_json::from_str::<Text<'_>>(written).ok()?.0,
        b'{' | b'[' | b'n' => return None,
        _ => Cow::Borrowed(written),
    };
    Some(text).filter(|text| !text.is_empty())
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::with_capacity(24);
                while let Some(Text(name)) = map.next_key()? {
                    fields.push((name, map.next_value()?));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_be_in_another_case_or_twice() {
        let fields = Fields::of(r#"{"Level": 4, "level": "Error", "INSERTID": "x", "no": null}"#);
        assert_eq!(fields.text(&["level"]).as_deref(), Some("Error"));
        assert_eq!(fields.text(&["Level"]).as_deref(), Some("4"));
        assert_eq!(fields.text(&["insertId"]).as_deref(), Some("x"));
        assert!(!fields.has("no") && !fields.has("other"));
    }

    #[test]
    fn a_value_of_another_shape_is_only_not_found() {
        let fields = Fields::of(r#"{"a": "text", "b": {"c": "12"}, "d": "{\"e\": true}"}"#);
        assert!(fields.object("a").is_empty());
        assert!(fields.list("b").is_empty());
        assert_eq!(fields.text(&["b", "a"]).as_deref(), Some("text"));
        assert_eq!(fields.path(&["b"]).number(&["c"]), Some(12.0));
        assert_eq!(Fields::of(&fields.opened("d")).text(&["e"]).as_deref(), Some("true"));
    }
}

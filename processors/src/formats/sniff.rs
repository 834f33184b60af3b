//! A glance at a value: enough to tell formats apart, without reading it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::input::Input;

/// The glance.
#[derive(Debug)]
pub struct Look<'a> {
    /// The record.
    pub input: Input<'a>,
    /// Names of the fields of the (first) JSON object, where the value is one or begins with one.
    pub fields: Vec<Cow<'a, str>>,
}

/// More fields than this are not looked at.
const FIELDS_MAX: usize = 64;

impl<'a> Look<'a> {
    /// Looks at a record.
    #[must_use]
    pub fn at(input: &Input<'a>) -> Self {
        // An array of objects looks like its first one.
        let value = input.value.trim_ascii_start();
        let first = value.strip_prefix(b"[").unwrap_or(value).trim_ascii_start();
        let mut stream = serde_json::Deserializer::from_slice(first).into_iter::<Fields<'a>>();
        let fields = match (first.first(), stream.next()) {
            (Some(b'{'), Some(Ok(Fields(fields)))) => fields,
            _ => Vec::new(),
        };
        Self { input: *input, fields }
    }

    /// Whether the object has a field of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field == name)
    }

    /// Whether it has all of them.
    #[must_use]
    pub fn has_all(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.has(name))
    }

    /// Whether the value holds this text somewhere near its beginning.
    #[must_use]
    pub fn mentions(&self, text: &str) -> bool {
        const NEAR_BYTES: usize = 4_096;
        let near = self.input.value.get(..NEAR_BYTES).unwrap_or(self.input.value);
        near.windows(text.len()).any(|window| window == text.as_bytes())
    }

    /// Whether it begins as JSON does.
    #[must_use]
    pub fn is_json(&self) -> bool {
        matches!(self.input.value.trim_ascii_start().first(), Some(b'{' | b'['))
    }
}

struct Fields<'a>(Vec<Cow<'a, str>>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut names = Vec::new();
                while let Some(crate::json::Text(name)) = map.next_key()? {
                    map.next_value::<IgnoredAny>()?;
                    if names.len() < FIELDS_MAX {
                        names.push(name);
                    }
                }
                Ok(Fields(names))
            }
        }

        deserializer.deserialize_map(Names)
    }
}

//! What a producer sent, inside our record, byte for byte.
//!
//! Most readers of an event never look at it, so it is skipped over when the record is read and
//! parsed only when somebody asks.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// JSON as the producer wrote it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Raw(Box<RawValue>);

impl Raw {
    /// Takes over text that must be JSON.
    ///
    /// # Errors
    /// When it is not.
    pub fn new(text: String) -> Result<Self, serde_json::Error> {
        RawValue::from_string(text).map(Self)
    }

    /// The text as it came.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.get()
    }

    /// The parsed value: its fields are reached by `value.pointer("/userIdentity/arn")`.
    ///
    /// # Errors
    /// When it is nested more than 127 levels deep, or holds a number that no `f64` can.
    pub fn parse(&self) -> Result<Value, serde_json::Error> {
        serde_json::from_str(self.text())
    }
}

/// Equal when the texts are: order and white space are part of what was sent.
impl PartialEq for Raw {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl JsonSchema for Raw {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Raw".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        true.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_reached_and_the_text_is_kept() {
        let raw = Raw::new(r#"{ "b": {"c": [1.0, 2]}, "a": 1e2 }"#.into()).unwrap();
        assert_eq!(raw.parse().unwrap().pointer("/b/c/1"), Some(&2.into()));
        assert_eq!(serde_json::to_string(&raw).unwrap(), r#"{ "b": {"c": [1.0, 2]}, "a": 1e2 }"#);
    }

    #[test]
    fn deep_nesting_is_an_error_when_parsed_and_harmless_before() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert!(Raw::new(deep).unwrap().parse().is_err());
        assert!(Raw::new("[".into()).is_err());
    }
}

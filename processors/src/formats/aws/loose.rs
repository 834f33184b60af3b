//! Fields that are taken in whatever shape they come: what has another shape than the documented
//! one is as good as missing, so that one odd field does not cost the whole record.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A text, borrowed where it holds no escapes; numbers and truth values are texts too, and all else
/// is none.
#[derive(Clone, Debug, Default)]
pub(super) struct Word<'a>(pub(super) Option<Cow<'a, str>>);

impl<'a> Word<'a> {
    /// The text.
    pub(super) fn get(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// The text, or an empty one.
    pub(super) fn text(&self) -> &str {
        self.get().unwrap_or("")
    }

    /// The text, to be kept.
    pub(super) fn take(&mut self) -> Option<Cow<'a, str>> {
        self.0.take()
    }
}

/// An object with the fields that are looked for; any other shape is none.
#[derive(Clone, Debug)]
pub(super) struct Part<T>(pub(super) Option<Box<T>>);

impl<T> Default for Part<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// The objects of an array; elements of another shape, and other shapes than an array, are left
/// out.
#[derive(Clone, Debug)]
pub(super) struct Parts<T>(pub(super) Vec<T>);

impl<T> Default for Parts<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Word<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordVisitor)
    }
}

struct WordVisitor;

/// A word that is not empty.
fn word<'a, E>(text: impl Into<Cow<'a, str>>) -> Result<Word<'a>, E> {
    Ok(Word(Some(text.into()).filter(|text| !text.is_empty())))
}

impl<'de> Visitor<'de> for WordVisitor {
    type Value = Word<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        word(text)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        word(text.to_owned())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        word(if value { "true" } else { "false" })
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        word(value.to_string())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        word(value.to_string())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        word(value.to_string())
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Word(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Word(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Word(None))
    }
}

/// What is neither object nor array is skipped; both of the visitors below need this.
macro_rules! other_shapes_are_none {
    () => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object or an array")
        }

        fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Part<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PartVisitor(PhantomData))
    }
}

struct PartVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for PartVisitor<T> {
    type Value = Part<T>;

    other_shapes_are_none!();

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Part(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|part| Part(Some(Box::new(part))))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Parts<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PartsVisitor(PhantomData))
    }
}

struct PartsVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for PartsVisitor<T> {
    type Value = Parts<T>;

    other_shapes_are_none!();

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut parts = Vec::new();
        while let Some(part) = seq.next_element::<Part<T>>()? {
            parts.extend(part.0.map(|part| *part));
        }
        Ok(Parts(parts))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Parts(Vec::new()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Odd<'a> {
        #[serde(borrow)]
        word: Word<'a>,
        #[serde(borrow)]
        part: Part<Inner<'a>>,
        #[serde(borrow)]
        parts: Parts<Inner<'a>>,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Inner<'a> {
        #[serde(borrow)]
        name: Word<'a>,
    }

    fn shown(json: &str) -> String {
        let odd: Odd<'_> = serde_json::from_str(json).unwrap();
        let part = odd.part.0.as_ref().map(|part| part.name.text());
        let names: Vec<_> = odd.parts.0.iter().map(|part| part.name.text()).collect();
        format!("{:?} {part:?} {names:?}", odd.word.get())
    }

    #[test]
    fn any_shape_is_taken() {
        for (json, expected) in [
            ("{}", "None None []"),
            (r#"{"word":"w","part":{"name":"n","x":1}}"#, r#"Some("w") Some("n") []"#),
            (r#"{"word":12,"part":null,"parts":{}}"#, r#"Some("12") None []"#),
            (r#"{"word":[[1]],"part":"x","parts":[1,{"name":"a"}]}"#, r#"None None ["a"]"#),
            (r#"{"word":{"a":{}},"part":[2],"parts":7}"#, "None None []"),
        ] {
            assert_eq!(shown(json), expected, "{json}");
        }
        let odd: Odd<'_> = serde_json::from_str(r#"{"word":"plain"}"#).unwrap();
        assert!(matches!(odd.word.0, Some(Cow::Borrowed("plain"))));
    }

    #[test]
    fn depth_is_no_danger() {
        let deep = format!(r#"{{"word":{}1{}}}"#, "[".repeat(200_000), "]".repeat(200_000));
        assert_eq!(shown(&deep), "None None []");
    }
}

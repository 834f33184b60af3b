//! Typed and borrowed JSON, with the byte at which it is wrong.

use std::borrow::Cow;

use serde::Deserialize;

use crate::sink::Refusal;

/// A text that is borrowed where it holds no escapes. Unlike `Option<Cow<str>>`, an `Option` of this
/// borrows too.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

/// Reads JSON into a type.
///
/// # Errors
/// What is wrong, and at which byte.
pub fn parse<'a, T: Deserialize<'a>>(value: &'a [u8]) -> Result<T, Refusal> {
    serde_json::from_slice(value).map_err(|error| refusal(value, &error))
}

/// What a parser's error means for these bytes.
#[must_use]
pub fn refusal(value: &[u8], error: &serde_json::Error) -> Refusal {
    let position = byte_of(value, error.line(), error.column());
    Refusal { reason: Cow::Owned(format!("not readable as JSON: {error}")), position }
}

/// The byte at a line and a column, both from 1.
fn byte_of(value: &[u8], line: usize, column: usize) -> Option<usize> {
    let lines = line.checked_sub(1)?;
    let start = match lines {
        0 => 0,
        _ => {
            let ends = value.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
            ends.map(|(at, _)| at + 1).nth(lines - 1)?
        }
    };
    Some(start + column.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_byte_that_is_wrong_is_told() {
        let value = b"{\n \"a\": x}";
        let refusal = parse::<serde_json::Value>(value).unwrap_err();
        assert_eq!(refusal.position, Some(8), "{refusal}");
        assert_eq!(value[8], b'x');
    }

    #[test]
    fn texts_borrow_also_behind_an_option() {
        #[derive(Deserialize)]
        struct One<'a> {
            #[serde(borrow)]
            text: Option<Text<'a>>,
        }
        let one: One<'_> = parse(br#"{"text": "plain"}"#).unwrap();
        assert!(matches!(one.text, Some(Text(Cow::Borrowed("plain")))));
    }
}

//! Values of JSON that follow one another: one object, an array of objects, one object a line, or
//! objects without anything between them, as Firehose joins them.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Deserializer;

use crate::input::Input;
use crate::json;
use crate::sink::{Refusal, Sink};

/// What stands between values.
const BETWEEN: [char; 7] = [' ', '\n', '\r', '\t', ',', '[', ']'];

/// The text of a record.
pub(super) fn text_of<'a>(input: &Input<'a>) -> Result<&'a str, Refusal> {
    str::from_utf8(input.value)
        .map_err(|error| Refusal::at(error.valid_up_to(), "not readable as UTF-8 text"))
}

/// Reads an object. Types of `serde` take an array of their fields in order too, which is never
/// meant.
pub(super) fn object<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, Refusal> {
    if !text.trim_ascii_start().starts_with(b"{") {
        return Err(Refusal::at(0, "this should be a JSON object"));
    }
    json::parse(text)
}

/// Hands on each value of a text with the text it was read from. What cannot be read is refused and
/// costs no other value; when it is all there is, the record is refused.
pub(super) fn read_each<'a, T: Deserialize<'a>>(
    text: &'a str,
    sink: &mut dyn Sink,
    mut take: impl FnMut(T, &'a str, &mut dyn Sink) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let mut rest = text.trim_start_matches(BETWEEN);
    let whole = rest.trim_end_matches(BETWEEN).len();
    while !rest.is_empty() {
        let (value, piece, after) = first(rest);
        match value.and_then(|value| take(value, piece, sink)) {
            Ok(()) => {}
            Err(refusal) if piece.len() >= whole => return Err(refusal),
            Err(refusal) => sink.refused(refusal, piece.as_bytes()),
        }
        rest = after.trim_start_matches(BETWEEN);
    }
    Ok(())
}

/// The first value, its text, and what follows it.
fn first<'a, T: Deserialize<'a>>(text: &'a str) -> (Result<T, Refusal>, &'a str, &'a str) {
    let mut values = Deserializer::from_str(text).into_iter::<T>();
    let read = values.next();
    let end = values.byte_offset();
    match read {
        Some(Ok(value)) => {
            let (piece, rest) = text.split_at_checked(end).unwrap_or((text, ""));
            (Ok(value), piece, rest)
        }
        Some(Err(error)) => {
            let (piece, rest) = skip(text);
            (Err(json::refusal(text.as_bytes(), &error)), piece, rest)
        }
        None => (Err(Refusal::new("it is empty")), text, ""),
    }
}

/// Past a value that is not as it should be: past its end where it is JSON, else past the line.
fn skip(text: &str) -> (&str, &str) {
    let mut values = Deserializer::from_str(text).into_iter::<IgnoredAny>();
    match values.next() {
        Some(Ok(_)) => text.split_at_checked(values.byte_offset()).unwrap_or((text, "")),
        _ => text.split_once('\n').unwrap_or((text, "")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::recorder::Recorder;
    use super::*;

    fn read(text: &str) -> String {
        #[derive(Deserialize)]
        struct One {
            a: u8,
        }
        let mut recorder = Recorder::default();
        let ended = read_each::<One>(text, &mut recorder, |one, piece, sink| {
            sink.filtered(if one.a == 1 && piece == "{\"a\":1}" { "one" } else { "other" });
            Ok(())
        });
        let ended = ended.map_or_else(|_| "refused".to_owned(), |()| "read".to_owned());
        format!("{}{ended}", recorder.0.replace('\n', "; "))
    }

    #[test]
    fn however_they_are_joined() {
        for (text, expected) in [
            ("{\"a\":1}", "filtered one; read"),
            (" [ {\"a\":1} , {\"a\":2}]\n", "filtered one; filtered other; read"),
            (
                "{\"a\":1}{\"a\":1}\n\n{\"a\":1}\r\n",
                "filtered one; filtered one; filtered one; read",
            ),
            ("{\"a\":x}\n{\"a\":1}", "refused {\"a\":x}; filtered one; read"),
            ("[{\"a\":\"x\"},{\"a\":1}]", "refused {\"a\":\"x\"}; filtered one; read"),
            ("[{\"a\":1},{\"a", "filtered one; refused {\"a; read"),
            ("{\"b\":1}", "refused"),
            ("nonsense", "refused"),
            ("", "read"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}

//! Taking a value apart: one object, an array of them, one a line, or an envelope around an array.

use serde_json::value::RawValue;

use super::fields::Fields;
use crate::input::Input;
use crate::json;
use crate::sink::{Refusal, Sink};

/// Arrays in arrays and envelopes in envelopes are opened this many times.
const NESTED_MAX: u8 = 4;

/// What is done with each piece.
pub(crate) type Read<'r> =
    dyn for<'a> Fn(&Fields<'a>, &'a str, &Input<'_>, &mut dyn Sink) -> Result<(), Refusal> + 'r;

/// How a value is taken apart.
#[derive(Clone, Copy)]
pub(crate) struct Pieces<'r> {
    /// The field by which an envelope holds its records.
    pub(crate) envelope: &'static str,
    /// What is done with each.
    pub(crate) read: &'r Read<'r>,
}

impl Pieces<'_> {
    /// Reads every piece. A line that is broken is refused by itself; a value that is nothing but
    /// broken is refused as a whole.
    pub(crate) fn read_all(self, input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
        let mut rest = input.value;
        let mut found = 0_usize;
        loop {
            let mut stream = serde_json::Deserializer::from_slice(rest).into_iter::<&RawValue>();
            for piece in stream.by_ref().map_while(Result::ok) {
                found += 1;
                self.one(piece, input, sink, 0);
            }
            let left = rest.get(stream.byte_offset()..).unwrap_or_default().trim_ascii_start();
            if left.is_empty() {
                return if found == 0 {
                    Err(Refusal::new("there is nothing in it"))
                } else {
                    Ok(())
                };
            }
            let end = left.iter().position(|byte| *byte == b'\n').unwrap_or(left.len());
            let (line, after) = left.split_at_checked(end).unwrap_or((left, &[]));
            let refusal = why_not(line);
            if found == 0 && after.trim_ascii().is_empty() {
                return Err(refusal);
            }
            found += 1;
            sink.refused(refusal, line);
            rest = after;
        }
    }

    fn one(self, piece: &RawValue, input: &Input<'_>, sink: &mut dyn Sink, nested: u8) {
        let text = piece.get();
        let fields = Fields::of(text);
        let held: Option<Vec<&RawValue>> = if text.starts_with('[') {
            serde_json::from_str(text).ok()
        } else {
            fields.raw(self.envelope).and_then(|held| serde_json::from_str(held.get()).ok())
        };
        match held.filter(|_| nested < NESTED_MAX) {
            Some(held) => self.all(&held, input, sink, nested + 1),
            None => self.last(&fields, text, input, sink),
        }
    }

    fn all(self, held: &[&RawValue], input: &Input<'_>, sink: &mut dyn Sink, nested: u8) {
        if held.is_empty() {
            sink.filtered("an envelope with nothing in it");
        }
        held.iter().for_each(|piece| self.one(piece, input, sink, nested));
    }

    fn last(self, fields: &Fields<'_>, text: &str, input: &Input<'_>, sink: &mut dyn Sink) {
        let read = match fields.is_empty() {
            true => Err(Refusal::new("this is no object, or one without any field")),
            false => (self.read)(fields, text, input, sink),
        };
        if let Err(refusal) = read {
            sink.refused(refusal, text.as_bytes());
        }
    }
}

fn why_not(line: &[u8]) -> Refusal {
    let not_json = || Refusal::new("not readable as JSON");
    json::parse::<&RawValue>(line).err().unwrap_or_else(not_json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::recorder::Recorder;

    fn shown(value: &str) -> (String, bool) {
        let pieces = Pieces {
            envelope: "records",
            read: &|fields, _, _, sink| {
                sink.filtered("seen");
                fields.has("a").then_some(()).ok_or_else(|| Refusal::new("no a"))
            },
        };
        Recorder::record(value, |input, sink| pieces.read_all(input, sink))
    }

    #[test]
    fn every_piece_is_read_wherever_it_stands() {
        let seen = |count: usize| ("filtered: seen\n".repeat(count), true);
        assert_eq!(shown(r#"{"a": 1}"#), seen(1));
        assert_eq!(shown(r#"[{"a": 1}, {"a": 2}]"#), seen(2));
        assert_eq!(shown("{\"a\": 1}\n{\"a\": 2}\n"), seen(2));
        assert_eq!(shown(r#"{"records": [{"a": 1}, {"a": 2}, {"a": 3}]}"#), seen(3));
        assert_eq!(shown(r#"[{"records": [{"a": 1}]}, {"a": 2}]"#), seen(2));
    }

    #[test]
    fn one_broken_piece_does_not_cost_the_others() {
        assert_eq!(shown("{\"a\": 1}\n{\"a\": x}\n{\"a\": 2}").0.lines().count(), 3);
        let refused = "refused `0`: this is no object, or one without any field\n";
        assert_eq!(shown(r#"[{"a": 1}, 0]"#).0, format!("filtered: seen\n{refused}"));
        assert!(shown(r#"[{"b": 1}]"#).0.ends_with("refused `{\"b\": 1}`: no a\n"));
        assert!(!shown("{\"a\"").1);
        assert!(!shown(" ").1);
        assert!(shown(&"[".repeat(100_000)).0.len() < 1_000);
    }
}

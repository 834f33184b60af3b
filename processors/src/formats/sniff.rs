//! A glance at a value: enough to tell formats apart, without reading it.

use memchr::{memchr2, memmem};

use crate::input::Input;

/// The glance.
#[derive(Debug)]
pub struct Look<'a> {
    /// The record.
    pub input: Input<'a>,
    /// Names of the fields of the (first) JSON object, where the value is one or begins with one.
    fields: Vec<&'a [u8]>,
    /// A bit for each of the names: of the many that are asked for, hardly any has its bit here.
    bits: u64,
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
        let fields = match first.first() {
            Some(b'{') => names_of(first),
            _ => Vec::new(),
        };
        let bits = fields.iter().fold(0, |bits, name| bits | bit_of(name));
        Self { input: *input, fields, bits }
    }

    /// Whether the object has a field of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.bits & bit_of(name.as_bytes()) != 0 && self.fields.contains(&name.as_bytes())
    }

    /// The same, in any case.
    #[must_use]
    pub fn has_in_any_case(&self, name: &str) -> bool {
        self.bits & bit_of(name.as_bytes()) != 0
            && self.fields.iter().any(|field| field.eq_ignore_ascii_case(name.as_bytes()))
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
        memmem::find(near, text.as_bytes()).is_some()
    }

    /// Whether it begins as JSON does.
    #[must_use]
    pub fn is_json(&self) -> bool {
        matches!(self.input.value.trim_ascii_start().first(), Some(b'{' | b'['))
    }
}

/// One of 64 bits by the length and both ends of a name, whatever its case.
fn bit_of(bytes: &[u8]) -> u64 {
    let end = |byte: Option<&u8>| byte.map_or(0, |byte| u64::from(byte.to_ascii_lowercase()));
    let mixed = end(bytes.first()) * 7 + end(bytes.last()) * 13 + bytes.len() as u64 * 29;
    1 << (mixed % 64)
}

/// The names of the first object's fields, as they are written, up to its end or that of the value.
/// Nothing is checked: a value that is broken still looks like what it was meant to be.
fn names_of(object: &[u8]) -> Vec<&[u8]> {
    let mut names = Vec::with_capacity(16);
    let mut depth = 0_usize;
    let mut is_name = false;
    let mut rest = object;
    while let Some((at, byte)) = next_mark(rest) {
        rest = rest.get(at + 1..).unwrap_or_default();
        match byte {
            b'"' => {
                let (text, after) = text_of(rest);
                if is_name && depth == 1 && names.len() < FIELDS_MAX {
                    names.push(text);
                }
                rest = after;
            }
            b'{' | b'[' => {
                depth += 1;
                is_name = byte == b'{';
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            b',' => is_name = true,
            _ => is_name = false,
        }
    }
    names
}

/// The next byte that means something between texts.
fn next_mark(rest: &[u8]) -> Option<(usize, u8)> {
    let is_mark = |byte: &u8| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']' | b',' | b':');
    let at = rest.iter().position(is_mark)?;
    rest.get(at).map(|byte| (at, *byte))
}

/// A text up to its closing quote, and what stands behind that.
fn text_of(rest: &[u8]) -> (&[u8], &[u8]) {
    let mut from = 0;
    while let Some(found) = rest.get(from..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        let at = from + found;
        if rest.get(at) == Some(&b'"') {
            return (rest.get(..at).unwrap_or(rest), rest.get(at + 1..).unwrap_or_default());
        }
        from = at + 2;
    }
    (rest, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(value: &str) -> Vec<&str> {
        names_of(value.as_bytes()).into_iter().map(|name| str::from_utf8(name).unwrap()).collect()
    }

    #[test]
    fn names_are_those_of_the_first_object_alone() {
        assert_eq!(
            names(r#"{"a": {"b": 1, "c": ["d", {"e": 2}]}, "f": "g", "h": [1, "i"], "j":"k"}"#),
            ["a", "f", "h", "j"]
        );
        assert_eq!(names(r#"{"a": 1}, {"b": 2}"#), ["a"]);
        assert_eq!(names(r#"{"a": "x\"y{", "b\\": "}", "c": []}"#), ["a", "b\\\\", "c"]);
        assert_eq!(names("{}"), [""; 0]);
    }

    #[test]
    fn a_value_that_is_broken_still_looks_like_what_it_was() {
        assert_eq!(names(r#"{"a": {"b": 1, "c"#), ["a"]);
        assert_eq!(names(r#"{"a": 1, "b": "unfinished \"#), ["a", "b"]);
        assert_eq!(names(&"[".repeat(100_000)), [""; 0]);
        assert_eq!(names("}}}]{\"a\":1"), [""; 0]);
    }
}

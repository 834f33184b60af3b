//! Bytes inside JSON: base64 with padding (RFC 4648 §4), because a dead letter must hold exactly
//! what arrived, whatever it was.
//!
//! **Invariant:** every sequence of bytes has one text, and only that text is read.

use std::fmt;
use std::str::FromStr;

use crate::text::text_form;

/// Any bytes; their text is base64.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bytes(pub Vec<u8>);

/// A text that is not base64 as we write it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not base64: four characters of A-Z a-z 0-9 + / for three bytes, padded with =")]
pub struct Base64Error;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

impl fmt::Display for Bytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::with_capacity(self.0.len().div_ceil(3) * 4);
        self.0.chunks(3).for_each(|group| text.extend_from_slice(&write_group(group)));
        formatter.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

fn write_group(group: &[u8]) -> [u8; 4] {
    let byte = |place| u32::from(group.get(place).copied().unwrap_or(0));
    let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
    let symbol = |shift: u32| ALPHABET.get((bits >> shift & 63) as usize).copied().unwrap_or(b'=');
    match group.len() {
        1 => [symbol(18), symbol(12), b'=', b'='],
        2 => [symbol(18), symbol(12), symbol(6), b'='],
        _ => [symbol(18), symbol(12), symbol(6), symbol(0)],
    }
}

impl FromStr for Bytes {
    type Err = Base64Error;

    fn from_str(text: &str) -> Result<Self, Base64Error> {
        let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
        let (groups, rest) = text.as_bytes().as_chunks::<4>();
        let (last, full) = groups.split_last().map_or((None, groups), |(l, f)| (Some(l), f));
        for group in full {
            bytes.extend_from_slice(&read_group(*group).ok_or(Base64Error)?);
        }
        if let Some(group) = last {
            read_last(*group, &mut bytes).ok_or(Base64Error)?;
        }
        if rest.is_empty() { Ok(Self(bytes)) } else { Err(Base64Error) }
    }
}

fn read_group(group: [u8; 4]) -> Option<[u8; 3]> {
    let bits = group.iter().try_fold(0, |bits, symbol| Some(bits << 6 | read_symbol(*symbol)?))?;
    let [_, bytes @ ..] = u32::to_be_bytes(bits);
    Some(bytes)
}

fn read_symbol(symbol: u8) -> Option<u32> {
    let value = match symbol {
        b'A'..=b'Z' => symbol - b'A',
        b'a'..=b'z' => symbol - b'a' + 26,
        b'0'..=b'9' => symbol - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(value.into())
}

/// Reads the last group, whose padding says how many bytes it holds. Bits that no byte uses must
/// be zero, or two texts would mean the same bytes.
fn read_last(group: [u8; 4], bytes: &mut Vec<u8>) -> Option<()> {
    let [a, b, c, d] = group;
    match (c, d) {
        (b'=', b'=') => {
            let [first, 0, 0] = read_group([a, b, b'A', b'A'])? else { return None };
            bytes.push(first);
        }
        (_, b'=') => {
            let [first, second, 0] = read_group([a, b, c, b'A'])? else { return None };
            bytes.extend_from_slice(&[first, second]);
        }
        _ => bytes.extend_from_slice(&read_group(group)?),
    }
    Some(())
}

text_form!(Bytes, "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$");

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_examples_of_rfc_4648_hold() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(Bytes(bytes.into()).to_string(), text);
            assert_eq!(text.parse(), Ok(Bytes(bytes.into())));
        }
    }

    #[test]
    fn another_text_for_the_same_bytes_is_refused() {
        for text in ["Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "Zm9v\n", "=m9v", "Zm-v", "===="] {
            assert!(text.parse::<Bytes>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_survive(bytes: Vec<u8>) {
            let bytes = Bytes(bytes);
            prop_assert_eq!(bytes.to_string().parse(), Ok(bytes));
        }
    }
}

//! The protobuf wire format, read in place: what OTLP and Prometheus remote write are made of.
//!
//! Nothing is copied and nothing is reserved: a length that is larger than what is left is an error,
//! and texts are borrowed from the record. Fields that are unknown, or of another wire type than
//! expected, are passed over, as protobuf wants it. Texts that are not UTF-8 are kept with
//! replacement characters, because the Go programs that send them do not check.

use std::borrow::Cow;

use crate::sink::Refusal;

/// A field as it stands on the wire.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Field<'a> {
    /// Numbers of variable length, truth values and enumerations.
    Varint(u64),
    /// Eight bytes, little-endian.
    Fixed64(u64),
    /// Texts, messages and packed lists.
    Bytes(&'a [u8]),
    /// Four bytes, little-endian.
    Fixed32(u32),
}

/// What is wrong, and the bytes from there on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wrong<'a> {
    reason: &'static str,
    rest: &'a [u8],
}

impl<'a> Wrong<'a> {
    /// Something that is wrong with these bytes.
    pub(crate) fn new(reason: &'static str, rest: &'a [u8]) -> Self {
        Self { reason, rest }
    }

    /// The refusal, with the place within the record's value.
    pub(crate) fn refusal(&self, value: &[u8]) -> Refusal {
        let place = self.rest.as_ptr().addr().wrapping_sub(value.as_ptr().addr());
        let position = Some(place).filter(|place| *place <= value.len());
        Refusal { reason: Cow::Borrowed(self.reason), position }
    }
}

/// The fields of a message, in their order. After an error there are no more.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// The fields of these bytes.
    pub(crate) fn of(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    fn field(&mut self) -> Result<(u32, Field<'a>), Wrong<'a>> {
        let start = self.rest;
        let tag = varint(&mut self.rest)?;
        let number = u32::try_from(tag >> 3).ok().filter(|number| *number > 0);
        let number = number.ok_or(Wrong::new("a protobuf field without a number", start))?;
        let field = match tag & 7 {
            0 => Field::Varint(varint(&mut self.rest)?),
            1 => Field::Fixed64(u64::from_le_bytes(array(&mut self.rest)?)),
            2 => Field::Bytes(delimited(&mut self.rest)?),
            5 => Field::Fixed32(u32::from_le_bytes(array(&mut self.rest)?)),
            _ => return Err(Wrong::new("a protobuf field of an unknown wire type", start)),
        };
        Ok((number, field))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Field<'a>), Wrong<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

/// Takes a number of variable length.
pub(crate) fn varint<'a>(rest: &mut &'a [u8]) -> Result<u64, Wrong<'a>> {
    let start = *rest;
    if let Some((byte, after)) = start.split_first().filter(|(byte, _)| **byte < 0x80) {
        *rest = after;
        return Ok(u64::from(*byte));
    }
    let mut number = 0;
    for (at, byte) in start.iter().enumerate().take(10) {
        number |= u64::from(byte & 0x7f) << (7 * at);
        if *byte < 0x80 {
            *rest = start.get(at + 1..).unwrap_or_default();
            return Ok(number);
        }
    }
    Err(Wrong::new("a protobuf number that does not end", start))
}

/// Takes a length and as many bytes.
pub(crate) fn delimited<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Wrong<'a>> {
    let start = *rest;
    let length = varint(rest)?;
    let length = usize::try_from(length).ok();
    let split = length.and_then(|length| rest.split_at_checked(length));
    let (bytes, after) = split.ok_or(Wrong::new("a protobuf length beyond the end", start))?;
    *rest = after;
    Ok(bytes)
}

fn array<'a, const N: usize>(rest: &mut &'a [u8]) -> Result<[u8; N], Wrong<'a>> {
    let start = *rest;
    let (bytes, after) =
        start.split_first_chunk().ok_or(Wrong::new("a protobuf number beyond the end", start))?;
    *rest = after;
    Ok(*bytes)
}

/// A text, borrowed where it is UTF-8.
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// A number whose sign is in its lowest bit.
pub(crate) fn zigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -((number & 1).cast_signed())
}

/// Adds the eight-byte numbers of a field, whether it is packed or one of several.
pub(crate) fn push_fixed64<'a, T>(
    field: Field<'a>,
    list: &mut Vec<T>,
    convert: fn(u64) -> T,
) -> Result<(), Wrong<'a>> {
    match field {
        Field::Fixed64(number) => list.push(convert(number)),
        Field::Bytes(packed) => {
            let (numbers, odd) = packed.as_chunks::<8>();
            if !odd.is_empty() {
                return Err(Wrong::new("a packed protobuf list of a wrong length", odd));
            }
            list.extend(numbers.iter().map(|bytes| convert(u64::from_le_bytes(*bytes))));
        }
        Field::Varint(_) | Field::Fixed32(_) => {}
    }
    Ok(())
}

/// Adds the numbers of variable length of a field, whether it is packed or one of several.
pub(crate) fn push_varints<'a>(field: Field<'a>, list: &mut Vec<u64>) -> Result<(), Wrong<'a>> {
    match field {
        Field::Varint(number) => list.push(number),
        Field::Bytes(mut packed) => {
            while !packed.is_empty() {
                list.push(varint(&mut packed)?);
            }
        }
        Field::Fixed64(_) | Field::Fixed32(_) => {}
    }
    Ok(())
}

/// Writes messages for tests, as any protobuf library would.
#[cfg(test)]
pub(crate) mod write {
    /// A number of variable length.
    pub(crate) fn varint(mut number: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while number >= 0x80 {
            bytes.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
            number >>= 7;
        }
        bytes.push(u8::try_from(number).unwrap());
        bytes
    }

    /// A field that holds a number of variable length.
    pub(crate) fn number(field: u64, number: u64) -> Vec<u8> {
        [varint(field << 3), varint(number)].concat()
    }

    /// A field that holds eight bytes.
    pub(crate) fn fixed(field: u64, bits: u64) -> Vec<u8> {
        [varint(field << 3 | 1), bits.to_le_bytes().to_vec()].concat()
    }

    /// A field that holds a floating-point number.
    pub(crate) fn double(field: u64, value: f64) -> Vec<u8> {
        fixed(field, value.to_bits())
    }

    /// A field that holds a text.
    pub(crate) fn text(field: u64, text: &str) -> Vec<u8> {
        bytes(field, text.as_bytes())
    }

    /// A field that holds bytes.
    pub(crate) fn bytes(field: u64, bytes: &[u8]) -> Vec<u8> {
        [varint(field << 3 | 2), varint(bytes.len() as u64), bytes.to_vec()].concat()
    }

    /// A field that holds a message of these fields.
    pub(crate) fn message(field: u64, fields: &[Vec<u8>]) -> Vec<u8> {
        bytes(field, &fields.concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_in_place() {
        let message = [write::number(1, 300), write::double(2, 0.5), write::text(3, "a")].concat();
        let fields: Vec<_> = Fields::of(&message).collect::<Result<_, _>>().unwrap();
        let half = Field::Fixed64(0.5_f64.to_bits());
        assert_eq!(fields, [(1, Field::Varint(300)), (2, half), (3, Field::Bytes(b"a"))]);
    }

    #[test]
    fn a_lying_length_is_an_error_at_its_place() {
        let mut message = write::number(1, 1);
        message.extend([0x12, 0xff, 0xff, 0xff, 0xff, 0x0f, b'x']);
        let wrong = Fields::of(&message).find_map(Result::err).unwrap();
        assert_eq!(wrong.refusal(&message), Refusal::at(3, "a protobuf length beyond the end"));
        assert_eq!(Fields::of(&message).count(), 2, "an error ends the message");
    }

    #[test]
    fn no_bytes_make_it_panic() {
        for first in 0..=255_u8 {
            for second in 0..=255_u8 {
                let _ = Fields::of(&[first, second, 0xff, 0xff]).count();
            }
        }
        assert_eq!((zigzag(1), zigzag(2), zigzag(u64::MAX)), (-1, 1, i64::MIN));
    }
}

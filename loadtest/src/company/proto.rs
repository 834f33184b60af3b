//! The protobuf wire format, as much of it as metrics need.
//!
//! **Invariant:** a message's length is written when its end is known, in as few bytes as it takes.

/// A message while it is written.
#[derive(Debug, Default)]
pub(super) struct Proto(pub(super) Vec<u8>);

impl Proto {
    /// A number of variable length.
    pub(super) fn number(&mut self, field: u64, number: u64) {
        self.varint(field << 3);
        self.varint(number);
    }

    /// Eight bytes that are a number.
    pub(super) fn fixed(&mut self, field: u64, bits: u64) {
        self.varint(field << 3 | 1);
        self.0.extend_from_slice(&bits.to_le_bytes());
    }

    /// A floating-point number.
    pub(super) fn double(&mut self, field: u64, value: f64) {
        self.fixed(field, value.to_bits());
    }

    /// A text.
    pub(super) fn text(&mut self, field: u64, text: &str) {
        self.varint(field << 3 | 2);
        self.varint(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    /// A message inside of this one.
    pub(super) fn message(&mut self, field: u64, write: impl FnOnce(&mut Self)) {
        self.varint(field << 3 | 2);
        let start = self.0.len();
        write(self);
        let end = self.0.len();
        self.varint((end - start) as u64);
        // The length was written behind what it is the length of.
        let length_bytes = self.0.len() - end;
        if let Some(message) = self.0.get_mut(start..) {
            message.rotate_right(length_bytes);
        }
    }

    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(u8::try_from(number & 0x7f).unwrap_or_default() | 0x80);
            number >>= 7;
        }
        self.0.push(u8::try_from(number).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_written_as_the_specification_shows_them() {
        let mut proto = Proto::default();
        proto.number(1, 150);
        proto.text(2, "testing");
        proto.message(3, |inner| inner.number(1, 150));
        proto.double(4, 1.0);
        let expected = [
            &[0x08, 0x96, 0x01, 0x12, 0x07][..],
            b"testing",
            &[0x1a, 0x03, 0x08, 0x96, 0x01],
            &[0x21, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f],
        ];
        assert_eq!(proto.0, expected.concat());
    }

    #[test]
    fn a_long_message_has_a_long_length() {
        let mut proto = Proto::default();
        proto.message(1, |inner| inner.text(1, &"x".repeat(300)));
        assert_eq!(proto.0.get(..6), Some(&[0x0a, 0xaf, 0x02, 0x0a, 0xac, 0x02][..]));
        assert_eq!(proto.0.len(), 306);
    }
}

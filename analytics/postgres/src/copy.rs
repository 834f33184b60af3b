//! Rows in Postgres' binary COPY format: no text is made, and none is parsed.
//!
//! **Invariant:** a row has the fields of its table's columns, in their order; a text has no NUL, which
//! Postgres cannot keep, and an instant lies in the years that RFC 3339 can write.

/// Microseconds from 1970 to 2000, from which Postgres counts.
const EPOCH_US: i64 = 946_684_800_000_000;
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const END: [u8; 2] = (-1_i16).to_be_bytes();
const NULL: [u8; 4] = (-1_i32).to_be_bytes();

/// Rows on their way to a table.
#[derive(Debug, Default)]
pub struct Copy {
    bytes: Vec<u8>,
}

impl Copy {
    /// No rows yet, with room for some.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        let mut copy = Self { bytes: Vec::with_capacity(bytes) };
        copy.bytes.extend_from_slice(HEADER);
        copy
    }

    /// Everything, to be sent.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.extend_from_slice(&END);
        self.bytes
    }

    /// Begins a row.
    pub fn row(&mut self, fields: i16) -> &mut Self {
        self.bytes.extend_from_slice(&fields.to_be_bytes());
        self
    }

    fn field(&mut self, bytes: &[u8]) -> &mut Self {
        // Records are bounded far below this.
        let length = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// Nothing known.
    pub fn null(&mut self) -> &mut Self {
        self.bytes.extend_from_slice(&NULL);
        self
    }

    /// `smallint`.
    pub fn small(&mut self, value: i16) -> &mut Self {
        self.field(&value.to_be_bytes())
    }

    /// `int`.
    pub fn int(&mut self, value: i32) -> &mut Self {
        self.field(&value.to_be_bytes())
    }

    /// `bigint`.
    pub fn big(&mut self, value: i64) -> &mut Self {
        self.field(&value.to_be_bytes())
    }

    /// `bigint`, where there is one.
    pub fn maybe_big(&mut self, value: Option<i64>) -> &mut Self {
        match value {
            Some(value) => self.big(value),
            None => self.null(),
        }
    }

    /// `double precision`, where there is one.
    pub fn maybe_double(&mut self, value: Option<f64>) -> &mut Self {
        match value {
            Some(value) => self.field(&value.to_be_bytes()),
            None => self.null(),
        }
    }

    /// `timestamptz`.
    pub fn instant(&mut self, unix_ms: i64) -> &mut Self {
        self.big(unix_ms.saturating_mul(1_000).saturating_sub(EPOCH_US))
    }

    /// `timestamptz`, where there is one.
    pub fn maybe_instant(&mut self, unix_ms: Option<i64>) -> &mut Self {
        match unix_ms {
            Some(unix_ms) => self.instant(unix_ms),
            None => self.null(),
        }
    }

    /// `uuid`.
    pub fn uuid(&mut self, value: u128) -> &mut Self {
        self.field(&value.to_be_bytes())
    }

    /// `uuid`, where there is one.
    pub fn maybe_uuid(&mut self, value: Option<u128>) -> &mut Self {
        match value {
            Some(value) => self.uuid(value),
            None => self.null(),
        }
    }

    /// `text`.
    pub fn text(&mut self, value: &str) -> &mut Self {
        self.field(value.as_bytes())
    }

    /// `text`, where there is one.
    pub fn maybe_text(&mut self, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.text(value),
            None => self.null(),
        }
    }

    /// `jsonb`: a version, then the text.
    pub fn json(&mut self, value: &str) -> &mut Self {
        let length = i32::try_from(value.len() + 1).unwrap_or(i32::MAX);
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.push(1);
        self.bytes.extend_from_slice(value.as_bytes());
        self
    }

    /// `text[]`.
    pub fn texts(&mut self, values: &[String]) -> &mut Self {
        const TEXT: u32 = 25;
        let dimensions = i32::from(!values.is_empty());
        let mut array = Vec::new();
        array.extend_from_slice(&dimensions.to_be_bytes());
        array.extend_from_slice(&0_i32.to_be_bytes());
        array.extend_from_slice(&TEXT.to_be_bytes());
        if dimensions > 0 {
            array.extend_from_slice(&i32::try_from(values.len()).unwrap_or(0).to_be_bytes());
            array.extend_from_slice(&1_i32.to_be_bytes());
        }
        for value in values {
            array.extend_from_slice(&i32::try_from(value.len()).unwrap_or(0).to_be_bytes());
            array.extend_from_slice(value.as_bytes());
        }
        self.field(&array)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_its_fields_each_behind_its_length() {
        let mut copy = Copy::with_capacity(64);
        copy.row(3).big(7).null().json("{}");
        let bytes = copy.finish();
        let row = bytes.strip_prefix(HEADER).unwrap();
        let expected = [
            &[0, 3, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 7][..],
            &[0xff, 0xff, 0xff, 0xff],
            &[0, 0, 0, 3, 1, b'{', b'}'],
            &[0xff, 0xff],
        ];
        assert_eq!(row, expected.concat());
    }

    #[test]
    fn instants_count_from_2000() {
        let mut copy = Copy::with_capacity(64);
        copy.instant(946_684_800_001);
        assert!(copy.bytes.ends_with(&1_000_i64.to_be_bytes()));
    }
}

//! One Kafka record, as its producer sent it.

use schemas::time::Time;

use crate::catalog::Catalog;

/// One Kafka record, borrowed from whoever read it.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The value.
    pub value: &'a [u8],
    /// The headers, in order.
    pub headers: &'a [(String, Vec<u8>)],
    /// When it reached the topic.
    pub arrival: Time,
    /// How many envelopes it was taken out of.
    pub depth: u8,
    /// The formats that are known.
    pub catalog: &'static Catalog,
}

impl<'a> Input<'a> {
    /// A record without headers, in the formats that come with Isobar.
    #[must_use]
    pub fn new(value: &'a [u8], arrival: Time) -> Self {
        Self { value, headers: &[], arrival, depth: 0, catalog: Catalog::built_in() }
    }

    /// A value that was inside this record's envelope.
    #[must_use]
    pub fn inner(&self, value: &'a [u8]) -> Self {
        Self { value, depth: self.depth.saturating_add(1), ..*self }
    }

    /// The first header of this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.and_then(|(_, value)| str::from_utf8(value).ok())
    }
}

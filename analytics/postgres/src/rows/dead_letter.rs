//! What could not be read: where it stands and why, without its bytes, which stay on the topic.

use schemas::dead_letter::DeadLetter;
use schemas::envelope::Envelope;

use super::{number, text};
use crate::copy::Copy;
use crate::fold::Row;

/// One dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterRow {
    id: u128,
    tenant: String,
    arrival_ms: i64,
    service: String,
    topic: String,
    partition: i32,
    offset: i64,
    formats: Vec<String>,
    reason: String,
    value_bytes: i64,
}

impl DeadLetterRow {
    pub(super) fn of(record: &Envelope<DeadLetter>) -> Result<Self, String> {
        let Envelope { attributes, data, .. } = record;
        Ok(Self {
            id: attributes.id.0.as_u128(),
            tenant: text(&attributes.tenant),
            arrival_ms: attributes.arrival_time.millis(),
            service: text(&data.service),
            topic: text(&data.topic),
            partition: number("partition", data.partition)?,
            offset: number("offset", data.offset)?,
            formats: data.formats.iter().map(|format| text(format)).collect(),
            reason: text(&data.reason),
            value_bytes: number("length", data.message.value_bytes)?,
        })
    }
}

impl Row for DeadLetterRow {
    type Key = u128;
    const FIELDS: i16 = 10;

    fn key(&self) -> u128 {
        self.id
    }

    /// A record sent twice has one id.
    fn supersedes(&self, _: &Self) -> bool {
        false
    }

    fn write(&self, to: &mut Copy) {
        to.uuid(self.id).text(&self.tenant).instant(self.arrival_ms).text(&self.service);
        to.text(&self.topic).int(self.partition).big(self.offset).texts(&self.formats);
        to.text(&self.reason).big(self.value_bytes);
    }
}

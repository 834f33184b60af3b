//! Letters for tests.

use schemas::bytes::Bytes;
use schemas::dead_letter::{DeadLetter, Header, Message};
use schemas::envelope::{Attributes, Envelope, Extra, Payload};
use schemas::id::RecordId;
use schemas::source_class::SourceClass;
use schemas::time::Time;

use super::letter::Letter;

pub(super) fn time(text: &str) -> Time {
    text.parse().unwrap()
}

/// The letter of `isobar.in.audit/1/OFFSET`.
pub(super) fn letter(offset: u64) -> Letter {
    let place = format!("isobar.in.audit/1/{offset}");
    let value = br#"{"eventName":}"#;
    let arrival = time("2026-03-01T11:59:59.5Z");
    let attributes = Attributes {
        id: RecordId::of(DeadLetter::TYPE, &[&place]),
        source: "isobar.processors".to_owned(),
        subject: Some(place),
        time: arrival,
        arrival_time: arrival,
        tenant: "acme".to_owned(),
        source_class: SourceClass::Log,
        traceparent: None,
    };
    let data = DeadLetter {
        topic: "isobar.in.audit".to_owned(),
        partition: 1,
        offset,
        service: "processors".to_owned(),
        formats: vec!["aws-cloudtrail".to_owned()],
        reason: "expected value at line 1 column 13".to_owned(),
        byte_position: Some(13),
        message: Message::keep(Some(b"k"), &[("h", Some(b"1")), ("none", None)], Some(value)),
        extra: Extra::new(),
    };
    let lies_at = (3, i64::try_from(offset).unwrap() + 1000);
    let written = time("2026-03-01T12:00:00Z");
    Letter { lies_at, written, envelope: Envelope::new(attributes, data) }
}

/// The same, changed.
pub(super) fn changed(offset: u64, change: impl FnOnce(&mut Letter)) -> Letter {
    let mut letter = letter(offset);
    change(&mut letter);
    letter
}

/// The letter of a message that was sent again, from the place of another.
pub(super) fn returned(offset: u64, from: &Letter) -> Letter {
    changed(offset, |letter| {
        letter.envelope.data.message = from.envelope.data.message.clone();
        let value = Some(Bytes(from.place().to_string().into_bytes()));
        let name = super::letter::REPLAYED_FROM.to_owned();
        letter.envelope.data.message.headers.push(Header { name, value, extra: Extra::new() });
    })
}

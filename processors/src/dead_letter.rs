//! Dead letters: what could not be read, with all that is needed to see why and to try again.

use schemas::dead_letter::{DeadLetter, Message};
use schemas::envelope::{Attributes, Envelope, Extra, Payload};
use schemas::id::RecordId;
use schemas::source_class::SourceClass;

use crate::input::Input;
use crate::sink::Refusal;
use crate::tenant::Tenants;

/// The service that writes them.
pub const SERVICE: &str = "processors";

/// Where the record stands.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The topic, or the file.
    pub topic: &'a str,
    /// The partition.
    pub partition: u32,
    /// The offset, or the row from 0.
    pub offset: u64,
}

/// The dead letter of a record, or of one piece of it, that was tried as `format`.
#[must_use]
pub fn dead_letter(
    input: &Input<'_>,
    key: Option<&[u8]>,
    origin: &Origin<'_>,
    (format, refusal, piece): (&str, &Refusal, &[u8]),
    tenants: &Tenants,
) -> Envelope<DeadLetter> {
    let headers: Vec<(&str, Option<&[u8]>)> =
        input.headers.iter().map(|(name, value)| (&**name, Some(&**value))).collect();
    let place = format!("{}/{}/{}", origin.topic, origin.partition, origin.offset);
    // Two pieces of one record may be wrong in the same way.
    let digest = RecordId::of("piece", &[&String::from_utf8_lossy(piece)]).to_string();
    let position = refusal.position.map(|at| at.to_string()).unwrap_or_default();
    let attributes = Attributes {
        id: RecordId::of(DeadLetter::TYPE, &[&place, &refusal.reason, &position, &digest]),
        source: format!("isobar.{SERVICE}"),
        subject: Some(place),
        time: input.arrival,
        arrival_time: input.arrival,
        tenant: tenants.of(input, None).to_owned(),
        source_class: SourceClass::Log,
        traceparent: None,
    };
    let letter = DeadLetter {
        topic: origin.topic.to_owned(),
        partition: origin.partition,
        offset: origin.offset,
        service: SERVICE.to_owned(),
        formats: vec![format.to_owned()],
        reason: refusal.reason.clone().into_owned(),
        byte_position: refusal.position.map(|at| at as u64),
        message: Message::keep(key, &headers, Some(piece)),
        extra: Extra::new(),
    };
    Envelope::new(attributes, letter)
}

//! An event as text with holes, because a generator has to be much faster than what it loads.
//!
//! **Invariant:** the text between the holes is what the schemas' encoder wrote for a prototype
//! whose values are marks; so a filled template is what the encoder would write.

use anyhow::Context as _;
use schemas::codec;
use schemas::envelope::{Attributes, Envelope, Extra};
use schemas::event::{Actor, Event, Network, Outcome, Severity};
use schemas::id::{Hash128, RecordId, ResourceId};
use schemas::kind::Kind;
use schemas::resource::{Hints, Resource};
use schemas::source_class::SourceClass;
use schemas::time::Time;

/// What all events of one kind share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) class: SourceClass,
    pub(super) kind: Kind,
    pub(super) class_uid: u32,
    pub(super) source: &'static str,
    pub(super) action: &'static str,
    pub(super) severity: Severity,
    /// Said before the resource's name.
    pub(super) text: &'static str,
}

/// What differs from one event to the next.
#[derive(Clone, Debug)]
pub(super) struct Details<'a> {
    pub(super) id: RecordId,
    pub(super) resource: ResourceId,
    pub(super) time: Time,
    pub(super) arrival: Time,
    pub(super) age_ms: i64,
    pub(super) size_bytes: u64,
    pub(super) tenant: &'a str,
    pub(super) name: &'a str,
    pub(super) region: &'a str,
    pub(super) actor: &'a str,
    pub(super) address: &'a str,
    pub(super) native_id: &'a str,
}

const HOLES: usize = 12;

impl Shape {
    /// The event, slowly.
    pub(super) fn event(&self, details: &Details<'_>) -> Envelope<Event> {
        let attributes = Attributes {
            id: details.id,
            source: self.source.to_owned(),
            subject: Some(details.name.to_owned()),
            time: details.time,
            arrival_time: details.arrival,
            tenant: details.tenant.to_owned(),
            source_class: self.class,
            traceparent: None,
        };
        let named = [("cloud.region", details.region), ("service.name", details.name)];
        let resource = Resource {
            id: details.resource,
            attributes: named.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            extra: Extra::new(),
        };
        let event = Event {
            kind: self.kind,
            class_uid: self.class_uid,
            action: self.action.to_owned(),
            outcome: Outcome::Success,
            severity: self.severity,
            resource,
            actor: Some(actor(details.actor)),
            network: Some(network(details.address)),
            hints: Hints { request_id: Some(details.native_id.to_owned()), ..Hints::default() },
            text: Some(format!("{} {}", self.text, details.name)),
            age_ms: details.age_ms,
            size_bytes: details.size_bytes,
            raw: None,
            extra: Extra::new(),
        };
        Envelope::new(attributes, event)
    }
}

fn actor(id: &str) -> Actor {
    Actor { id: id.to_owned(), kind: Some("user".to_owned()), name: None, extra: Extra::new() }
}

fn network(address: &str) -> Network {
    Network { source_address: Some(address.to_owned()), ..Network::default() }
}

impl Details<'_> {
    fn texts(&self) -> [String; HOLES] {
        [
            self.id.to_string(),
            self.resource.to_string(),
            self.time.to_string(),
            self.arrival.to_string(),
            self.age_ms.to_string(),
            self.size_bytes.to_string(),
            self.tenant.to_owned(),
            self.name.to_owned(),
            self.region.to_owned(),
            self.actor.to_owned(),
            self.address.to_owned(),
            self.native_id.to_owned(),
        ]
    }

    /// Values that occur nowhere else, so that they are found again in the encoder's text.
    fn marks() -> anyhow::Result<Details<'static>> {
        Ok(Details {
            id: RecordId(Hash128::of("hole", &["id"])),
            resource: ResourceId(Hash128::of("hole", &["resource"])),
            time: Time::from_millis(1)?,
            arrival: Time::from_millis(2)?,
            age_ms: -7_700_000_001,
            size_bytes: 7_700_000_002,
            tenant: "@tenant@",
            name: "@name@",
            region: "@region@",
            actor: "@actor@",
            address: "@address@",
            native_id: "@native-id@",
        })
    }
}

/// A shape's text with holes.
#[derive(Clone, Debug)]
pub(super) struct Template {
    /// Each text is followed by the hole of that number.
    parts: Vec<(String, usize)>,
    end: String,
}

impl Template {
    pub(super) fn new(shape: &Shape) -> anyhow::Result<Self> {
        let marks = Details::marks()?;
        let mut rest = String::from_utf8(codec::encode(&shape.event(&marks))?)?;
        let texts = marks.texts();
        let mut parts = Vec::new();
        while let Some((at, hole)) = first(&rest, &texts) {
            let length = texts.get(hole).map_or(0, String::len);
            let behind = rest.get(at + length..).context("a mark ends within the text")?.to_owned();
            rest.truncate(at);
            parts.push((rest, hole));
            rest = behind;
        }
        Ok(Self { parts, end: rest })
    }

    pub(super) fn fill(&self, details: &Details<'_>) -> Vec<u8> {
        let texts = details.texts();
        let mut value = Vec::with_capacity(768);
        for (text, hole) in &self.parts {
            value.extend_from_slice(text.as_bytes());
            value.extend_from_slice(texts.get(*hole).map_or(&[][..], |text| text.as_bytes()));
        }
        value.extend_from_slice(self.end.as_bytes());
        value
    }
}

/// Where the first of the marks stands, and which it is.
fn first(text: &str, marks: &[String; HOLES]) -> Option<(usize, usize)> {
    let found = |(number, mark): (usize, &String)| Some((text.find(mark.as_str())?, number));
    marks.iter().enumerate().filter_map(found).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::catalogue::SHAPES;

    #[test]
    fn a_filled_template_is_what_the_encoder_writes() {
        for shape in SHAPES {
            let template = Template::new(&shape).unwrap();
            let mut details = Details::marks().unwrap();
            details.id = RecordId(Hash128::of("test", &[shape.source]));
            details.time = Time::from_millis(1_767_225_600_123).unwrap();
            details.age_ms = -5;
            details.name = "checkout-0001";
            let event = shape.event(&details);
            let filled = template.fill(&details);
            assert_eq!(filled, codec::encode(&event).unwrap(), "{}", shape.source);
            assert_eq!(codec::decode::<Event>(&filled).unwrap(), event);
        }
    }
}

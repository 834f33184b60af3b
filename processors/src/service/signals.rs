//! What of the events goes to correlation as well: changes, alerts, tickets and messages. Hits of
//! rules join them where rules are.

use schemas::envelope::{Attributes, Envelope, Extra, Payload};
use schemas::event::Event;
use schemas::id::{EventId, RecordId};
use schemas::signal::{Signal, SignalKind};
use schemas::source_class::SourceClass;

/// Why an event of this class is a signal, if it is one.
fn kind_of(class: SourceClass) -> Option<SignalKind> {
    match class {
        SourceClass::Deploy | SourceClass::Change => Some(SignalKind::Change),
        SourceClass::Alert => Some(SignalKind::Alert),
        SourceClass::Ticket => Some(SignalKind::Ticket),
        SourceClass::Chat => Some(SignalKind::Message),
        SourceClass::Command => Some(SignalKind::Command),
        _ => None,
    }
}

/// The signal of an event, if it is one.
pub(super) fn signal_of(event: &Envelope<Event>) -> Option<Envelope<Signal>> {
    let kind = kind_of(event.attributes.source_class)?;
    let Event { kind: event_kind, action, outcome, severity, resource, actor, hints, text, .. } =
        event.data.clone();
    let title = event.attributes.subject.clone().unwrap_or_else(|| action.clone());
    let signal = Signal {
        kind,
        event: EventId(event.attributes.id.0),
        event_kind,
        action,
        outcome,
        severity,
        title,
        resource: Some(resource),
        actor,
        hints,
        entities: Vec::new(),
        rules: Vec::new(),
        text,
        extra: Extra::new(),
    };
    let id = RecordId::of(Signal::TYPE, &[&event.attributes.id.0.to_string()]);
    Some(Envelope::new(Attributes { id, ..event.attributes.clone() }, signal))
}

//! The item of a signal: what its event named stands among its entities.

use naming::Naming;
use schemas::envelope::Envelope;
use schemas::incident::MomentKind;
use schemas::signal::{Signal, SignalKind};

use super::{Said, item};
use crate::item::{Item, Stands};

/// The item of a signal. Whether it is an alert is for whoever keeps alerts to say.
#[must_use]
pub fn of_signal(signal: &Envelope<Signal>) -> Item {
    let data = &signal.data;
    let said = Said {
        event: data.event,
        action: &data.action,
        kind: data.event_kind,
        severity: data.severity,
        resource: data.resource.as_ref(),
        words: data.text.clone().unwrap_or_else(|| data.title.clone()),
    };
    let item = item(&signal.attributes, &said, Naming::of_entities(&data.entities));
    Item { stands: stands(data.kind), record: signal.attributes.id, ..item }
}

fn stands(kind: SignalKind) -> Stands {
    match kind {
        SignalKind::Change => Stands::Evidence(MomentKind::Change),
        SignalKind::Ticket => Stands::Evidence(MomentKind::Ticket),
        SignalKind::Message => Stands::Evidence(MomentKind::Message),
        SignalKind::RuleHit
        | SignalKind::Alert
        | SignalKind::Command
        | SignalKind::Delivery
        | SignalKind::Relation => Stands::Event,
    }
}

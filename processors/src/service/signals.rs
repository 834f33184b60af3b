//! Where events go: to `events`, and those that correlation needs to `signals` as well: changes, alerts,
//! tickets, messages and commands, unless the configuration says otherwise. Whatever matches a rule goes
//! there, too, and how things were seen to depend on one another.

use std::collections::BTreeSet;

use naming::Naming;
use schemas::envelope::{Attributes, Envelope, Extra, Payload};
use schemas::event::{Event, Outcome, Severity};
use schemas::id::{EventId, RecordId};
use schemas::resource::Hints;
use schemas::signal::{Relation, RuleHit, Signal, SignalKind};
use schemas::source_class::SourceClass;

/// Which classes of events go where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routes {
    /// These go to `events`.
    pub events: BTreeSet<SourceClass>,
    /// These go to `signals`.
    pub signals: BTreeSet<SourceClass>,
}

impl Default for Routes {
    fn default() -> Self {
        let signals = SourceClass::ALL.into_iter().filter(|class| is_signal(*class));
        Self { events: SourceClass::ALL.into(), signals: signals.collect() }
    }
}

fn is_signal(class: SourceClass) -> bool {
    use SourceClass::{Alert, Change, Chat, Command, Deploy, Document, Knowledge, Ticket};
    matches!(class, Deploy | Change | Alert | Ticket | Chat | Command | Document | Knowledge)
}

/// What an event of this class is to correlation.
fn kind_of(class: SourceClass) -> SignalKind {
    match class {
        SourceClass::Alert | SourceClass::Finding => SignalKind::Alert,
        SourceClass::Ticket => SignalKind::Ticket,
        SourceClass::Chat => SignalKind::Message,
        SourceClass::Command => SignalKind::Command,
        // A document that was written and an audited action are changes to somebody.
        _ => SignalKind::Change,
    }
}

/// Fields of a signal; what an event tells beside its own fields goes along under other names.
const SIGNAL_FIELDS: [&str; 16] = [
    "kind",
    "event",
    "event_kind",
    "action",
    "outcome",
    "severity",
    "title",
    "resource",
    "actor",
    "hints",
    "entities",
    "rules",
    "text",
    "command",
    "relations",
    "delivery",
];

/// The signal of an event that matched these rules; where its class is not let through, they are the
/// reason.
#[must_use]
pub fn signal_of(
    event: &Envelope<Event>,
    rules: Vec<RuleHit>,
    is_let_through: bool,
) -> Envelope<Signal> {
    let class = event.attributes.source_class;
    let kind = if is_let_through { kind_of(class) } else { SignalKind::RuleHit };
    let Event {
        kind: event_kind,
        action,
        outcome,
        severity,
        resource,
        actor,
        hints,
        text,
        mut extra,
        ..
    } = event.data.clone();
    extra.retain(|name, _| !SIGNAL_FIELDS.contains(&name.as_str()));
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
        entities: Naming::of_event(event).entities(),
        rules,
        relations: Vec::new(),
        text,
        // Nobody commands by what a source sends: commands come from people, by the gateway.
        command: None,
        delivery: None,
        extra,
    };
    let id = Signal::record_of(EventId(event.attributes.id.0));
    Envelope::new(Attributes { id, ..event.attributes.clone() }, signal)
}

/// The signal of relations that an event shows. It says nothing else of the event.
pub(super) fn signal_of_relations(
    event: &Envelope<Event>,
    relations: Vec<Relation>,
) -> Envelope<Signal> {
    let signal = Signal {
        kind: SignalKind::Relation,
        event: EventId(event.attributes.id.0),
        event_kind: event.data.kind,
        action: "relation".to_owned(),
        outcome: Outcome::Unknown,
        severity: Severity::Informational,
        title: title_of(&relations),
        resource: None,
        actor: None,
        hints: Hints::default(),
        entities: Vec::new(),
        rules: Vec::new(),
        relations,
        text: None,
        command: None,
        delivery: None,
        extra: Extra::new(),
    };
    let id = RecordId::of(Signal::TYPE, &[&event.attributes.id.0.to_string(), "relations"]);
    Envelope::new(Attributes { id, ..event.attributes.clone() }, signal)
}

fn title_of(relations: &[Relation]) -> String {
    let told = |Relation { from, to, .. }: &Relation| {
        format!("{} {} → {} {}", from.kind, from.value, to.kind, to.value)
    };
    relations.iter().map(told).collect::<Vec<_>>().join(", ")
}

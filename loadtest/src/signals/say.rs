//! One signal as its source says it.

use std::collections::BTreeMap;

use schemas::alert::Level;
use schemas::command::{Command, CommandAction, LabelMatcher, Operator};
use schemas::envelope::{Attributes, Envelope, Extra};
use schemas::event::{Actor, Outcome, Severity};
use schemas::id::{AlertId, EventId, IncidentId, RecordId, ResourceId};
use schemas::kind::Kind;
use schemas::resource::{Hints, Resource};
use schemas::signal::{RuleHit, Signal, SignalKind};
use schemas::source_class::SourceClass;
use schemas::time::Time;
use schemas::{codec, key};
use stream::{EventTime, Offset, Record};

/// What may be asked of an incident here.
pub(super) const INCIDENT_ACTIONS: u64 = 4;

/// Whose it is, which one it is, and when it is said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'a> {
    pub(super) tenant: &'a str,
    pub(super) number: u64,
    pub(super) time_ms: i64,
    pub(super) arrival_ms: i64,
}

impl Said<'_> {
    /// A rule matched an event of a service.
    pub(super) fn hit(self, rule: &str, level: Level, service: &str) -> anyhow::Result<Record> {
        let mut signal = self.signal(SignalKind::RuleHit, service);
        signal.rules = vec![RuleHit {
            rule: rule.to_owned(),
            version: "1".to_owned(),
            level: Some(level),
            title: None,
            building_block: false,
            fields: BTreeMap::from([("service".to_owned(), service.to_owned())]),
            extra: Extra::new(),
        }];
        self.record(signal, SourceClass::Log)
    }

    /// Another tool says that its alert fires, or that it is over.
    pub(super) fn of_tool(
        self,
        (name, is_firing): (&str, bool),
        begun_ms: i64,
        service: &str,
    ) -> anyhow::Result<Record> {
        let mut signal = self.signal(SignalKind::Alert, service);
        let starts_at = Time::from_millis(begun_ms)?.to_string();
        let status = if is_firing { "firing" } else { "resolved" };
        signal.outcome = if is_firing { Outcome::Failure } else { Outcome::Success };
        signal.extra.insert("alert_name".into(), name.into());
        signal.extra.insert("status".into(), status.into());
        signal.extra.insert("starts_at".into(), starts_at.into());
        let labels = serde_json::json!({"alertname": name, "service": service});
        signal.extra.insert("labels".into(), labels);
        self.record(signal, SourceClass::Alert)
    }

    /// Somebody wants quiet for a service until then.
    pub(super) fn silence(self, service: &str, until_ms: i64) -> anyhow::Result<Record> {
        let mut command = command(CommandAction::Silence);
        command.ends_at_ms = Some(until_ms);
        command.matchers = vec![LabelMatcher {
            label: "service".to_owned(),
            operator: Operator::Equal,
            value: service.to_owned(),
            extra: Extra::new(),
        }];
        self.commanded(command)
    }

    /// Somebody takes an alert on.
    pub(super) fn acknowledge(self, alert: AlertId) -> anyhow::Result<Record> {
        self.commanded(Command { alert: Some(alert), ..command(CommandAction::Acknowledge) })
    }

    /// Something was changed at a service.
    pub(super) fn change(self, service: &str) -> anyhow::Result<Record> {
        let mut signal = self.signal(SignalKind::Change, service);
        signal.outcome = Outcome::Success;
        self.record(signal, SourceClass::Deploy)
    }

    /// Somebody moves an incident on, or makes it one with the other.
    pub(super) fn of_incident(
        self,
        action: u64,
        [incident, into]: [IncidentId; 2],
    ) -> anyhow::Result<Record> {
        let action = match action {
            0 => CommandAction::Acknowledge,
            1 => CommandAction::Mitigate,
            2 => CommandAction::Resolve,
            _ => CommandAction::Merge,
        };
        let (incident, into) = (Some(incident), Some(into));
        self.commanded(Command { incident, into, ..command(action) })
    }

    /// What the signal with this number is known by.
    pub(super) fn event(number: u64) -> EventId {
        EventId::of("loadtest", &number.to_string())
    }

    /// What a service is known by, as alerts are labelled with it.
    pub(super) fn resource(tenant: &str, service: &str) -> String {
        ResourceId::of(tenant, service).to_string()
    }

    fn commanded(self, command: Command) -> anyhow::Result<Record> {
        let mut signal = self.signal(SignalKind::Command, "");
        let ana = Actor { id: "ana".to_owned(), kind: None, name: None, extra: Extra::new() };
        (signal.command, signal.actor) = (Some(command), Some(ana));
        self.record(signal, SourceClass::Command)
    }

    fn signal(self, kind: SignalKind, service: &str) -> Signal {
        let resource = Resource {
            id: ResourceId::of(self.tenant, service),
            attributes: BTreeMap::from([("service".to_owned(), service.to_owned())]),
            extra: Extra::new(),
        };
        Signal {
            kind,
            event: Said::event(self.number),
            event_kind: Kind::Alerts,
            action: "said".to_owned(),
            outcome: Outcome::Unknown,
            severity: Severity::High,
            title: format!("something about {service}, in way {}", self.number % 2),
            resource: (!service.is_empty()).then_some(resource),
            actor: None,
            hints: Hints::default(),
            entities: Vec::new(),
            rules: Vec::new(),
            relations: Vec::new(),
            text: None,
            command: None,
            delivery: None,
            extra: Extra::new(),
        }
    }

    fn record(self, signal: Signal, source_class: SourceClass) -> anyhow::Result<Record> {
        let attributes = Attributes {
            id: RecordId::of("isobar.signal", &[self.tenant, &self.number.to_string()]),
            source: "loadtest".to_owned(),
            subject: None,
            time: Time::from_millis(self.time_ms)?,
            arrival_time: Time::from_millis(self.arrival_ms)?,
            tenant: self.tenant.to_owned(),
            source_class,
            traceparent: None,
        };
        let value = codec::encode(&Envelope::new(attributes, signal))?;
        Ok(Record {
            offset: Offset(0),
            arrival: EventTime(self.arrival_ms),
            key: Some(key::domain(self.tenant).into_bytes()),
            value: Some(value),
            headers: Vec::new(),
        })
    }
}

fn command(action: CommandAction) -> Command {
    Command {
        action,
        alert: None,
        incident: None,
        into: None,
        alerts: Vec::new(),
        silence: None,
        matchers: Vec::new(),
        starts_at_ms: None,
        ends_at_ms: None,
        verdict: None,
        note: Some("because".to_owned()),
        extra: Extra::new(),
    }
}

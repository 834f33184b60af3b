//! One door: a world takes signals by the second and tells what came out, one line each.

mod world;

use std::collections::BTreeMap;

use correlator::alert::AlertsConfig;
use correlator::{CorrelatorConfig, IncidentsConfig};
use schemas::alert::Level;
use schemas::command::{Command, CommandAction, LabelMatcher, Operator, Verdict};
use schemas::delivery::{Delivery, DeliveryOutcome};
use schemas::envelope::{Attributes, Envelope, Extra};
use schemas::event::{Actor, Outcome, Severity};
use schemas::id::{AlertId, EventId, RecordId, ResourceId};
use schemas::kind::Kind;
use schemas::mark::{InputProgress, Mark, Writer};
use schemas::notification::Channel;
use schemas::resource::{Hints, Resource};
use schemas::signal::{RuleHit, Signal, SignalKind};
use schemas::source_class::SourceClass;
use schemas::time::Time;
use schemas::{codec, mark};
use stream::{EventTime, Offset, Record};

pub(crate) use world::World;

pub(crate) const START_MS: i64 = 1_790_000_000_000;

pub(crate) fn config(yaml: &str) -> CorrelatorConfig {
    let alerts: AlertsConfig = serde_yaml_ng::from_str(yaml).unwrap();
    let incidents = IncidentsConfig { enabled: false, ..IncidentsConfig::default() };
    CorrelatorConfig { alerts, incidents, ..CorrelatorConfig::default() }
}

/// One receiver that hears everything of every alert, by service.
pub(crate) const ONE_ROUTE: &str = "
receivers: [{name: ops, channel: slack}]
routes: [{name: all, receivers: [ops], group_by: [service]}]
";

/// What a signal says; the fields that tests differ in.
#[derive(Clone, Debug)]
pub(crate) struct Say {
    pub(crate) tenant: String,
    pub(crate) id: String,
    pub(crate) at: i64,
    pub(crate) arrives: i64,
    pub(crate) class: SourceClass,
    pub(crate) kind: SignalKind,
    pub(crate) rule: Option<(String, Option<Level>)>,
    pub(crate) service: String,
    pub(crate) extra: Extra,
    pub(crate) outcome: Outcome,
    pub(crate) title: String,
    pub(crate) command: Option<Command>,
    pub(crate) delivery: Option<Delivery>,
    pub(crate) actor: Option<String>,
}

impl Say {
    /// A hit of a rule, at this second.
    pub(crate) fn hit(at: i64, rule: &str, service: &str) -> Self {
        Self {
            tenant: "acme".into(),
            id: format!("{rule} {service} {at}"),
            at,
            arrives: at,
            class: SourceClass::Log,
            kind: SignalKind::RuleHit,
            rule: Some((rule.into(), None)),
            service: service.into(),
            extra: Extra::new(),
            outcome: Outcome::Unknown,
            title: format!("{rule} on {service}"),
            command: None,
            delivery: None,
            actor: None,
        }
    }

    fn tool(at: i64, begun: i64, name: &str, service: &str, status: &str) -> Self {
        let labels = serde_json::json!({"alertname": name, "service": service});
        let starts_at = time(begun).to_string();
        let mut extra = Extra::new();
        extra.insert("alert_name".into(), name.into());
        extra.insert("status".into(), status.into());
        extra.insert("starts_at".into(), starts_at.into());
        extra.insert("labels".into(), labels);
        Self {
            id: format!("{name} {service} {begun} {status}"),
            class: SourceClass::Alert,
            kind: SignalKind::Alert,
            rule: None,
            extra,
            ..Self::hit(at, name, service)
        }
    }

    /// Another tool says that an alert fires, which began at `begun`.
    pub(crate) fn fires(at: i64, begun: i64, name: &str, service: &str) -> Self {
        Self {
            outcome: Outcome::Failure,
            at: begun,
            arrives: at,
            ..Self::tool(at, begun, name, service, "firing")
        }
    }

    /// Another tool says that an alert is over, which began at `begun`.
    pub(crate) fn resolved(at: i64, begun: i64, name: &str, service: &str) -> Self {
        Self { outcome: Outcome::Success, ..Self::tool(at, begun, name, service, "resolved") }
    }

    pub(crate) fn label(mut self, name: &str, value: &str) -> Self {
        let labels = self.extra.entry("labels").or_insert_with(|| serde_json::json!({}));
        labels[name] = value.into();
        self
    }

    pub(crate) fn level(mut self, level: Level) -> Self {
        self.rule = self.rule.map(|(rule, _)| (rule, Some(level)));
        self
    }

    pub(crate) fn tenant(mut self, tenant: &str) -> Self {
        self.tenant = tenant.into();
        self
    }

    pub(crate) fn arrives(mut self, at: i64) -> Self {
        self.arrives = at;
        self
    }

    pub(crate) fn command(
        at: i64,
        action: CommandAction,
        change: impl FnOnce(&mut Command),
    ) -> Self {
        let mut command = Command {
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
            note: Some("because".into()),
            extra: Extra::new(),
        };
        change(&mut command);
        Self {
            id: format!("{action:?} {at}"),
            class: SourceClass::Command,
            kind: SignalKind::Command,
            rule: None,
            command: Some(command),
            actor: Some("ana".into()),
            ..Self::hit(at, "", "")
        }
    }

    pub(crate) fn silence(at: i64, until: i64, matchers: &[&str]) -> Self {
        let matchers = matchers.iter().map(|text| matcher(text)).collect();
        Self::command(at, CommandAction::Silence, |command| {
            command.matchers = matchers;
            command.ends_at_ms = Some(START_MS + until * 1_000);
        })
    }

    pub(crate) fn acknowledge(at: i64, alert: AlertId) -> Self {
        Self::command(at, CommandAction::Acknowledge, |command| command.alert = Some(alert))
    }

    pub(crate) fn feedback(at: i64, alert: AlertId, verdict: Verdict) -> Self {
        Self::command(at, CommandAction::Feedback, |command| {
            command.alert = Some(alert);
            command.verdict = Some(verdict);
        })
    }

    /// What came of telling a receiver.
    pub(crate) fn delivery(
        at: i64,
        receiver: &str,
        outcome: DeliveryOutcome,
        about_deliveries: bool,
    ) -> Self {
        let delivery = Delivery {
            key: RecordId::of("key", &[&at.to_string()]),
            receiver: receiver.into(),
            channel: Channel::Slack,
            outcome,
            attempts: 1,
            latency_ms: 1,
            error: Some("it answers 500".into()),
            alerts: Vec::new(),
            about_deliveries,
            extra: Extra::new(),
        };
        Self {
            class: SourceClass::Finding,
            kind: SignalKind::Delivery,
            rule: None,
            delivery: Some(delivery),
            ..Self::hit(at, "delivery", "")
        }
    }

    pub(crate) fn envelope(&self) -> Envelope<Signal> {
        let event = EventId::of("test", &self.id);
        let resource = Resource {
            id: ResourceId::of(&self.tenant, &self.service),
            attributes: BTreeMap::from([("service".to_owned(), self.service.clone())]),
            extra: Extra::new(),
        };
        let rule = self.rule.iter().map(|(rule, level)| RuleHit {
            rule: rule.clone(),
            version: "v1".into(),
            level: *level,
            title: None,
            building_block: false,
            fields: BTreeMap::from([("service".to_owned(), self.service.clone())]),
            extra: Extra::new(),
        });
        let signal = Signal {
            kind: self.kind,
            event,
            event_kind: Kind::Alerts,
            action: "said".into(),
            outcome: self.outcome,
            severity: Severity::High,
            title: self.title.clone(),
            resource: (!self.service.is_empty()).then_some(resource),
            actor: self.actor.clone().map(|id| Actor {
                id,
                kind: None,
                name: None,
                extra: Extra::new(),
            }),
            hints: Hints::default(),
            entities: Vec::new(),
            rules: rule.collect(),
            relations: Vec::new(),
            text: None,
            command: self.command.clone(),
            delivery: self.delivery.clone(),
            extra: self.extra.clone(),
        };
        let attributes = Attributes {
            id: self.record_id(),
            source: "prometheus".into(),
            subject: None,
            time: time(self.at),
            arrival_time: time(self.arrives),
            tenant: self.tenant.clone(),
            source_class: self.class,
            traceparent: None,
        };
        Envelope::new(attributes, signal)
    }

    pub(crate) fn record_id(&self) -> RecordId {
        RecordId::of("isobar.signal", &[&self.tenant, &self.id])
    }

    pub(crate) fn record(&self) -> Record {
        let value = codec::encode(&self.envelope()).unwrap();
        record(self.tenant.as_bytes().to_vec(), value, self.arrives)
    }
}

pub(crate) fn matcher(text: &str) -> LabelMatcher {
    let operators = [
        ("=~", Operator::Matches),
        ("!~", Operator::MatchesNot),
        ("!=", Operator::NotEqual),
        ("=", Operator::Equal),
    ];
    let (sign, operator) = operators.into_iter().find(|(sign, _)| text.contains(sign)).unwrap();
    let (label, value) = text.split_once(sign).unwrap();
    LabelMatcher { label: label.into(), operator, value: value.into(), extra: Extra::new() }
}

pub(crate) fn time(seconds: i64) -> Time {
    Time::from_millis(START_MS + seconds * 1_000).unwrap()
}

pub(crate) fn record(key: Vec<u8>, value: Vec<u8>, at: i64) -> Record {
    let arrival = EventTime(START_MS + at * 1_000);
    Record { offset: Offset(0), arrival, key: Some(key), value: Some(value), headers: Vec::new() }
}

/// A progress mark: of `partitions` partitions this one was read until this second.
pub(crate) fn mark_of(partition: u32, partitions: u32, at: i64) -> Record {
    let progress = InputProgress {
        topic: "isobar.in.alerts".into(),
        partition,
        partitions,
        read_until_ms: START_MS + at * 1_000,
        extra: Extra::new(),
    };
    let writer = Writer { topology: "processors".into(), slot: "0".into(), extra: Extra::new() };
    let mark = Mark { writer, inputs: vec![progress], extra: Extra::new() };
    record(Vec::new(), mark::encode(&mark).unwrap(), at)
}

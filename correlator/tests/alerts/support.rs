//! One door: a world takes signals by the second and tells what came out, one line each.

use std::collections::BTreeMap;

use correlator::alert::AlertsConfig;
use correlator::{CorrelatorConfig, IncidentsConfig, topology};
use schemas::alert::{Alert, AlertState, Level};
use schemas::command::{Command, CommandAction, LabelMatcher, Operator, Verdict};
use schemas::dead_letter::DeadLetter;
use schemas::delivery::{Delivery, DeliveryOutcome};
use schemas::envelope::{Attributes, Envelope, Extra};
use schemas::event::{Actor, Outcome, Severity};
use schemas::id::{AlertId, EventId, RecordId, ResourceId};
use schemas::incident::Incident;
use schemas::kind::Kind;
use schemas::mark::{InputProgress, Mark, Writer};
use schemas::notification::{Channel, Notification, Occasion};
use schemas::resource::{Hints, Resource};
use schemas::signal::{RuleHit, Signal, SignalKind};
use schemas::source_class::SourceClass;
use schemas::time::Time;
use schemas::{codec, mark, topic};
use stream::{
    Context, Effects, EventTime, Offset, Output, Processor, Progress, Record, TopicPartition,
};

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

/// The processor of one partition, and what it has said.
pub(crate) struct World {
    processor: Box<dyn Processor>,
    offset: i64,
    is_marked: bool,
    names: Vec<AlertId>,
    lines: Vec<String>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) counts: BTreeMap<&'static str, u64>,
    pub(crate) alerts: Vec<Envelope<Alert>>,
    pub(crate) told: Vec<Envelope<Notification>>,
    pub(crate) incidents: Vec<Envelope<Incident>>,
}

impl World {
    pub(crate) fn new(yaml: &str) -> Self {
        Self::of(&config(yaml))
    }

    pub(crate) fn of(config: &CorrelatorConfig) -> Self {
        let topology = topology(config).unwrap();
        Self {
            processor: (topology.make)(&TopicPartition::new(topic::SIGNALS.name, 0)),
            offset: 0,
            is_marked: false,
            names: Vec::new(),
            lines: Vec::new(),
            outputs: Vec::new(),
            counts: BTreeMap::new(),
            alerts: Vec::new(),
            told: Vec::new(),
            incidents: Vec::new(),
        }
    }

    pub(crate) fn take(&mut self, mut record: Record) {
        record.offset = Offset(self.offset);
        self.offset += 1;
        let mut effects = Effects::default();
        self.processor.process(&record, &mut Context::new(&mut effects, false));
        while self.processor.advance(&mut Context::new(&mut effects, false)) == Progress::Pending {}
        self.note(effects);
        for store in self.processor.stores() {
            store.commit();
        }
    }

    /// A signal; where there are marks, there is one of its second before it.
    pub(crate) fn say(&mut self, say: Say) -> &mut Self {
        if self.is_marked {
            self.until(say.arrives);
        }
        self.take(say.record());
        self
    }

    /// Time passes to this second, as the stage above tells it.
    pub(crate) fn until(&mut self, at: i64) -> &mut Self {
        self.is_marked = true;
        self.take(mark_of(0, 1, at));
        self
    }

    fn note(&mut self, effects: Effects) {
        for (counted, amount) in effects.counts {
            *self.counts.entry(counted.what).or_default() += amount;
        }
        for output in effects.outputs {
            let value = output.value.as_deref().unwrap();
            let line = match &*output.topic {
                "isobar.alerts" => self.alert(codec::decode(value).unwrap()),
                "isobar.notifications" => self.notification(codec::decode(value).unwrap()),
                "isobar.incidents" => self.incident(codec::decode(value).unwrap()),
                "isobar.late" => "late".to_owned(),
                _ => {
                    let letter = codec::decode::<DeadLetter>(value).unwrap();
                    format!("refused: {}", letter.data.reason)
                }
            };
            self.lines.push(line);
            self.outputs.push(output);
        }
    }

    fn name(&mut self, id: AlertId) -> String {
        let place = self.names.iter().position(|known| *known == id);
        let place = place.unwrap_or_else(|| {
            self.names.push(id);
            self.names.len() - 1
        });
        format!("#{}", place + 1)
    }

    /// The alert that appeared as the nth, from 1.
    pub(crate) fn id(&self, number: usize) -> AlertId {
        self.names[number - 1]
    }

    fn alert(&mut self, envelope: Envelope<Alert>) -> String {
        let alert = &envelope.data;
        let name = self.name(alert.alert);
        let at = seconds(envelope.attributes.time);
        let mut words = vec![format!(
            "{at} {name} {} r{} {:?} x{}",
            state(alert.state),
            alert.revision,
            alert.level,
            alert.count
        )];
        if let Some(ends_ms) = alert.ends_at_ms {
            let span = [alert.starts_at_ms, ends_ms].map(|ms| (ms - START_MS) / 1_000);
            words.push(format!("{}..{}", span[0], span[1]));
        }
        words.extend(alert.closed.map(|closed| format!("{closed:?}").to_lowercase()));
        words.extend(alert.flapping.then(|| "flapping".to_owned()));
        words.extend(alert.acknowledged.as_ref().map(|taken| format!("by {}", taken.by)));
        words.extend(alert.silenced_by.map(|_| "silenced".to_owned()));
        if let Some(by) = alert.inhibited_by {
            words.push(format!("inhibited by {}", self.name(by)));
        }
        words.extend(alert.feedback.as_ref().map(|of| format!("{:?}", of.verdict).to_lowercase()));
        let line = words.join(" ");
        self.alerts.push(envelope);
        line
    }

    fn incident(&mut self, envelope: Envelope<Incident>) -> String {
        let told = &envelope.data;
        let at = seconds(envelope.attributes.time);
        let alerts: Vec<_> = told.alerts.iter().map(|alert| self.name(*alert)).collect();
        let line =
            format!("{at} incident r{} {:?}: {}", told.revision, told.state, alerts.join(" "));
        self.incidents.push(envelope);
        line
    }

    fn notification(&mut self, envelope: Envelope<Notification>) -> String {
        let told = &envelope.data;
        let at = seconds(envelope.attributes.time);
        let members: Vec<_> = told
            .members
            .iter()
            .map(|member| format!("{} {}", self.name(member.alert), state(member.state)))
            .collect();
        let what = match told.what {
            Occasion::Firing => "firing".to_owned(),
            Occasion::Escalated => format!("escalated {}", told.step),
            Occasion::Updated => "updated".to_owned(),
            Occasion::Resolved => "resolved".to_owned(),
        };
        let line = format!("{at} tell {} {what}: {}", told.receiver, members.join(", "));
        self.told.push(envelope);
        line
    }

    /// What was said since this was last asked.
    pub(crate) fn lines(&mut self) -> String {
        std::mem::take(&mut self.lines).join("\n")
    }

    /// The same, of what receivers hear.
    pub(crate) fn heard(&mut self) -> String {
        let lines = std::mem::take(&mut self.lines);
        let heard = lines.into_iter().filter(|line| line.contains(" tell "));
        heard.collect::<Vec<_>>().join("\n")
    }

    /// How many entries all stores hold.
    pub(crate) fn entries(&mut self) -> usize {
        self.processor.stores().iter().map(|store| store.len()).sum()
    }

    pub(crate) fn count(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or(0)
    }
}

fn seconds(time: Time) -> String {
    let ms = time.millis() - START_MS;
    if ms % 1_000 == 0 { (ms / 1_000).to_string() } else { format!("{ms}ms") }
}

fn state(state: AlertState) -> &'static str {
    match state {
        AlertState::Pending => "pending",
        AlertState::Firing => "firing",
        AlertState::Acknowledged => "acknowledged",
        AlertState::Suppressed => "suppressed",
        AlertState::Resolved => "resolved",
    }
}

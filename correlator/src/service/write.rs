//! Records on their way out: encoded and keyed.

use std::sync::Arc;

use schemas::alert::Alert;
use schemas::codec;
use schemas::dead_letter::{DeadLetter, Message};
use schemas::envelope::{Attributes, Envelope, Extra, Payload};
use schemas::id::RecordId;
use schemas::incident::{Incident, IncidentState};
use schemas::late::Late;
use schemas::notification::Notification;
use schemas::position::Position;
use schemas::source_class::SourceClass;
use schemas::time::Time;
use schemas::topic;
use stream::{Context, EventTime, Output, Record, TopicPartition};

use super::NAME;

const SOURCE: &str = "isobar.correlator";

pub(super) struct Writer {
    input: TopicPartition,
    alerts: Arc<str>,
    notifications: Arc<str>,
    incidents: Arc<str>,
    late: Arc<str>,
    dead_letters: Arc<str>,
}

impl Writer {
    pub(super) fn new(input: &TopicPartition) -> Self {
        Self {
            input: input.clone(),
            alerts: Arc::from(topic::ALERTS.name),
            notifications: Arc::from(topic::NOTIFICATIONS.name),
            incidents: Arc::from(topic::INCIDENTS.name),
            late: Arc::from(topic::LATE.name),
            dead_letters: Arc::from(topic::DEAD_LETTER.name),
        }
    }

    pub(super) fn alert(&self, alert: &Envelope<Alert>, context: &mut Context<'_>) {
        forward(&self.alerts, alert.data.alert.to_string(), alert, context);
    }

    pub(super) fn notification(&self, told: &Envelope<Notification>, context: &mut Context<'_>) {
        forward(&self.notifications, told.data.receiver.clone(), told, context);
    }

    /// A revision of an incident, known by the time of its tenant.
    pub(super) fn incident(
        &self,
        tenant: &str,
        told: &Incident,
        now_ms: i64,
        context: &mut Context<'_>,
    ) {
        let key = told.incident.to_string();
        let attributes = Attributes {
            id: RecordId::of(Incident::TYPE, &[&key, &told.revision.to_string()]),
            source: SOURCE.to_owned(),
            subject: None,
            time: time_of(now_ms),
            arrival_time: time_of(now_ms),
            tenant: tenant.to_owned(),
            source_class: SourceClass::Finding,
            traceparent: None,
        };
        if told.state == IncidentState::Open && told.revision == 0 {
            context.urgent();
        }
        forward(&self.incidents, key, &Envelope::new(attributes, told.clone()), context);
    }

    /// A record that came too late for any alert.
    pub(super) fn late(
        &self,
        record: &Record,
        attributes: &Attributes,
        settled_ms: i64,
        context: &mut Context<'_>,
    ) {
        let late = Late {
            topic: self.input.topic.to_string(),
            position: self.position(record),
            watermark_ms: time_of(settled_ms).millis(),
            grace_ms: 0,
            series: None,
            value: None,
            extra: Extra::new(),
        };
        let id = RecordId::of(Late::TYPE, &[&attributes.id.to_string()]);
        let attributes = Attributes { id, ..attributes.clone() };
        let key = schemas::key::domain(&attributes.tenant);
        forward(&self.late, key, &Envelope::new(attributes, late), context);
    }

    /// A record that cannot be used, or a command that cannot be followed.
    pub(super) fn dead_letter(
        &self,
        record: &Record,
        expected: &str,
        reason: &str,
        context: &mut Context<'_>,
    ) {
        context.count("dead_letters", 1);
        let headers: Vec<(&str, Option<&[u8]>)> =
            record.headers.iter().map(|(name, value)| (&**name, Some(&**value))).collect();
        let (place, position) =
            (format!("{}/{}", self.input, record.offset), self.position(record));
        let attributes = Attributes {
            id: RecordId::of(DeadLetter::TYPE, &[&place, reason]),
            source: SOURCE.to_owned(),
            subject: Some(place.clone()),
            time: time_of(record.arrival.0),
            arrival_time: time_of(record.arrival.0),
            tenant: "default".to_owned(),
            source_class: SourceClass::Log,
            traceparent: None,
        };
        let letter = DeadLetter {
            topic: self.input.topic.to_string(),
            partition: position.partition,
            offset: position.offset,
            service: NAME.to_owned(),
            formats: vec![expected.to_owned()],
            reason: reason.to_owned(),
            byte_position: None,
            message: Message::keep(record.key.as_deref(), &headers, record.value.as_deref()),
            extra: Extra::new(),
        };
        forward(&self.dead_letters, place, &Envelope::new(attributes, letter), context);
    }

    fn position(&self, record: &Record) -> Position {
        Position {
            partition: u32::try_from(self.input.partition).unwrap_or_default(),
            offset: u64::try_from(record.offset.0).unwrap_or_default(),
            row: 0,
        }
    }
}

fn forward<T: Payload>(
    topic: &Arc<str>,
    key: String,
    envelope: &Envelope<T>,
    context: &mut Context<'_>,
) {
    let timestamp = EventTime(envelope.attributes.arrival_time.millis());
    match codec::encode(envelope) {
        Ok(value) => {
            context.forward(Output::keyed(topic, key.into_bytes(), value, timestamp));
        }
        // Longer than its type allows; a breach is counted, not hidden.
        Err(_) => context.count("unwritable", 1),
    }
}

fn time_of(ms: i64) -> Time {
    let ms = ms.clamp(Time::MIN.millis(), Time::MAX.millis());
    Time::from_millis(ms).unwrap_or(Time::MIN)
}

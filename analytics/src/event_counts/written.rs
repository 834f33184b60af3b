//! What this service writes: aggregates, late events, dead letters.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemas::aggregate::{Aggregate, Statistics, WindowState};
use schemas::codec;
use schemas::dead_letter::{DeadLetter, Message};
use schemas::envelope::{Attributes, Envelope, Extra, Payload};
use schemas::event::Event;
use schemas::finite::Finite;
use schemas::id::{RecordId, SeriesId};
use schemas::late::Late;
use schemas::position::Position;
use schemas::source_class::SourceClass;
use schemas::time::Time;
use schemas::topic;
use stream::{Context, EventTime, Offset, Output, Record, TopicPartition, WindowSize};

use super::EventCountsConfig;
use super::panes::{Address, Closing};

const SOURCE: &str = "isobar.analytics";
const MEASURE: &str = "events";

/// Writes records of one task.
pub(super) struct Writer {
    input: TopicPartition,
    window: WindowSize,
    grace_ms: i64,
    aggregates: Arc<str>,
    late: Arc<str>,
    dead_letters: Arc<str>,
}

impl Writer {
    pub(super) fn new(input: &TopicPartition, config: &EventCountsConfig) -> Self {
        Self {
            input: input.clone(),
            window: config.window,
            grace_ms: config.grace_ms,
            aggregates: Arc::from(topic::AGGREGATES.name),
            late: Arc::from(topic::LATE.name),
            dead_letters: Arc::from(topic::DEAD_LETTER.name),
        }
    }

    pub(super) fn aggregate(
        &self,
        address: &Address,
        closing: &Closing,
        context: &mut Context<'_>,
    ) {
        let start = address.start();
        let arrival = EventTime(closing.last_arrival_ms);
        let key = String::from_utf8_lossy(address.key()).into_owned();
        let class = SourceClass::ALL.get(usize::from(address.class())).copied();
        let window = start.0.to_string();
        let revision = closing.revision.to_string();
        let class = class.unwrap_or(SourceClass::Log);
        let size = self.window.as_ms().to_string();
        let parts =
            [address.tenant(), key.as_str(), class.as_str(), size.as_str(), &window, &revision];
        let attributes = Attributes {
            id: RecordId::of(Aggregate::TYPE, &parts),
            source: SOURCE.to_owned(),
            subject: None,
            time: time_of(start),
            arrival_time: time_of(arrival),
            tenant: address.tenant().to_owned(),
            source_class: class,
            traceparent: None,
        };
        let group = BTreeMap::from([("source_class".to_owned(), class.as_str().to_owned())]);
        let aggregate = Aggregate {
            series: SeriesId::of(closing.resource, MEASURE, &group),
            resource: Some(closing.resource),
            group,
            measure: MEASURE.to_owned(),
            window_start_ms: start.0,
            window_size_ms: self.window.as_ms(),
            state: if closing.revision == 0 { WindowState::Final } else { WindowState::Correction },
            revision: closing.revision,
            position: self.position(closing.last_offset),
            statistics: each_counts_one(closing.count),
            quantiles: BTreeMap::new(),
            distinct: None,
            increase: None,
            rate: None,
            stale_since_ms: None,
            unusable: 0,
            collapsed: 0,
            extra: Extra::new(),
        };
        let envelope = Envelope::new(attributes, aggregate);
        self.forward(&self.aggregates, address.key(), &envelope, arrival, context);
        let kind = if closing.revision == 0 { "windows" } else { "corrections" };
        context.count(kind, 1);
    }

    pub(super) fn late(
        &self,
        event: &Envelope<Event>,
        record: &Record,
        watermark: Option<EventTime>,
        context: &mut Context<'_>,
    ) {
        context.count("late", 1);
        let late = Late {
            topic: self.input.topic.to_string(),
            position: self.position(record.offset),
            watermark_ms: watermark.map_or(i64::MIN, |watermark| watermark.0),
            grace_ms: self.grace_ms,
            series: None,
            value: None,
            extra: Extra::new(),
        };
        let envelope = Envelope::new(event.attributes.clone(), late);
        let arrival = EventTime(event.attributes.arrival_time.millis());
        self.forward(
            &self.late,
            record.key.as_deref().unwrap_or_default(),
            &envelope,
            arrival,
            context,
        );
    }

    pub(super) fn dead_letter(&self, record: &Record, reason: &str, context: &mut Context<'_>) {
        context.count("dead_letters", 1);
        let headers: Vec<(&str, Option<&[u8]>)> =
            record.headers.iter().map(|(name, value)| (&**name, Some(&**value))).collect();
        let place = format!("{}/{}", self.input, record.offset);
        let arrival = time_of(record.arrival);
        let attributes = Attributes {
            id: RecordId::of(DeadLetter::TYPE, &[&place]),
            source: SOURCE.to_owned(),
            subject: Some(place),
            time: arrival,
            arrival_time: arrival,
            // Whose it is stands in what cannot be read.
            tenant: "default".to_owned(),
            source_class: SourceClass::Log,
            traceparent: None,
        };
        let position = self.position(record.offset);
        let letter = DeadLetter {
            topic: self.input.topic.to_string(),
            partition: position.partition,
            offset: position.offset,
            service: super::NAME.to_owned(),
            formats: vec![Event::TYPE.to_owned()],
            reason: reason.to_owned(),
            byte_position: None,
            message: Message::keep(record.key.as_deref(), &headers, record.value.as_deref()),
            extra: Extra::new(),
        };
        let key = record.key.as_deref().unwrap_or_default();
        let envelope = Envelope::new(attributes, letter);
        self.forward(&self.dead_letters, key, &envelope, record.arrival, context);
    }

    fn position(&self, offset: Offset) -> Position {
        Position {
            partition: u32::try_from(self.input.partition).unwrap_or_default(),
            offset: u64::try_from(offset.0).unwrap_or_default(),
            row: 0,
        }
    }

    fn forward<T: Payload>(
        &self,
        topic: &Arc<str>,
        key: &[u8],
        envelope: &Envelope<T>,
        timestamp: EventTime,
        context: &mut Context<'_>,
    ) {
        match codec::encode(envelope) {
            Ok(value) => context.forward(Output::keyed(topic, key.to_vec(), value, timestamp)),
            // Limits of our own types hold for whatever was read; a breach is counted, not hidden.
            Err(_) => context.count("unwritable", 1),
        }
    }
}

/// Statistics of `count` events, each of which is the value 1.
fn each_counts_one(count: u64) -> Statistics {
    #[expect(clippy::cast_precision_loss, reason = "no window holds 2^53 events")]
    let sum = Some(finite(count as f64));
    let (zero, one) = (Some(finite(0.0)), Some(finite(1.0)));
    Statistics {
        count,
        sum,
        min: one,
        max: one,
        first: one,
        last: one,
        mean: one,
        deviation: zero,
        extra: Extra::new(),
    }
}

fn finite(number: f64) -> Finite {
    Finite::new(number).unwrap_or_else(|| finite(0.0))
}

/// Times outside of what the wire can say are those of broken clocks; they stay at its ends.
fn time_of(time: EventTime) -> Time {
    let millis = time.0.clamp(Time::MIN.millis(), Time::MAX.millis());
    Time::from_millis(millis).unwrap_or(Time::MIN)
}

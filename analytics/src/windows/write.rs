//! Records of windows on their way out: aggregates, shares of groups, late points, dead letters.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemas::aggregate::{Aggregate, Statistics, WindowState};
use schemas::bytes::Bytes;
use schemas::codec;
use schemas::dead_letter::{DeadLetter, Message};
use schemas::envelope::{Attributes, Envelope, Extra, Payload};
use schemas::finding::Finding;
use schemas::finite::Finite;
use schemas::id::{RecordId, ResourceId, SeriesId};
use schemas::late::Late;
use schemas::partial::Partial;
use schemas::position::Position;
use schemas::resource::Resource;
use schemas::series::{SeriesDefinition, Temporality};
use schemas::source_class::SourceClass;
use schemas::time::Time;
use schemas::{key, topic};
use stream::{Context, EventTime, Output, Record, TopicPartition};

use super::{Flow, MINUTE_MS, Row, Series};
use crate::summary::{self, to_bytes};

const SOURCE: &str = "isobar.analytics";
const QUANTILES: [(&str, f64); 4] = [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99)];

/// Writes records of one task.
#[derive(Debug)]
pub struct Writer {
    service: &'static str,
    input: TopicPartition,
    aggregates: Arc<str>,
    partials: Arc<str>,
    signals: Arc<str>,
    series: Arc<str>,
    late: Arc<str>,
    dead_letters: Arc<str>,
}

/// A point that no window takes any more.
#[derive(Clone, Copy, Debug)]
pub struct LatePoint<'a> {
    /// Its series.
    pub series: &'a Series,
    /// Its time.
    pub time_ms: i64,
    /// Its value.
    pub value: f64,
    /// When it came.
    pub arrival: Time,
    /// The offset and the row of it.
    pub place: (i64, usize),
    /// How far time had come, and the grace.
    pub bounds_ms: (i64, i64),
}

impl Writer {
    /// For a task of a service.
    #[must_use]
    pub fn new(service: &'static str, input: &TopicPartition) -> Self {
        Self {
            service,
            input: input.clone(),
            aggregates: Arc::from(topic::AGGREGATES.name),
            partials: Arc::from(topic::PARTIALS.name),
            signals: Arc::from(topic::SIGNALS.name),
            series: Arc::from(topic::SERIES.name),
            late: Arc::from(topic::LATE.name),
            dead_letters: Arc::from(topic::DEAD_LETTER.name),
        }
    }

    /// A record of a window, or of a share of one.
    pub fn row(&self, series: &Series, row: &Row<'_>, context: &mut Context<'_>) {
        let counted = match row.state {
            WindowState::Provisional => "provisional",
            WindowState::Final => "windows",
            WindowState::Correction => "corrections",
        };
        context.count(counted, 1);
        if series.is_share {
            return self.partial(series, row, context);
        }
        let Some(aggregate) = self.aggregate(series, row) else { return };
        let attributes = attributes_of(series, row, Aggregate::TYPE);
        let key = key_of(series);
        self.forward(&self.aggregates, key, &Envelope::new(attributes, aggregate), context);
    }

    /// Nothing where there is neither a value nor anything else to say.
    fn aggregate(&self, series: &Series, row: &Row<'_>) -> Option<Aggregate> {
        let (pane, start_ms) = (&row.part.pane, row.start * MINUTE_MS);
        let statistics = pane.statistics(&row.before);
        let Growth { increase, rate } = growth_of(series, row);
        Some(Aggregate {
            series: series.id,
            resource: series.resource,
            group: series.group.clone(),
            measure: series.measure.to_string(),
            window_start_ms: start_ms,
            window_size_ms: row.minutes * MINUTE_MS,
            state: row.state,
            revision: row.revision,
            position: self.position(row.offset, 0),
            statistics: statistics_of(statistics),
            quantiles: quantiles_of(row),
            distinct: row.part.distinct(),
            increase: increase.and_then(Finite::new),
            rate: rate.and_then(Finite::new),
            stale_since_ms: pane.stale_since_ms().map(|stale| start_ms + i64::from(stale)),
            unusable: pane.unusable().into(),
            collapsed: pane.collapsed(),
            extra: Extra::new(),
        })
    }

    fn partial(&self, series: &Series, row: &Row<'_>, context: &mut Context<'_>) {
        let partial = Partial {
            writer: self.input.topic.to_string(),
            group: series.group.clone(),
            measure: series.measure.to_string(),
            unit: series.unit.as_deref().map(str::to_owned),
            pane_start_ms: row.start * MINUTE_MS,
            pane_size_ms: row.minutes * MINUTE_MS,
            position: self.position(row.offset, 0),
            pane: Bytes(to_bytes(&(series.flow, row.part))),
            extra: Extra::new(),
        };
        let attributes = attributes_of(series, row, Partial::TYPE);
        self.forward(&self.partials, key_of(series), &Envelope::new(attributes, partial), context);
    }

    /// What a series of ours is, for who reads its windows.
    pub fn definition(&self, series: &Envelope<SeriesDefinition>, context: &mut Context<'_>) {
        self.forward(&self.series, series.data.series.to_string(), series, context);
    }

    /// What was found in a minute, to those who correlate for its tenant. A person waits for it.
    pub fn finding(&self, finding: &Envelope<Finding>, context: &mut Context<'_>) {
        let key = key::domain(&finding.attributes.tenant);
        self.forward(&self.signals, key, finding, context);
        context.urgent();
    }

    /// What thresholds have to say, to the same.
    pub(crate) fn thresholds(&self, told: &[Envelope<Finding>], context: &mut Context<'_>) {
        if told.is_empty() {
            return;
        }
        context.count("threshold_findings", told.len() as u64);
        told.iter().for_each(|finding| self.finding(finding, context));
    }

    /// A point that came after its minute was settled.
    pub fn late(&self, point: &LatePoint<'_>, context: &mut Context<'_>) {
        context.count("late", 1);
        let (offset, row) = point.place;
        let position = self.position(offset, row);
        let place = format!("{}/{offset}/{row}", self.input);
        let late = Late {
            topic: self.input.topic.to_string(),
            position,
            watermark_ms: point.bounds_ms.0,
            grace_ms: point.bounds_ms.1,
            series: Some(point.series.id),
            value: Finite::new(point.value),
            extra: Extra::new(),
        };
        let attributes = Attributes {
            id: RecordId::of(Late::TYPE, &[&place]),
            source: SOURCE.to_owned(),
            subject: Some(point.series.measure.to_string()),
            time: time_of(point.time_ms),
            arrival_time: point.arrival,
            tenant: point.series.tenant.to_string(),
            source_class: point.series.class,
            traceparent: None,
        };
        self.forward(&self.late, key_of(point.series), &Envelope::new(attributes, late), context);
    }

    /// An event that came after its minute was settled.
    pub fn late_event(&self, record: &Record, late: &Envelope<Late>, context: &mut Context<'_>) {
        context.count("late", 1);
        let key = record.key.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
        self.forward(&self.late, key.into_owned(), late, context);
    }

    /// A record that cannot be used.
    pub fn dead_letter(
        &self,
        record: &Record,
        (expected, reason): (&str, &str),
        context: &mut Context<'_>,
    ) {
        context.count("dead_letters", 1);
        let headers: Vec<(&str, Option<&[u8]>)> =
            record.headers.iter().map(|(name, value)| (&**name, Some(&**value))).collect();
        let place = format!("{}/{}", self.input, record.offset);
        let position = self.position(record.offset.0, 0);
        let attributes = Attributes {
            id: RecordId::of(DeadLetter::TYPE, &[&place, reason]),
            source: SOURCE.to_owned(),
            subject: Some(place.clone()),
            time: time_of(record.arrival.0),
            arrival_time: time_of(record.arrival.0),
            // Whose it is stands in what cannot be read.
            tenant: "default".to_owned(),
            source_class: SourceClass::Log,
            traceparent: None,
        };
        let letter = DeadLetter {
            topic: self.input.topic.to_string(),
            partition: position.partition,
            offset: position.offset,
            service: self.service.to_owned(),
            formats: vec![expected.to_owned()],
            reason: reason.to_owned(),
            byte_position: None,
            message: Message::keep(record.key.as_deref(), &headers, record.value.as_deref()),
            extra: Extra::new(),
        };
        self.forward(&self.dead_letters, place, &Envelope::new(attributes, letter), context);
    }

    fn position(&self, offset: i64, row: usize) -> Position {
        Position {
            partition: u32::try_from(self.input.partition).unwrap_or_default(),
            offset: u64::try_from(offset).unwrap_or_default(),
            row: u32::try_from(row).unwrap_or(u32::MAX),
        }
    }

    fn forward<T: Payload>(
        &self,
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
            // Limits of our own types hold for whatever was read; a breach is counted, not hidden.
            Err(_) => context.count("unwritable", 1),
        }
    }
}

/// The windows of one resource are in order, and so are those of one group.
fn key_of(series: &Series) -> String {
    match series.resource {
        Some(resource) => key::resource(&series.tenant, resource),
        None => format!("{}/{}", series.tenant, series.id),
    }
}

fn attributes_of(series: &Series, row: &Row<'_>, payload: &str) -> Attributes {
    let start_ms = row.start * MINUTE_MS;
    let (start, revision) = (start_ms.to_string(), row.revision.to_string());
    let parts = [&*series.id.to_string(), &row.minutes.to_string(), &start, &revision];
    Attributes {
        id: RecordId::of(payload, &parts),
        source: SOURCE.to_owned(),
        subject: None,
        time: time_of(start_ms),
        arrival_time: time_of(row.part.arrival_ms),
        tenant: series.tenant.to_string(),
        source_class: series.class,
        traceparent: None,
    }
}

/// How fast things went in a window.
pub(crate) struct Growth {
    /// What a total grew by.
    pub(crate) increase: Option<f64>,
    /// A second.
    pub(crate) rate: Option<f64>,
}

/// What a window grew by, and what that is a second.
pub(crate) fn growth_of(series: &Series, row: &Row<'_>) -> Growth {
    let statistics = || row.part.pane.statistics(&row.before);
    let grown = row.part.pane.increase(&row.before, row.start * MINUTE_MS);
    let size_s = (row.minutes * 60) as f64;
    let rate = match series.flow {
        Flow::Gauge => None,
        Flow::Total => grown.and_then(|grown| grown.per_second()),
        Flow::Delta => statistics().map(|statistics| statistics.sum / size_s),
        Flow::Events | Flow::Values => {
            statistics().map(|statistics| statistics.count as f64 / size_s)
        }
    };
    let increase = row.part.increase().or(grown.map(|grown| grown.increase));
    let rate = rate.or(row.part.increase().map(|increase| increase / size_s));
    Growth { increase, rate }
}

/// What is beyond the range of `f64` cannot be written, and is missing.
fn statistics_of(known: Option<summary::Statistics>) -> Statistics {
    let finite = |value: f64| Finite::new(value);
    Statistics {
        count: known.map_or(0, |known| known.count),
        sum: known.and_then(|known| finite(known.sum)),
        min: known.and_then(|known| known.min).and_then(finite),
        max: known.and_then(|known| known.max).and_then(finite),
        first: known.and_then(|known| known.first).and_then(|first| finite(first.value)),
        last: known.and_then(|known| known.last).and_then(|last| finite(last.value)),
        mean: known.and_then(|known| known.mean).and_then(finite),
        deviation: known.and_then(|known| known.deviation).and_then(finite),
        extra: Extra::new(),
    }
}

fn quantiles_of(row: &Row<'_>) -> BTreeMap<String, Finite> {
    let values = row.part.pane.quantiles(QUANTILES.map(|(_, quantile)| quantile));
    let named = QUANTILES.into_iter().zip(values.into_iter().flatten());
    named.filter_map(|((name, _), value)| Some((name.to_owned(), Finite::new(value)?))).collect()
}

/// Times outside of what the wire can say are those of broken clocks; they stay at its ends.
pub(crate) fn time_of(millis: i64) -> Time {
    let millis = millis.clamp(Time::MIN.millis(), Time::MAX.millis());
    Time::from_millis(millis).unwrap_or(Time::MIN)
}

/// What a series of ours is, for who reads its windows.
#[must_use]
pub fn definition_of(series: &Series, arrival: Time) -> Envelope<SeriesDefinition> {
    let id = series.resource.unwrap_or_else(|| ResourceId::of(&series.tenant, ""));
    let definition = SeriesDefinition {
        series: series.id,
        resource: Resource { id, attributes: BTreeMap::new(), extra: Extra::new() },
        metric: series.measure.to_string(),
        unit: series.unit.as_deref().map(str::to_owned),
        temporality: match series.flow {
            Flow::Gauge => Temporality::Gauge,
            Flow::Total => Temporality::Cumulative,
            Flow::Delta | Flow::Events | Flow::Values => Temporality::Delta,
        },
        labels: series.group.clone(),
        extra: Extra::new(),
    };
    let attributes = Attributes {
        id: RecordId::of(SeriesDefinition::TYPE, &[&series.tenant, &series.id.to_string()]),
        source: SOURCE.to_owned(),
        subject: Some(series.measure.to_string()),
        time: arrival,
        arrival_time: arrival,
        tenant: series.tenant.to_string(),
        source_class: series.class,
        traceparent: None,
    };
    Envelope::new(attributes, definition)
}

/// The id of a series over events or over several resources.
#[must_use]
pub fn series_id(tenant: &str, measure: &str, group: &BTreeMap<String, String>) -> SeriesId {
    SeriesId::of(ResourceId::of(tenant, ""), measure, group)
}

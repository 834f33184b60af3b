//! Records on their way out: encoded, keyed, counted.

use std::sync::Arc;

use schemas::codec::{self, EncodeError};
use schemas::envelope::{Envelope, Extra, Payload};
use schemas::event::Event;
use schemas::late::Late;
use schemas::position::Position;
use schemas::series::SeriesDefinition;
use schemas::signal::Relation;
use schemas::{key, topic};
use stream::{Context, Destination, EventTime, Output, Record};

use crate::dead_letter::{Origin, dead_letter};
use crate::input::Input;
use crate::service::hits::{Asked, Hits};
use crate::service::signals::{Routes, signal_of, signal_of_relations};
use crate::sink::Refusal;
use crate::tenant::Tenants;

/// The topics it writes to.
#[derive(Debug)]
pub(super) struct Writer {
    events: Arc<str>,
    metrics: Arc<str>,
    signals: Arc<str>,
    series: Arc<str>,
    late: Arc<str>,
    dead_letters: Arc<str>,
    routes: Routes,
}

impl Writer {
    pub(super) fn new(routes: Routes) -> Self {
        Self {
            events: Arc::from(topic::EVENTS.name),
            metrics: Arc::from(topic::METRICS.name),
            signals: Arc::from(topic::SIGNALS.name),
            series: Arc::from(topic::SERIES.name),
            late: Arc::from(topic::LATE.name),
            dead_letters: Arc::from(topic::DEAD_LETTER.name),
            routes,
        }
    }

    /// An event to where its class goes; `false` where that is nowhere.
    ///
    /// # Errors
    /// When it is longer than an event may be.
    pub(super) fn event(
        &self,
        event: &Envelope<Event>,
        rules: Option<&Asked>,
        context: &mut Context<'_>,
    ) -> Result<bool, EncodeError> {
        let tenant = &event.attributes.tenant;
        let key = key::resource(tenant, event.data.resource.id);
        let timestamp = EventTime(event.attributes.arrival_time.millis());
        let class = event.attributes.source_class;
        if self.routes.events.contains(&class) {
            let value = codec::encode(event)?;
            context.forward(Output::keyed(&self.events, key.into_bytes(), value, timestamp));
        }
        let hits = Hits::of(rules, event, context);
        let is_signal = self.routes.signals.contains(&class) || hits.are_asked_for;
        if is_signal {
            context.count("signals", 1);
            let signal = signal_of(event, hits.rules, self.routes.signals.contains(&class));
            forward(&self.signals, &key::domain(tenant), &signal, context);
        }
        Ok(self.routes.events.contains(&class) || is_signal)
    }

    /// Relations that an event shows.
    pub(super) fn relations(
        &self,
        event: &Envelope<Event>,
        relations: Vec<Relation>,
        context: &mut Context<'_>,
    ) {
        let key = key::domain(&event.attributes.tenant);
        forward(&self.signals, &key, &signal_of_relations(event, relations), context);
    }

    /// The definition of a series: beside its points, and where all are kept.
    pub(super) fn series(
        &self,
        series: &Envelope<SeriesDefinition>,
        partition: i32,
        context: &mut Context<'_>,
    ) {
        let key = series.data.series.to_string();
        if let Some(mut output) = output(&self.metrics, &key, series, context) {
            output.destination = Destination::Partition(partition);
            context.forward(output);
        }
        forward(&self.series, &key, series, context);
    }

    /// An event that is too old to be told from a duplicate.
    pub(super) fn late(
        &self,
        event: &Envelope<Event>,
        origin: &Origin<'_>,
        (watermark_ms, grace_ms): (i64, i64),
        context: &mut Context<'_>,
    ) {
        let position = Position { partition: origin.partition, offset: origin.offset, row: 0 };
        let late = Late {
            topic: origin.topic.to_owned(),
            position,
            watermark_ms,
            grace_ms,
            series: None,
            value: None,
            extra: Extra::new(),
        };
        let key = key::resource(&event.attributes.tenant, event.data.resource.id);
        forward(&self.late, &key, &Envelope::new(event.attributes.clone(), late), context);
    }

    pub(super) fn dead_letter(
        &self,
        input: &Input<'_>,
        record: &Record,
        origin: &Origin<'_>,
        refused: (&str, &Refusal, &[u8]),
        tenants: &Tenants,
        context: &mut Context<'_>,
    ) {
        let letter = dead_letter(input, record.key.as_deref(), origin, refused, tenants);
        let key = letter.attributes.subject.clone().unwrap_or_default();
        forward(&self.dead_letters, &key, &letter, context);
    }
}

fn forward<T: Payload>(
    topic: &Arc<str>,
    key: &str,
    envelope: &Envelope<T>,
    context: &mut Context<'_>,
) {
    if let Some(output) = output(topic, key, envelope, context) {
        context.forward(output);
    }
}

fn output<T: Payload>(
    topic: &Arc<str>,
    key: &str,
    envelope: &Envelope<T>,
    context: &mut Context<'_>,
) -> Option<Output> {
    let timestamp = EventTime(envelope.attributes.arrival_time.millis());
    match codec::encode(envelope) {
        Ok(value) => Some(Output::keyed(topic, key.as_bytes().to_vec(), value, timestamp)),
        // Longer than its type allows; a breach is counted, not hidden.
        Err(_) => {
            context.count("unwritable", 1);
            None
        }
    }
}

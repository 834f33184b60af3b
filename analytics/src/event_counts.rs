//! Events counted by key in one-minute windows, each event once.
//!
//! A record is, in this order: a progress mark, a dead letter, late, a duplicate, or counted. Its
//! window is emitted once when the watermark of its tenant and source class passes the end, and
//! again with the next revision for each event that comes within the grace.

mod panes;
mod written;

use std::sync::Arc;

use schemas::envelope::Envelope;
use schemas::event::Event;
use schemas::{codec, mark, topic};
use stream::watermark::{Patience, Source, UpstreamRead};
use stream::{
    Context, EventTime, KeyedStore, Processor, Progress, Record, SeenStore, SourceClass, Store,
    TopicPartition, Topology, Versions, Watermarks, WindowSize,
};

use panes::{Address, Closing, Pane, Scope, Sweep};
use written::Writer;

/// The service's name, and its consumer group.
pub const NAME: &str = "event-counts";
/// Windows that one piece of work emits at most, so that a transaction stays small.
const CLOSINGS_A_PIECE: usize = 2_000;

/// What is counted, and how patiently.
#[derive(Clone, Debug)]
pub struct EventCountsConfig {
    /// Length of the windows.
    pub window: WindowSize,
    /// How long after its end a window still takes events.
    pub grace_ms: i64,
    /// When a tenant's events are believed to have come.
    pub patience: Patience,
}

/// A configuration that cannot give right counts.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("grace_ms is {grace_ms}; give 0 or more milliseconds")]
pub struct NegativeGrace {
    grace_ms: i64,
}

impl Default for EventCountsConfig {
    fn default() -> Self {
        use schemas::source_class::SourceClass as Class;
        let disorder = [(Class::Deploy, 60_000), (Class::Change, 60_000), (Class::Audit, 900_000)];
        Self {
            window: WindowSize::MINUTE,
            grace_ms: 60_000,
            patience: Patience {
                disorder_ms: disorder
                    .into_iter()
                    .map(|(class, ms)| (class_of(class), ms))
                    .collect(),
                disorder_default_ms: 30_000,
                idle_ms: 10_000,
            },
        }
    }
}

/// The number by which the kernel knows a source class.
pub fn class_of(class: schemas::source_class::SourceClass) -> SourceClass {
    SourceClass(class as u8)
}

/// The topology: `isobar.events` in, `isobar.aggregates`, `isobar.late` and dead letters out.
///
/// # Errors
/// When the configuration cannot give right counts.
pub fn topology(config: EventCountsConfig) -> Result<Topology, NegativeGrace> {
    if config.grace_ms < 0 {
        return Err(NegativeGrace { grace_ms: config.grace_ms });
    }
    let outputs = [topic::AGGREGATES, topic::LATE, topic::DEAD_LETTER];
    Ok(Topology {
        name: Arc::from(NAME),
        inputs: vec![Arc::from(topic::EVENTS.name)],
        outputs: outputs.iter().map(|topic| Arc::from(topic.name)).collect(),
        versions: Versions { schema: 1, logic: 1 },
        compatible_logic: Vec::new(),
        stateful: true,
        marks: None,
        make: Arc::new(move |input| Box::new(EventCounts::new(config.clone(), input))),
    })
}

struct EventCounts {
    config: EventCountsConfig,
    writer: Writer,
    watermarks: Watermarks,
    seen: SeenStore,
    panes: KeyedStore<Vec<u8>, Pane>,
    /// Per source, how far its windows are closed and cleared away.
    sweeps: KeyedStore<Source, Sweep>,
    /// Sources whose watermark has moved, with work still to do.
    due: KeyedStore<Source, ()>,
}

impl EventCounts {
    fn new(config: EventCountsConfig, input: &TopicPartition) -> Self {
        Self {
            writer: Writer::new(input, &config),
            watermarks: Watermarks::new(config.patience.clone()),
            config,
            seen: SeenStore::default(),
            panes: KeyedStore::default(),
            sweeps: KeyedStore::default(),
            due: KeyedStore::default(),
        }
    }

    fn take_mark(&mut self, value: &[u8], record: &Record, context: &mut Context<'_>) {
        let mark = match mark::decode(value) {
            Ok(mark) => mark,
            Err(error) => return self.writer.dead_letter(record, &error.to_string(), context),
        };
        let reads: Vec<_> = mark.inputs.into_iter().filter_map(upstream_read).collect();
        for source in self.watermarks.mark(&reads) {
            self.due.insert(&source, ());
        }
    }

    fn take_event(&mut self, event: &Envelope<Event>, record: &Record, context: &mut Context<'_>) {
        let attributes = &event.attributes;
        let source = Source::new(class_of(attributes.source_class), &attributes.tenant);
        let time = EventTime(attributes.time.millis());
        let arrival = EventTime(attributes.arrival_time.millis());
        let start = self.config.window.start_of(time);
        let watermark = self.watermarks.of(&source);
        let end = self.config.window.end_of(start);
        if watermark.is_some_and(|watermark| end.plus_ms(self.config.grace_ms) <= watermark) {
            return self.writer.late(event, record, watermark, context);
        }
        if self.watermarks.observe(&source, time, arrival) {
            self.due.insert(&source, ());
        }
        let scope = Scope::new(&source);
        if !self.seen.insert(&scope.window(start), attributes.id.0.as_u128()) {
            return context.count("duplicates", 1);
        }
        context.count("counted", 1);
        let address = scope.address(start, record.key.as_deref().unwrap_or_default());
        let is_closed = watermark.is_some_and(|watermark| end <= watermark);
        self.count(&address, event, record, is_closed, context);
    }

    fn count(
        &mut self,
        address: &Address,
        event: &Envelope<Event>,
        record: &Record,
        is_closed: bool,
        context: &mut Context<'_>,
    ) {
        let resource = event.data.resource.id;
        let pane = self.panes.get_or_insert_with(address.as_bytes(), || Pane::new(resource));
        pane.add(record.offset, event.attributes.arrival_time.millis());
        if is_closed {
            let closing = pane.close();
            self.writer.aggregate(address, &closing, context);
        }
    }

    /// Emits windows that the watermark has passed; false while there are more.
    fn close(&mut self, scope: &Scope, watermark: EventTime, context: &mut Context<'_>) -> bool {
        let source = scope.source();
        let sweep = self.sweeps.get(source).cloned().unwrap_or_default();
        let to = watermark.minus_ms(self.config.window.as_ms()).plus_ms(1);
        let found = panes::between(&self.panes, scope, &sweep.closed, to, CLOSINGS_A_PIECE + 1);
        for bytes in found.iter().take(CLOSINGS_A_PIECE) {
            let unsettled = self.panes.get(&bytes[..]).is_some_and(|pane| !pane.is_emitted());
            if let (true, Some(pane)) = (unsettled, self.panes.get_mut(&bytes[..])) {
                let closing: Closing = pane.close();
                self.writer.aggregate(&Address::read(bytes), &closing, context);
            }
        }
        let more = found.get(CLOSINGS_A_PIECE).cloned();
        let done = more.is_none();
        // Never back: a window that was passed over is closed.
        let closed = more.unwrap_or_else(|| scope.window(to)).max(sweep.closed);
        self.sweeps.insert(source, Sweep { closed });
        done
    }

    /// Forgets windows that take no events any more, and the ids seen in them.
    fn clear(&mut self, scope: &Scope, watermark: EventTime) -> bool {
        let kept_ms = self.config.window.as_ms() + self.config.grace_ms;
        let to = watermark.minus_ms(kept_ms).plus_ms(1);
        let found = panes::between(&self.panes, scope, &[], to, CLOSINGS_A_PIECE + 1);
        for bytes in found.iter().take(CLOSINGS_A_PIECE) {
            self.panes.remove(&bytes[..]);
            self.seen.drop_bucket(Address::read(bytes).window());
        }
        found.len() <= CLOSINGS_A_PIECE
    }
}

fn upstream_read(progress: mark::InputProgress) -> Option<UpstreamRead> {
    let partition = i32::try_from(progress.partition).ok()?;
    Some(UpstreamRead {
        input: TopicPartition::new(progress.topic, partition),
        partitions: i32::try_from(progress.partitions).ok()?,
        until: EventTime(progress.read_until_ms),
    })
}

impl Processor for EventCounts {
    fn process(&mut self, record: &Record, context: &mut Context<'_>) {
        match record.value.as_deref() {
            None => self.writer.dead_letter(record, "the record has no value", context),
            Some(value) if mark::is_mark(value) => self.take_mark(value, record, context),
            Some(value) => match codec::decode::<Event>(value) {
                Ok(event) => self.take_event(&event, record, context),
                Err(error) => self.writer.dead_letter(record, &error.to_string(), context),
            },
        }
    }

    fn advance(&mut self, context: &mut Context<'_>) -> Progress {
        let Some(source) = self.due.iter().next().map(|(source, ())| source.clone()) else {
            return Progress::Done;
        };
        let watermark = self.watermarks.of(&source).unwrap_or(EventTime(i64::MIN));
        let scope = Scope::new(&source);
        if self.close(&scope, watermark, context) && self.clear(&scope, watermark) {
            self.due.remove(&source);
        }
        if self.due.is_empty() { Progress::Done } else { Progress::Pending }
    }

    fn stores(&mut self) -> Vec<&mut dyn Store> {
        let [clocks, marks, upstream] = self.watermarks.stores();
        let own: [&mut dyn Store; 4] =
            [&mut self.seen, &mut self.panes, &mut self.sweeps, &mut self.due];
        [clocks, marks, upstream].into_iter().chain(own).collect()
    }
}

//! The service `event-windows`: measures over the events on `isobar.events`, by group.
//!
//! **Invariant:** an event is in every measure that selects it, in all five windows of its group, or it is
//! late, once. A group that spans resources is told by the minute as a share, to be merged with those of
//! other tasks; a group of one resource is complete here.

mod measure;

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;
use schemas::envelope::{Attributes, Envelope, Extra, Payload};
use schemas::event::Event;
use schemas::id::{RecordId, ResourceId, SeriesId};
use schemas::late::Late;
use schemas::metric::PointKind;
use schemas::position::Position;
use schemas::source_class::SourceClass;
use schemas::{codec, mark, topic};
use stream::{
    Bound, Context, Processor, Progress, Record, Store, TopicPartition, Topology, Versions,
};
use xxhash_rust::xxh3::xxh3_64;

use crate::detection::About;
use crate::marks;
use crate::windows::{
    ConfigError, Flow, Identity, MINUTE_MS, Minute, Point, Series, WindowsConfig, Work,
    definition_of, minute_of, series_id,
};

pub use measure::{Measure, MeasureError, MeasureOf};

/// The service's name, and its consumer group.
pub const NAME: &str = "event-windows";
/// What stands for the values of groups beyond the limit.
const OTHER: &str = "(other)";
/// Slots that are remembered by what they were found for.
const FOUND_MAX: usize = 100_000;

/// What is measured over events, and how patiently.
#[derive(Clone, Debug, PartialEq)]
pub struct EventWindowsConfig {
    /// Time and limits.
    pub windows: WindowsConfig,
    /// What is measured.
    pub measures: Vec<Measure>,
}

impl Default for EventWindowsConfig {
    fn default() -> Self {
        let windows = WindowsConfig {
            // As long as the longest disorder: audit trails come a quarter of an hour late.
            grace_ms: 15 * MINUTE_MS,
            series_max: 10_000,
            ..WindowsConfig::default()
        };
        Self { windows, measures: Measure::defaults() }
    }
}

impl EventWindowsConfig {
    /// Checks it.
    ///
    /// # Errors
    /// When windows would be wrong.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.windows.check()?;
        SourceClass::ALL.into_iter().try_for_each(|class| self.windows.check_grace(class))?;
        for measure in &self.measures {
            measure.check()?;
        }
        Ok(())
    }
}

/// The topology: `isobar.events` in; aggregates, partials, findings, series, late and dead letters out.
///
/// # Errors
/// When the configuration cannot give right windows.
pub fn topology(config: EventWindowsConfig) -> Result<Topology, ConfigError> {
    config.check()?;
    let outputs = [
        topic::AGGREGATES,
        topic::PARTIALS,
        topic::SIGNALS,
        topic::SERIES,
        topic::LATE,
        topic::DEAD_LETTER,
    ];
    Ok(Topology {
        name: Arc::from(NAME),
        inputs: vec![Arc::from(topic::EVENTS.name)],
        outputs: outputs.iter().map(|topic| Arc::from(topic.name)).collect(),
        versions: Versions { schema: 1, logic: 2 },
        compatible_logic: Vec::new(),
        stateful: true,
        marks: Some(marks::passed_on(NAME)),
        make: Arc::new(move |input| Box::new(EventWindows::new(&config, input))),
    })
}

struct EventWindows {
    config: EventWindowsConfig,
    input: TopicPartition,
    work: Work,
    /// Where groups were found before. A memory aid only: each is checked before it is used.
    found: HashMap<u64, (u32, SeriesId), Identity>,
}

impl EventWindows {
    fn new(config: &EventWindowsConfig, input: &TopicPartition) -> Self {
        Self {
            config: config.clone(),
            input: input.clone(),
            work: Work::new(NAME, input, &config.windows),
            found: HashMap::default(),
        }
    }

    fn take_event(&mut self, event: &Envelope<Event>, record: &Record, context: &mut Context<'_>) {
        let class = event.attributes.source_class;
        let time_ms = event.attributes.time.millis();
        let minute = minute_of(time_ms);
        if minute < self.work.clock.settled(class) {
            return self.late(event, record, context);
        }
        context.count("events", 1);
        let is_closed = minute < self.work.clock.closed(class);
        for place in 0..self.config.measures.len() {
            let Some(measure) = self.config.measures.get(place) else { continue };
            let Some((value, distinct)) = measure.value(&event.data) else { continue };
            let Some(at) = self.slot_of(place, event, context) else { continue };
            self.watch(at, event, minute);
            let (arrival_ms, offset) = (event.attributes.arrival_time.millis(), record.offset.0);
            let point = Point { time_ms, value, kind: PointKind::Value, arrival_ms, offset };
            self.work.windows.count_one(at, point, distinct);
            if is_closed {
                self.work.jobs.revise(at, minute, time_ms);
            }
        }
    }

    /// The slot of an event's group in a measure, made if there is none yet.
    fn slot_of(
        &mut self,
        place: usize,
        event: &Envelope<Event>,
        context: &mut Context<'_>,
    ) -> Option<u32> {
        let measure = self.config.measures.get(place)?;
        let group = measure.group(&event.data);
        let hash = hash_of(place, event, &group);
        if let Some((at, id)) = self.found.get(&hash)
            && self.work.windows.series(*at).is_some_and(|series| series.id == *id)
        {
            return Some(*at);
        }
        let values = group.iter().map(|value| value.to_string()).collect();
        let series = series_of(measure, event, values);
        let id = series.id;
        let at = self.defined(series, measure.by.len(), event, context)?;
        if self.found.len() >= FOUND_MAX {
            self.found.clear();
        }
        // The overflow of all groups is found under each of their names.
        let id = self.work.windows.series(at).map_or(id, |series| series.id);
        self.found.insert(hash, (at, id));
        Some(at)
    }

    /// The slot of a series; beyond the limit that of all others.
    fn defined(
        &mut self,
        series: Series,
        values: usize,
        event: &Envelope<Event>,
        context: &mut Context<'_>,
    ) -> Option<u32> {
        if let Some((at, _)) = self.work.windows.find(series.id) {
            return Some(at);
        }
        let minute = minute_of(event.attributes.time.millis());
        let (name, max) = (series.measure.to_string(), self.config.windows.series_max);
        match self.work.windows.define(series, minute, max) {
            Ok(at) => {
                self.tell_definition(at, event, context);
                self.take_seat(at, minute, event);
                Some(at)
            }
            Err(_) => {
                context.count("groups_refused", 1);
                let measure = self.config.measures.iter().find(|measure| measure.name == name)?;
                let other = series_of(measure, event, vec![OTHER.to_owned(); values]);
                match self.work.windows.find(other.id) {
                    Some((at, _)) => Some(at),
                    // One for each measure and class: no limit is needed.
                    None => self.work.windows.define(other, minute, usize::MAX).ok(),
                }
            }
        }
    }

    /// Who reads windows of this task has to know what they are of.
    fn tell_definition(&self, at: u32, event: &Envelope<Event>, context: &mut Context<'_>) {
        if let Some(series) = self.work.windows.series(at).filter(|series| !series.is_share) {
            let arrival = event.attributes.arrival_time;
            self.work.writer.definition(&definition_of(series, arrival), context);
        }
    }

    /// What is of one resource is judged here, and called as that is; groups of several are judged where
    /// they are merged.
    fn take_seat(&mut self, at: u32, minute: Minute, event: &Envelope<Event>) {
        let Some(series) = self.work.windows.series(at).filter(|series| !series.is_share) else {
            return;
        };
        let attributes = Some(&event.data.resource.attributes);
        let about = About { attributes, labels: Some(&series.group) };
        self.work.detection.define(series.id, &about, minute);
    }

    /// With each event, so that thresholds that came with a restart know the resources of series before it.
    fn watch(&mut self, at: u32, event: &Envelope<Event>, minute: Minute) {
        let Some(series) = self.work.windows.series(at).filter(|series| !series.is_share) else {
            return;
        };
        // What one event says of its resource another may leave out: the first counts.
        let thresholds = &self.work.thresholds;
        if thresholds.measures(&series.measure) && !thresholds.knows(series.id) {
            let series = Arc::clone(series);
            let attributes = Some(&event.data.resource.attributes);
            let about = About { attributes, labels: Some(&series.group) };
            self.work.thresholds.define(&series, &about, minute);
        }
    }

    fn late(&self, event: &Envelope<Event>, record: &Record, context: &mut Context<'_>) {
        let class = event.attributes.source_class;
        let late = Late {
            topic: self.input.topic.to_string(),
            position: Position {
                partition: u32::try_from(self.input.partition).unwrap_or_default(),
                offset: u64::try_from(record.offset.0).unwrap_or_default(),
                row: 0,
            },
            watermark_ms: self.work.clock.watermark_ms(class),
            grace_ms: self.config.windows.grace_ms,
            series: None,
            value: None,
            extra: Extra::new(),
        };
        let id = RecordId::of(Late::TYPE, &[&event.attributes.id.to_string()]);
        let attributes = Attributes { id, ..event.attributes.clone() };
        self.work.writer.late_event(record, &Envelope::new(attributes, late), context);
    }
}

/// A group of a measure by its values, without making its series.
fn hash_of(place: usize, event: &Envelope<Event>, group: &[std::borrow::Cow<'_, str>]) -> u64 {
    let mut bytes = Vec::with_capacity(128);
    bytes.push(event.attributes.source_class as u8);
    bytes.extend_from_slice(&place.to_le_bytes());
    for part in std::iter::once(&*event.attributes.tenant).chain(group.iter().map(|value| &**value))
    {
        bytes.extend_from_slice(&part.len().to_le_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    xxh3_64(&bytes)
}

fn series_of(measure: &Measure, event: &Envelope<Event>, values: Vec<String>) -> Series {
    let (tenant, class) = (&event.attributes.tenant, event.attributes.source_class);
    let mut group: BTreeMap<String, String> = measure.by.iter().cloned().zip(values).collect();
    group.insert("source_class".to_owned(), class.as_str().to_owned());
    let resource: Option<ResourceId> = measure.is_by_resource().then_some(event.data.resource.id);
    Series {
        id: series_id(tenant, &measure.name, &group),
        tenant: Arc::from(tenant.as_str()),
        class,
        measure: Arc::from(measure.name.as_str()),
        unit: None,
        resource,
        group,
        flow: match measure.of {
            MeasureOf::Count | MeasureOf::Distinct(_) => Flow::Events,
            MeasureOf::Share(_) | MeasureOf::Number(_) => Flow::Values,
        },
        is_share: !measure.is_by_resource(),
        groups: Vec::new(),
    }
}

impl Processor for EventWindows {
    fn process(&mut self, record: &Record, context: &mut Context<'_>) {
        self.work.jobs.begin(record.offset.0);
        match record.value.as_deref() {
            None => self.work.refuse(record, (Event::TYPE, "the record has no value"), context),
            Some(value) if mark::is_mark(value) => self.work.take_mark(value, record, context),
            Some(value) => match codec::decode::<Event>(value) {
                Ok(event) => self.take_event(&event, record, context),
                Err(error) => self.work.refuse(record, (Event::TYPE, &error.to_string()), context),
            },
        }
    }

    fn advance(&mut self, context: &mut Context<'_>) -> Progress {
        self.work.advance(context)
    }

    fn done_until(&self) -> Bound {
        self.work.done_until()
    }

    fn stores(&mut self) -> Vec<&mut dyn Store> {
        self.work.stores()
    }
}

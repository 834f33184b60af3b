//! The service `metric-windows`: windows over every series on `isobar.metrics`.
//!
//! **Invariant:** a point is in its five windows, or late, or a duplicate, or unusable in its window, or
//! its series is unknown or refused: each is counted. All points of a batch are judged by the time
//! before it.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemas::envelope::Envelope;
use schemas::metric::{self, MetricBatch, Point};
use schemas::series::{SeriesDefinition, Temporality};
use schemas::source_class::SourceClass;
use schemas::time::Time;
use schemas::{codec, mark, topic};
use stream::{
    Bound, Context, Processor, Progress, Record, Store, TopicPartition, Topology, Versions,
};

use crate::detection::About;
use crate::marks;
use crate::windows::{
    Clock, ConfigError, Flow, Jobs, LatePoint, Minute, Series, Windows, WindowsConfig, Work,
    minute_of, series_id,
};

/// The service's name, and its consumer group.
pub const NAME: &str = "metric-windows";

/// How windows over metrics are made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetricWindowsConfig {
    /// Time and limits.
    pub windows: WindowsConfig,
    /// Groups over series, beside each series itself.
    pub groups: Vec<GroupBy>,
}

/// Series of a metric that are merged where they have the same values of some labels or attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupBy {
    /// The metric; with a `*` at its end all that begin so.
    pub metric: String,
    /// Labels of the series, or attributes of its resource.
    pub by: Vec<String>,
}

impl MetricWindowsConfig {
    /// Checks it.
    ///
    /// # Errors
    /// When windows would be wrong, or groups without end.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.windows.check()?;
        self.windows.check_grace(SourceClass::Metric)?;
        self.groups.iter().try_for_each(GroupBy::check)
    }
}

/// How names of labels end whose values identify one thing.
const IDENTITIES: [&str; 5] = [".id", ".uid", "_id", "uid", "uuid"];

impl GroupBy {
    fn check(&self) -> Result<(), ConfigError> {
        let is_identity = |name: &&String| {
            let common = ["cloud.account.id", "tenant_id"].contains(&name.as_str());
            !common && IDENTITIES.iter().any(|end| name.ends_with(end))
        };
        match self.by.iter().find(is_identity) {
            Some(name) => {
                Err(ConfigError::UnboundedGroup { metric: self.metric.clone(), name: name.clone() })
            }
            None => Ok(()),
        }
    }

    fn takes(&self, metric: &str) -> bool {
        match self.metric.strip_suffix('*') {
            Some(beginning) => metric.starts_with(beginning),
            None => metric == self.metric,
        }
    }

    /// The group that a series is in; what it does not say is empty.
    fn group_of(&self, tenant: &Arc<str>, definition: &SeriesDefinition) -> Series {
        let attributes = &definition.resource.attributes;
        let value = |name: &String| definition.labels.get(name).or_else(|| attributes.get(name));
        let named =
            self.by.iter().map(|name| (name.clone(), value(name).cloned().unwrap_or_default()));
        let class = ("source_class".to_owned(), SourceClass::Metric.as_str().to_owned());
        let group: BTreeMap<_, _> = named.chain([class]).collect();
        Series {
            id: series_id(tenant, &definition.metric, &group),
            tenant: Arc::clone(tenant),
            class: SourceClass::Metric,
            measure: Arc::from(definition.metric.as_str()),
            unit: definition.unit.as_deref().map(Arc::from),
            resource: None,
            group,
            flow: Flow::Gauge,
            is_share: true,
            groups: Vec::new(),
        }
    }
}

/// The topology: `isobar.metrics` in; aggregates, partials, findings, late and dead letters out.
///
/// # Errors
/// When the configuration cannot give right windows.
pub fn topology(config: MetricWindowsConfig) -> Result<Topology, ConfigError> {
    config.check()?;
    let outputs =
        [topic::AGGREGATES, topic::PARTIALS, topic::SIGNALS, topic::LATE, topic::DEAD_LETTER];
    Ok(Topology {
        name: Arc::from(NAME),
        inputs: vec![Arc::from(topic::METRICS.name)],
        outputs: outputs.iter().map(|topic| Arc::from(topic.name)).collect(),
        versions: Versions { schema: 1, logic: 2 },
        compatible_logic: Vec::new(),
        stateful: true,
        marks: Some(marks::passed_on(NAME)),
        make: Arc::new(move |input| Box::new(MetricWindows::new(&config, input))),
    })
}

struct MetricWindows {
    config: MetricWindowsConfig,
    work: Work,
}

impl MetricWindows {
    fn new(config: &MetricWindowsConfig, input: &TopicPartition) -> Self {
        Self { config: config.clone(), work: Work::new(NAME, input, &config.windows) }
    }

    fn take_definition(&mut self, value: &[u8], record: &Record, context: &mut Context<'_>) {
        let definition = match codec::decode::<SeriesDefinition>(value) {
            Ok(definition) => definition,
            Err(error) => {
                return self.work.refuse(record, ("isobar.series", &error.to_string()), context);
            }
        };
        let minute = minute_of(definition.attributes.arrival_time.millis());
        let series_max = self.config.windows.series_max;
        let series = series_of(&definition, &self.config.groups);
        let watched = self.work.thresholds.measures(&series.measure).then(|| series.clone());
        if let Err(refused) = self.work.windows.define(series, minute, series_max) {
            context.count("series_refused", 1);
            return self.work.refuse(record, ("isobar.series", &refused.to_string()), context);
        }
        let SeriesDefinition { series, resource, labels, .. } = &definition.data;
        let about = About { attributes: Some(&resource.attributes), labels: Some(labels) };
        self.work.detection.define(*series, &about, minute);
        if let Some(watched) = watched {
            self.work.thresholds.define(&watched, &about, minute);
        }
    }

    fn take_batch(&mut self, value: &[u8], record: &Record, context: &mut Context<'_>) {
        let batch = match MetricBatch::decode(value) {
            Ok(batch) => batch,
            Err(error) => {
                return self.work.refuse(record, (metric::TYPE, &error.to_string()), context);
            }
        };
        let mut judge = Judge::new(&self.work.clock, &self.work.windows, &mut self.work.jobs);
        let (arrival_ms, offset) = (batch.arrival.millis(), record.offset.0);
        let accepted =
            batch.points().iter().enumerate().filter_map(|(row, point)| judge.take(row, point));
        let accepted: Vec<_> = accepted.collect();
        let Judge { late, unknown, timeless, .. } = judge;
        context.count("points", accepted.len() as u64);
        self.work.windows.add(arrival_ms, offset, accepted.into_iter());
        self.tell_late(&late, &batch, offset, context);
        context.count("unknown_series", unknown);
        context.count("timeless", timeless);
        if unknown + timeless > 0 {
            let reason = format!(
                "{unknown} of its points are of series whose definition did not come before them, or was \
                 refused; {timeless} are of years that cannot be written"
            );
            self.work.refuse(record, (metric::TYPE, &reason), context);
        }
    }

    fn tell_late(
        &self,
        late: &[(u32, usize)],
        batch: &MetricBatch,
        offset: i64,
        context: &mut Context<'_>,
    ) {
        for (at, row) in late {
            let (Some(series), Some(point)) =
                (self.work.windows.series(*at), batch.points().get(*row))
            else {
                continue;
            };
            let bounds_ms =
                (self.work.clock.watermark_ms(series.class), self.config.windows.grace_ms);
            let (time_ms, value) = (point.time_ms, point.value);
            let place = (offset, *row);
            let arrival = batch.arrival;
            self.work
                .writer
                .late(&LatePoint { series, time_ms, value, arrival, place, bounds_ms }, context);
        }
    }
}

/// Decides about the points of one batch.
struct Judge<'a> {
    windows: &'a Windows,
    jobs: &'a mut Jobs,
    clock: &'a Clock,
    /// Closed and settled minutes of the class that was asked for last: nearly always the only one.
    bounds: (SourceClass, Minute, Minute),
    late: Vec<(u32, usize)>,
    unknown: u64,
    /// Of times that no record can tell.
    timeless: u64,
}

impl<'a> Judge<'a> {
    fn new(clock: &'a Clock, windows: &'a Windows, jobs: &'a mut Jobs) -> Self {
        let class = SourceClass::Metric;
        let bounds = (class, clock.closed(class), clock.settled(class));
        let (late, unknown, timeless) = (Vec::new(), 0, 0);
        Self { windows, jobs, clock, bounds, late, unknown, timeless }
    }

    fn take(&mut self, row: usize, point: &Point) -> Option<(u32, metric::PointKind, i64, f64)> {
        if Time::from_millis(point.time_ms).is_err() {
            self.timeless += 1;
            return None;
        }
        let Some((at, class)) = self.windows.find(point.series) else {
            self.unknown += 1;
            return None;
        };
        if self.bounds.0 != class {
            self.bounds = (class, self.clock.closed(class), self.clock.settled(class));
        }
        let minute = minute_of(point.time_ms);
        let (_, closed, settled) = self.bounds;
        if minute < settled {
            self.late.push((at, row));
            return None;
        }
        if minute < closed {
            self.jobs.revise(at, minute, point.time_ms);
        }
        Some((at, point.kind, point.time_ms, point.value))
    }
}

fn series_of(definition: &Envelope<SeriesDefinition>, groups: &[GroupBy]) -> Series {
    let Envelope { attributes, data, .. } = definition;
    let tenant: Arc<str> = Arc::from(&*attributes.tenant);
    let groups = groups.iter().filter(|group| group.takes(&data.metric));
    Series {
        id: data.series,
        groups: groups.map(|group| Arc::new(group.group_of(&tenant, data))).collect(),
        tenant,
        class: attributes.source_class,
        measure: Arc::from(&*data.metric),
        unit: data.unit.as_deref().map(Arc::from),
        resource: Some(data.resource.id),
        group: BTreeMap::new(),
        flow: match data.temporality {
            Temporality::Gauge => Flow::Gauge,
            Temporality::Cumulative => Flow::Total,
            Temporality::Delta => Flow::Delta,
        },
        is_share: false,
    }
}

impl Processor for MetricWindows {
    fn process(&mut self, record: &Record, context: &mut Context<'_>) {
        self.work.jobs.begin(record.offset.0);
        match record.value.as_deref() {
            None => self.work.refuse(record, (metric::TYPE, "the record has no value"), context),
            Some(value) if metric::is_batch(value) => self.take_batch(value, record, context),
            Some(value) if mark::is_mark(value) => self.work.take_mark(value, record, context),
            Some(value) => self.take_definition(value, record, context),
        }
    }

    fn advance(&mut self, context: &mut Context<'_>) -> Progress {
        self.work.advance(context)
    }

    fn flush(&mut self, context: &mut Context<'_>) {
        context.count("duplicates", self.work.windows.take_duplicates());
        context.count("series_contradicted", self.work.windows.take_contradictions());
    }

    fn done_until(&self) -> Bound {
        self.work.done_until()
    }

    fn stores(&mut self) -> Vec<&mut dyn Store> {
        self.work.stores()
    }
}

//! The service `group-windows`: groups that span tasks, merged from the shares on `isobar.partials`.
//!
//! **Invariant:** of each task the latest share of a minute counts. Marks that tasks pass on say that
//! all their shares up to then have come, so a group's window is complete when it is closed.

use std::sync::Arc;

use schemas::envelope::Envelope;
use schemas::partial::Partial;
use schemas::time::Time;
use schemas::{codec, mark, topic};
use stream::{
    Bound, Context, Processor, Progress, Record, Store, TopicPartition, Topology, Versions,
};
use xxhash_rust::xxh3::xxh3_64;

use crate::summary::{SummaryError, from_bytes};
use crate::windows::{
    ConfigError, Disorder, Flow, MINUTE_MS, Part, Series, WindowsConfig, Work, definition_of,
    minute_of, series_id,
};

/// The service's name, and its consumer group.
pub const NAME: &str = "group-windows";

/// The topology: `isobar.partials` in; aggregates, findings, series and dead letters out. It waits for as long as
/// the most patient of those that write shares.
///
/// # Errors
/// When the configuration cannot give right windows.
pub fn topology(writers: &[&WindowsConfig]) -> Result<Topology, ConfigError> {
    writers.iter().try_for_each(|writer| writer.check())?;
    let most = |of: fn(&WindowsConfig) -> i64| writers.iter().map(|writer| of(writer)).max();
    let disorder: Vec<_> = writers.iter().map(|writer| &writer.disorder).collect();
    let config = WindowsConfig {
        disorder: Disorder::longest(&disorder),
        grace_ms: most(|writer| writer.grace_ms).unwrap_or_default(),
        detection: writers.first().map(|writer| writer.detection.clone()).unwrap_or_default(),
        thresholds: writers.first().map(|writer| writer.thresholds.clone()).unwrap_or_default(),
        ..WindowsConfig::default()
    };
    let outputs = [topic::AGGREGATES, topic::SIGNALS, topic::SERIES, topic::DEAD_LETTER];
    Ok(Topology {
        name: Arc::from(NAME),
        inputs: vec![Arc::from(topic::PARTIALS.name)],
        outputs: outputs.iter().map(|topic| Arc::from(topic.name)).collect(),
        versions: Versions { schema: 1, logic: 2 },
        compatible_logic: Vec::new(),
        stateful: true,
        marks: None,
        make: Arc::new(move |input| Box::new(GroupWindows::new(&config, input))),
    })
}

struct GroupWindows {
    config: WindowsConfig,
    work: Work,
}

impl GroupWindows {
    fn new(config: &WindowsConfig, input: &TopicPartition) -> Self {
        Self { config: config.clone(), work: Work::new(NAME, input, config) }
    }

    fn take_partial(
        &mut self,
        partial: &Envelope<Partial>,
        record: &Record,
        context: &mut Context<'_>,
    ) {
        let (flow, part) = match share_of(&partial.data) {
            Ok(share) => share,
            Err(error) => {
                return self.work.refuse(record, ("isobar.partial", &error.to_string()), context);
            }
        };
        if Time::from_millis(partial.data.pane_start_ms).is_err() {
            let reason = "its pane is of a year that cannot be written";
            return self.work.refuse(record, ("isobar.partial", reason), context);
        }
        let minute = minute_of(partial.data.pane_start_ms);
        if minute < self.work.clock.settled(partial.attributes.source_class) {
            let reason = "its minute takes no more shares: the writer's disorder or grace is longer than \
                          ours; give both services the same configuration";
            return self.work.refuse(record, ("isobar.partial", reason), context);
        }
        let series = series_of(partial, flow);
        let (class, is_new) = (series.class, self.work.windows.find(series.id).is_none());
        let at = match self.work.windows.define(series, minute, self.config.series_max) {
            Ok(at) => at,
            Err(refused) => {
                context.count("groups_refused", 1);
                return self.work.refuse(record, ("isobar.partial", &refused.to_string()), context);
            }
        };
        if is_new && let Some(series) = self.work.windows.series(at) {
            let definition = definition_of(series, partial.attributes.arrival_time);
            self.work.writer.definition(&definition, context);
        }
        context.count("shares", 1);
        let part = Part { touched: record.offset.0, ..part };
        self.work.windows.share(at, minute, writer_of(&partial.data), part);
        if minute < self.work.clock.closed(class) {
            self.work.jobs.revise(at, minute, minute * MINUTE_MS);
        }
    }
}

fn share_of(partial: &Partial) -> Result<(Flow, Part), SummaryError> {
    from_bytes(&partial.pane.0)
}

/// A task: a topic and a partition of it.
fn writer_of(partial: &Partial) -> u64 {
    const PARTITIONS: u64 = 0xffff;
    (xxh3_64(partial.writer.as_bytes()) & !PARTITIONS) | u64::from(partial.position.partition)
}

fn series_of(partial: &Envelope<Partial>, flow: Flow) -> Series {
    let Envelope { attributes, data, .. } = partial;
    Series {
        id: series_id(&attributes.tenant, &data.measure, &data.group),
        tenant: Arc::from(attributes.tenant.as_str()),
        class: attributes.source_class,
        measure: Arc::from(data.measure.as_str()),
        unit: data.unit.as_deref().map(Arc::from),
        resource: None,
        group: data.group.clone(),
        flow,
        is_share: false,
        groups: Vec::new(),
    }
}

impl Processor for GroupWindows {
    fn process(&mut self, record: &Record, context: &mut Context<'_>) {
        self.work.jobs.begin(record.offset.0);
        match record.value.as_deref() {
            None => {
                self.work.refuse(record, ("isobar.partial", "the record has no value"), context)
            }
            Some(value) if mark::is_mark(value) => self.work.take_mark(value, record, context),
            Some(value) => match codec::decode::<Partial>(value) {
                Ok(partial) => self.take_partial(&partial, record, context),
                Err(error) => {
                    self.work.refuse(record, ("isobar.partial", &error.to_string()), context)
                }
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

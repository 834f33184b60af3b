//! Records as the tasks and workers of the stage above write them.

use std::collections::BTreeMap;

use schemas::envelope::{Attributes, Envelope, Extra, Payload};
use schemas::id::RecordId;
use schemas::mark::{self, InputProgress, Mark, Writer};
use schemas::metric::{MetricBatch, Point};
use schemas::resource::Resource;
use schemas::series::SeriesDefinition;
use schemas::source_class::SourceClass;
use schemas::time::Time;
use schemas::{codec, topic};

use super::journey::Journey;
use super::samples::{Source, World};
use super::{Item, Partitions};
use crate::dice::Dice;

const DEFINED_AGAIN_MS: i64 = 600_000;

/// What has been written.
pub(super) struct Desk<'a> {
    world: &'a World,
    partitions: Partitions,
    /// When each series was last defined by each task of the stage above, by arrival.
    defined: BTreeMap<(u32, usize), i64>,
    /// A mark that another worker is about to write.
    held: Option<Vec<u8>>,
    pub(super) dice: Dice,
}

impl<'a> Desk<'a> {
    pub(super) fn new(world: &'a World, partitions: u32, dice: Dice) -> Self {
        let partitions = (0..partitions).map(|number| (number, Vec::new())).collect();
        Self { world, partitions, defined: BTreeMap::new(), held: None, dice }
    }

    pub(super) fn into_partitions(self) -> Partitions {
        self.partitions
    }

    fn put(&mut self, partition: u32, written_ms: i64, value: Vec<u8>) {
        self.partitions.entry(partition).or_default().push(Item { written_ms, value });
    }

    /// Writes what one task read in one transaction: definitions, then a batch a partition.
    pub(super) fn write(&mut self, now_ms: i64, read: &[&Journey]) -> anyhow::Result<()> {
        let mut batches: BTreeMap<u32, Vec<&Journey>> = BTreeMap::new();
        for journey in read {
            let Some(source) = self.world.sources.get(journey.sample.source) else { continue };
            self.define(now_ms, journey, source)?;
            batches.entry(source.partition).or_default().push(journey);
        }
        // Records of two producers mix, also those of open transactions.
        if self.dice.per_mille(300) {
            self.release_mark(now_ms);
        }
        for (partition, journeys) in batches {
            let value = self.batch(&journeys)?;
            self.put(partition, now_ms, value);
        }
        Ok(())
    }

    fn define(&mut self, now_ms: i64, journey: &Journey, source: &Source) -> anyhow::Result<()> {
        let name = (journey.upstream, journey.sample.source);
        let since_ms = self.defined.get(&name).map(|at| journey.arrival_ms - at);
        if since_ms.is_some_and(|since_ms| since_ms < DEFINED_AGAIN_MS) {
            return Ok(());
        }
        self.defined.insert(name, journey.arrival_ms);
        let value = codec::encode(&definition(source, journey.arrival_ms)?)?;
        self.put(source.partition, now_ms, value);
        Ok(())
    }

    fn batch(&self, journeys: &[&Journey]) -> anyhow::Result<Vec<u8>> {
        let arrival_ms = journeys.iter().map(|journey| journey.arrival_ms).min().unwrap_or(0);
        let mut batch = MetricBatch::new(Time::from_millis(arrival_ms)?);
        for journey in journeys {
            let sample = &journey.sample;
            let Some(source) = self.world.sources.get(sample.source) else { continue };
            for &(value, kind) in &sample.rows {
                batch.push(Point { series: source.id, time_ms: sample.time_ms, value, kind })?;
            }
        }
        Ok(batch.encode()?)
    }

    /// Makes a worker's mark, to be written to every partition: how far each of its inputs was read.
    pub(super) fn hold_mark(
        &mut self,
        worker: u32,
        told: &[(u32, i64)],
        partitions: u32,
    ) -> anyhow::Result<()> {
        if told.is_empty() {
            return Ok(());
        }
        let progress = |&(partition, read_until_ms): &(u32, i64)| InputProgress {
            topic: topic::INPUTS.get(4).map_or("", |topic| topic.name).to_owned(),
            partition,
            partitions,
            read_until_ms,
            extra: Extra::new(),
        };
        let slot = format!("w{worker}");
        let writer = Writer { topology: "processors".to_owned(), slot, extra: Extra::new() };
        let inputs = told.iter().map(progress).collect();
        self.held = Some(mark::encode(&Mark { writer, inputs, extra: Extra::new() })?);
        Ok(())
    }

    /// Writes the mark that is held, if there is one.
    pub(super) fn release_mark(&mut self, written_ms: i64) {
        let Some(value) = self.held.take() else { return };
        for items in self.partitions.values_mut() {
            items.push(Item { written_ms, value: value.clone() });
        }
    }
}

fn definition(source: &Source, arrival_ms: i64) -> anyhow::Result<Envelope<SeriesDefinition>> {
    let arrival = Time::from_millis(arrival_ms)?;
    let id = source.id.as_u64().to_string();
    let attributes = Attributes {
        id: RecordId::of(SeriesDefinition::TYPE, &[&source.tenant, &id]),
        source: "isobar.processors".to_owned(),
        subject: Some(source.metric.to_owned()),
        time: arrival,
        arrival_time: arrival,
        tenant: source.tenant.clone(),
        source_class: SourceClass::Metric,
        traceparent: None,
    };
    let attributes_of_resource = BTreeMap::from([("host.name".to_owned(), "host".to_owned())]);
    let resource =
        Resource { id: source.resource, attributes: attributes_of_resource, extra: Extra::new() };
    let data = SeriesDefinition {
        series: source.id,
        resource,
        metric: source.metric.to_owned(),
        unit: None,
        temporality: source.temporality(),
        labels: BTreeMap::new(),
        extra: Extra::new(),
    };
    Ok(Envelope::new(attributes, data))
}

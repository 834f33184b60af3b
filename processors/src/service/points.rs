//! Points, gathered into one batch a partition and transaction, and the definitions of their series.
//!
//! **Invariant:** a series' definition goes to the partition of its points before the first of them,
//! and again every ten minutes.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemas::envelope::Payload;
use schemas::envelope::{Attributes, Envelope};
use schemas::id::RecordId;
use schemas::metric::{MetricBatch, Point, PointKind, ROWS_MAX};
use schemas::series::SeriesDefinition;
use schemas::source_class::SourceClass;
use schemas::time::Time;
use schemas::{key, topic};
use stream::{
    Context, Destination, EventTime, Gathered, Headers, KeyedStore, Output, Store, partition_of,
};

use crate::canonical::Series;
use crate::normalize::Sample;
use crate::service::write::Writer;

const DEFINED_AGAIN_MS: i64 = 600_000;

/// The points of one input partition.
#[derive(Debug, Default)]
pub(super) struct Points {
    rows: Gathered<(i32, Time, Point)>,
    /// Where each series goes, and when it was last defined, by arrival.
    defined: KeyedStore<u64, (i32, i64)>,
}

impl Points {
    pub(super) fn take(
        &mut self,
        series: &Series<'_>,
        (time_ms, arrival): (i64, Time),
        sample: Sample,
        writer: &Writer,
        context: &mut Context<'_>,
    ) {
        let id = series.id;
        let defined = self.defined.get(&id.as_u64()).copied();
        let partition = defined.map_or_else(|| partition_of_series(series), |(of, _)| of);
        if defined.is_none_or(|(_, at)| arrival.millis() - at >= DEFINED_AGAIN_MS) {
            self.defined.insert(&id.as_u64(), (partition, arrival.millis()));
            writer.series(&definition(series, arrival), partition, context);
        }
        let mut row = |value, kind| {
            self.rows.push((partition, arrival, Point { series: id, time_ms, value, kind }));
        };
        match sample {
            Sample::Point(value, kind) => row(value, kind),
            Sample::Set(set) => {
                let pieces = [
                    (set.count, PointKind::SetCount),
                    (set.sum, PointKind::SetSum),
                    (set.min, PointKind::SetMin),
                    (set.max, PointKind::SetMax),
                ];
                for (value, kind) in pieces {
                    value.into_iter().for_each(|value| row(value, kind));
                }
            }
        }
    }

    /// Writes what was gathered: by partition, in order.
    pub(super) fn flush(&mut self, context: &mut Context<'_>) {
        let mut by_partition: BTreeMap<i32, Vec<(Time, Point)>> = BTreeMap::new();
        for (partition, arrival, point) in self.rows.take() {
            by_partition.entry(partition).or_default().push((arrival, point));
        }
        for (partition, rows) in by_partition {
            rows.chunks(ROWS_MAX).for_each(|rows| write(partition, rows, context));
        }
    }

    pub(super) fn stores(&mut self) -> Vec<&mut dyn Store> {
        vec![&mut self.rows, &mut self.defined]
    }
}

fn write(partition: i32, rows: &[(Time, Point)], context: &mut Context<'_>) {
    let Some(arrival) = rows.iter().map(|(arrival, _)| *arrival).min() else { return };
    let mut batch = MetricBatch::new(arrival);
    let full = rows.iter().try_for_each(|(_, point)| batch.push(*point));
    match full.and_then(|()| batch.encode()) {
        Ok(value) => context.forward(Output {
            topic: Arc::from(topic::METRICS.name),
            destination: Destination::Partition(partition),
            key: None,
            value: Some(value),
            headers: Headers::new(),
            timestamp: EventTime(arrival.millis()),
        }),
        // A chunk is never empty nor too long; a breach is counted, not hidden.
        Err(_) => context.count("unwritable", rows.len() as u64),
    }
}

/// All series of one resource go to one partition.
fn partition_of_series(series: &Series<'_>) -> i32 {
    let count = i32::try_from(topic::METRICS.partitions).unwrap_or(1);
    partition_of(key::resource(series.tenant, series.resource).as_bytes(), count)
}

fn definition(series: &Series<'_>, arrival: Time) -> Envelope<SeriesDefinition> {
    let (tenant, definition) = (series.tenant, series.definition());
    let id = series.id.as_u64().to_string();
    let attributes = Attributes {
        id: RecordId::of(SeriesDefinition::TYPE, &[tenant, &id]),
        source: format!("isobar.{}", super::NAME),
        subject: Some(definition.metric.clone()),
        time: arrival,
        arrival_time: arrival,
        tenant: tenant.to_owned(),
        source_class: SourceClass::Metric,
        traceparent: None,
    };
    Envelope::new(attributes, definition)
}

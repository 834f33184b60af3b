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
use schemas::topic;
use stream::{
    Context, Destination, EventTime, Gathered, Headers, KeyedStore, Output, Store, partition_of,
};

use crate::normalize::Sample;
use crate::service::write::Writer;

const DEFINED_AGAIN_MS: i64 = 600_000;

/// The points of one input partition.
#[derive(Debug, Default)]
pub(super) struct Points {
    rows: Gathered<(i32, Time, Point)>,
    /// When each series was last defined, by arrival.
    defined: KeyedStore<u64, i64>,
}

impl Points {
    pub(super) fn take(
        &mut self,
        (key, tenant): (&str, &str),
        series: SeriesDefinition,
        (time_ms, arrival): (i64, Time),
        sample: Sample,
        writer: &Writer,
        context: &mut Context<'_>,
    ) {
        let count = i32::try_from(topic::METRICS.partitions).unwrap_or(1);
        let partition = partition_of(key.as_bytes(), count);
        let id = series.series;
        let defined = self.defined.get(&id.as_u64()).copied();
        if defined.is_none_or(|at| arrival.millis() - at >= DEFINED_AGAIN_MS) {
            self.defined.insert(&id.as_u64(), arrival.millis());
            writer.series(&definition(tenant, arrival, series), partition, context);
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

fn definition(tenant: &str, arrival: Time, series: SeriesDefinition) -> Envelope<SeriesDefinition> {
    let id = series.series.as_u64().to_string();
    let attributes = Attributes {
        id: RecordId::of(SeriesDefinition::TYPE, &[tenant, &id]),
        source: format!("isobar.{}", super::NAME),
        subject: Some(series.metric.clone()),
        time: arrival,
        arrival_time: arrival,
        tenant: tenant.to_owned(),
        source_class: SourceClass::Metric,
        traceparent: None,
    };
    Envelope::new(attributes, series)
}

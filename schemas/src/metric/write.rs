//! Writes a batch as an Arrow IPC stream: the schema, one record batch, the end.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use arrow_array::types::TimestampMillisecondType;
use arrow_array::{ArrayRef, Float64Array, PrimitiveArray, RecordBatch, UInt8Array, UInt64Array};
use arrow_ipc::MetadataVersion;
use arrow_ipc::writer::{IpcWriteOptions, StreamWriter};
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, TimeUnit};

use super::{ARRIVAL_KEY, BatchError, MetricBatch, Point, TYPE, TYPE_KEY, VERSION, VERSION_KEY};
use crate::time::Time;

static COLUMNS: LazyLock<Fields> = LazyLock::new(|| {
    let time = DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
    Fields::from(vec![
        Field::new("series", DataType::UInt64, false),
        Field::new("time", time, false),
        Field::new("value", DataType::Float64, false),
        Field::new("kind", DataType::UInt8, false),
    ])
});

/// The columns and the metadata of a batch.
#[must_use]
pub fn arrow_schema(arrival: Time) -> Schema {
    Schema::new(COLUMNS.clone()).with_metadata(HashMap::from([
        (TYPE_KEY.to_owned(), TYPE.to_owned()),
        (VERSION_KEY.to_owned(), VERSION.to_string()),
        (ARRIVAL_KEY.to_owned(), arrival.to_string()),
    ]))
}

pub(super) fn encode(batch: &MetricBatch) -> Result<Vec<u8>, BatchError> {
    if batch.points.is_empty() {
        return Err(BatchError::Empty);
    }
    encode_points(batch.arrival, &batch.points).map_err(BatchError::Unwritable)
}

fn encode_points(arrival: Time, points: &[Point]) -> Result<Vec<u8>, ArrowError> {
    let schema = Arc::new(arrow_schema(arrival));
    let rows = RecordBatch::try_new(Arc::clone(&schema), columns(points))?;
    // Eight bytes are the least alignment Arrow allows; small batches would be mostly padding.
    let options = IpcWriteOptions::try_new(8, false, MetadataVersion::V5)?;
    let value = Vec::with_capacity(1024 + 26 * points.len());
    let mut writer = StreamWriter::try_new_with_options(value, &schema, options)?;
    writer.write(&rows)?;
    writer.into_inner()
}

fn columns(points: &[Point]) -> Vec<ArrayRef> {
    let times = points.iter().map(|point| point.time_ms);
    let times = PrimitiveArray::<TimestampMillisecondType>::from_iter_values(times);
    vec![
        Arc::new(UInt64Array::from_iter_values(points.iter().map(|point| point.series.as_u64()))),
        Arc::new(times.with_timezone("UTC")),
        Arc::new(Float64Array::from_iter_values(points.iter().map(|point| point.value))),
        Arc::new(UInt8Array::from_iter_values(points.iter().map(|point| point.kind as u8))),
    ]
}

//! Batches survive, Arrow's own reader understands them, and no bytes make the reader panic.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::types::{TimestampMillisecondType, TimestampSecondType};
use arrow_array::{
    Array, ArrayRef, Float64Array, PrimitiveArray, RecordBatch, StringArray, UInt8Array,
    UInt64Array,
};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{Field, Schema};
use proptest::prelude::*;
use schemas::id::SeriesId;
use schemas::metric::{self, BYTES_MAX, MetricBatch, Point, PointKind, ROWS_MAX};
use schemas::time::Time;

fn time() -> Time {
    Time::from_millis(1_772_366_441_007).unwrap()
}

fn batch(points: &[Point]) -> MetricBatch {
    let mut batch = MetricBatch::new(time());
    points.iter().for_each(|point| batch.push(*point).unwrap());
    batch
}

fn point(number: u64) -> Point {
    let kinds = [PointKind::Value, PointKind::Start, PointKind::Stale];
    Point {
        series: SeriesId::from_u64(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        time_ms: 1_772_366_400_000 + i64::try_from(number).unwrap() * 250,
        value: f64::from_bits(0x3ff0_0000_0000_0000 + number),
        kind: kinds[usize::try_from(number % 3).unwrap()],
    }
}

fn sample() -> MetricBatch {
    batch(&(0..5).map(point).collect::<Vec<_>>())
}

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/metric-batch/1.0.arrow")
}

#[test]
fn the_golden_batch_is_read() {
    assert_eq!(MetricBatch::decode(&std::fs::read(golden()).unwrap()).unwrap(), sample());
}

#[test]
#[ignore = "writes the golden sample of a new version: run it once, by name, with --ignored"]
fn write_the_golden_batch() {
    assert!(!golden().exists(), "golden samples are never changed");
    std::fs::write(golden(), sample().encode().unwrap()).unwrap();
}

#[test]
fn a_full_batch_fits_and_no_more_go_in() {
    let mut full = batch(&(0..ROWS_MAX as u64).map(point).collect::<Vec<_>>());
    assert!(full.push(point(0)).unwrap_err().to_string().contains("begin another"));
    let value = full.encode().unwrap();
    assert!(value.len() <= BYTES_MAX && metric::is_batch(&value));
    assert_eq!(MetricBatch::decode(&value).unwrap(), full);
}

#[test]
fn an_empty_batch_is_not_written() {
    assert!(MetricBatch::new(time()).encode().is_err());
}

#[test]
fn arrow_reads_what_we_write() {
    let value = sample().encode().unwrap();
    let mut reader = StreamReader::try_new(&value[..], None).unwrap();
    assert_eq!(*reader.schema(), metric::arrow_schema(time()));
    let rows = reader.next().unwrap().unwrap();
    let values = rows.column(2).as_any().downcast_ref::<Float64Array>().unwrap();
    let expected: Vec<f64> = sample().points().iter().map(|point| point.value).collect();
    assert_eq!(values.values().to_vec(), expected);
    assert!(reader.next().is_none());
}

/// Writes columns as another program might.
fn write(schema: &Schema, columns: Vec<ArrayRef>) -> Vec<u8> {
    let rows = RecordBatch::try_new(Arc::new(schema.clone()), columns).unwrap();
    let mut writer = StreamWriter::try_new(Vec::new(), schema).unwrap();
    writer.write(&rows).unwrap();
    writer.into_inner().unwrap()
}

fn columns(kind: u8) -> Vec<ArrayRef> {
    let times = PrimitiveArray::<TimestampMillisecondType>::from_iter_values([1, 2]);
    vec![
        Arc::new(UInt64Array::from(vec![7, 8])),
        Arc::new(times.with_timezone("UTC")),
        Arc::new(Float64Array::from(vec![0.5, f64::NAN])),
        Arc::new(UInt8Array::from(vec![0, kind])),
    ]
}

#[track_caller]
fn refused(value: &[u8], expected: &str) {
    let error = MetricBatch::decode(value).unwrap_err();
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    assert!(format!("{error} {cause}").contains(expected), "{error} {cause}");
}

#[test]
fn columns_of_a_later_minor_version_are_ignored() {
    let mut fields = metric::arrow_schema(time()).fields().to_vec();
    fields.push(Arc::new(Field::new("exemplar", arrow_schema::DataType::Utf8, true)));
    let mut metadata = metric::arrow_schema(time()).metadata().clone();
    metadata.insert("schemaversion", "1.9");
    let schema = Schema::new(fields).with_metadata(metadata);
    let mut columns = columns(0);
    columns.push(Arc::new(StringArray::from(vec![Some("trace"), None])));
    let points = MetricBatch::decode(&write(&schema, columns)).unwrap();
    assert_eq!(points.points()[0].series, SeriesId::from_u64(7));
    assert!(points.points()[1].value.is_nan());
}

#[test]
fn what_the_metadata_say_is_checked_first() {
    for (key, value, expected) in [
        (
            "schemaversion",
            "2.0",
            "isobar.metric-batch has schema version 2.0 and this program reads 1.x",
        ),
        ("schemaversion", "two", "not a schema version"),
        ("type", "isobar.event", "found isobar.event"),
        ("arrivaltime", "noon", "RFC 3339"),
    ] {
        let mut metadata = metric::arrow_schema(time()).metadata().clone();
        metadata.insert(key, value);
        let schema = metric::arrow_schema(time()).with_metadata(metadata);
        refused(&write(&schema, columns(0)), expected);
    }
    let fields = metric::arrow_schema(time()).fields().clone();
    refused(&write(&Schema::new(fields), columns(0)), "without `type`");
}

#[test]
fn other_columns_are_refused() {
    let schema = metric::arrow_schema(time());
    let metadata = schema.metadata().clone();
    let mut fields = schema.fields().to_vec();
    let seconds = PrimitiveArray::<TimestampSecondType>::from_iter_values([1, 2]);
    fields[1] = Arc::new(Field::new("time", seconds.data_type().clone(), false));
    let mut other = columns(0);
    other[1] = Arc::new(seconds);
    let seconds = Schema::new(fields.clone()).with_metadata(metadata.clone());
    refused(&write(&seconds, other), "column 1 of a metric batch must be `time: timestamp[ms]`");
    let short = Schema::new(schema.fields()[..3].to_vec()).with_metadata(metadata);
    refused(&write(&short, columns(0)[..3].to_vec()), "column 3");
}

#[test]
fn nulls_and_unknown_kinds_are_refused() {
    let schema = metric::arrow_schema(time());
    refused(&write(&schema, columns(7)), "unknown kind 7 of the point in row 1");
    let mut fields = schema.fields().to_vec();
    fields[2] = Arc::new(Field::new("value", arrow_schema::DataType::Float64, true));
    let nullable = Schema::new(fields).with_metadata(schema.metadata().clone());
    let mut nulls = columns(0);
    nulls[2] = Arc::new(Float64Array::from(vec![Some(1.0), None]));
    refused(&write(&nullable, nulls), "a column with nulls");
}

#[test]
fn other_bytes_are_refused() {
    let value = sample().encode().unwrap();
    refused(b"", "no message");
    refused(br#"{"specversion":"1.0"}"#, "no message");
    refused(&[&value[..], &value[..]].concat(), "more than one record batch");
    refused(&vec![0xff; BYTES_MAX + 1], "longer than the limit");
    for length in 0..value.len() - 8 {
        assert!(MetricBatch::decode(&value[..length]).is_err(), "{length}");
    }
}

/// Lengths that claim more memory than there is must not be believed.
#[test]
fn claimed_lengths_are_not_believed() {
    let value = sample().encode().unwrap();
    for place in 0..value.len() - 8 {
        for claim in [u64::MAX, i64::MAX as u64, 1 << 62, 1 << 40, 1 << 31] {
            let mut value = value.clone();
            value[place..place + 8].copy_from_slice(&claim.to_le_bytes());
            drop(MetricBatch::decode(&value));
        }
    }
}

fn any_point() -> impl Strategy<Value = Point> {
    let kind = prop_oneof![Just(PointKind::Value), Just(PointKind::Start), Just(PointKind::Stale)];
    (any::<u64>(), any::<i64>(), any::<f64>(), kind).prop_map(|(series, time_ms, value, kind)| {
        Point { series: SeriesId::from_u64(series), time_ms, value, kind }
    })
}

proptest! {
    #[test]
    fn any_points_survive(points in proptest::collection::vec(any_point(), 1..300)) {
        let batch = batch(&points);
        prop_assert_eq!(MetricBatch::decode(&batch.encode().unwrap()).unwrap(), batch);
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes: Vec<u8>) {
        prop_assert!(MetricBatch::decode(&bytes).is_err());
    }

    #[test]
    fn damaged_batches_do_not_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut: prop::sample::Index,
    ) {
        let mut value = sample().encode().unwrap();
        for (place, byte) in changes {
            let place = place.index(value.len());
            value[place] = byte;
        }
        if let Ok(read) = MetricBatch::decode(&value) {
            prop_assert!(read.points().len() <= value.len() / 25);
        }
        drop(MetricBatch::decode(&value[..cut.index(value.len())]));
    }
}

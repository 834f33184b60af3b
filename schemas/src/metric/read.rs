//! Reads a batch from bytes that anybody may have written.
//!
//! Arrow's own reader builds whatever types a schema names and allocates what lengths claim. Here
//! the columns are known, so this walks the verified flatbuffers and looks at the four columns
//! only: every length is checked against the bytes at hand before anything is read.

use arrow_ipc::{
    Buffer, Endianness, Field, Message, Precision, RecordBatch, Schema, TimeUnit, Type,
    root_as_message,
};

use super::{
    ARRIVAL_KEY, BYTES_MAX, BatchError, MetricBatch, Point, PointKind, ROWS_MAX, TYPE, TYPE_KEY,
    VERSION, VERSION_KEY,
};
use crate::id::SeriesId;
use crate::time::Time;
use crate::version::Version;

const COLUMNS: usize = 4;

/// A column as an error names it, and how to know it.
type Column = (&'static str, fn(Field<'_>) -> bool);

pub(super) fn decode(value: &[u8]) -> Result<MetricBatch, BatchError> {
    if value.len() > BYTES_MAX {
        return Err(BatchError::TooLong { bytes: value.len() });
    }
    let first = Frame::read(value, 0)?;
    let schema = first.message.header_as_schema().ok_or_else(|| first.bad("no schema"))?;
    let arrival = read_metadata(schema)?;
    check_columns(schema)?;
    let second = Frame::read(value, first.end)?;
    let points = read_points(&second)?;
    check_end(value, second.end)?;
    Ok(MetricBatch { arrival, points })
}

/// One message of an IPC stream: `FF FF FF FF`, the length of the metadata, those, the body.
struct Frame<'a> {
    message: Message<'a>,
    body: &'a [u8],
    start: usize,
    end: usize,
}

impl<'a> Frame<'a> {
    fn read(value: &'a [u8], start: usize) -> Result<Self, BatchError> {
        let bad = |problem| BatchError::NotABatch { position: start, problem };
        let rest = value.get(start..).unwrap_or_default();
        let Some((&[0xff, 0xff, 0xff, 0xff, a, b, c, d], rest)) = rest.split_first_chunk() else {
            return Err(bad("no message"));
        };
        let metadata_bytes = usize::try_from(i32::from_le_bytes([a, b, c, d]));
        let (metadata, rest) = metadata_bytes
            .ok()
            .and_then(|length| rest.split_at_checked(length))
            .ok_or_else(|| bad("metadata longer than the value"))?;
        let message = root_as_message(metadata).map_err(|_| bad("malformed metadata"))?;
        let (body, rest) = usize::try_from(message.bodyLength())
            .ok()
            .and_then(|length| rest.split_at_checked(length))
            .ok_or_else(|| bad("body longer than the value"))?;
        Ok(Self { message, body, start, end: value.len() - rest.len() })
    }

    fn bad(&self, problem: &'static str) -> BatchError {
        BatchError::NotABatch { position: self.start, problem }
    }
}

/// After the record batch come eight bytes that say so, or nothing.
fn check_end(value: &[u8], position: usize) -> Result<(), BatchError> {
    match value.get(position..) {
        Some([] | [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]) => Ok(()),
        _ => Err(BatchError::NotABatch { position, problem: "more than one record batch" }),
    }
}

fn read_metadata(schema: Schema<'_>) -> Result<Time, BatchError> {
    let found = metadata(schema, TYPE_KEY)?;
    if found != TYPE {
        return Err(BatchError::WrongType(found.to_owned()));
    }
    let version = metadata(schema, VERSION_KEY)?.parse::<Version>()?;
    if !VERSION.reads(version) {
        return Err(BatchError::UnsupportedVersion(version));
    }
    Ok(metadata(schema, ARRIVAL_KEY)?.parse::<Time>()?)
}

fn metadata<'a>(schema: Schema<'a>, key: &'static str) -> Result<&'a str, BatchError> {
    let mut entries = schema.custom_metadata().into_iter().flatten();
    let entry = entries.find(|entry| entry.key() == Some(key));
    entry.and_then(|entry| entry.value()).ok_or(BatchError::NoMetadata(key))
}

fn check_columns(schema: Schema<'_>) -> Result<(), BatchError> {
    let expected: [Column; COLUMNS] = [
        ("series: uint64", |field| field.name() == Some("series") && is_unsigned(field, 64)),
        ("time: timestamp[ms]", |field| field.name() == Some("time") && is_milliseconds(field)),
        ("value: float64", |field| field.name() == Some("value") && is_double(field)),
        ("kind: uint8", |field| field.name() == Some("kind") && is_unsigned(field, 8)),
    ];
    let mut fields = schema.fields().into_iter().flatten();
    for (place, (expected, matches)) in expected.into_iter().enumerate() {
        let little = schema.endianness() == Endianness::Little;
        if !fields.next().is_some_and(|field| little && plain(field) && matches(field)) {
            return Err(BatchError::Column { place, expected });
        }
    }
    Ok(())
}

/// Values stand in the column itself, not in a dictionary and not in children.
fn plain(field: Field<'_>) -> bool {
    field.dictionary().is_none() && field.children().is_none_or(|children| children.is_empty())
}

fn is_unsigned(field: Field<'_>, bits: i32) -> bool {
    field.type_as_int().is_some_and(|int| int.bitWidth() == bits && !int.is_signed())
}

fn is_milliseconds(field: Field<'_>) -> bool {
    field.type_type() == Type::Timestamp
        && field.type_as_timestamp().is_some_and(|time| time.unit() == TimeUnit::MILLISECOND)
}

fn is_double(field: Field<'_>) -> bool {
    field.type_as_floating_point().is_some_and(|float| float.precision() == Precision::DOUBLE)
}

fn read_points(frame: &Frame<'_>) -> Result<Vec<Point>, BatchError> {
    let batch = frame.message.header_as_record_batch();
    let batch = batch.ok_or_else(|| frame.bad("no record batch"))?;
    let rows = count_rows(batch).map_err(|problem| frame.bad(problem))?;
    let buffers = Values { batch, body: frame.body, rows };
    let short = || frame.bad("column shorter than the batch");
    let series = buffers.column::<8>(0).ok_or_else(short)?;
    let times = buffers.column::<8>(1).ok_or_else(short)?;
    let values = buffers.column::<8>(2).ok_or_else(short)?;
    let kinds = buffers.column::<1>(3).ok_or_else(short)?;
    let mut points = Vec::with_capacity(rows);
    let columns = series.iter().zip(times).zip(values).zip(kinds);
    for (row, (((series, time), value), [kind])) in columns.enumerate() {
        points.push(Point {
            series: SeriesId::from_u64(u64::from_le_bytes(*series)),
            time_ms: i64::from_le_bytes(*time),
            value: f64::from_le_bytes(*value),
            kind: PointKind::from_u8(*kind).ok_or(BatchError::UnknownKind { row, kind: *kind })?,
        });
    }
    Ok(points)
}

fn count_rows(batch: RecordBatch<'_>) -> Result<usize, &'static str> {
    if batch.compression().is_some() {
        return Err("compressed columns");
    }
    let rows = usize::try_from(batch.length()).ok().filter(|rows| (1..=ROWS_MAX).contains(rows));
    let rows = rows.ok_or("no rows or too many")?;
    let nodes = batch.nodes().into_iter().flatten().take(COLUMNS);
    let whole =
        |node: &&arrow_ipc::FieldNode| node.length() == batch.length() && node.null_count() == 0;
    if nodes.filter(whole).count() < COLUMNS {
        return Err("a column with nulls or of another length");
    }
    Ok(rows)
}

struct Values<'a> {
    batch: RecordBatch<'a>,
    body: &'a [u8],
    rows: usize,
}

impl<'a> Values<'a> {
    /// The values of a column; a column without children has two buffers, which values it has and
    /// what they are. Without nulls the first says nothing.
    fn column<const WIDTH: usize>(&self, place: usize) -> Option<&'a [[u8; WIDTH]]> {
        let mut buffers = self.batch.buffers()?.into_iter();
        let bytes = self.slice(buffers.nth(2 * place + 1)?)?;
        let (values, _) = bytes.as_chunks::<WIDTH>();
        values.get(..self.rows)
    }

    fn slice(&self, buffer: &Buffer) -> Option<&'a [u8]> {
        let start = usize::try_from(buffer.offset()).ok()?;
        let end = start.checked_add(usize::try_from(buffer.length()).ok()?)?;
        self.body.get(start..end)
    }
}

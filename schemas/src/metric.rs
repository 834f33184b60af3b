//! Batches of points: Arrow IPC streams of four columns, so that a point costs 25 bytes and some
//! 15 ns instead of a JSON object.
//!
//! **Invariants:** a batch holds 1 to [`ROWS_MAX`] points and at most [`BYTES_MAX`] bytes; a point
//! is addressed by the offset of its message and its row. `decode` reads only what `encode` or
//! another Arrow writer writes for these columns; other bytes are an error, never a panic, and
//! claim no memory beyond their own length. A later minor version may add columns after these.
//!
//! The first bytes of a stream are `FF FF FF FF`, so a batch is never mistaken for JSON.

mod read;
mod write;

use crate::id::SeriesId;
use crate::time::{Time, TimeError};
use crate::version::{Version, VersionError};

pub use write::arrow_schema;

/// The type of a batch, in the metadata of its Arrow schema.
pub const TYPE: &str = "isobar.metric-batch";
/// The version this program writes, and whose major version it reads.
pub const VERSION: Version = Version::new(1, 0);
/// The longest batch.
pub const BYTES_MAX: usize = 512 << 10;
/// The most points in a batch: with 25 bytes each and 2 KiB for the rest they fit `BYTES_MAX`.
pub const ROWS_MAX: usize = 20_000;

const TYPE_KEY: &str = "type";
const VERSION_KEY: &str = "schemaversion";
const ARRIVAL_KEY: &str = "arrivaltime";

/// Points of any series of one partition, column by column.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricBatch {
    /// The least arrival time of the points: none advances a watermark beyond its own arrival.
    pub arrival: Time,
    points: Vec<Point>,
}

/// One point of one series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Its series, whose definition stands earlier in the partition.
    pub series: SeriesId,
    /// When it was measured.
    pub time_ms: i64,
    /// What was measured; any number, NaN too.
    pub value: f64,
    /// How `value` is to be taken.
    pub kind: PointKind,
}

/// How the value of a point is to be taken. Whether values are states, totals or increments is
/// the series' [`crate::series::Temporality`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PointKind {
    /// It was measured.
    Value = 0,
    /// The count began anew at this time; the value is what it began with.
    Start = 1,
    /// The source says that the series has no value from this time on.
    Stale = 2,
    /// Of the statistics of one interval, which ends at this time: how many values there were. The
    /// pieces of one set are consecutive rows.
    SetCount = 3,
    /// Their sum.
    SetSum = 4,
    /// The least of them.
    SetMin = 5,
    /// The greatest of them.
    SetMax = 6,
}

/// Why points are not a batch, or bytes are not one.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// The batch is full.
    #[error("a metric batch holds {ROWS_MAX} points: write this one and begin another")]
    Full,
    /// The batch holds nothing.
    #[error("a metric batch without points is not written: wait for the first point")]
    Empty,
    /// The value is longer than a batch may be.
    #[error("metric batch of {bytes} bytes is longer than the limit of {BYTES_MAX}: split it")]
    TooLong {
        /// The length of the value.
        bytes: usize,
    },
    /// Arrow could not write the batch.
    #[error("cannot write a metric batch")]
    Unwritable(#[source] arrow_schema::ArrowError),
    /// The bytes are no Arrow stream of one batch.
    #[error(
        "not a metric batch at byte {position}: {problem} (expected one uncompressed Arrow IPC \
         stream with a schema and one record batch)"
    )]
    NotABatch {
        /// Where the message begins that is wrong.
        position: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The schema's metadata do not say what it is.
    #[error("metric batch without `{0}` in its schema's metadata: write it as {TYPE} {VERSION}")]
    NoMetadata(&'static str),
    /// The metadata say it is something else.
    #[error("expected a record of type {TYPE}, found {0}: check the topic and its reader")]
    WrongType(String),
    /// A later or an earlier major version than this program reads.
    #[error(
        "{TYPE} has schema version {0} and this program reads {major}.x: upgrade this program \
         before its writers, or convert the topic", major = VERSION.major
    )]
    UnsupportedVersion(Version),
    /// The version is no version.
    #[error("cannot read the schema version of a metric batch")]
    Version(#[from] VersionError),
    /// The arrival time is no time.
    #[error("cannot read the arrival time of a metric batch")]
    Arrival(#[from] TimeError),
    /// A column is missing, of another type or at another place.
    #[error(
        "column {place} of a metric batch must be `{expected}`: keep the published columns first"
    )]
    Column {
        /// Its place, from 0.
        place: usize,
        /// Its name and type.
        expected: &'static str,
    },
    /// A row's kind is not one of this version.
    #[error("unknown kind {kind} of the point in row {row}: this program knows {VERSION}")]
    UnknownKind {
        /// The row.
        row: usize,
        /// What its column `kind` holds.
        kind: u8,
    },
}

impl MetricBatch {
    /// A batch without points yet.
    #[must_use]
    pub fn new(arrival: Time) -> Self {
        Self { arrival, points: Vec::new() }
    }

    /// Adds a point.
    ///
    /// # Errors
    /// When the batch is full: write it and begin another.
    pub fn push(&mut self, point: Point) -> Result<(), BatchError> {
        if self.points.len() == ROWS_MAX {
            return Err(BatchError::Full);
        }
        self.points.push(point);
        Ok(())
    }

    /// The points, by row.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// Writes the batch.
    ///
    /// # Errors
    /// When it holds no points.
    pub fn encode(&self) -> Result<Vec<u8>, BatchError> {
        write::encode(self)
    }

    /// Reads a batch.
    ///
    /// # Errors
    /// When the value is too long, of another type or major version, or not such a stream.
    pub fn decode(value: &[u8]) -> Result<Self, BatchError> {
        read::decode(value)
    }
}

/// Whether a value is a metric batch rather than JSON; looks at its first four bytes.
#[must_use]
pub fn is_batch(value: &[u8]) -> bool {
    value.starts_with(&[0xff; 4])
}

impl PointKind {
    fn from_u8(kind: u8) -> Option<Self> {
        match kind {
            0 => Some(Self::Value),
            1 => Some(Self::Start),
            2 => Some(Self::Stale),
            3 => Some(Self::SetCount),
            4 => Some(Self::SetSum),
            5 => Some(Self::SetMin),
            6 => Some(Self::SetMax),
            _ => None,
        }
    }
}

//! A window: nearly all records are of this kind, so it is read without what no column holds.

use schemas::aggregate::{Aggregate, WindowState};
use schemas::codec::Head;
use schemas::envelope::Payload;
use schemas::finite::Finite;
use schemas::id::SeriesId;
use schemas::position::Position;
use schemas::time::Time;
use serde::Deserialize;

use super::{instant, number};
use crate::copy::Copy;
use crate::fold::Row;
use crate::partitions::SIZES;

/// A revision of a window.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowRow {
    series: i64,
    start_ms: i64,
    state: i16,
    revision: i32,
    count: i64,
    figures: [Option<f64>; 11],
    distinct: Option<i64>,
    increase: Option<f64>,
    rate: Option<f64>,
    stale_since_ms: Option<i64>,
    unusable: i64,
    input_partition: i32,
    input_offset: i64,
    input_row: i32,
    arrival_ms: i64,
}

/// What is read of the record. All else is skipped without being kept.
#[derive(Deserialize)]
struct Wire {
    arrivaltime: Time,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    series: SeriesId,
    window_start_ms: i64,
    window_size_ms: i64,
    state: WindowState,
    revision: u32,
    position: Position,
    statistics: Statistics,
    #[serde(default)]
    quantiles: Quantiles,
    distinct: Option<u64>,
    increase: Option<Finite>,
    rate: Option<Finite>,
    stale_since_ms: Option<i64>,
    #[serde(default)]
    unusable: u64,
}

#[derive(Deserialize)]
struct Statistics {
    count: u64,
    sum: Option<Finite>,
    min: Option<Finite>,
    max: Option<Finite>,
    first: Option<Finite>,
    last: Option<Finite>,
    mean: Option<Finite>,
    deviation: Option<Finite>,
}

#[derive(Default, Deserialize)]
struct Quantiles {
    p50: Option<Finite>,
    p90: Option<Finite>,
    p95: Option<Finite>,
    p99: Option<Finite>,
}

/// The row, and the place of its size in [`SIZES`].
pub(super) fn read(head: &Head<'_>, value: &[u8]) -> Result<(usize, WindowRow), String> {
    if value.len() > Aggregate::BYTES_MAX || !Aggregate::VERSION.reads(head.version) {
        // The door that all others take says what is wrong.
        return super::read::<Aggregate>(value).and(Err("it is not of a known version".to_owned()));
    }
    let wire: Wire = serde_json::from_slice(value).map_err(|error| error.to_string())?;
    let size_ms = wire.data.window_size_ms;
    let place = SIZES.iter().position(|size| size.window_ms == size_ms);
    let place = place.ok_or_else(|| format!("there is no table for windows of {size_ms} ms"))?;
    Ok((place, WindowRow::of(&wire)?))
}

impl WindowRow {
    fn of(Wire { arrivaltime, data }: &Wire) -> Result<Self, String> {
        let Statistics { count, sum, min, max, first, last, mean, deviation } = &data.statistics;
        let Quantiles { p50, p90, p95, p99 } = &data.quantiles;
        let figures = [sum, min, max, first, last, mean, deviation, p50, p90, p95, p99];
        Ok(Self {
            series: data.series.as_u64().cast_signed(),
            start_ms: instant(data.window_start_ms)?,
            state: match data.state {
                WindowState::Provisional => 0,
                WindowState::Final => 1,
                WindowState::Correction => 2,
            },
            revision: number("revision", data.revision)?,
            count: number("count", *count)?,
            figures: figures.map(|figure| figure.map(Finite::get)),
            distinct: data.distinct.map(|distinct| number("distinct", distinct)).transpose()?,
            increase: data.increase.map(Finite::get),
            rate: data.rate.map(Finite::get),
            stale_since_ms: data.stale_since_ms.map(instant).transpose()?,
            unusable: number("unusable", data.unusable)?,
            input_partition: number("partition", data.position.partition)?,
            input_offset: number("offset", data.position.offset)?,
            input_row: number("row", data.position.row)?,
            arrival_ms: arrivaltime.millis(),
        })
    }

    /// When its window begins.
    #[must_use]
    pub fn start_ms(&self) -> i64 {
        self.start_ms
    }
}

impl Row for WindowRow {
    type Key = (i64, i64);
    const FIELDS: i16 = 25;

    fn key(&self) -> Self::Key {
        (self.series, self.start_ms)
    }

    fn supersedes(&self, earlier: &Self) -> bool {
        self.input_partition != earlier.input_partition
            || (self.input_offset, self.input_row) > (earlier.input_offset, earlier.input_row)
    }

    fn write(&self, to: &mut Copy) {
        to.big(self.series)
            .instant(self.start_ms)
            .small(self.state)
            .int(self.revision)
            .big(self.count);
        for figure in self.figures {
            to.maybe_double(figure);
        }
        to.maybe_big(self.distinct).maybe_double(self.increase).maybe_double(self.rate);
        to.maybe_instant(self.stale_since_ms).big(self.unusable);
        to.int(self.input_partition).big(self.input_offset).int(self.input_row);
        to.instant(self.arrival_ms);
    }
}

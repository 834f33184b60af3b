//! Windows as Postgres has them.
//!
//! **Invariant:** each row is compared with the oracle and with the last record of its window on the
//! topic; a window on the topic without a row, and a row without a window, are differences.

use std::collections::BTreeMap;

use anyhow::Context as _;
use schemas::aggregate::{Aggregate, Statistics, WindowState};
use schemas::envelope::Extra;
use schemas::finite::Finite;
use schemas::id::{ResourceId, SeriesId};
use schemas::position::Position;
use serde::Deserialize;

use super::found::Told;
use super::oracle::WindowName;
use crate::database::Database;

/// The last state of each window.
pub type Rows = BTreeMap<WindowName, Told>;

/// One row, with what the series of that id is.
#[derive(Deserialize)]
struct Row {
    series: i64,
    size_ms: i64,
    start_ms: i64,
    state: u8,
    revision: u32,
    count: u64,
    sum: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
    first: Option<f64>,
    last: Option<f64>,
    mean: Option<f64>,
    deviation: Option<f64>,
    p50: Option<f64>,
    p90: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
    distinct_count: Option<u64>,
    increase: Option<f64>,
    rate: Option<f64>,
    stale_ms: Option<i64>,
    unusable: u64,
    input_partition: u32,
    input_offset: u64,
    input_row: u32,
    tenant: Option<String>,
    measure: Option<String>,
    resource_id: Option<ResourceId>,
}

/// Everything that is stored.
///
/// # Errors
/// When the database cannot be read.
pub fn stored(database: &Database) -> anyhow::Result<Rows> {
    let mut rows = Rows::new();
    for line in database.ask(&question())? {
        let row: Row = serde_json::from_str(&line).with_context(|| format!("the row {line}"))?;
        let (name, told) = row.told();
        rows.insert(name, told);
    }
    Ok(rows)
}

fn question() -> String {
    let sizes = [("1m", 60_000), ("5m", 300_000), ("15m", 900_000), ("1h", 3_600_000)];
    let of = |(size, ms)| format!("select {ms} as size_ms, * from isobar.window_{size} union all ");
    let tables: String = sizes.map(of).concat();
    format!(
        "select row_to_json(r) from (select w.*, (extract(epoch from start) * 1000)::bigint as start_ms, \
         (extract(epoch from stale_since) * 1000)::bigint as stale_ms, s.tenant, s.measure, \
         isobar.hex(s.resource) as resource_id from ({tables} \
         select 86400000, * from isobar.window_1d) w left join isobar.series s on s.id = w.series) r"
    )
}

/// Waits until the sink has stored all of these partitions: by partition, the offset of the last record.
///
/// # Errors
/// When the database cannot be asked.
pub fn has_all(
    database: &Database,
    topic: &str,
    lasts: &BTreeMap<i32, i64>,
) -> anyhow::Result<bool> {
    let sql =
        format!("select partition, next_offset from isobar.sink_position where topic = '{topic}'");
    let mut stored = BTreeMap::new();
    for line in database.ask(&sql)? {
        let (partition, next) = line.split_once('|').context("two columns")?;
        stored.insert(partition.parse::<i32>()?, next.parse::<i64>()?);
    }
    Ok(lasts.iter().all(|(partition, last)| stored.get(partition).is_some_and(|next| next > last)))
}

impl Row {
    fn told(self) -> (WindowName, Told) {
        let series = self.series.cast_unsigned();
        let name = WindowName { series, size_ms: self.size_ms, start_ms: self.start_ms };
        let tenant = self.tenant.clone().unwrap_or_default();
        let key =
            format!("{tenant}/{}", self.resource_id.map(|id| id.to_string()).unwrap_or_default())
                .into_bytes();
        (name, Told { key, tenant, aggregate: self.aggregate() })
    }

    fn aggregate(self) -> Aggregate {
        let finite = |number: Option<f64>| number.and_then(Finite::new);
        let quantiles =
            [("p50", self.p50), ("p90", self.p90), ("p95", self.p95), ("p99", self.p99)];
        let quantile = |(name, value): (&str, Option<f64>)| Some((name.to_owned(), finite(value)?));
        Aggregate {
            series: SeriesId::from_u64(self.series.cast_unsigned()),
            resource: self.resource_id,
            group: BTreeMap::new(),
            measure: self.measure.unwrap_or_default(),
            window_start_ms: self.start_ms,
            window_size_ms: self.size_ms,
            state: match self.state {
                0 => WindowState::Provisional,
                1 => WindowState::Final,
                _ => WindowState::Correction,
            },
            revision: self.revision,
            position: Position {
                partition: self.input_partition,
                offset: self.input_offset,
                row: self.input_row,
            },
            statistics: Statistics {
                count: self.count,
                sum: finite(self.sum),
                min: finite(self.min),
                max: finite(self.max),
                first: finite(self.first),
                last: finite(self.last),
                mean: finite(self.mean),
                deviation: finite(self.deviation),
                extra: Extra::new(),
            },
            quantiles: quantiles.into_iter().filter_map(quantile).collect(),
            distinct: self.distinct_count,
            increase: finite(self.increase),
            rate: finite(self.rate),
            stale_since_ms: self.stale_ms,
            unusable: self.unusable,
            collapsed: 0,
            extra: Extra::new(),
        }
    }
}

//! The statements of each table: a staging table of this connection, and from there the upsert.
//!
//! **Invariant:** columns stand here in the order in which `rows` writes them. An upsert never moves a row
//! back: each has its guard, the same that `fold` uses.

use crate::batch::Batch;
use crate::fold::{Folded, Row};

/// What happens where a row with the key is there already.
enum Conflict {
    /// It stays.
    Keep,
    /// It is replaced, where this holds; `t` is the row that is there.
    Replace(&'static str),
}

/// One table.
struct Table {
    name: &'static str,
    key: &'static str,
    /// Without `stored_at`.
    columns: &'static str,
    /// Whether it tells when a row was stored.
    stored_at: bool,
    conflict: Conflict,
}

const WINDOW: &str = "series, start, state, revision, count, sum, min, max, first, last, mean, deviation, p50, p90, \
                      p95, p99, distinct_count, increase, rate, stale_since, unusable, input_partition, input_offset, \
                      input_row, arrival";
/// The position of the last change. A window that another partition tells of has moved there with its series.
const LATER: &str = "(excluded.input_offset, excluded.input_row) > (t.input_offset, t.input_row) \
                     or excluded.input_partition <> t.input_partition";
const HISTORY: &str = "id, revision, time, state, level, record";
const REVISED: &str = "excluded.revision > t.revision";

const fn window(name: &'static str) -> Table {
    Table {
        name,
        key: "series, start",
        columns: WINDOW,
        stored_at: true,
        conflict: Conflict::Replace(LATER),
    }
}

const TABLES: [Table; 14] = [
    window("window_1m"),
    window("window_5m"),
    window("window_15m"),
    window("window_1h"),
    window("window_1d"),
    Table {
        name: "resource",
        key: "id",
        columns: "id, tenant, attributes",
        stored_at: false,
        conflict: Conflict::Replace(
            "(t.tenant, t.attributes) is distinct from (excluded.tenant, excluded.attributes)",
        ),
    },
    // Definitions are repeated every ten minutes; what says nothing new writes nothing.
    Table {
        name: "series",
        key: "id",
        columns: "id, tenant, measure, unit, temporality, source_class, resource, labels, defined_at",
        stored_at: false,
        conflict: Conflict::Replace(
            "excluded.defined_at >= t.defined_at and \
             (t.tenant, t.measure, t.unit, t.temporality, t.source_class, t.resource, t.labels) is distinct from \
             (excluded.tenant, excluded.measure, excluded.unit, excluded.temporality, excluded.source_class, \
             excluded.resource, excluded.labels)",
        ),
    },
    Table {
        name: "balance",
        key: "service, topic, partition, format",
        columns: "service, topic, partition, format, next_offset, read, found, events, points, duplicates, late, \
                  filtered, dead_letters",
        stored_at: true,
        conflict: Conflict::Replace("excluded.next_offset >= t.next_offset"),
    },
    Table {
        name: "finding",
        key: "id",
        columns: "id, tenant, time, series, resource, record",
        stored_at: true,
        conflict: Conflict::Keep,
    },
    Table {
        name: "alert",
        key: "id",
        columns: "id, tenant, revision, fingerprint, state, level, title, starts_at, ends_at, incident, record",
        stored_at: true,
        conflict: Conflict::Replace(REVISED),
    },
    Table {
        name: "alert_history",
        key: "id, revision",
        columns: HISTORY,
        stored_at: true,
        conflict: Conflict::Keep,
    },
    Table {
        name: "incident",
        key: "id",
        columns: "id, tenant, revision, state, level, title, opened_at, resolved_at, alerts, record",
        stored_at: true,
        conflict: Conflict::Replace(REVISED),
    },
    Table {
        name: "incident_history",
        key: "id, revision",
        columns: HISTORY,
        stored_at: true,
        conflict: Conflict::Keep,
    },
    Table {
        name: "dead_letter",
        key: "id",
        columns: "id, tenant, arrival, service, topic, partition, record_offset, formats, reason, value_bytes",
        stored_at: true,
        conflict: Conflict::Keep,
    },
];

/// The statements of one table.
#[derive(Debug)]
pub(crate) struct Statements {
    /// Its name in the schema `isobar`.
    pub(crate) table: &'static str,
    /// Makes the staging table, which empties itself at the end of each transaction.
    pub(crate) stage: String,
    /// Takes rows into it.
    pub(crate) copy: String,
    /// Takes them on.
    pub(crate) upsert: String,
}

/// The statements of all tables, in the order of [`sheets`].
pub(crate) fn statements() -> Vec<Statements> {
    TABLES.iter().map(Table::statements).collect()
}

impl Table {
    fn statements(&self) -> Statements {
        let Self { name, columns, key, .. } = self;
        // Its own time for each row would cost a call a row; a statement takes milliseconds.
        let (more, now) = if self.stored_at { (", stored_at", ", now") } else { ("", "") };
        let clock = if self.stored_at { ", clock_timestamp() as now" } else { "" };
        Statements {
            table: name,
            stage: format!(
                "create temporary table stage_{name} on commit delete rows as \
                 select {columns} from isobar.{name} with no data"
            ),
            copy: format!("copy pg_temp.stage_{name} ({columns}) from stdin (format binary)"),
            upsert: format!(
                "insert into isobar.{name} as t ({columns}{more}) select {columns}{now} \
                 from pg_temp.stage_{name}{clock} on conflict ({key}) {}",
                self.on_conflict()
            ),
        }
    }

    fn on_conflict(&self) -> String {
        let Conflict::Replace(guard) = self.conflict else { return "do nothing".to_owned() };
        let keys: Vec<_> = self.key.split(", ").collect();
        let columns = self.columns.split(", ").chain(self.stored_at.then_some("stored_at"));
        let set: Vec<_> = columns
            .filter(|column| !keys.contains(column))
            .map(|column| format!("{column} = excluded.{column}"))
            .collect();
        format!("do update set {} where {guard}", set.join(", "))
    }
}

/// The rows of one table, ready to be sent.
#[derive(Debug)]
pub(crate) struct Sheet {
    /// How many rows.
    pub(crate) rows: usize,
    /// The rows, in the binary COPY format.
    pub(crate) copy: Vec<u8>,
}

/// The rows of all tables, in the order of [`statements`]; none where there are no rows.
pub(crate) fn sheets(batch: &Batch) -> Vec<Option<Sheet>> {
    let rows = &batch.rows;
    let mut sheets: Vec<_> = rows.windows.iter().map(sheet).collect();
    sheets.extend([
        sheet(&rows.resources),
        sheet(&rows.series),
        sheet(&rows.balances),
        sheet(&rows.findings),
        sheet(&rows.alerts),
        sheet(&rows.alert_history),
        sheet(&rows.incidents),
        sheet(&rows.incident_history),
        sheet(&rows.dead_letters),
    ]);
    sheets
}

fn sheet<R: Row>(rows: &Folded<R>) -> Option<Sheet> {
    (!rows.is_empty()).then(|| Sheet { rows: rows.len(), copy: rows.copy() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows;

    #[test]
    fn rows_have_as_many_fields_as_their_tables_have_columns() {
        let fields = [
            rows::WindowRow::FIELDS,
            rows::ResourceRow::FIELDS,
            rows::SeriesRow::FIELDS,
            rows::BalanceRow::FIELDS,
            rows::FindingRow::FIELDS,
            rows::AlertRow::FIELDS,
            rows::HistoryRow::FIELDS,
            rows::IncidentRow::FIELDS,
            rows::HistoryRow::FIELDS,
            rows::DeadLetterRow::FIELDS,
        ];
        let columns = TABLES.iter().map(|table| table.columns.split(", ").count());
        let expected: Vec<_> = columns.skip(4).collect();
        assert_eq!(fields.map(|fields| usize::try_from(fields).unwrap()).to_vec(), expected);
        assert_eq!(sheets(&Batch::default()).len(), statements().len());
    }
}

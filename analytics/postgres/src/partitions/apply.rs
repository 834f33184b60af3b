//! Makes and drops partitions.
//!
//! **Invariant:** a table's plan is carried out in one transaction under a lock of its own, so two sinks do
//! not get in each other's way; rows that were waiting in the default partition move into the new one in
//! that transaction, and a partition that goes is written to the audit log.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};

use super::{Period, Plan, Range, Retention, SIZES, Size, plan};
use crate::audit;
use crate::error::SinkError;

/// What partitions there are now, and what came of the last look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Maintained {
    /// The partitions of each size, in the order of [`SIZES`].
    pub ranges: [Vec<Range>; 5],
    /// Rows in the default partition of each size.
    pub in_default: [i64; 5],
    /// Partitions made.
    pub created: usize,
    /// Partitions dropped.
    pub dropped: usize,
    /// Rows moved from default partitions into new ones.
    pub moved: u64,
    /// Records deleted because they were too old.
    pub deleted: u64,
}

/// Makes what there should be at this time, and drops what is too old.
///
/// # Errors
/// When Postgres does not let us, or somebody holds a table for too long.
pub async fn maintain(
    connection: &mut PgConnection,
    now_ms: i64,
    retention: &Retention,
) -> Result<Maintained, SinkError> {
    let mut maintained = Maintained::default();
    let sizes = SIZES.iter().zip(retention.windows_days);
    let told = maintained.ranges.clone().into_iter().zip(maintained.in_default);
    for (place, ((size, days), _)) in sizes.zip(told).enumerate() {
        let of_size = table(connection, size, now_ms, days, &mut maintained).await;
        let (ranges, in_default) = of_size.map_err(|error| failed(size, &error))?;
        if let Some(slot) = maintained.ranges.get_mut(place) {
            *slot = ranges;
        }
        if let Some(slot) = maintained.in_default.get_mut(place) {
            *slot = in_default;
        }
    }
    maintained.deleted = delete_records(connection, now_ms, retention).await?;
    Ok(maintained)
}

fn failed(size: &Size, error: &Failure) -> SinkError {
    match error {
        Failure::Sql(error) => SinkError::of(
            &format!("cannot look after the partitions of isobar.{}", size.table),
            error,
        ),
        Failure::Told(error) => SinkError { reaction: error.reaction, what: error.what.clone() },
    }
}

enum Failure {
    Sql(sqlx::Error),
    Told(SinkError),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<SinkError> for Failure {
    fn from(error: SinkError) -> Self {
        Self::Told(error)
    }
}

async fn table(
    connection: &mut PgConnection,
    size: &Size,
    now_ms: i64,
    retention_days: u16,
    maintained: &mut Maintained,
) -> Result<(Vec<Range>, i64), Failure> {
    let mut transaction = connection.begin().await?;
    // Readers wait behind us while we wait for a lock: not for long.
    transaction.execute("set local lock_timeout = '2s'").await?;
    lock(&mut transaction, size).await?;
    let mut partitions = existing(&mut transaction, size).await?;
    let known: Vec<_> = partitions.iter().map(|(_, range)| *range).collect();
    let Plan { create, drop, keep_from_ms } = plan(now_ms, size.period, retention_days, &known);
    for range in create {
        maintained.moved += make(&mut transaction, size, range).await?;
        maintained.created += 1;
        partitions.push((String::new(), range));
    }
    for (name, _) in partitions.iter().filter(|(_, range)| drop.contains(range)) {
        remove(&mut transaction, name).await?;
        maintained.dropped += 1;
    }
    let in_default = tidy_default(&mut transaction, size, keep_from_ms).await?;
    transaction.commit().await?;
    partitions.retain(|(_, range)| !drop.contains(range));
    Ok((partitions.into_iter().map(|(_, range)| range).collect(), in_default))
}

async fn lock(connection: &mut PgConnection, size: &Size) -> Result<(), sqlx::Error> {
    let query = sqlx::query("select pg_advisory_xact_lock(hashtext('isobar'), hashtext($1))");
    query.bind(size.table).execute(connection).await.map(drop)
}

/// Names and ranges of the partitions of a table, without the default one.
async fn existing(
    connection: &mut PgConnection,
    size: &Size,
) -> Result<Vec<(String, Range)>, sqlx::Error> {
    const ASK: &str = r"
        select child.relname::text,
            coalesce(floor(extract(epoch from (regexp_match(bound, 'FROM \(''([^'']+)''\)'))[1]::timestamptz) * 1000)::bigint, -9223372036854775808),
            coalesce(floor(extract(epoch from (regexp_match(bound, 'TO \(''([^'']+)''\)'))[1]::timestamptz) * 1000)::bigint, 9223372036854775807)
        from pg_inherits
            join pg_class as child on child.oid = inhrelid
            cross join lateral pg_get_expr(child.relpartbound, child.oid) as bound
        where inhparent = to_regclass($1) and bound <> 'DEFAULT'";
    let query = sqlx::query_as(ASK).bind(format!("isobar.{}", size.table));
    let rows: Vec<(String, i64, i64)> = query.fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(name, from_ms, to_ms)| (name, Range { from_ms, to_ms })).collect())
}

/// Makes a partition, and moves into it what the default one holds for it; gives how many rows.
async fn make(
    connection: &mut PgConnection,
    size: &Size,
    range: Range,
) -> Result<u64, sqlx::Error> {
    let (parent, name) = (size.table, format!("{}_{}", size.table, Period::name(range.from_ms)));
    // First, so that nothing comes in between the move and the attachment.
    let locked = format!("lock table isobar.{parent}_default in access exclusive mode");
    connection.execute(AssertSqlSafe(locked)).await?;
    // As for the default partition, see the migration: room for twenty updates a row.
    let made = format!(
        "create table isobar.{name} (like isobar.{parent} including defaults including constraints) \
         with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000, \
         autovacuum_vacuum_cost_delay = 0)"
    );
    connection.execute(AssertSqlSafe(made)).await?;
    let bounds =
        [range.from_ms, range.to_ms].map(|at_ms| format!("to_timestamp({at_ms} / 1000.0)"));
    let [from, to] = &bounds;
    let moved = format!(
        "with moved as (delete from isobar.{parent}_default where start >= {from} and start < {to} returning *) \
         insert into isobar.{name} select * from moved"
    );
    let moved = connection.execute(AssertSqlSafe(moved)).await?.rows_affected();
    let attached = format!(
        "alter table isobar.{parent} attach partition isobar.{name} for values from ({from}) to ({to})"
    );
    connection.execute(AssertSqlSafe(attached)).await?;
    Ok(moved)
}

async fn remove(connection: &mut PgConnection, name: &str) -> Result<(), Failure> {
    // Names come from the catalogue, and somebody may have made one by hand.
    let dropped = format!("drop table isobar.\"{}\"", name.replace('"', "\"\""));
    connection.execute(AssertSqlSafe(dropped)).await?;
    let detail = serde_json::json!({ "partition": name }).to_string();
    audit::append(connection, "isobar postgres", "drop partition", &detail).await?;
    Ok(())
}

/// Deletes what is too old from the default partition; gives how many rows stay.
async fn tidy_default(
    connection: &mut PgConnection,
    size: &Size,
    keep_from_ms: i64,
) -> Result<i64, sqlx::Error> {
    let table = format!("isobar.{}_default", size.table);
    let tidied = format!("delete from {table} where start < to_timestamp({keep_from_ms} / 1000.0)");
    connection.execute(AssertSqlSafe(tidied)).await?;
    let count = AssertSqlSafe(format!("select count(*) from {table}"));
    sqlx::query_scalar(count).fetch_one(connection).await
}

/// Deletes records that are too old, some at a time; alerts and incidents themselves stay.
async fn delete_records(
    connection: &mut PgConnection,
    now_ms: i64,
    retention: &Retention,
) -> Result<u64, SinkError> {
    const TABLES: [(&str, &str); 4] = [
        ("finding", "time"),
        ("alert_history", "time"),
        ("incident_history", "time"),
        ("dead_letter", "arrival"),
    ];
    let before_ms = now_ms.saturating_sub(i64::from(retention.records_days) * super::DAY_MS);
    let mut deleted = 0;
    for (table, column) in TABLES {
        let query = format!(
            "delete from isobar.{table} where ctid = any (array(select ctid from isobar.{table} \
             where {column} < to_timestamp({before_ms} / 1000.0) limit 10000))"
        );
        let done = connection.execute(AssertSqlSafe(query)).await;
        let done =
            done.map_err(|error| SinkError::of(&format!("cannot tidy isobar.{table}"), &error))?;
        deleted += done.rows_affected();
    }
    Ok(deleted)
}

//! Which log a database is filled from.
//!
//! **Invariant:** positions only mean something in the log they come from. The log of `isobar up` is gone
//! when its process ends, so `up` begins with empty tables, and only takes a database that is empty or that
//! `up` has filled; a sink on Kafka never takes one that `up` has filled.

use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor};

use crate::connect::Database;
use crate::error::SinkError;

/// A log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A Kafka cluster's.
    Kafka,
    /// One in memory, that begins now.
    Up,
}

/// Everything but the audit log and what was migrated.
const EMPTY: &str = "truncate isobar.sink_position, isobar.resource, isobar.series, isobar.window_1m, \
    isobar.window_5m, isobar.window_15m, isobar.window_1h, isobar.window_1d, isobar.balance, isobar.finding, \
    isobar.alert, isobar.alert_history, isobar.incident, isobar.incident_history, isobar.dead_letter";

/// Makes a database this source's own, or says why it cannot be.
///
/// # Errors
/// When it belongs to the other source, or cannot be asked.
pub async fn claim(database: &Database, source: Source) -> Result<(), SinkError> {
    let doing = format!("cannot prepare {}", database.place());
    let mut connection = database.connect().await?;
    let failed = |error| SinkError::of(&doing, &error);
    let mut transaction = connection.begin().await.map_err(failed)?;
    transaction.execute("lock table isobar.sink_source in exclusive mode").await.map_err(failed)?;
    let owner = owner(&mut transaction).await.map_err(failed)?;
    check(database, source, owner.as_deref())?;
    if source == Source::Up {
        transaction.execute(EMPTY).await.map_err(failed)?;
    }
    let kind = if source == Source::Up { "up" } else { "kafka" };
    let note =
        sqlx::query("insert into isobar.sink_source (kind) values ($1) on conflict do nothing");
    note.bind(kind).execute(&mut *transaction).await.map_err(failed)?;
    transaction.commit().await.map_err(failed)
}

/// Who has filled it, if anybody has; positions from before this was noted are Kafka's.
async fn owner(connection: &mut PgConnection) -> Result<Option<String>, sqlx::Error> {
    let asked = "select coalesce((select kind from isobar.sink_source), \
                 (select 'kafka' from isobar.sink_position limit 1))";
    sqlx::query_scalar(asked).fetch_one(connection).await
}

fn check(database: &Database, source: Source, owner: Option<&str>) -> Result<(), SinkError> {
    let place = database.place();
    match (source, owner) {
        (Source::Up, Some("kafka")) => Err(SinkError::stop(format!(
            "the database {place} is filled from a Kafka cluster, and `isobar up` would empty it; give `up` a \
             database of its own"
        ))),
        (Source::Kafka, Some("up")) => Err(SinkError::stop(format!(
            "the database {place} was filled by `isobar up`, whose log is gone; give the sink a database of its \
             own, or drop the schema isobar in this one"
        ))),
        _ => Ok(()),
    }
}

//! Rows and positions into Postgres, in one transaction.
//!
//! **Invariant:** first each position of the batch is compared with what this sink stored last and moved;
//! if one is not there, nothing of the batch is written. Then come the rows, then the commit. After an error
//! the connection is given up: what became of an unclear commit is told by the positions.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};
use stream::{Offset, TopicPartition};

use crate::batch::{Batch, Move};
use crate::connect::Database;
use crate::error::SinkError;
use crate::partitions::{self, Maintained, Range, Retention, SIZES};
use crate::tables::{Sheet, Statements, sheets, statements};

/// What a batch came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is stored.
    Stored(Report),
    /// Somebody else has moved a position; nothing was written.
    Foreign,
}

/// What was stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Records of the batch.
    pub records: usize,
    /// Rows written by table, in the schema `isobar`; a row that is later than the batch's is left.
    pub rows: Vec<(&'static str, u64)>,
    /// Rows that lie outside of all partitions but the default one, by table.
    pub outside: Vec<(&'static str, u64)>,
}

/// Looking after the partitions of all tables takes no longer.
const MAINTAIN: Duration = Duration::from_secs(120);

/// What Postgres said, or that it gave no answer for so long that none is waited for any longer.
pub(crate) async fn answered<T>(
    doing: &str,
    database: &Database,
    patience: Duration,
    work: impl Future<Output = Result<T, SinkError>>,
) -> Result<T, SinkError> {
    let silent = |_| {
        let (place, seconds) = (database.place(), patience.as_secs());
        SinkError::again(format!("{doing}: Postgres at {place} gave no answer within {seconds} s"))
    };
    tokio::time::timeout(patience, work).await.map_err(silent)?
}

/// A database, with one connection to it.
#[derive(Debug)]
pub struct Store {
    database: Database,
    connection: Option<PgConnection>,
    statements: Vec<Statements>,
    /// The partitions of each size.
    ranges: [Vec<Range>; 5],
}

impl Store {
    /// A store that connects when it is first used.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self { database, connection: None, statements: statements(), ranges: Default::default() }
    }

    /// Every position that is stored.
    ///
    /// # Errors
    /// When Postgres cannot be asked.
    pub async fn positions(&mut self) -> Result<BTreeMap<TopicPartition, Offset>, SinkError> {
        let mut connection = self.take().await?;
        let query =
            sqlx::query_as("select topic, partition, next_offset from isobar.sink_position");
        let rows = query.fetch_all(&mut connection);
        let rows: Vec<(String, i32, i64)> = self.within("cannot read the positions", rows).await?;
        self.connection = Some(connection);
        let place = |(topic, partition, next): (String, i32, i64)| {
            (TopicPartition::new(topic, partition), Offset(next))
        };
        Ok(rows.into_iter().map(place).collect())
    }

    /// Stores a batch, or nothing of it.
    ///
    /// # Errors
    /// When it is not stored, or when that is not known: the positions tell.
    pub async fn store(&mut self, batch: &Batch) -> Result<Outcome, SinkError> {
        let mut connection = self.take().await?;
        let outcome = self.transact(&mut connection, batch).await?;
        self.connection = Some(connection);
        Ok(outcome)
    }

    async fn transact(
        &self,
        connection: &mut PgConnection,
        batch: &Batch,
    ) -> Result<Outcome, SinkError> {
        let mut transaction = self.within("cannot begin", connection.begin()).await?;
        if !self.move_positions(&mut transaction, batch).await? {
            self.within("cannot roll back", transaction.rollback()).await?;
            return Ok(Outcome::Foreign);
        }
        let mut report =
            Report { records: batch.records, outside: self.outside(batch), ..Report::default() };
        for (statements, sheet) in self.statements.iter().zip(sheets(batch)) {
            if let Some(sheet) = sheet {
                let written = self.write(&mut transaction, statements, sheet).await?;
                report.rows.push((statements.table, written));
            }
        }
        self.within("cannot commit", transaction.commit()).await?;
        Ok(Outcome::Stored(report))
    }

    /// True when every position was what this sink stored last.
    async fn move_positions(
        &self,
        connection: &mut PgConnection,
        batch: &Batch,
    ) -> Result<bool, SinkError> {
        const KNOWN: &str = "update isobar.sink_position as p set next_offset = n.next, \
            arrival = coalesce(to_timestamp(n.arrival / 1000.0), p.arrival), stored_at = clock_timestamp() \
            from unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[], $5::bigint[]) \
                as n (topic, partition, before, next, arrival) \
            where p.topic = n.topic and p.partition = n.partition and p.next_offset = n.before";
        const NEW: &str = "insert into isobar.sink_position (topic, partition, next_offset, arrival, stored_at) \
            select topic, partition, next, to_timestamp(arrival / 1000.0), clock_timestamp() \
            from unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[], $5::bigint[]) \
                as n (topic, partition, before, next, arrival) \
            on conflict do nothing";
        let mut moved = 0;
        for (sql, is_new) in [(KNOWN, false), (NEW, true)] {
            let moves: Vec<_> =
                batch.moves.iter().filter(|(_, to)| to.from.is_none() == is_new).collect();
            if !moves.is_empty() {
                let query = bound(sql, &moves).execute(&mut *connection);
                moved += self.within("cannot move the positions", query).await?.rows_affected();
            }
        }
        Ok(u64::try_from(batch.moves.len()) == Ok(moved))
    }

    async fn write(
        &self,
        connection: &mut PgConnection,
        statements: &Statements,
        sheet: Sheet,
    ) -> Result<u64, SinkError> {
        let doing = format!("cannot write {} rows to isobar.{}", sheet.rows, statements.table);
        let mut copy = self.within(&doing, connection.copy_in_raw(&statements.copy)).await?;
        self.within(&doing, copy.send(sheet.copy)).await?;
        self.within(&doing, copy.finish()).await?;
        let upsert = connection.execute(AssertSqlSafe(statements.upsert.as_str()));
        Ok(self.within(&doing, upsert).await?.rows_affected())
    }

    /// Rows for which there is no partition of their own.
    fn outside(&self, batch: &Batch) -> Vec<(&'static str, u64)> {
        let sizes = SIZES.iter().zip(&batch.rows.windows).zip(&self.ranges);
        let count = |((size, rows), ranges): (
            (&partitions::Size, &crate::fold::Folded<crate::rows::WindowRow>),
            &Vec<Range>,
        )| {
            let is_outside = |start_ms: i64| !ranges.iter().any(|range| range.holds(start_ms));
            let outside = rows.rows().filter(|row| is_outside(row.start_ms())).count();
            (size.table, u64::try_from(outside).unwrap_or(u64::MAX))
        };
        sizes.map(count).filter(|(_, outside)| *outside > 0).collect()
    }

    /// Makes and drops partitions.
    ///
    /// # Errors
    /// When Postgres does not let us; what was done by then stays.
    pub async fn maintain(
        &mut self,
        now_ms: i64,
        retention: &Retention,
    ) -> Result<Maintained, SinkError> {
        let mut connection = self.take().await?;
        let work = partitions::maintain(&mut connection, now_ms, retention);
        let doing = "cannot look after the partitions of tables";
        let maintained = answered(doing, &self.database, MAINTAIN, work).await?;
        self.connection = Some(connection);
        self.ranges.clone_from(&maintained.ranges);
        Ok(maintained)
    }

    /// Notes where partitions end, so that what is left can be seen in the database.
    ///
    /// # Errors
    /// When Postgres cannot be written to.
    pub async fn note_ends(&mut self, ends: &[(TopicPartition, Offset)]) -> Result<(), SinkError> {
        const NOTE: &str = "update isobar.sink_position as p set end_offset = n.next \
            from unnest($1::text[], $2::int[], $3::bigint[]) as n (topic, partition, next) \
            where p.topic = n.topic and p.partition = n.partition";
        let mut connection = self.take().await?;
        let topics: Vec<_> = ends.iter().map(|(input, _)| input.topic.to_string()).collect();
        let partitions: Vec<_> = ends.iter().map(|(input, _)| input.partition).collect();
        let offsets: Vec<_> = ends.iter().map(|(_, end)| end.0).collect();
        let query = sqlx::query(NOTE).bind(topics).bind(partitions).bind(offsets);
        self.within("cannot note the ends", query.execute(&mut connection)).await?;
        self.connection = Some(connection);
        Ok(())
    }

    /// The connection; whoever does not give it back has given it up.
    async fn take(&mut self) -> Result<PgConnection, SinkError> {
        if let Some(connection) = self.connection.take() {
            return Ok(connection);
        }
        let mut connection = self.database.connect().await?;
        for statements in &self.statements {
            let staged = connection.execute(AssertSqlSafe(statements.stage.as_str()));
            self.within("cannot make a temporary table", staged).await?;
        }
        Ok(connection)
    }

    /// Postgres ends what takes too long; where it stands still itself, we do not wait any longer.
    async fn within<T>(
        &self,
        doing: &str,
        work: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, SinkError> {
        let patience = self.database.patience();
        let work = async { work.await.map_err(|error| SinkError::of(doing, &error)) };
        answered(doing, &self.database, patience, work).await
    }
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>;

fn bound<'q>(sql: &'static str, moves: &[(&TopicPartition, &Move)]) -> Query<'q> {
    let column =
        |of: fn(&Move) -> Option<i64>| moves.iter().map(|(_, to)| of(to)).collect::<Vec<_>>();
    sqlx::query(sql)
        .bind(moves.iter().map(|(input, _)| input.topic.to_string()).collect::<Vec<_>>())
        .bind(moves.iter().map(|(input, _)| input.partition).collect::<Vec<_>>())
        .bind(column(|to| to.from.map(|from| from.0)))
        .bind(column(|to| Some(to.to.0)))
        .bind(column(|to| to.arrival_ms))
}

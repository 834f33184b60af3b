//! The log of who did what: rows that are neither changed nor deleted, each with the hash of the one before.
//!
//! **Invariant:** the hash of a row covers the row and the hash before it, so a row that was changed, put
//! in or taken out of the middle shows. The functions are in the database (`0001_windows.sql`): whoever
//! adds a row, by whatever program, adds to one chain.

use sqlx::postgres::PgConnection;

use crate::error::SinkError;

/// Adds a row, in the transaction that is open on this connection, and gives its sequence. `detail` is JSON.
///
/// # Errors
/// When it cannot be written.
pub async fn append(
    connection: &mut PgConnection,
    actor: &str,
    action: &str,
    detail: &str,
) -> Result<i64, SinkError> {
    let query = sqlx::query_scalar("select isobar.audit_append($1, $2, $3::jsonb)");
    let added = query.bind(actor).bind(action).bind(detail).fetch_one(connection).await;
    added.map_err(|error| SinkError::of("cannot write to the audit log", &error))
}

/// The sequence of the first row that is not as it was written; `None` while the chain holds.
///
/// # Errors
/// When it cannot be read.
pub async fn first_broken(connection: &mut PgConnection) -> Result<Option<i64>, SinkError> {
    let asked = sqlx::query_scalar("select isobar.audit_broken()").fetch_one(connection).await;
    asked.map_err(|error| SinkError::of("cannot read the audit log", &error))
}

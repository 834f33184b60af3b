//! One connection, with patience that has an end on both sides.
//!
//! **Invariant:** nothing here waits for ever: Postgres ends a statement or a wait for a lock after a while,
//! and where Postgres itself stands still, the caller gives up a little later. The password is never told.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgConnection};

use crate::error::SinkError;

/// Where the database is, and how long it may take.
#[derive(Clone)]
pub struct Database {
    options: PgConnectOptions,
    statement_timeout: Duration,
}

/// A statement that takes longer is ended by Postgres.
pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);
/// Whoever holds a lock for longer is not waited for.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection is made within this, or not.
const CONNECT: Duration = Duration::from_secs(10);

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place())
    }
}

impl Database {
    /// A database by its URL: `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…`.
    ///
    /// # Errors
    /// When it is no such URL; the text is not repeated, for it may hold a password.
    pub fn new(url: &str) -> Result<Self, SinkError> {
        let wrong = || {
            SinkError::stop(
                "this is no URL of a Postgres database; give postgres://USER:PASSWORD@HOST:PORT/DATABASE, with \
                 %40 for an @ within the password",
            )
        };
        if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
            return Err(wrong());
        }
        let options = PgConnectOptions::from_str(url).map_err(|_| wrong())?;
        let options = options.application_name("isobar").disable_statement_logging();
        Ok(Self { options, statement_timeout: STATEMENT_TIMEOUT })
    }

    /// The same, where a statement may take only so long.
    #[must_use]
    pub fn with_statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = timeout;
        self
    }

    /// Where it is, for people.
    #[must_use]
    pub fn place(&self) -> String {
        let options = &self.options;
        let database = options.get_database().unwrap_or(options.get_username());
        format!("{}:{}/{database}", options.get_host(), options.get_port())
    }

    /// A URL for people to type, without the password.
    #[must_use]
    pub fn url_without_password(&self) -> String {
        format!("postgres://{}@{}", self.options.get_username(), self.place())
    }

    /// Longer than Postgres would let it take: then it does not move at all.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.statement_timeout + Duration::from_secs(5)
    }

    /// Connects.
    ///
    /// # Errors
    /// When there is no answer, or it is no.
    pub async fn connect(&self) -> Result<PgConnection, SinkError> {
        let milliseconds = |duration: Duration| duration.as_millis().to_string();
        let options = self.options.clone().options([
            ("statement_timeout", milliseconds(self.statement_timeout)),
            ("lock_timeout", milliseconds(LOCK_TIMEOUT)),
            ("idle_in_transaction_session_timeout", milliseconds(self.patience())),
            // A row is looked up by its key; the compiler of queries only costs time here.
            ("jit", "off".to_owned()),
        ]);
        let doing = format!("cannot connect to Postgres at {}", self.place());
        let connected = tokio::time::timeout(CONNECT, options.connect()).await;
        let silent =
            |_| SinkError::again(format!("{doing}: no answer within {} s", CONNECT.as_secs()));
        connected.map_err(silent)?.map_err(|error| SinkError::of(&doing, &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_never_told() {
        let database = Database::new("postgres://isobar:secret@db.example:6432/metrics").unwrap();
        assert_eq!(format!("{database:?}"), "db.example:6432/metrics");
        for wrong in ["", "db.example", "mysql://a:secret@b/c", "postgres://isobar:sec ret@:x/y:z"]
        {
            let error = Database::new(wrong).unwrap_err();
            assert!(!error.what.contains("sec"), "{error}");
        }
    }
}

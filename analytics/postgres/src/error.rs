//! What an error of Postgres asks for: one table from its code to a reaction.
//!
//! **Invariant:** what may pass by itself is tried again from the stored position; what only a person can
//! mend stops the sink, with a sentence that says how. No text here holds a password.

use sqlx::postgres::PgDatabaseError;

/// What to do after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Wait, connect again, read the positions, go on from there.
    Again,
    /// A person has to do something.
    Stop,
}

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct SinkError {
    /// What it asks for.
    pub reaction: Reaction,
    /// What happened, and how to mend it where somebody has to.
    pub what: String,
}

impl SinkError {
    /// What may pass.
    pub fn again(what: impl Into<String>) -> Self {
        Self { reaction: Reaction::Again, what: what.into() }
    }

    /// What does not.
    pub fn stop(what: impl Into<String>) -> Self {
        Self { reaction: Reaction::Stop, what: what.into() }
    }

    /// An error while doing something.
    #[must_use]
    pub fn of(doing: &str, error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(cause) => {
                let cause = cause.try_downcast_ref::<PgDatabaseError>();
                cause.map_or_else(
                    || Self::stop(format!("{doing}: {error}")),
                    |cause| told(doing, cause),
                )
            }
            sqlx::Error::Io(cause) => Self::again(format!("{doing}: {cause}")),
            // The connection ended in the middle of an answer.
            sqlx::Error::Protocol(cause) => Self::again(format!("{doing}: {cause}")),
            sqlx::Error::Tls(cause) => Self::stop(format!(
                "{doing}: TLS does not work: {cause}; check sslmode and sslrootcert of the database URL"
            )),
            other => Self::stop(format!("{doing}: {other}")),
        }
    }
}

fn told(doing: &str, cause: &PgDatabaseError) -> SinkError {
    let code = cause.code();
    let detail = cause.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
    let what = format!("{doing}: {}{detail} [{code}]", cause.message());
    match reaction(code) {
        Reaction::Again => SinkError::again(what),
        // What Postgres or a migration itself advises knows more than its code.
        Reaction::Stop => {
            SinkError::stop(format!("{what}; {}", cause.hint().unwrap_or(advice(code))))
        }
    }
}

/// The reaction to an SQLSTATE, by its class where its members agree.
fn reaction(code: &str) -> Reaction {
    let class = code.get(..2).unwrap_or_default();
    match (class, code) {
        // Locks and statements that took too long, shutdowns, deadlocks, serialisation.
        (_, "55P03" | "57014" | "57P01" | "57P02" | "57P03" | "57P05" | "40001" | "40P01") => {
            Reaction::Again
        }
        // A standby that is about to be the primary, a primary that is about to be a standby.
        (_, "25006" | "25P03") => Reaction::Again,
        // Connections; full disks, memory and connections; the system; Postgres' own faults.
        ("08" | "53" | "58" | "XX" | "40", _) => Reaction::Again,
        _ => Reaction::Stop,
    }
}

fn advice(code: &str) -> &'static str {
    let class = code.get(..2).unwrap_or_default();
    match (class, code) {
        ("28", _) => "check user and password of the database URL, and pg_hba.conf",
        ("3D", _) => "make the database, or check its name in the database URL",
        (_, "42501") => {
            "grant this user what docs/postgres.md lists: CREATE and TEMPORARY on the database, and the schema isobar"
        }
        ("3F" | "42", _) => {
            "the tables are not those of this program: do not change them by hand; restore them from a backup, \
             or drop the schema isobar to begin anew from what Kafka keeps"
        }
        ("22" | "23" | "54", _) => {
            "a record does not fit its table, which this program should have seen: report it as a bug"
        }
        _ => "see Postgres' log",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_tried_again_and_the_rest_stops() {
        let again = [
            "57P01", "53100", "53300", "08006", "40P01", "55P03", "57014", "25006", "58030",
            "XX000",
        ];
        for code in again {
            assert_eq!(reaction(code), Reaction::Again, "{code}");
        }
        for code in ["28P01", "3D000", "42501", "42P01", "22003", "23502", "0A000", ""] {
            assert_eq!(reaction(code), Reaction::Stop, "{code}");
        }
    }
}

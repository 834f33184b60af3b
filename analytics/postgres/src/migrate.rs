//! Migrations, embedded and run at the start.
//!
//! **Invariant:** one process migrates at a time, each migration is a transaction of its own with the note
//! that it was made, and a database that knows more migrations than this program is not touched.

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::postgres::PgConnection;
use sqlx::{Executor, SqlSafeStr};

use crate::connect::Database;
use crate::error::{Reaction, SinkError};

/// A migration: its number, its file, its text.
pub type Script = (i64, &'static str, &'static str);

/// All of them; a test holds the list and the folder together.
pub const SCRIPTS: &[Script] = &[
    (1, "0001_windows.sql", include_str!("../migrations/0001_windows.sql")),
    (2, "0002_grafana.sql", include_str!("../migrations/0002_grafana.sql")),
    (3, "0003_incidents.sql", include_str!("../migrations/0003_incidents.sql")),
];

/// Where it is kept which migrations were made.
const TABLE: &str = "isobar.migration";

/// Brings a database to what this program knows.
///
/// # Errors
/// With the file and the reason where one fails, and when the database is newer than this program.
pub async fn migrate(database: &Database) -> Result<(), SinkError> {
    run(database, SCRIPTS).await
}

/// The same with other scripts, for tests.
///
/// # Errors
/// As for [`migrate`].
pub async fn run(database: &Database, scripts: &[Script]) -> Result<(), SinkError> {
    let mut connection = database.connect().await?;
    prepare(&mut connection, database).await?;
    let made = scripts.iter().map(|(number, file, text)| {
        Migration::new(*number, (*file).into(), MigrationType::Simple, text.into_sql_str(), false)
    });
    let mut migrator = Migrator::with_migrations(made.collect());
    migrator.dangerous_set_table_name(TABLE);
    if !has_schema(&mut connection, database).await? {
        migrator.create_schema("isobar");
    }
    migrator
        .run_direct(None, &mut connection, false)
        .await
        .map_err(|error| told(database, scripts, &error))
}

/// A table of many rows may take longer to change than a statement otherwise may; and a second process
/// waits for the first.
async fn prepare(connection: &mut PgConnection, database: &Database) -> Result<(), SinkError> {
    let patience = "set statement_timeout = '10min'; set lock_timeout = '1min'; set client_min_messages = warning";
    let doing = format!("cannot migrate {}", database.place());
    connection.execute(patience).await.map(drop).map_err(|error| SinkError::of(&doing, &error))
}

/// Who owns the schema need not be allowed to make others.
async fn has_schema(connection: &mut PgConnection, database: &Database) -> Result<bool, SinkError> {
    let asked = sqlx::query_scalar("select to_regnamespace('isobar') is not null")
        .fetch_one(connection)
        .await;
    asked.map_err(|error| SinkError::of(&format!("cannot migrate {}", database.place()), &error))
}

fn told(database: &Database, scripts: &[Script], error: &MigrateError) -> SinkError {
    let place = database.place();
    let file = |version: i64| {
        let script = scripts.iter().find(|(number, ..)| *number == version);
        script.map_or_else(|| format!("number {version}"), |(_, file, _)| (*file).to_owned())
    };
    match error {
        MigrateError::VersionMissing(version) => SinkError::stop(format!(
            "the database {place} has migration {version} and this program knows {} of them: it is older than the \
             database; install the newer program, or restore a backup made by this one",
            scripts.len()
        )),
        MigrateError::VersionMismatch(version) => SinkError::stop(format!(
            "migration {} was made on {place} with another text than this program has: it comes from a build \
             that was never released; use the build that made it, or drop the schema isobar to begin anew",
            file(*version)
        )),
        MigrateError::ExecuteMigration(cause, version) => {
            let doing = format!(
                "migration {} failed on {place}, and nothing of it remains",
                file(*version)
            );
            SinkError::of(&doing, cause)
        }
        MigrateError::Execute(cause) => SinkError::of(&format!("cannot migrate {place}"), cause),
        other => {
            SinkError { reaction: Reaction::Stop, what: format!("cannot migrate {place}: {other}") }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_a_migration() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let files = std::fs::read_dir(folder).unwrap();
        let mut files: Vec<_> =
            files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        files.sort();
        assert_eq!(files, SCRIPTS.iter().map(|(_, file, _)| *file).collect::<Vec<_>>());
        for (place, (number, file, _)) in (1..).zip(SCRIPTS) {
            assert_eq!(*number, place);
            assert!(file.starts_with(&format!("{number:04}_")), "{file}");
        }
    }
}

//! A Postgres with the migrations applied, asked as the role of the dashboards.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use crate::support::{root, stop_with_us};

/// How many rows a table may have and still be read from end to end.
const SCANNED_ROWS_MAX: u32 = 10_000;

/// A database of its own.
pub(super) struct Database {
    url: String,
    /// Asked for once, after it was filled.
    large_tables: OnceLock<BTreeSet<String>>,
}

/// What a query gave.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Database {
    /// Starts one, and migrates it.
    pub(super) fn start() -> Self {
        let database = Self::start_empty();
        let folder = root().join("analytics/postgres/migrations");
        let mut scripts: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        scripts.sort();
        scripts.iter().for_each(|script| database.run_script(script, &[]));
        database
    }

    /// Starts one with nothing in it.
    pub(super) fn start_empty() -> Self {
        let dir =
            tempfile::Builder::new().prefix("isobar-grafana-").tempdir_in("/tmp").unwrap().keep();
        let script = root().join("deploy/dev/postgres");
        let started = Command::new(script).arg("start").arg(&dir).output().unwrap();
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        stop_with_us("postgres", &dir);
        let url = std::fs::read_to_string(dir.join("url")).unwrap().trim().to_owned();
        Self { url, large_tables: OnceLock::new() }
    }

    /// Where the sink finds it.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Runs a file as the owner, in one transaction, with variables of psql.
    pub(super) fn run_script(&self, path: &Path, variables: &[(&str, u32)]) {
        let mut command = self.psql("isobar");
        command.arg("--single-transaction").arg("--file").arg(path);
        for (name, value) in variables {
            command.args(["-v", &format!("{name}={value}")]);
        }
        text(&command.output().unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// Runs a statement as the owner.
    pub(super) fn run(&self, sql: &str) {
        let output = self.psql("isobar").args(["-c", sql]).output().unwrap();
        text(&output).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Asks as Grafana does. What went wrong is in the words of Postgres.
    pub(super) fn ask(&self, sql: &str) -> Result<Answer, String> {
        let output = self.psql("isobar_grafana").args(["--csv", "-c", sql]).output().unwrap();
        let mut records = records(&text(&output)?);
        let columns = if records.is_empty() { Vec::new() } else { records.remove(0) };
        Ok(Answer { columns, rows: records })
    }

    /// The rows of an answer to its owner.
    pub(super) fn ask_as_owner(&self, sql: &str) -> Result<Vec<Vec<String>>, String> {
        let output = self.psql("isobar").args(["--csv", "-t", "-c", sql]).output().unwrap();
        text(&output).map(|csv| records(&csv))
    }

    /// Asks one after the other on one connection, for errors only: which one failed, and how.
    pub(super) fn ask_all(&self, all: &[String]) -> Result<(), (usize, String)> {
        let mut command = self.psql("isobar_grafana");
        for (index, sql) in all.iter().enumerate() {
            command.args(["-c", &format!("\\warn at {index}"), "-c", sql]);
        }
        let output = command.stdout(Stdio::null()).output().unwrap();
        if output.status.success() {
            return Ok(());
        }
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        let reached = error.lines().rev().find_map(|line| line.strip_prefix("at ")?.parse().ok());
        Err((reached.unwrap_or_default(), error))
    }

    /// The tables with many rows that Postgres would read from end to end.
    pub(super) fn scans(&self, sql: &str) -> Result<Vec<String>, String> {
        let answer = self.ask(&format!("explain (format json) {sql}"))?;
        let plan: Value = serde_json::from_str(&answer.rows[0][0]).unwrap();
        let mut read = Vec::new();
        tables_read(&plan, &mut read);
        read.retain(|table| self.large_tables().contains(table));
        Ok(read)
    }

    fn large_tables(&self) -> &BTreeSet<String> {
        self.large_tables.get_or_init(|| {
            let sql = format!("select relname from pg_class where reltuples > {SCANNED_ROWS_MAX}");
            self.ask(&sql).unwrap().rows.into_iter().map(|mut row| row.remove(0)).collect()
        })
    }

    /// How long a query takes on a connection that has asked it before, in milliseconds: the median
    /// of five.
    pub(super) fn median_ms(&self, sql: &str) -> f64 {
        let mut command = self.psql("isobar_grafana");
        command.args(["-c", "\\o /dev/null", "-c", sql, "-c", "\\timing on"]);
        for _ in 0..5 {
            command.args(["-c", sql]);
        }
        let told =
            text(&command.output().unwrap()).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let mut times: Vec<f64> = told.lines().filter_map(milliseconds).collect();
        assert_eq!(times.len(), 5, "{told}");
        times.sort_by(f64::total_cmp);
        times[2]
    }

    fn psql(&self, role: &str) -> Command {
        let mut command = Command::new("psql");
        let url = self.url.replace("isobar@", &format!("{role}@"));
        command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &url]).stdin(Stdio::null());
        command.env("PGTZ", "UTC");
        command
    }
}

/// `Time: 1.234 ms`, and behind it the same in minutes where it is long.
fn milliseconds(line: &str) -> Option<f64> {
    line.strip_prefix("Time: ")?.split(' ').next()?.parse().ok()
}

fn text(output: &Output) -> Result<String, String> {
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout.clone()).unwrap());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Every table that a plan scans without an index.
fn tables_read(plan: &Value, found: &mut Vec<String>) {
    match plan {
        Value::Array(all) => all.iter().for_each(|each| tables_read(each, found)),
        Value::Object(fields) => {
            let scan = fields.get("Node Type").and_then(Value::as_str) == Some("Seq Scan");
            if let (true, Some(Value::String(table))) = (scan, fields.get("Relation Name")) {
                found.push(table.clone());
            }
            fields.values().for_each(|each| tables_read(each, found));
        }
        _ => {}
    }
}

/// The records of a CSV. Quotes may hold commas, line ends, and quotes twice.
fn records(csv: &str) -> Vec<Vec<String>> {
    let (mut all, mut record, mut field, mut quoted) =
        (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = csv.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => field.extend(letters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                record.push(std::mem::take(&mut field));
                all.push(std::mem::take(&mut record));
            }
            letter => field.push(letter),
        }
    }
    all
}

//! Rows in Postgres: how long after its arrival a point is in the count of its minute.
//!
//! **Invariant:** the database is read by its own client, on one connection, so what is seen is what
//! any reader sees. A point is seen when the answer is in: the time of the question and of the
//! interval between two of them are part of its age.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;
use hdrhistogram::Histogram;

use super::feed::series_id;
use super::ledger::{Ledger, now_ms};
use super::report::histogram;
use crate::database::Database;
use crate::windows::rules::{MINUTE_MS, start_of};

const POLL: Duration = Duration::from_millis(200);
/// Ends an answer.
const END: &str = "--end--";

/// What was seen.
pub(super) struct Visible {
    pub(super) latency_ms: Histogram<u64>,
    /// Points of watched series that were seen.
    pub(super) points: u64,
    pub(super) polls: u64,
}

pub(super) fn watch(
    database: &Database,
    ledger: &Arc<Ledger>,
    stop: &Arc<AtomicBool>,
) -> anyhow::Result<JoinHandle<anyhow::Result<Visible>>> {
    let client = Client::connect(database, ledger)?;
    let (ledger, stop) = (Arc::clone(ledger), Arc::clone(stop));
    Ok(std::thread::spawn(move || poll(client, &ledger, &stop)))
}

fn poll(mut client: Client, ledger: &Ledger, stop: &AtomicBool) -> anyhow::Result<Visible> {
    let mut visible = Visible { latency_ms: histogram()?, points: 0, polls: 0 };
    let mut known: BTreeMap<(u32, i64), usize> = BTreeMap::new();
    // What is there already came at a time that nobody saw.
    for (name, count) in client.ask()? {
        known.insert(name, count);
    }
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(POLL);
        let rows = client.ask()?;
        let seen_ms = now_ms();
        visible.polls += 1;
        for ((number, minute), count) in rows {
            let known = known.entry((number, minute)).or_default();
            for arrival_ms in ledger.arrivals(number, minute, *known, count) {
                visible.latency_ms.record(u64::try_from(seen_ms - arrival_ms).unwrap_or(0))?;
                visible.points += 1;
            }
            *known = count.max(*known);
        }
    }
    Ok(visible)
}

/// One connection, kept by `psql`.
struct Client {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Numbers of series by their ids, as Postgres has them.
    numbers: BTreeMap<i64, u32>,
    ids: String,
}

impl Client {
    fn connect(database: &Database, ledger: &Ledger) -> anyhow::Result<Self> {
        let mut child = database.psql().spawn().context("cannot start psql")?;
        let questions = child.stdin.take().context("psql without standard input")?;
        let answers = BufReader::new(child.stdout.take().context("psql without standard output")?);
        let id = |number| (series_id(number).as_u64().cast_signed(), number);
        let numbers: BTreeMap<i64, u32> = ledger.watched().map(id).collect();
        let ids: Vec<String> = numbers.keys().map(i64::to_string).collect();
        Ok(Self { child, questions, answers, numbers, ids: ids.join(",") })
    }

    /// The counts of watched series in the minutes that still change.
    fn ask(&mut self) -> anyhow::Result<Vec<((u32, i64), usize)>> {
        let from_s = (start_of(now_ms(), MINUTE_MS) - 2 * MINUTE_MS) / 1_000;
        let mut question = String::new();
        write!(
            question,
            "select series, extract(epoch from start)::bigint * 1000, count from isobar.window_1m \
             where series in ({}) and start >= to_timestamp({from_s});\n\\echo {END}\n",
            self.ids
        )?;
        self.questions.write_all(question.as_bytes())?;
        self.questions.flush()?;
        let mut rows = Vec::new();
        loop {
            let mut line = String::new();
            let read = self.answers.read_line(&mut line)?;
            anyhow::ensure!(read > 0, "psql has ended: is the table isobar.window_1m there?");
            if line.trim() == END {
                return Ok(rows);
            }
            rows.extend(self.row(line.trim()));
        }
    }

    fn row(&self, line: &str) -> Option<((u32, i64), usize)> {
        let mut fields = line.split('|');
        let number = *self.numbers.get(&fields.next()?.parse().ok()?)?;
        Some(((number, fields.next()?.parse().ok()?), fields.next()?.parse().ok()?))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

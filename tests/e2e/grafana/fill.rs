//! What the dashboards are tried on.
//!
//! **Invariant:** `small` is filled by the services themselves: wire formats go in on Kafka, and nothing
//! writes to the database but the sink. What no service finds yet, findings, alerts and incidents, is put
//! on its topics. Rows are there up to the moment it tells, and statistics for the planner.

use std::ops::Range;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kafka_runtime::plain::PlainProducer;
use loadtest::company::{Company, CompanyConfig, Message};
use stream::{EventTime, Offset, Record};

use super::correlated;
use super::database::Database;
use crate::support::{Cluster, root};

/// How far back the company's messages go: less than the patience of windows, so that none is late.
const PAST_MS: i64 = 240_000;
const STEP_MS: usize = 10;
/// How long the services may take for them.
const PATIENCE: Duration = Duration::from_secs(120);

/// A small company over its last minutes: enough rows in a partition that reading all of it would show.
/// Tells up to when.
pub(super) fn small(database: &Database) -> i64 {
    let cluster = Cluster::start(&["--brokers", "1"]);
    let brokers = cluster.brokers.as_str();
    let made = ["topics", "apply", "--brokers", brokers, "--replicas", "1", "--min-in-sync", "1"];
    assert!(isobar(&made).status().unwrap().success());
    let _services = Services::start(brokers, database);
    let producer = PlainProducer::new(&cluster.settings()).unwrap();
    let mut company = company();
    let since_ms = now_ms() - PAST_MS;
    produce(&producer, &mut company, since_ms..now_ms());
    await_row(database, "select 1 from isobar.window_1m having count(*) > 10500");
    await_row(
        database,
        "select 1 from isobar.v_window_1m where measure = 'failures' and count > 0",
    );
    correlated::produce(&producer, database, now_ms());
    await_row(database, "select 1 from isobar.incident where state = 'open'");
    await_row(database, "select 1 from isobar.balance having sum(dead_letters) > 0");
    // While all that was stored it has gone on: the minute that is over last has its rows.
    let last_ms = now_ms();
    produce(&producer, &mut company, last_ms - 1_000..last_ms);
    await_row(
        database,
        &format!(
            "select 1 from isobar.window_1m where start = date_trunc('minute', to_timestamp({last_ms} / 1000.0)) limit 1"
        ),
    );
    database.run("analyze");
    println!("{}", counts(database));
    last_ms + 60_000
}

/// Ten million rows of one minute: 5,000 series over seven days, each with a row every five minutes.
/// The services would take days for them, so they are written by SQL.
pub(super) fn large(database: &Database) {
    let variables = [("series", 5000), ("days", 7), ("every_minutes", 5)];
    database.run_script(&root().join("tests/e2e/grafana/fill.sql"), &variables);
}

/// Every service on the way from wire formats to rows, in one process.
struct Services(Child);

impl Services {
    fn start(brokers: &str, database: &Database) -> Self {
        let services =
            ["processors", "metric-windows", "event-windows", "group-windows", "postgres"];
        let mut command = isobar(&["run"]);
        command.args(services).args(["--brokers", brokers, "--slot", "a"]);
        command.args(["--database-url", database.url(), "--log", "warn"]);
        command.args(["--admin-address", "127.0.0.1:0"]).stdin(Stdio::null());
        Self(command.spawn().unwrap())
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn isobar(arguments: &[&str]) -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_BIN_EXE_isobar")));
    command.args(arguments).stdout(Stdio::null());
    command
}

fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    since.as_millis().try_into().unwrap()
}

fn company() -> Company {
    let config =
        CompanyConfig { hosts_per_service: 20, webhooks: true, ..CompanyConfig::default() };
    Company::new(1, &config).unwrap()
}

fn produce(producer: &PlainProducer, company: &mut Company, times_ms: Range<i64>) {
    for at_ms in times_ms.step_by(STEP_MS) {
        let message = company.message_at(EventTime(at_ms));
        let Message { topic, partition, key, headers, value, arrival, .. } = message;
        let record = Record { offset: Offset(0), arrival, key, value: Some(value), headers };
        producer.send_record((topic, partition), &record).unwrap();
        producer.serve();
    }
    producer.flush(Duration::from_secs(60)).unwrap();
}

/// Until the question has an answer.
#[track_caller]
fn await_row(database: &Database, sql: &str) {
    let deadline = Instant::now() + PATIENCE;
    // Before the sink has made them there are no tables.
    while database.ask_as_owner(sql).unwrap_or_default().is_empty() {
        if Instant::now() > deadline {
            panic!("nothing after {PATIENCE:?}: {sql}; {}", counts(database));
        }
        std::thread::sleep(Duration::from_millis(250));
    }
}

fn counts(database: &Database) -> String {
    let tables = ["series", "window_1m", "window_5m", "dead_letter", "finding"];
    let count = |table| format!("(select count(*) from isobar.{table}) as {table}");
    let sql = format!("select {}", tables.map(count).join(", "));
    format!("{tables:?}: {:?}", database.ask_as_owner(&sql))
}

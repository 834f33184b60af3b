//! The sink on real Kafka and real Postgres: what is on the topic is in the table, whoever is killed,
//! stopped or restored from a backup in between; and what only a person can mend is said in a sentence.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use analytics_postgres::batch::Batch;
use analytics_postgres::partitions::{Retention, maintain};
use analytics_postgres::source::{Source, claim};
use analytics_postgres::store::{Outcome, Store};
use analytics_postgres::{Database, Reaction, audit, migrate};
use kafka_runtime::plain::PlainProducer;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use stream::{EventTime, Offset, Record, TopicPartition};

use crate::support::{Cluster, root};

const TOPIC: &str = "isobar.aggregates";
const PARTITIONS: u64 = 16;

/// A Postgres of one test.
struct Postgres {
    dir: PathBuf,
    _keep: tempfile::TempDir,
}

impl Postgres {
    fn start() -> Self {
        let keep = tempfile::Builder::new().prefix("isobar-sink-").tempdir_in("/tmp").unwrap();
        let postgres = Self { dir: keep.path().join("server"), _keep: keep };
        postgres.script("start", &[]);
        postgres
    }

    fn script(&self, verb: &str, more: &[&str]) -> String {
        let script = root().join("deploy/dev/postgres");
        let output = Command::new(script).arg(verb).arg(&self.dir).args(more).output().unwrap();
        assert!(output.status.success(), "{verb}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn url(&self) -> String {
        std::fs::read_to_string(self.dir.join("url")).unwrap().trim().to_owned()
    }

    /// The same server, another database or user.
    fn url_of(&self, user: &str, database: &str) -> String {
        let url = self.url();
        let server =
            url.strip_prefix("postgres://isobar@").and_then(|rest| rest.strip_suffix("/isobar"));
        format!("postgres://{user}@{}/{database}", server.unwrap())
    }

    fn ask(&self, sql: &str) -> String {
        self.script("psql", &["-qtAc", sql])
    }

    /// Signals all processes of the server.
    fn signal(&self, signal: Signal) {
        let main = std::fs::read_to_string(self.dir.join("pid")).unwrap().trim().to_owned();
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1));
            let name = entry.file_name().into_string().unwrap_or_default();
            if name == main || parent == Some(&main) {
                kill(Pid::from_raw(name.parse().unwrap()), signal).ok();
            }
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let script = root().join("deploy/dev/postgres");
        drop(Command::new(script).arg("stop").arg(&self.dir).output());
    }
}

/// A sink that does not outlive its test.
struct Sink(Child);

impl Sink {
    fn start(cluster: &Cluster, url: &str, slot: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_isobar"));
        command.args(["run", "postgres", "--brokers", &cluster.brokers, "--slot", slot]);
        command.args(["--admin-address", "127.0.0.1:0", "--log", "warn"]);
        command.env("ISOBAR_DATABASE_URL", url).stdin(Stdio::null()).stdout(Stdio::null());
        Self(command.spawn().unwrap())
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.0.id().try_into().unwrap()), signal).unwrap();
    }

    /// Told to end, it does so in order.
    fn end(mut self) {
        self.signal(Signal::SIGTERM);
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn cluster() -> Cluster {
    let cluster = Cluster::start(&["--brokers", "1"]);
    let made = Command::new(env!("CARGO_BIN_EXE_isobar"))
        .args([
            "topics",
            "apply",
            "--brokers",
            &cluster.brokers,
            "--replicas",
            "1",
            "--min-in-sync",
            "1",
        ])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    cluster
}

fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    since.as_millis().try_into().unwrap()
}

fn aggregate(series: u64, start_ms: i64, revision: u32, position: u64) -> Vec<u8> {
    let time = schemas::time::Time::from_millis(start_ms).unwrap();
    format!(
        r#"{{"specversion":"1.0","type":"isobar.aggregate","schemaversion":"2.0","id":"f55ff16f66f43360266b95db6f8fec01","source":"isobar.analytics","time":"{time}","arrivaltime":"{time}","tenant":"acme","sourceclass":"metric","data":{{"series":"{series:016x}","measure":"m","window_start_ms":{start_ms},"window_size_ms":60000,"state":"provisional","revision":{revision},"position":{{"partition":{},"offset":{position},"row":0}},"statistics":{{"count":{position},"sum":{position}.5}}}}}}"#,
        series % PARTITIONS
    )
    .into_bytes()
}

/// What was written, and what the table should hold: revision and count by series and start.
struct Written<'c> {
    producer: PlainProducer,
    _cluster: &'c Cluster,
    start_ms: i64,
    records: u64,
    expected: BTreeMap<(u64, i64), (u32, u64)>,
}

impl<'c> Written<'c> {
    fn new(cluster: &'c Cluster) -> Self {
        let producer = PlainProducer::new(&cluster.settings()).unwrap();
        let start_ms = now_ms() / 60_000 * 60_000;
        Self { producer, _cluster: cluster, start_ms, records: 0, expected: BTreeMap::new() }
    }

    /// Writes for a while, a few thousand a second.
    fn write_for(&mut self, lasting: Duration) {
        let until = Instant::now() + lasting;
        while Instant::now() < until {
            (0..50).for_each(|_| self.write());
            self.producer.serve();
            std::thread::sleep(Duration::from_millis(10));
        }
        self.producer.flush(Duration::from_secs(60)).unwrap();
    }

    fn write(&mut self) {
        let n = self.records;
        let series = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 997;
        let start_ms = self.start_ms + i64::try_from(n / 20_000).unwrap() * 60_000;
        let row = self.expected.entry((series, start_ms)).or_insert((u32::MAX, 0));
        *row = (row.0.wrapping_add(1), n);
        let value = aggregate(series, start_ms, row.0, n);
        let partition = i32::try_from(series % PARTITIONS).unwrap();
        self.producer.send((TOPIC, partition), None, &value, None).unwrap();
        self.records += 1;
    }

    /// Until the table holds what was written, and nothing else.
    #[track_caller]
    fn await_in(&self, ask: &dyn Fn(&str) -> String) {
        const ROWS: &str = "select series, (extract(epoch from start) * 1000)::bigint, revision, count, sum \
                            from isobar.window_1m order by 1, 2";
        let line = |(&(series, start_ms), &(revision, n)): (&(u64, i64), &(u32, u64))| {
            format!("{series}|{start_ms}|{revision}|{n}|{n}.5")
        };
        let expected = self.expected.iter().map(line).collect::<Vec<_>>().join("\n");
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            let found = ask(ROWS);
            if found == expected {
                break;
            }
            let (found, wanted) = (found.lines().count(), self.expected.len());
            assert!(Instant::now() < deadline, "{found} rows, {wanted} expected, or others");
            std::thread::sleep(Duration::from_millis(200));
        }
        let stored = ask(&format!(
            "select sum(next_offset) from isobar.sink_position where topic = '{TOPIC}'"
        ));
        assert_eq!(stored, self.records.to_string());
    }
}

#[test]
fn rows_are_what_was_written_whoever_is_killed_or_stands_still() {
    let (cluster, postgres) = (cluster(), Postgres::start());
    let url = postgres.url();
    let mut written = Written::new(&cluster);
    let mut sink = Sink::start(&cluster, &url, "a");
    for round in 0..3 {
        written.write_for(Duration::from_secs(2));
        sink.signal(Signal::SIGKILL);
        drop(sink);
        sink = Sink::start(&cluster, &url, "a");
        written.write_for(Duration::from_secs(1));
        if round < 2 {
            postgres.script("kill", &[]);
            written.write_for(Duration::from_secs(1));
            postgres.script("up", &[]);
        }
    }
    written.await_in(&|sql| postgres.ask(sql));
    // A second sink takes half of the partitions; the first one is held up for longer than the group
    // waits, and then goes on with what it had: it must not change anything that has moved on.
    let second = Sink::start(&cluster, &url, "b");
    written.write_for(Duration::from_secs(3));
    sink.signal(Signal::SIGSTOP);
    written.write_for(Duration::from_secs(8));
    sink.signal(Signal::SIGCONT);
    written.write_for(Duration::from_secs(2));
    // Somebody holds the table for longer than a lock is waited for, and the whole server stands still.
    let holder = "begin; lock table isobar.window_1m in exclusive mode; select pg_sleep(7); commit";
    std::thread::scope(|scope| {
        scope.spawn(|| postgres.ask(holder));
        written.write_for(Duration::from_secs(8));
    });
    postgres.signal(Signal::SIGSTOP);
    written.write_for(Duration::from_secs(3));
    postgres.signal(Signal::SIGCONT);
    written.write_for(Duration::from_secs(1));
    written.await_in(&|sql| postgres.ask(sql));
    second.end();
    sink.end();
}

#[test]
fn a_restored_backup_goes_on_from_its_own_position() {
    let (cluster, postgres) = (cluster(), Postgres::start());
    let mut written = Written::new(&cluster);
    let sink = Sink::start(&cluster, &postgres.url(), "a");
    written.write_for(Duration::from_secs(3));
    let dump = postgres.dir.parent().unwrap().join("dump");
    std::thread::scope(|scope| {
        scope
            .spawn(|| run(&["pg_dump", "--format=custom", "--file", text(&dump), &postgres.url()]));
        written.write_for(Duration::from_secs(3));
    });
    written.await_in(&|sql| postgres.ask(sql));
    sink.end();
    postgres.ask("create database restored");
    let restored = postgres.url_of("isobar", "restored");
    run(&["pg_restore", "--exit-on-error", "--dbname", &restored, text(&dump)]);
    let ask = |sql: &str| run(&["psql", &restored, "-qtAc", sql]);
    let of_dump: u64 =
        ask("select coalesce(sum(next_offset), 0) from isobar.sink_position").parse().unwrap();
    assert!(of_dump < written.records, "the dump was made while records came");
    let sink = Sink::start(&cluster, &restored, "a");
    written.write_for(Duration::from_secs(1));
    written.await_in(&ask);
    sink.end();
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn run(command: &[&str]) -> String {
    let output = Command::new(command[0]).args(&command[1..]).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Runs a future to its end.
fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn record(offset: i64, value: Vec<u8>) -> Record {
    let arrival = EventTime(now_ms());
    Record { offset: Offset(offset), arrival, key: None, value: Some(value), headers: Vec::new() }
}

#[test]
fn a_sink_that_was_taken_for_dead_changes_nothing() {
    let postgres = Postgres::start();
    let database = Database::new(&postgres.url()).unwrap();
    let input = TopicPartition::new(TOPIC, 3);
    wait(async {
        migrate::migrate(&database).await.unwrap();
        claim(&database, Source::Kafka).await.unwrap();
        let (mut alive, mut zombie) = (Store::new(database.clone()), Store::new(database.clone()));
        let batch = |from: Option<i64>, offset: i64, position: u64| {
            let mut batch = Batch::default();
            let value = aggregate(3, 60_000, 0, position);
            batch.take(&input, from.map(Offset), &record(offset, value));
            batch
        };
        let is_stored = |outcome| matches!(outcome, Outcome::Stored(_));
        assert!(is_stored(alive.store(&batch(None, 7, 1)).await.unwrap()));
        assert_eq!(zombie.store(&batch(None, 9, 99)).await.unwrap(), Outcome::Foreign);
        assert!(is_stored(alive.store(&batch(Some(8), 20, 2)).await.unwrap()));
        assert_eq!(zombie.store(&batch(Some(8), 30, 99)).await.unwrap(), Outcome::Foreign);
        assert_eq!(
            zombie.positions().await.unwrap(),
            BTreeMap::from([(input.clone(), Offset(21))])
        );
        // An earlier input position changes no row, even where the log gives it again behind.
        assert!(is_stored(alive.store(&batch(Some(21), 22, 1)).await.unwrap()));
    });
    assert_eq!(postgres.ask("select count from isobar.window_1m"), "2");
    assert_eq!(postgres.ask("select next_offset from isobar.sink_position"), "23");
}

#[test]
fn partitions_take_over_from_the_default_one_and_go_when_they_are_old() {
    const DAY_MS: i64 = 86_400_000;
    let postgres = Postgres::start();
    let database = Database::new(&postgres.url()).unwrap();
    let (now_ms, retention) = (now_ms(), Retention::default());
    wait(async {
        migrate::migrate(&database).await.unwrap();
        let mut store = Store::new(database.clone());
        let mut batch = Batch::default();
        let value = aggregate(3, now_ms / 60_000 * 60_000, 0, 1);
        batch.take(&TopicPartition::new(TOPIC, 3), None, &record(0, value));
        let Outcome::Stored(report) = store.store(&batch).await.unwrap() else { panic!() };
        assert_eq!(report.outside, [("window_1m", 1)]);
        let mut connection = database.connect().await.unwrap();
        let first = maintain(&mut connection, now_ms, &retention).await.unwrap();
        assert_eq!((first.moved, first.dropped, first.in_default), (1, 0, [0; 5]));
        assert_eq!(postgres.ask("select count(*) from isobar.window_1m_default"), "0");
        assert_eq!(postgres.ask("select count(*) from isobar.window_1m"), "1");
        let again = maintain(&mut connection, now_ms, &retention).await.unwrap();
        assert_eq!((again.created, again.dropped), (0, 0));
        let later = maintain(&mut connection, now_ms + 20 * DAY_MS, &retention).await.unwrap();
        assert!(later.dropped >= 10, "{later:?}");
        assert_eq!(postgres.ask("select count(*) from isobar.window_1m"), "0");
        assert_eq!(audit::first_broken(&mut connection).await.unwrap(), None);
    });
}

#[test]
fn what_was_done_to_the_audit_log_shows() {
    let postgres = Postgres::start();
    let database = Database::new(&postgres.url()).unwrap();
    wait(async {
        migrate::migrate(&database).await.unwrap();
        let mut connection = database.connect().await.unwrap();
        for number in 1..=4 {
            let detail = format!(r#"{{"number":{number}}}"#);
            assert_eq!(
                audit::append(&mut connection, "ann", "silence", &detail).await.unwrap(),
                number
            );
        }
        assert_eq!(audit::first_broken(&mut connection).await.unwrap(), None);
        postgres.ask("create table kept as table isobar.audit_log");
        for (tampering, shows) in [
            ("update isobar.audit_log set actor = 'bob' where sequence = 3", 3),
            ("delete from isobar.audit_log where sequence = 2", 2),
            ("update isobar.audit_log set sequence = 9 where sequence = 3", 3),
        ] {
            let script = root().join("deploy/dev/postgres");
            let plain = Command::new(script)
                .arg("psql")
                .arg(&postgres.dir)
                .args(["-c", tampering])
                .output();
            assert!(!plain.unwrap().status.success(), "the trigger refuses: {tampering}");
            // A superuser can switch triggers off; then it shows.
            let off = "set session_replication_role = replica";
            postgres.ask(&format!("{off}; {tampering}"));
            assert_eq!(
                audit::first_broken(&mut connection).await.unwrap(),
                Some(shows),
                "{tampering}"
            );
            postgres.ask(&format!(
                "{off}; delete from isobar.audit_log; insert into isobar.audit_log table kept"
            ));
            assert_eq!(audit::first_broken(&mut connection).await.unwrap(), None);
        }
    });
}

#[test]
fn a_migration_that_fails_leaves_nothing_and_a_newer_database_is_left_alone() {
    let postgres = Postgres::start();
    let database = Database::new(&postgres.url()).unwrap();
    let broken = [(1, "0001_first.sql", "create table isobar.half (n int); select 1 / 0")];
    let good = [(1, "0001_first.sql", "create table isobar.whole (n int)")];
    wait(async {
        let error = migrate::run(&database, &broken).await.unwrap_err();
        assert!(
            error.what.contains("0001_first.sql failed") && error.what.contains("division by zero"),
            "{error}"
        );
        assert_eq!(postgres.ask("select to_regclass('isobar.half') is null"), "t");
        migrate::run(&database, &good).await.unwrap();
        let error = migrate::run(&database, &[]).await.unwrap_err();
        assert!(error.what.contains("it is older than the database"), "{error}");
        let error = migrate::run(&database, &broken).await.unwrap_err();
        assert!(error.what.contains("another text"), "{error}");
    });
}

#[test]
fn what_only_a_person_can_mend_is_said_in_a_sentence() {
    let postgres = Postgres::start();
    postgres.ask("create user plain; create user locked password 'right'");
    let says = |url: &str, expected: &[&str]| {
        let error = wait(async { migrate::migrate(&Database::new(url)?).await }).unwrap_err();
        assert_eq!(error.reaction, Reaction::Stop, "{error}");
        for expected in expected {
            assert!(error.what.contains(expected), "{expected:?} is not in: {error}");
        }
    };
    says(&postgres.url_of("plain", "isobar"), &["permission denied", "grant this user"]);
    says(&postgres.url_of("isobar", "absent"), &["does not exist", "make the database"]);
    says("mysql://a:secret@b/c", &["this is no URL of a Postgres database"]);
    let rules = "host all locked 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n";
    std::fs::write(postgres.dir.join("data/pg_hba.conf"), rules).unwrap();
    postgres.ask("select pg_reload_conf()");
    let deadline = Instant::now() + Duration::from_secs(20);
    let url = postgres.url_of("locked:wrong", "isobar");
    while wait(Database::new(&url).unwrap().connect()).is_ok() {
        assert!(Instant::now() < deadline, "the new rules are not in force");
        std::thread::sleep(Duration::from_millis(50));
    }
    says(&url, &["password authentication failed", "check user and password"]);
    // The whole program says the same, ends with 1, and keeps the password to itself.
    let ended = Command::new(env!("CARGO_BIN_EXE_isobar"))
        .args(["up", "--for", "2s", "--plain"])
        .env("ISOBAR_DATABASE_URL", &url)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("password authentication failed") && !said.contains("wrong@"), "{said}");
}

#[test]
fn up_fills_a_database_of_its_own_anew_each_time() {
    let postgres = Postgres::start();
    let up = |url: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_isobar"));
        command.args(["up", "--for", "5s", "--plain", "--database-url", url]).output().unwrap()
    };
    for _ in 0..2 {
        let ended = up(&postgres.url());
        let said = String::from_utf8_lossy(&ended.stdout);
        assert!(ended.status.success(), "{said}{}", String::from_utf8_lossy(&ended.stderr));
        assert!(said.contains("results: psql postgres://isobar@"), "{said}");
        let told: serde_json::Value =
            said.lines().rev().find_map(|line| serde_json::from_str(line).ok()).unwrap();
        // Every aggregate is a revision of its window, and the latest is in its table.
        let sizes = ["1m", "5m", "15m", "1h", "1d"];
        let tables = sizes.map(|size| format!("select revision from isobar.window_{size}"));
        let stored = format!("select sum(revision + 1) from ({}) as w", tables.join(" union all "));
        assert_eq!(postgres.ask(&stored), told["aggregates"].to_string(), "{told}");
    }
    postgres.ask("update isobar.sink_source set kind = 'kafka'");
    let refused = up(&postgres.url());
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("give `up` a database of its own"));
}

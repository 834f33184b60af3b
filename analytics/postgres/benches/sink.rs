//! From records of the topic to committed rows: how many a second, and who spends the time.
//!
//! Starts a Postgres of its own by `deploy/dev/postgres`, or takes the one whose folder, as that script
//! leaves it, is in `ISOBAR_BENCH_POSTGRES`. Aggregates of 50,000 series: three provisional records and a final one
//! for each minute, as JSON, made before the clock starts. The floor is reading the same bytes as JSON
//! without keeping anything.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark may fail, and prints"
)]

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use analytics_postgres::Database;
use analytics_postgres::reader::{Came, Gap, Reader};
use analytics_postgres::rows::Rows;
use analytics_postgres::sink::{Control, Event, Settings, run};
use analytics_postgres::source::Source;
use stream::{EventTime, LogError, Offset, Record, TopicPartition};

const SERIES: usize = 50_000;
const MINUTES: usize = 3;
const EMISSIONS: usize = 4;
const PARTITIONS: usize = 16;
/// 2026-03-01 12:00 UTC.
const NOON_MS: i64 = 1_772_366_400_000;

/// One record of the topic.
fn aggregate(series: usize, minute: usize, emission: usize, offset: usize) -> Vec<u8> {
    let start_ms = NOON_MS + i64::try_from(minute).unwrap() * 60_000;
    let state = if emission + 1 == EMISSIONS { "final" } else { "provisional" };
    let id = (series as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let value = (series % 977) as f64 + emission as f64 / 7.0;
    let text = format!(
        r#"{{"specversion":"1.0","type":"isobar.aggregate","schemaversion":"2.0","id":"f55ff16f66f43360{id:016x}","source":"isobar.analytics","subject":"checkout","time":"2026-03-01T12:00:00.250Z","arrivaltime":"2026-03-01T12:00:41.007Z","tenant":"acme","sourceclass":"metric","data":{{"series":"{id:016x}","resource":"4b5e57f6eb2f42b9039b3d1e13929295","group":{{"cloud.region":"eu-west-1"}},"measure":"http.server.request.duration","window_start_ms":{start_ms},"window_size_ms":60000,"state":"{state}","revision":{emission},"position":{{"partition":{},"offset":{offset},"row":2}},"statistics":{{"count":{},"sum":{value},"min":{value},"max":{value},"first":{value},"last":{value},"mean":{value},"deviation":301.125}},"quantiles":{{"p50":{value},"p90":{value},"p95":{value},"p99":2870.0}},"rate":0.1,"increase":6.0}}}}"#,
        series % PARTITIONS,
        240 + emission,
    );
    text.into_bytes()
}

/// A log that holds everything already.
struct Prepared {
    inputs: Vec<TopicPartition>,
    records: Vec<Vec<Record>>,
    next: Vec<usize>,
    turn: usize,
    is_assigned: bool,
}

impl Prepared {
    fn new() -> Self {
        let input = |partition| TopicPartition::new("isobar.aggregates", partition);
        let inputs = (0..i32::try_from(PARTITIONS).unwrap()).map(input).collect();
        let mut records: Vec<Vec<Record>> = vec![Vec::new(); PARTITIONS];
        for minute in 0..MINUTES {
            for emission in 0..EMISSIONS {
                for series in 0..SERIES {
                    let of_partition = &mut records[series % PARTITIONS];
                    let place = of_partition.len();
                    of_partition.push(Record {
                        offset: Offset(i64::try_from(place).unwrap()),
                        arrival: EventTime(NOON_MS),
                        key: None,
                        value: Some(aggregate(series, minute, emission, place)),
                        headers: Vec::new(),
                    });
                }
            }
        }
        Self { inputs, records, next: vec![0; PARTITIONS], turn: 0, is_assigned: false }
    }

    fn total(&self) -> usize {
        self.records.iter().map(Vec::len).sum()
    }
}

impl Reader for Prepared {
    fn poll(&mut self, records_max: usize, wait: Duration) -> Result<Came, LogError> {
        if !self.is_assigned {
            self.is_assigned = true;
            return Ok(Came::Assigned(self.inputs.clone()));
        }
        for _ in 0..PARTITIONS {
            self.turn = (self.turn + 1) % PARTITIONS;
            let from = self.next[self.turn];
            let to = (from + records_max.min(500)).min(self.records[self.turn].len());
            if from < to {
                self.next[self.turn] = to;
                let records = self.records[self.turn][from..to].to_vec();
                let records = vec![(self.inputs[self.turn].clone(), records)];
                return Ok(Came::Records { records, reached: Vec::new() });
            }
        }
        std::thread::sleep(wait);
        Ok(Came::Nothing)
    }

    fn start(&mut self, from: &[(TopicPartition, Option<Offset>)]) -> Result<Vec<Gap>, LogError> {
        for (input, at) in from {
            let place = usize::try_from(input.partition).unwrap();
            self.next[place] = usize::try_from(at.map_or(0, |at| at.0)).unwrap();
        }
        Ok(Vec::new())
    }

    fn stop(&mut self, inputs: &[TopicPartition]) -> Result<(), LogError> {
        for input in inputs {
            self.next[usize::try_from(input.partition).unwrap()] = usize::MAX / 2;
        }
        Ok(())
    }

    fn ends(&mut self, inputs: &[TopicPartition]) -> Result<Vec<Offset>, LogError> {
        let end = |input: &TopicPartition| {
            let records = &self.records[usize::try_from(input.partition).unwrap()];
            Offset(i64::try_from(records.len()).unwrap())
        };
        Ok(inputs.iter().map(end).collect())
    }

    fn tell(&mut self, _: &[(TopicPartition, Offset)]) {}

    fn leave(&mut self) {}
}

/// Ends when everything is stored.
struct UntilStored<'s> {
    stored: &'s Cell<usize>,
    total: usize,
}

impl Control for UntilStored<'_> {
    fn is_asked_to_end(&self) -> bool {
        self.stored.get() >= self.total
    }

    fn is_overdue(&self) -> bool {
        false
    }

    fn now_ms(&self) -> i64 {
        NOON_MS
    }
}

/// The private server of this run.
struct Server {
    dir: PathBuf,
    is_ours: bool,
    _keep: Option<tempfile::TempDir>,
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/dev/postgres")
}

impl Server {
    fn start() -> Self {
        if let Ok(dir) = std::env::var("ISOBAR_BENCH_POSTGRES") {
            return Self { dir: dir.into(), is_ours: false, _keep: None };
        }
        let keep = tempfile::Builder::new().prefix("isobar-bench-").tempdir_in("/tmp").unwrap();
        let dir = keep.path().join("server");
        assert!(Command::new(script()).arg("start").arg(&dir).status().unwrap().success());
        Self { dir, is_ours: true, _keep: Some(keep) }
    }

    fn url(&self) -> String {
        std::fs::read_to_string(self.dir.join("url")).unwrap().trim().to_owned()
    }

    fn psql(&self, sql: &str) -> String {
        let output = Command::new(script())
            .arg("psql")
            .arg(&self.dir)
            .args(["-qtAc", sql])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// CPU seconds of the server and of its processes that live.
    fn cpu(&self) -> f64 {
        let main = std::fs::read_to_string(self.dir.join("pid")).unwrap().trim().to_owned();
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        let pids = processes.filter_map(|entry| entry.file_name().into_string().ok());
        pids.filter_map(|pid| stat(&pid))
            .filter(|stat| stat.pid == main || stat.parent == main)
            .map(|stat| stat.cpu)
            .sum()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.is_ours {
            drop(Command::new(script()).arg("stop").arg(&self.dir).status());
        }
    }
}

struct Stat {
    pid: String,
    parent: String,
    cpu: f64,
}

/// A process, by its number or `self`; a hundred ticks are a second on every Linux we know.
fn stat(pid: &str) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<_> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|text| text.parse::<f64>().ok());
    let cpu = (ticks(11)? + ticks(12)?) / 100.0;
    Some(Stat {
        pid: text.split(' ').next()?.to_owned(),
        parent: (*fields.get(1)?).to_owned(),
        cpu,
    })
}

/// Nanoseconds for each record.
fn each(records: &[Vec<Record>], work: &mut dyn FnMut(&Record)) -> f64 {
    let began = Instant::now();
    let mut count = 0;
    for record in records.iter().flatten().take(100_000) {
        work(record);
        count += 1;
    }
    began.elapsed().as_secs_f64() * 1e9 / f64::from(count)
}

fn main() {
    let mut log = Prepared::new();
    let total = log.total();
    let bytes = log.records[0][0].value.as_ref().map_or(0, Vec::len);
    let floor = each(&log.records, &mut |record| {
        let value = record.value.as_deref().unwrap();
        serde_json::from_slice::<serde::de::IgnoredAny>(value).map(drop).unwrap();
    });
    let mut rows = Rows::default();
    let taken = each(&log.records, &mut |record| drop(rows.take(record.value.as_deref())));
    let decoded = each(&log.records, &mut |record| {
        let value = record.value.as_deref().unwrap();
        schemas::codec::decode::<schemas::aggregate::Aggregate>(value).map(drop).unwrap();
    });
    println!(
        "{total} records of {bytes} bytes; JSON floor {floor:.0} ns, whole record {decoded:.0} ns, into a row and folded {taken:.0} ns"
    );

    let server = Server::start();
    let database = Database::new(&server.url()).unwrap();
    let stored = Cell::new(0);
    let (mut batches, mut storing) = (0_u32, Duration::ZERO);
    let settings = Settings::new(Source::Kafka);
    let control = UntilStored { stored: &stored, total };
    let (own, theirs, began) = (stat("self").unwrap().cpu, server.cpu(), Instant::now());
    let mut observe = |event: &Event<'_>| match event {
        Event::Stored(report, took) => {
            stored.set(stored.get() + report.records);
            (batches, storing) = (batches + 1, storing + *took);
        }
        Event::Failed(error, _) | Event::NotMaintained(error) => println!("{error}"),
        _ => {}
    };
    run(&mut log, &database, &settings, &control, &mut observe).unwrap();
    let (seconds, own, theirs) =
        (began.elapsed().as_secs_f64(), stat("self").unwrap().cpu - own, server.cpu() - theirs);
    let rate = total as f64 / seconds;
    println!(
        "{rate:.0} records a second: {total} in {seconds:.2} s, {batches} batches of {:.0} ms",
        storing.as_secs_f64() * 1e3 / f64::from(batches)
    );
    println!(
        "CPU: ours {:.1} us a record, Postgres {:.1} us a record",
        own * 1e6 / total as f64,
        theirs * 1e6 / total as f64
    );
    let count = server.psql(
        "select count(*), count(*) filter (where state = 1 and revision = 3) from isobar.window_1m",
    );
    assert_eq!(count, format!("{0}|{0}", SERIES * MINUTES));
    println!("{}", server.psql("select sum(n_tup_upd) || ' updates, ' || sum(n_tup_hot_upd) || ' of them within their page' from pg_stat_user_tables where relname like 'window_1m%'"));
}

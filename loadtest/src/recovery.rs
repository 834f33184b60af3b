//! How soon work goes on: after a crash in the same slot, after a worker is lost, after an orderly
//! end. Measured from outside, by the offsets that the group commits.
//!
//! The state is `keys` × 5 open one-minute windows. Events are of class audit, whose windows stay
//! open for a quarter of an hour; live events fall into the same five windows, so the number of open
//! windows stays what it is, while the ids remembered for deduplication grow with the input.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::Args;
use kafka_runtime::plain::{GroupOffsets, PlainProducer};
use schemas::source_class::SourceClass;
use schemas::topic;
use serde::Serialize;
use stream::{EventTime, Offset};

use crate::cluster::Cluster;
use crate::generate::{ClassShare, Config, Generator};
use crate::output::note;
use crate::subject::Subject;
use crate::workers::{Restores, Workers, find_binary};

/// One measurement of recovery.
#[derive(Args, Clone, Debug)]
pub struct RecoveryArgs {
    /// Keys, each with five open windows.
    #[arg(long, default_value_t = 100_000)]
    pub keys: u64,
    /// Records a second that come in meanwhile.
    #[arg(long, default_value_t = 50_000)]
    pub rate: u64,
    /// How often each case is measured.
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// The binary under test.
    #[arg(long)]
    pub binary: Option<PathBuf>,
}

/// One case, in all rounds.
#[derive(Clone, Debug, Serialize)]
pub struct Case {
    /// What happened.
    pub name: String,
    /// Seconds until every partition had committed again, by round.
    pub seconds: Vec<f64>,
    /// What the restores of the last round read.
    pub restores: Restores,
}

impl Case {
    /// A line of the table.
    pub fn line(&self) -> String {
        let mut sorted = self.seconds.clone();
        sorted.sort_by(f64::total_cmp);
        let median = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
        let worst = sorted.last().copied().unwrap_or_default();
        let Restores { tasks, image_bytes, entries, replayed } = &self.restores;
        format!(
            "{:<44} median {median:>5.2} s, worst {worst:>5.2} s; last round: {tasks} tasks restored, {:.1} MB of images, {entries} entries, {replayed} records replayed",
            self.name,
            *image_bytes as f64 / 1e6,
        )
    }
}

const WINDOWS: u64 = 5;
const WINDOW_MS: i64 = 60_000;
/// Where the five windows begin; any minute will do.
const START_MS: i64 = 1_767_225_600_000;
/// Work has to go on within this.
const PATIENCE: Duration = Duration::from_secs(60);

type Measure = fn(&mut Bench) -> anyhow::Result<Duration>;

const CASES: [(&str, Measure); 3] = [
    ("kill -9, the same slot started again", Bench::restart),
    ("kill -9, another worker takes over", Bench::take_over),
    ("SIGTERM, another worker takes over", Bench::hand_over),
];

/// Measures the three cases, in every round on a cluster and a state of its own: the ids that are
/// remembered grow with the input, and a later round must not pay for an earlier one.
///
/// # Errors
/// When work does not go on.
pub fn run(arguments: &RecoveryArgs) -> anyhow::Result<Vec<Case>> {
    let case = |(name, _): (&str, Measure)| Case {
        name: name.to_owned(),
        seconds: Vec::new(),
        restores: Restores::default(),
    };
    let mut cases: Vec<Case> = CASES.map(case).into();
    for round in 1..=arguments.rounds {
        note(&format!(
            "round {round} of {}: filling {} keys × {WINDOWS} windows",
            arguments.rounds, arguments.keys
        ));
        run_round(arguments, &mut cases)?;
    }
    Ok(cases)
}

fn run_round(arguments: &RecoveryArgs, cases: &mut [Case]) -> anyhow::Result<()> {
    let binary = find_binary(arguments.binary.as_deref())?;
    let dir = tempfile::Builder::new().prefix("isobar-recovery-").tempdir()?;
    let cluster = Cluster::start(&dir.path().join("kafka"), 1)?;
    cluster.create_topics(Subject::EventCounts)?;
    let mut workers =
        Workers::new(&binary, Subject::EventCounts, &cluster.settings.brokers, dir.path());
    workers.start("w0")?;
    workers.start("w1")?;
    let feed = Feed::start(&cluster, arguments)?;
    let offsets = cluster.offsets(Subject::EventCounts)?;
    feed.await_fill(&offsets)?;
    // Images are cut again and again while input flows; the replay budget bounds their age.
    await_progress(&offsets, Duration::from_secs(10))?;
    let mut bench = Bench { workers, offsets };
    for (case, (name, measure)) in cases.iter_mut().zip(CASES) {
        bench.workers.forget_restores()?;
        let seconds = measure(&mut bench)?.as_secs_f64();
        case.restores = bench.workers.restores()?;
        note(&format!("  {name}: {seconds:.2} s"));
        case.seconds.push(seconds);
        bench.be_two()?;
    }
    feed.stop()
}

struct Bench {
    workers: Workers,
    offsets: GroupOffsets,
}

impl Bench {
    fn restart(&mut self) -> anyhow::Result<Duration> {
        self.workers.kill("w1")?;
        let began = Instant::now();
        self.workers.start("w1")?;
        self.until_all_commit(began)
    }

    fn take_over(&mut self) -> anyhow::Result<Duration> {
        self.workers.kill("w1")?;
        self.until_all_commit(Instant::now())
    }

    fn hand_over(&mut self) -> anyhow::Result<Duration> {
        let began = Instant::now();
        // What the leaving worker still commits on its way out is not the others' work.
        self.workers.leave("w1", Duration::from_secs(30))?;
        self.until_all_commit(began)
    }

    /// Every partition commits beyond where it stood when the worker was gone.
    fn until_all_commit(&self, began: Instant) -> anyhow::Result<Duration> {
        let before = ask(&self.offsets)?;
        loop {
            let now = ask(&self.offsets)?;
            if now.iter().zip(&before).all(|(now, before)| now > before) {
                return Ok(began.elapsed());
            }
            if began.elapsed() > PATIENCE {
                bail!("work did not go on within {PATIENCE:?}: {before:?} then {now:?}");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Two workers again, at work, with images not older than usual.
    fn be_two(&mut self) -> anyhow::Result<()> {
        if !self.workers.slots().contains(&"w1".to_owned()) {
            self.workers.start("w1")?;
        }
        await_progress(&self.offsets, Duration::from_secs(12))
    }
}

/// The group keeps committing for so long.
fn await_progress(offsets: &GroupOffsets, lasting: Duration) -> anyhow::Result<()> {
    let began = Instant::now();
    let mut before = ask(offsets)?;
    let mut moved = Instant::now();
    while began.elapsed() < lasting {
        std::thread::sleep(Duration::from_millis(500));
        let now = ask(offsets)?;
        if now.iter().zip(&before).all(|(now, before)| now > before) {
            (before, moved) = (now, Instant::now());
        } else if moved.elapsed() > PATIENCE {
            bail!("partitions stand still: {before:?}");
        }
    }
    Ok(())
}

/// A coordinator that is just starting does not answer yet.
fn ask(offsets: &GroupOffsets) -> anyhow::Result<Vec<Offset>> {
    let began = Instant::now();
    loop {
        match offsets.ask() {
            Err(_) if began.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(50));
            }
            told => return told.context("cannot see what the group commits"),
        }
    }
}

/// Fills the windows, and then keeps the input coming.
struct Feed {
    thread: std::thread::JoinHandle<anyhow::Result<()>>,
    stop: Arc<AtomicBool>,
    filled: Arc<AtomicBool>,
    fill: u64,
}

impl Feed {
    fn start(cluster: &Cluster, arguments: &RecoveryArgs) -> anyhow::Result<Self> {
        let mut filler = Filler::new(cluster, arguments.keys)?;
        let (stop, filled) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (stopped, fill) = (Arc::clone(&stop), arguments.keys * WINDOWS);
        let is_filled = Arc::clone(&filled);
        let rate = arguments.rate;
        let thread = std::thread::spawn(move || -> anyhow::Result<()> {
            for number in 0..fill {
                filler.send(number)?;
            }
            filler.producer.flush(Duration::from_secs(60))?;
            is_filled.store(true, Ordering::Relaxed);
            let began = Instant::now();
            let mut sent = 0;
            while !stopped.load(Ordering::Relaxed) {
                let due = u64::try_from(began.elapsed().as_micros())? * rate / 1_000_000;
                while sent < due {
                    filler.send(fill + sent)?;
                    sent += 1;
                }
                filler.producer.serve();
                std::thread::sleep(Duration::from_millis(2));
            }
            Ok(filler.producer.flush(Duration::from_secs(60))?)
        });
        Ok(Self { thread, stop, filled, fill })
    }

    fn await_fill(&self, offsets: &GroupOffsets) -> anyhow::Result<()> {
        let began = Instant::now();
        loop {
            let done: i64 = ask(offsets)?.iter().map(|offset| offset.0).sum();
            let all = u64::try_from(done).unwrap_or(0) >= self.fill;
            if all && self.filled.load(Ordering::Relaxed) {
                return Ok(());
            }
            if self.thread.is_finished() || began.elapsed() > 3 * PATIENCE {
                bail!("the windows were not filled: {done} of {} records", self.fill);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn stop(self) -> anyhow::Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow::anyhow!("the producer panicked"))?
    }
}

/// Events about all keys in turn, in each of the windows in turn.
struct Filler {
    producer: PlainProducer,
    generator: Generator,
    keys: u64,
}

impl Filler {
    fn new(cluster: &Cluster, keys: u64) -> anyhow::Result<Self> {
        let audit = ClassShare { class: SourceClass::Audit, weight: 1, disorder_ms: 900_000 };
        let config = Config {
            classes: vec![audit],
            resources: usize::try_from(keys)?,
            duplicate_per_mille: 0,
            ..Config::default()
        };
        let producer = PlainProducer::new(&cluster.settings)?;
        Ok(Self { producer, generator: Generator::new(1, &config)?, keys })
    }

    fn send(&mut self, number: u64) -> anyhow::Result<()> {
        let window = i64::try_from(number / self.keys % WINDOWS)?;
        let time = START_MS + window * WINDOW_MS + i64::try_from(number % 60_000)?;
        // Everything arrives at the end of the last window: no watermark comes near the first.
        let arrival = EventTime(START_MS + 5 * WINDOW_MS);
        let key = usize::try_from(number % self.keys)?;
        let item = self.generator.event_about(key, EventTime(time), arrival)?;
        let to = (topic::EVENTS.name, item.partition);
        Ok(self.producer.send(to, item.key.as_deref(), &item.value, Some(arrival))?)
    }
}

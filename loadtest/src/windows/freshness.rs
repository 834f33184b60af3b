//! How fresh windows are: from the arrival of a point to its row in Postgres, and from the mark that
//! closes a window to its final record on the topic.
//!
//! **Invariants:** points are written on a schedule that waits for nobody, and how far the generator
//! itself fell behind it is told with the result. What is seen is what other readers see: rows by
//! polling a sample of series, records by a reader of committed ones. Nothing is measured while
//! everything starts.

mod feed;
mod ledger;
mod processes;
mod report;
mod rows;
mod topic;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::cluster::Cluster;
use crate::database::{Database, Sink};
use crate::output::note;
use crate::subject::Subject;
use crate::workers::{Workers, find_binary};
use feed::Feed;
use ledger::Ledger;
use processes::Processes;
pub use report::{FreshnessArgs, FreshnessReport};

/// Services join, and series come for the first time.
const WARM_UP: Duration = Duration::from_secs(30);
/// What was written last is still waited for.
const COOL_DOWN: Duration = Duration::from_secs(10);

/// Measures it on servers of its own.
///
/// # Errors
/// When a server does not start, or a process ends by itself.
pub fn run(arguments: &FreshnessArgs) -> anyhow::Result<FreshnessReport> {
    let dir = tempfile::Builder::new().prefix("isobar-freshness-").tempdir()?.keep();
    let report =
        measure(arguments, &dir).with_context(|| format!("the logs are in {}", dir.display()))?;
    std::fs::remove_dir_all(&dir)?;
    Ok(report)
}

fn measure(arguments: &FreshnessArgs, dir: &Path) -> anyhow::Result<FreshnessReport> {
    let binary = find_binary(arguments.binary.as_deref())?;
    let cluster = Cluster::start(&dir.join("kafka"), 1)?;
    cluster.create_topics(Subject::MetricWindows)?;
    cluster.create_other_topics(Subject::MetricWindows)?;
    let database = Database::start(&dir.join("postgres"))?;
    let brokers = &cluster.settings.brokers;
    let mut windows = Workers::new(&binary, Subject::MetricWindows, brokers, dir);
    windows.start("w0")?;
    let mut sink = Sink::start(&binary, brokers, &database, dir, &[])?;
    let ledger = Arc::new(Ledger::new(arguments));
    let stop = Arc::new(AtomicBool::new(false));
    let topic = topic::watch(&cluster.settings, &ledger, &stop)?;
    let feed = Feed::start(&cluster.settings, arguments, &ledger)?;
    std::thread::sleep(WARM_UP);
    let rows = rows::watch(&database, &ledger, &stop)?;
    note("measuring");
    let began = Instant::now();
    let cpu = Processes::of(&cluster.pids()?, &database, windows.pid("w0"), sink.pid());
    while !feed.is_finished() {
        windows.check()?;
        sink.check()?;
        std::thread::sleep(Duration::from_millis(500));
    }
    let used = cpu.used();
    let seconds = began.elapsed().as_secs_f64();
    let fed = feed.join()?;
    std::thread::sleep(COOL_DOWN);
    stop.store(true, Ordering::Relaxed);
    let visible = rows.join().map_err(|_| anyhow::anyhow!("the poller panicked"))??;
    let finals = topic.join().map_err(|_| anyhow::anyhow!("the reader panicked"))??;
    Ok(FreshnessReport::new(seconds, &fed, &visible, &finals, used))
}

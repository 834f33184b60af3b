//! `isobar up`: the services on the log in memory, with generated events, in one process.
//!
//! Nothing is kept. It shows what the services do, with the code that runs them on Kafka.

mod lines;
mod results;
mod source;
mod tally;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use stream::memory::{Cluster, Faults, MemoryLog};
use stream::{Topology, WorkerEvent};

use crate::config::Up;
use crate::output::{self, Format};
use crate::process::Process;
use crate::service::in_up;
use crate::shutdown::Shutdown;
use crate::telemetry::Telemetry;

use lines::{Ending, Lines};
use results::Results;
use source::{Source, Written};
use tally::Tally;

/// What each partition of the log keeps: a bound on memory, and minutes of events.
const RETENTION_BYTES: usize = 8 * 1024 * 1024;
/// A poll of the log in memory does not wait, so a worker rests after one that gave nothing.
const REST: Duration = Duration::from_millis(2);
/// At the end the last events get this long to be processed.
const CATCH_UP: Duration = Duration::from_secs(10);

/// Runs for as long as was asked, or until told to end; then tells what came of it.
///
/// # Errors
/// When a worker fails, or the end was not in order.
pub(crate) async fn up(up: &Up, telemetry: &Telemetry) -> anyhow::Result<()> {
    let cluster = Cluster::new(Faults::default(), 0);
    let tally = Arc::new(Tally::new()?);
    let process = prepare(up, &cluster, &tally, telemetry)?;
    let (shutdown, written) = (process.shutdown(), Written::new(&cluster));
    let names = in_up().map(|service| service.name).collect();
    let source = Source::new(up, names, &written, &process.clock())?;
    let began = Instant::now();
    let generator = spawn("generator", &shutdown, |shutdown| source.run(&shutdown))?;
    let show = Show::new(up, &cluster, &tally, &written);
    let show = spawn("results", &shutdown, |shutdown| Ok(show.run(&shutdown)))?;
    if let Some(lasting) = up.lasting {
        tokio::spawn(end_after(lasting, Arc::clone(&written), shutdown));
    }
    let served = process.serve(REST).await;
    join(generator)?;
    let aggregates = join(show)?.last();
    served?;
    let (sums, unread, events) = (tally.sums(), lag(&written), written.events());
    lines::ending(&Ending { lasted: began.elapsed(), events, unread, aggregates, sums });
    Ok(())
}

/// Topics, and the workers of every service.
fn prepare<'c>(
    up: &'c Up,
    cluster: &Cluster,
    tally: &Arc<Tally>,
    telemetry: &Telemetry,
) -> anyhow::Result<Process<'c, MemoryLog>> {
    cluster.set_retention(RETENTION_BYTES);
    for topic in &schemas::topic::ALL {
        cluster.create_topic(topic.name, usize::try_from(topic.partitions)?);
    }
    let mut process = Process::new(&up.common, telemetry)?;
    for service in in_up() {
        let topology = Arc::new((service.topology)(&up.common.services)?);
        create_state(cluster, &topology);
        for number in 0..up.common.workers {
            let slot = format!("up-{number}");
            let log = cluster.join(&topology, &slot);
            let tally = Arc::clone(tally);
            let listener = move |event: &WorkerEvent<'_>| tally.observe(event);
            process.add(&topology, &slot, log, listener)?;
        }
    }
    Ok(process)
}

/// A task's state has the partition of its input.
fn create_state(cluster: &Cluster, topology: &Topology) {
    for input in topology.inputs.iter().filter(|_| topology.stateful) {
        cluster.create_topic(&topology.state_topic(input), cluster.partitions(input));
    }
}

/// Stops the source, lets the services catch up, and asks for the end.
async fn end_after(lasting: Duration, written: Arc<Written>, shutdown: Shutdown) {
    tokio::time::sleep(lasting).await;
    written.stop();
    let deadline = Instant::now() + CATCH_UP;
    while !(written.is_stopped() && lag(&written) == 0) && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    shutdown.ask();
}

fn lag(written: &Written) -> u64 {
    in_up().map(|service| written.lag(service.name)).max().unwrap_or(0)
}

/// A thread that asks for the end of the process when it fails.
fn spawn<T: Send + 'static>(
    name: &str,
    shutdown: &Shutdown,
    work: impl FnOnce(Shutdown) -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<JoinHandle<anyhow::Result<T>>> {
    let (for_work, shutdown) = (shutdown.clone(), shutdown.clone());
    let work = move || work(for_work).inspect_err(|_| shutdown.ask());
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    thread.with_context(|| format!("cannot start a thread for the {name}"))
}

fn join<T>(thread: JoinHandle<anyhow::Result<T>>) -> anyhow::Result<T> {
    let name = thread.thread().name().unwrap_or("thread").to_owned();
    thread.join().map_err(|_| anyhow!("the {name} panicked; see the log"))?
}

/// What is printed while it runs.
struct Show {
    lines: Lines,
    results: Results,
    tally: Arc<Tally>,
    written: Arc<Written>,
}

impl Show {
    fn new(up: &Up, cluster: &Cluster, tally: &Arc<Tally>, written: &Arc<Written>) -> Self {
        let colour = up.common.output == Format::Text && !up.plain && output::is_terminal();
        Self {
            lines: Lines::new(up.common.output, colour),
            results: Results::new(cluster),
            tally: Arc::clone(tally),
            written: Arc::clone(written),
        }
    }

    /// A line every second, until the end is asked for.
    fn run(mut self, shutdown: &Shutdown) -> Self {
        let mut next = Instant::now() + Duration::from_secs(1);
        loop {
            shutdown.wait(next.saturating_duration_since(Instant::now()));
            if shutdown.is_asked() {
                return self;
            }
            next += Duration::from_secs(1);
            let lag = lag(&self.written);
            let processed = self.written.records().saturating_sub(lag);
            self.lines.second(&self.tally.sums(), processed, lag);
            if let Some(minute) = self.results.take() {
                self.lines.minute(&minute);
            }
        }
    }

    /// Reads to the end; how many aggregates there were.
    fn last(mut self) -> u64 {
        self.results.take();
        self.results.read()
    }
}

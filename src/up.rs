//! `isobar up`: the services on the log in memory, fed by a small company's messages, in one process.
//!
//! Nothing is kept. It shows what the services do, with the code that runs them on Kafka.

mod alerts;
mod balance;
mod findings;
mod incidents;
mod lines;
mod reading;
mod results;
mod services;
mod source;
mod stories;
mod tally;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use analytics_postgres::source::Source as LogSource;
use anyhow::{Context, anyhow};
use stream::memory::{Cluster, Faults, MemoryLog};
use stream::{Topology, WorkerEvent};

use crate::clock::FastClock;
use crate::config::{Common, Up};
use crate::output::{self, Format};
use crate::process::Process;
use crate::service::SERVICES;
use crate::shutdown::Shutdown;
use crate::sink::{Job, MemoryReader, SinkSettings};
use crate::telemetry::Telemetry;

use alerts::Alerts;
use balance::Balances;
use findings::Findings;
use incidents::Incidents;
use lines::{Ending, Lines};
use results::Results;
use services::Services;
use source::{Source, Written};

/// What each partition of the log keeps: a bound on memory, and minutes of events.
const RETENTION_BYTES: usize = 4 * 1024 * 1024;
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
    let clock = FastClock::start(up.speed);
    let common = in_fast_time(up);
    let (process, services) = prepare(up, &common, &cluster, clock, telemetry)?;
    let (shutdown, written) = (process.shutdown(), Arc::new(Written::default()));
    let source = Source::new(up, &cluster, &services, &written, clock)?;
    let began = Instant::now();
    let generator = spawn("generator", &shutdown, |shutdown| source.run(&shutdown))?;
    let show = Show::new(up, &cluster, &services);
    let show = spawn("results", &shutdown, |shutdown| Ok(show.run(&shutdown)))?;
    if let Some(lasting) = up.lasting {
        let (written, services) = (Arc::clone(&written), Arc::clone(&services));
        let balances = Balances::new(&cluster);
        tokio::spawn(end_after(lasting, written, services, balances, shutdown));
    }
    let served = process.serve(REST).await;
    join(generator)?;
    let ending = join(show)?.last(began.elapsed(), &written);
    served?;
    ending.print();
    if let Some(sink) = &up.sink {
        tell_where(sink, up.common.output);
    }
    Ok(())
}

/// How to look at what was stored.
fn tell_where(sink: &SinkSettings, format: Format) {
    let url = sink.database.url_without_password();
    output::line(&match format {
        Format::Text => format!(
            "results: psql {url} -c 'select start, count(*), sum(count) from isobar.window_1m group by 1 order by 1'"
        ),
        Format::Json => serde_json::json!({ "database": url }).to_string(),
    });
}

/// Intervals are told by the fast clock, and should last as long as they do elsewhere.
fn in_fast_time(up: &Up) -> Common {
    let mut common = up.common.clone();
    common.worker.commit_interval_ms *= i64::from(up.speed);
    common.worker.urgent_interval_ms *= i64::from(up.speed);
    common
}

/// Topics, and the workers of every service.
fn prepare<'c>(
    up: &Up,
    common: &'c Common,
    cluster: &Cluster,
    clock: FastClock,
    telemetry: &Telemetry,
) -> anyhow::Result<(Process<'c, MemoryLog>, Arc<Services>)> {
    cluster.set_retention(RETENTION_BYTES);
    for topic in &schemas::topic::ALL {
        cluster.create_topic(topic.name, usize::try_from(topic.partitions)?);
    }
    let mut process = Process::new(common, telemetry)?.with_clock(clock);
    let mut services = Services::new(cluster);
    for service in SERVICES.iter().filter(|service| service.is_shown) {
        let topology = Arc::new((service.topology)(&common.services)?);
        create_state(cluster, &topology);
        let tally = services.add(&topology, up.speed)?;
        for number in 0..common.workers {
            let slot = format!("up-{number}");
            let log = cluster.join(&topology, &slot);
            let tally = Arc::clone(&tally);
            let listener = move |event: &WorkerEvent<'_>| tally.observe(event);
            process.add(&topology, &slot, log, listener)?;
        }
    }
    if let Some(sink) = &up.sink {
        let reader = Box::new(MemoryReader::new(cluster));
        let job = Job::new(sink, "up-0", LogSource::Up, reader, process.metrics())?;
        process.add_sink(job.with_clock(clock));
    }
    Ok((process, Arc::new(services)))
}

/// A task's state has the partition of its input.
fn create_state(cluster: &Cluster, topology: &Topology) {
    for input in topology.inputs.iter().filter(|_| topology.stateful) {
        cluster.create_topic(&topology.state_topic(input), cluster.partitions(input));
    }
}

/// Stops the source, lets the services catch up, and asks for the end.
async fn end_after(
    lasting: Duration,
    written: Arc<Written>,
    services: Arc<Services>,
    mut balances: Balances,
    shutdown: Shutdown,
) {
    tokio::time::sleep(lasting).await;
    written.stop();
    let deadline = Instant::now() + CATCH_UP;
    let mut is_read = || written.is_stopped() && balances.take().read_until() == written.messages();
    until(deadline, &mut is_read).await;
    let ends = services.ends();
    until(deadline, &mut || services.have_passed(&ends)).await;
    shutdown.ask();
}

async fn until(deadline: Instant, is_so: &mut (dyn FnMut() -> bool + Send)) {
    while !is_so() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
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
    alerts: Alerts,
    findings: Findings,
    incidents: Incidents,
    results: Results,
    balances: Balances,
    services: Arc<Services>,
}

impl Show {
    fn new(up: &Up, cluster: &Cluster, services: &Arc<Services>) -> Self {
        let colour = up.common.output == Format::Text && !up.plain && output::is_terminal();
        Self {
            lines: Lines::new(up.common.output, colour),
            alerts: Alerts::new(cluster),
            findings: Findings::new(cluster),
            incidents: Incidents::new(cluster),
            results: Results::new(cluster),
            balances: Balances::new(cluster),
            services: Arc::clone(services),
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
            if let Some(sums) = self.services.sums(processors::service::NAME) {
                self.lines.second(&sums, self.services.lag());
            }
            if let Some(fired) = self.alerts.take() {
                self.lines.alerts(&fired);
            }
            if let Some(found) = self.findings.take() {
                self.lines.findings(&found);
            }
            self.lines.incidents(&self.incidents.take());
            if let Some(minute) = self.results.take() {
                self.lines.minute(&minute);
            }
        }
    }

    /// Reads to the end, and sums up.
    fn last(mut self, lasted: Duration, written: &Written) -> Ending {
        self.results.take();
        self.alerts.take();
        self.findings.take();
        self.incidents.take();
        Ending {
            format: self.lines.format(),
            lasted,
            messages: written.messages(),
            balance: self.balances.into_ledger(),
            aggregates: self.results.read(),
            findings: self.findings.found(),
            alerts: self.alerts.standing(),
            incidents: self.incidents.standing(),
            stories: written.stories().verdicts(&self.incidents.known()),
            commits: self.services.commits(),
            sums: self.services.sums(processors::service::NAME),
            late: self.services.counted("late"),
        }
    }
}

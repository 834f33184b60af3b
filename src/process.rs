//! One process: its workers with all they get from outside, the admin endpoints, and the end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry_sdk::trace::SdkTracer;
use stream::{Log, Observer, Topology, Worker, WorkerEvent};

use crate::admin::{Admin, Told};
use crate::clock::FastClock;
use crate::config::Common;
use crate::events::{Outage, Reporter};
use crate::fleet::{Ended, Fleet};
use crate::health::{Health, Pulse};
use crate::metrics::{Metrics, WorkerMetrics};
use crate::output::{self, Format};
use crate::shutdown::{Shutdown, Signals};
use crate::sink::Job;
use crate::telemetry::{Telemetry, build};

/// A process that is being put together.
pub(crate) struct Process<'c, L> {
    common: &'c Common,
    shutdown: Shutdown,
    clock: FastClock,
    metrics: Metrics,
    outage: Arc<Outage>,
    tracer: Option<SdkTracer>,
    workers: Vec<Member<L>>,
    works: Vec<(String, Work, Arc<Pulse>)>,
}

/// What runs on a thread of its own until it is told to end, and is no worker.
type Work = Box<dyn FnOnce(&Arc<Pulse>, &Shutdown) -> anyhow::Result<Ended> + Send>;

/// A worker that has not started yet.
struct Member<L> {
    name: String,
    worker: Worker<L>,
    pulse: Arc<Pulse>,
}

impl<'c, L: Log + Send + 'static> Process<'c, L> {
    /// A process without workers.
    ///
    /// # Errors
    /// When it cannot be measured.
    pub(crate) fn new(common: &'c Common, telemetry: &Telemetry) -> anyhow::Result<Self> {
        Ok(Self {
            common,
            shutdown: Shutdown::new(common.grace),
            clock: FastClock::start(1),
            metrics: Metrics::new()?,
            outage: Arc::default(),
            tracer: telemetry.tracer(),
            workers: Vec::new(),
            works: Vec::new(),
        })
    }

    /// The same, in a world whose time is told by another clock.
    pub(crate) fn with_clock(mut self, clock: FastClock) -> Self {
        self.clock = clock;
        self
    }

    /// What asks this process to end.
    pub(crate) fn shutdown(&self) -> Shutdown {
        self.shutdown.clone()
    }

    /// Adds a worker; `listener` hears of its events as well.
    ///
    /// # Errors
    /// When there is one of this service in this slot already.
    pub(crate) fn add(
        &mut self,
        topology: &Arc<Topology>,
        slot: &str,
        log: L,
        mut listener: impl Observer + Send + 'static,
    ) -> anyhow::Result<()> {
        let service = &topology.name;
        let name = format!("{service}/{slot}");
        let pulse = Pulse::new(&name);
        let metrics = WorkerMetrics::new(&self.metrics, service, slot)?;
        let (tracer, outage) = (self.tracer.clone(), Arc::clone(&self.outage));
        let mut reporter = Reporter::new((service, slot), metrics, tracer, outage);
        let observed = Arc::clone(&pulse);
        let observer = move |event: &WorkerEvent<'_>| {
            (&*observed).observe(event);
            reporter.observe(event);
            listener.observe(event);
        };
        let (topology, settings) = (Arc::clone(topology), self.common.worker.clone());
        let clock = Box::new(self.clock);
        let worker = Worker::new(log, topology, settings, clock, Box::new(observer));
        self.workers.push(Member { name, worker, pulse });
        Ok(())
    }

    /// The metrics of this process, for those that are not of a worker.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Adds a sink.
    pub(crate) fn add_sink(&mut self, job: Job) {
        self.add_work(job.name(), move |pulse, shutdown| job.work(pulse, shutdown));
    }

    /// Adds what is no worker: it reads and writes the log in its own way.
    pub(crate) fn add_work(
        &mut self,
        name: String,
        work: impl FnOnce(&Arc<Pulse>, &Shutdown) -> anyhow::Result<Ended> + Send + 'static,
    ) {
        let pulse = Pulse::new(&name);
        self.works.push((name, Box::new(work), pulse));
    }

    /// Runs until it is told to end, or until a worker fails. `rest` is for logs that do not wait.
    ///
    /// # Errors
    /// Why it could not start, or not end in order.
    pub(crate) async fn serve(self, rest: Duration) -> anyhow::Result<()> {
        let signals = Signals::take()?;
        let health = Arc::new(self.health());
        let admin = self.admin(&health).await?;
        tracing::info!(
            version = build::VERSION,
            commit = build::COMMIT,
            workers = self.workers.len() + self.works.len(),
            "started"
        );
        let mut fleet = Fleet::new(self.shutdown);
        for Member { name, worker, pulse } in self.workers {
            fleet.start(name, worker, pulse, rest)?;
        }
        for (name, work, pulse) in self.works {
            fleet.start_work(name, work, pulse)?;
        }
        let watching = tokio::spawn(watch(self.outage));
        let ended = fleet.supervise(signals).await;
        watching.abort();
        if let Some(admin) = admin {
            admin.end().await;
        }
        ended
    }

    fn health(&self) -> Health {
        let workers = self.workers.iter().map(|member| &member.pulse);
        let pulses = workers.chain(self.works.iter().map(|(_, _, pulse)| pulse)).map(Arc::clone);
        let pulses = pulses.collect();
        let (outage, shutdown) = (Arc::clone(&self.outage), self.shutdown.clone());
        Health::new(pulses, outage, shutdown, self.common.stall)
    }

    async fn admin(&self, health: &Arc<Health>) -> anyhow::Result<Option<Admin>> {
        let Some(address) = &self.common.admin_address else { return Ok(None) };
        let told = Told { health: Arc::clone(health), metrics: self.metrics.clone() };
        let admin = Admin::start(address, told).await?;
        let url = format!("http://{}", admin.address);
        output::line(&match self.common.output {
            Format::Text => format!("admin {url}"),
            Format::Json => serde_json::json!({ "admin": url }).to_string(),
        });
        Ok(Some(admin))
    }
}

/// Tells when an outage is over.
async fn watch(outage: Arc<Outage>) {
    let mut tick = tokio::time::interval(Duration::from_millis(200));
    loop {
        tick.tick().await;
        if let Some(away) = outage.settle(Instant::now()) {
            tracing::info!(?away, "the log answers again");
        }
    }
}

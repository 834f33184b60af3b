//! The service `postgres`: what the topics of results hold, in Postgres.
//!
//! It is no topology of the kernel: its state is in Postgres, and so are its positions. The loop is
//! `analytics_postgres::sink::run`; here stands what it reads from and whom it tells.

mod kafka;
mod memory;
mod metrics;
mod report;
mod settings;

use std::sync::Arc;

use analytics_postgres::Database;
use analytics_postgres::partitions::Retention;
use analytics_postgres::reader::Reader;
use analytics_postgres::sink::{Control, Settings};
use analytics_postgres::source::Source;
use schemas::topic;

use crate::clock::FastClock;
use crate::fleet::Ended;
use crate::health::Pulse;
use crate::metrics::Metrics;
use crate::shutdown::Shutdown;

pub(crate) use kafka::KafkaReader;
pub(crate) use memory::MemoryReader;
pub(crate) use settings::{database, retention};

use metrics::SinkMetrics;
use report::Report;

/// Its name on the command line, and its consumer group.
pub(crate) const NAME: &str = "postgres";
/// What it is for, in one sentence.
pub(crate) const DESCRIPTION: &str =
    "puts aggregates, findings, alerts and incidents into Postgres, each once";

/// What it reads.
pub(crate) const TOPICS: [&str; 7] = [
    topic::AGGREGATES.name,
    topic::SERIES.name,
    topic::BALANCE.name,
    topic::SIGNALS.name,
    topic::ALERTS.name,
    topic::INCIDENTS.name,
    topic::DEAD_LETTER.name,
];

/// Where to, and for how long.
#[derive(Clone, Debug)]
pub(crate) struct SinkSettings {
    /// The database.
    pub(crate) database: Database,
    /// How long rows stay.
    pub(crate) retention: Retention,
}

/// A sink that has not started yet.
pub(crate) struct Job {
    reader: Box<dyn Reader + Send>,
    database: Database,
    settings: Settings,
    clock: FastClock,
    slot: String,
    metrics: SinkMetrics,
}

impl Job {
    /// A sink in this slot.
    ///
    /// # Errors
    /// When there is one in this slot already.
    pub(crate) fn new(
        sink: &SinkSettings,
        slot: &str,
        source: Source,
        reader: Box<dyn Reader + Send>,
        metrics: &Metrics,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            reader,
            database: sink.database.clone(),
            settings: Settings { retention: sink.retention, ..Settings::new(source) },
            clock: FastClock::start(1),
            slot: slot.to_owned(),
            metrics: SinkMetrics::new(metrics, slot)?,
        })
    }

    /// The same, in a world whose time is told by another clock.
    pub(crate) fn with_clock(mut self, clock: FastClock) -> Self {
        self.clock = clock;
        self
    }

    /// Its name among the threads.
    pub(crate) fn name(&self) -> String {
        format!("{NAME}/{}", self.slot)
    }

    /// Works until told to end.
    ///
    /// # Errors
    /// When a person has to act.
    pub(crate) fn work(self, pulse: &Arc<Pulse>, shutdown: &Shutdown) -> anyhow::Result<Ended> {
        let Self { mut reader, database, settings, clock, slot, metrics } = self;
        let mut report = Report::new(&slot, metrics, Arc::clone(pulse), database.place());
        let control = Told { shutdown, clock };
        analytics_postgres::sink::run(&mut *reader, &database, &settings, &control, &mut report)?;
        Ok(if shutdown.is_overdue() { Ended::Overdue } else { Ended::Drained })
    }
}

/// What asks it to end, and tells the time.
struct Told<'t> {
    shutdown: &'t Shutdown,
    clock: FastClock,
}

impl Control for Told<'_> {
    fn is_asked_to_end(&self) -> bool {
        self.shutdown.is_asked()
    }

    fn is_overdue(&self) -> bool {
        self.shutdown.is_overdue()
    }

    fn now_ms(&self) -> i64 {
        stream::Clock::now_us(&self.clock) / 1000
    }
}

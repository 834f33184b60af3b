//! The service `notifier`: what the topic of notifications holds, told to people and tools outside.
//!
//! It is no topology of the kernel: what it does to the world outside cannot be undone, so it is done at
//! least once, with a key. The loop is `notifier::Work`; here stands what it reads from and whom it tells.

mod kafka;
mod metrics;
mod report;

use std::sync::Arc;
use std::time::Duration;

use ::notifier::config::NotifierConfig;
use ::notifier::{Control, Settings, Work};
use correlator::alert::AlertsConfig;
use kafka_runtime::KafkaSettings;
use tracing::{info, warn};

use crate::fleet::Ended;
use crate::health::Pulse;
use crate::metrics::Metrics;
use crate::shutdown::Shutdown;

use kafka::{KafkaReader, KafkaResults};
use metrics::NotifierMetrics;
use report::Report;

pub(crate) use ::notifier::NAME;

/// What it is for, in one sentence.
pub(crate) const DESCRIPTION: &str =
    "tells people and tools outside, each notification at least once with a stable key";

/// Of the time that an orderly end may take, this is kept for the last results and positions.
const LAST_COMMIT: Duration = Duration::from_secs(2);

/// A notifier that has not started yet.
pub(crate) struct Job {
    settings: Settings,
    kafka: KafkaSettings,
    slot: String,
    metrics: NotifierMetrics,
}

impl Job {
    /// A notifier in this slot.
    ///
    /// # Errors
    /// When there is one in this slot already.
    pub(crate) fn new(
        config: &NotifierConfig,
        kafka: KafkaSettings,
        slot: &str,
        grace: Duration,
        metrics: &Metrics,
    ) -> anyhow::Result<Self> {
        let drain = grace.saturating_sub(LAST_COMMIT).max(grace / 2);
        Ok(Self {
            settings: Settings { config: config.clone(), drain },
            kafka,
            slot: slot.to_owned(),
            metrics: NotifierMetrics::new(metrics, slot)?,
        })
    }

    /// Its name among the threads.
    pub(crate) fn name(&self) -> String {
        format!("{NAME}/{}", self.slot)
    }

    /// Who is told, and who would be refused because nobody said how to reach them.
    pub(crate) fn tell_start(&self, alerts: &AlertsConfig) {
        let receivers = &self.settings.config.receivers;
        for (receiver, of) in receivers {
            info!(receiver, channel = ?of.channel(), "a receiver that is told");
        }
        let named = alerts.receivers.iter().map(|of| &of.name);
        for receiver in named.filter(|name| !receivers.contains_key(*name)) {
            warn!(
                receiver,
                "alerts.receivers names it, and notifier.receivers does not: what it is to be told will be refused; add it there"
            );
        }
        if receivers.is_empty() {
            warn!("notifier.receivers is empty: everything there is to tell will be refused");
        }
    }

    /// Works until told to end.
    ///
    /// # Errors
    /// When a person has to act.
    pub(crate) fn work(self, pulse: &Arc<Pulse>, shutdown: &Shutdown) -> anyhow::Result<Ended> {
        let Self { settings, kafka, slot, metrics } = self;
        let mut report = Report::new(&slot, metrics, Arc::clone(pulse));
        let mut reader = KafkaReader::new(kafka.clone(), &slot);
        let mut results = KafkaResults::new(kafka);
        let control = Told { shutdown };
        Work::new((&mut reader, &mut results), &settings, &control, &mut report)?.run()?;
        Ok(if shutdown.is_overdue() { Ended::Overdue } else { Ended::Drained })
    }
}

/// What asks it to end.
struct Told<'t> {
    shutdown: &'t Shutdown,
}

impl Control for Told<'_> {
    fn is_asked_to_end(&self) -> bool {
        self.shutdown.is_asked()
    }

    fn is_overdue(&self) -> bool {
        self.shutdown.is_overdue()
    }
}

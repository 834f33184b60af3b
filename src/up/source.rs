//! A small company's messages, written to the input topics at a rate. What it measured in the last hour lies
//! there already when the services start, as it would on Kafka: detectors need a past. Events of an hour would
//! not fit on the log in memory.
//!
//! **Invariant:** the log keeps only so much, so when the services do not keep up the source holds
//! back; what was not generated is not made up for.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use loadtest::company::{Company, CompanyConfig, Message};
use stream::memory::Cluster;
use stream::{Clock, EventTime, Offset, Record, TopicPartition};

use super::services::Services;
use super::stories::Stories;
use crate::clock::FastClock;
use crate::config::Up;
use crate::shutdown::Shutdown;

/// Messages are written in bundles, so often.
const TICK: Duration = Duration::from_millis(5);
/// A service may be this many records behind: even if all are of one partition, it keeps them.
const LAG_MAX: u64 = 1_000;

/// How much of the past lies on the topics at the start. Alarms need 17 minutes; an hour makes them rare.
const HISTORY_MS: i64 = 3_600_000;
/// Messages of each of its minutes: enough for a point of most series.
const HISTORY_MESSAGES_A_MINUTE: i64 = 60;

/// How far the source has come, for all who compare it with what was processed.
#[derive(Debug, Default)]
pub(super) struct Written {
    messages: AtomicU64,
    /// The source has been told to stop.
    stop: AtomicBool,
    /// It has.
    stopped: AtomicBool,
    /// What the company does on purpose.
    stories: Mutex<Stories>,
}

impl Written {
    /// Messages written so far.
    pub(super) fn messages(&self) -> u64 {
        self.messages.load(Ordering::Relaxed)
    }

    /// What the company did on purpose.
    pub(super) fn stories(&self) -> Stories {
        std::mem::take(&mut *self.stories.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, message: &Message) {
        if message.truth.step.is_some() {
            self.stories.lock().unwrap_or_else(PoisonError::into_inner).note(message);
        }
    }

    /// Asks for no more messages.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// True once the last message is written.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }
}

/// The company, and how fast it works.
#[derive(Debug)]
pub(super) struct Source {
    company: Company,
    cluster: Cluster,
    clock: FastClock,
    written: Arc<Written>,
    services: Arc<Services>,
    rate: u32,
}

impl Source {
    /// A source whose messages begin now.
    ///
    /// # Errors
    /// When the generator is not in order.
    pub(super) fn new(
        up: &Up,
        cluster: &Cluster,
        services: &Arc<Services>,
        written: &Arc<Written>,
        clock: FastClock,
    ) -> anyhow::Result<Self> {
        let config = CompanyConfig { webhooks: true, ..CompanyConfig::default() };
        let mut source = Self {
            company: Company::new(up.seed, &config)?,
            cluster: cluster.clone(),
            clock,
            written: Arc::clone(written),
            services: Arc::clone(services),
            rate: up.rate,
        };
        source.write_history()?;
        Ok(source)
    }

    /// What lies there before anybody reads.
    fn write_history(&mut self) -> anyhow::Result<()> {
        let start_ms = self.clock.now_us() / 1_000 - HISTORY_MS;
        let step_ms = 60_000 / HISTORY_MESSAGES_A_MINUTE;
        for number in 0..HISTORY_MS / step_ms {
            let message = self.company.points_at(EventTime(start_ms + number * step_ms));
            self.write(message)?;
        }
        Ok(())
    }

    /// Writes until told to stop.
    ///
    /// # Errors
    /// When there is no such topic.
    pub(super) fn run(mut self, shutdown: &Shutdown) -> anyhow::Result<()> {
        let mut last = Instant::now();
        let mut owed = 0.0;
        while !shutdown.is_asked() && !self.written.stop.load(Ordering::Relaxed) {
            shutdown.wait(TICK);
            let passed = last.elapsed();
            last += passed;
            owed += passed.as_secs_f64() * f64::from(self.rate);
            let mut room = LAG_MAX.saturating_sub(self.services.lag());
            while owed >= 1.0 && room > 0 {
                let message = self.company.message_at(EventTime(self.clock.now_us() / 1000));
                (owed, room) = (owed - size(&message), room - 1);
                self.write(message)?;
            }
            owed = owed.min(1.0);
        }
        self.written.stopped.store(true, Ordering::Release);
        Ok(())
    }

    fn write(&self, message: Message) -> anyhow::Result<()> {
        self.written.note(&message);
        let Message { topic, partition, key, headers, value, arrival, .. } = message;
        let record = Record { offset: Offset(0), arrival, key, value: Some(value), headers };
        let to = TopicPartition::new(topic, partition);
        let offset = self.cluster.produce(&to, record);
        self.written.messages.fetch_add(1, Ordering::Relaxed);
        offset.map(drop).ok_or_else(|| anyhow::anyhow!("there is no {to}"))
    }
}

/// Events and points; a message with neither counts as one.
fn size(message: &Message) -> f64 {
    let events = u32::try_from(message.truth.events.len()).unwrap_or(u32::MAX);
    let points = u32::try_from(message.truth.points).unwrap_or(u32::MAX);
    f64::from(events.saturating_add(points).max(1))
}

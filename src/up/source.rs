//! Generated events, written to the log at a rate.
//!
//! **Invariant:** the log keeps only so much, so when the services do not keep up the source holds
//! back; what was not generated is not made up for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use loadtest::generate::{Config, Generator, Item};
use schemas::topic::EVENTS;
use stream::memory::Cluster;
use stream::{Clock, EventTime, Offset, Record, TopicPartition};

use crate::clock::WallClock;
use crate::config::Up;
use crate::shutdown::Shutdown;

/// Events are written in bundles, so often.
const TICK: Duration = Duration::from_millis(5);
/// A service may be this many records behind: even if all are of one partition, it keeps them.
const LAG_MAX: u64 = 8_000;
/// Progress marks are written so often, as the stage above would.
const MARK: Duration = Duration::from_secs(1);

/// How far the source has written, for all who compare it with what was processed.
#[derive(Debug)]
pub(super) struct Written {
    cluster: Cluster,
    /// The next offset of each partition.
    next: Vec<(TopicPartition, AtomicI64)>,
    events: AtomicU64,
    /// The source has been told to stop.
    stop: AtomicBool,
    /// It has.
    stopped: AtomicBool,
}

impl Written {
    /// Nothing yet.
    pub(super) fn new(cluster: &Cluster) -> Arc<Self> {
        let partitions = 0..i32::try_from(EVENTS.partitions).unwrap_or(i32::MAX);
        let next = partitions
            .map(|partition| (TopicPartition::new(EVENTS.name, partition), AtomicI64::new(0)));
        Arc::new(Self {
            cluster: cluster.clone(),
            next: next.collect(),
            events: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
        })
    }

    /// Events written so far, marks not included.
    pub(super) fn events(&self) -> u64 {
        self.events.load(Ordering::Relaxed)
    }

    /// Records that a service has not committed yet.
    pub(super) fn lag(&self, service: &str) -> u64 {
        let behind = |(input, next): &(TopicPartition, AtomicI64)| {
            let committed = self.cluster.committed(service, input);
            let Offset(done) = committed.map_or(Offset(0), |(resume_at, _)| resume_at);
            u64::try_from(next.load(Ordering::Relaxed) - done).unwrap_or(0)
        };
        self.next.iter().map(behind).sum()
    }

    /// Records written so far, marks included.
    pub(super) fn records(&self) -> u64 {
        let written = self.next.iter().map(|(_, next)| next.load(Ordering::Relaxed));
        u64::try_from(written.sum::<i64>()).unwrap_or(0)
    }

    /// Asks for no more events.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// True once the last event is written.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    fn write(&self, item: Item) {
        let Item { partition, key, value, arrival } = item;
        let record =
            Record { offset: Offset(0), arrival, key, value: Some(value), headers: Vec::new() };
        let of = |(input, _): &&(TopicPartition, AtomicI64)| input.partition == partition;
        let Some((input, next)) = self.next.iter().find(of) else { return };
        if let Some(offset) = self.cluster.produce(input, record) {
            next.store(offset.next().0, Ordering::Relaxed);
        }
    }
}

/// The generator, and how fast time passes in its world.
#[derive(Debug)]
pub(super) struct Source {
    generator: Generator,
    written: Arc<Written>,
    services: Vec<&'static str>,
    rate: u32,
    /// Stream time from one event to the next.
    step_us: i64,
    now_us: i64,
}

impl Source {
    /// A source whose events begin now.
    ///
    /// # Errors
    /// When the generator is not in order.
    pub(super) fn new(
        up: &Up,
        services: Vec<&'static str>,
        written: &Arc<Written>,
        clock: &WallClock,
    ) -> anyhow::Result<Self> {
        let now_us = clock.now_us();
        let partitions = i32::try_from(EVENTS.partitions)?;
        let start = EventTime(now_us / 1000);
        let config = Config { partitions, start, ..Config::default() };
        Ok(Self {
            generator: Generator::new(up.seed, &config)?,
            written: Arc::clone(written),
            services,
            rate: up.rate,
            step_us: i64::from(up.speed) * 1_000_000 / i64::from(up.rate),
            now_us,
        })
    }

    /// Writes until told to stop.
    ///
    /// # Errors
    /// When an event cannot be written.
    pub(super) fn run(mut self, shutdown: &Shutdown) -> anyhow::Result<()> {
        let (mut last, mut marked) = (Instant::now(), Instant::now());
        let mut owed = 0.0;
        while !shutdown.is_asked() && !self.written.stop.load(Ordering::Relaxed) {
            shutdown.wait(TICK);
            let passed = last.elapsed();
            last += passed;
            owed += passed.as_secs_f64() * f64::from(self.rate);
            let mut room = self.room();
            while owed >= 1.0 && room > 0 {
                (owed, room) = (owed - 1.0, room - 1);
                self.event()?;
            }
            owed = owed.fract();
            if marked.elapsed() >= MARK {
                marked += MARK;
                self.marks()?;
            }
        }
        self.written.stopped.store(true, Ordering::Release);
        Ok(())
    }

    /// How many records may be written before a service is too far behind.
    fn room(&self) -> u64 {
        let lags = self.services.iter().map(|service| self.written.lag(service));
        LAG_MAX.saturating_sub(lags.max().unwrap_or(0))
    }

    fn now(&self) -> EventTime {
        EventTime(self.now_us / 1000)
    }

    fn event(&mut self) -> anyhow::Result<()> {
        self.now_us += self.step_us;
        let event = self.generator.event_at(self.now())?;
        self.written.write(event);
        self.written.events.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn marks(&mut self) -> anyhow::Result<()> {
        let marks = self.generator.marks_at(self.now())?;
        marks.into_iter().for_each(|mark| self.written.write(mark));
        Ok(())
    }
}

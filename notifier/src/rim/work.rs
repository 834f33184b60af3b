//! The loop: reads notifications, hands them to the threads of their receivers, writes what came of them,
//! and commits positions.
//!
//! **Invariant:** a position moves only behind results that are safe. A crash at any moment repeats what had
//! not been committed, with the same keys, and loses nothing.

mod holding;
mod settle;
mod threads;

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver as Inbox, channel};
use std::time::{Duration, Instant};

use schemas::codec;
use schemas::notification::Notification;
use stream::{LogError, Offset, Reaction, Record, TopicPartition};

use super::thread::{News, Order};
use super::world::{Came, Control, Event, Observe, Reader, Results};
use crate::config::NotifierConfig;
use crate::partition::{Lane, Seek};
use crate::queue::Job;
use crate::result::{Outcome, Report};
use holding::Holding;
use settle::Settling;
use threads::Threads;

/// Taken from the log at once.
const RECORDS_MAX: usize = 500;
/// Results of threads are looked at this often, whatever the log brings.
const POLL: Duration = Duration::from_millis(50);
/// Queues are told of this often.
const WATCH: Duration = Duration::from_secs(1);
/// A partition that somebody else wants is kept for this long, so that what is on its way can end.
const RELEASE: Duration = Duration::from_secs(5);

/// What the rim is told to do.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who is told, and how.
    pub config: NotifierConfig,
    /// At the end, what is on its way may take this long.
    pub drain: Duration,
}

/// The notifier at work.
pub struct Work<'w> {
    reader: &'w mut dyn Reader,
    control: &'w dyn Control,
    observe: &'w mut dyn Observe,
    settings: &'w Settings,
    threads: Threads,
    news: Inbox<(String, News)>,
    held: BTreeMap<TopicPartition, Holding>,
    /// Assigned, and not started yet.
    untaken: Vec<TopicPartition>,
    holdings: u64,
    settling: Settling<'w>,
    forgotten: usize,
    gone: usize,
    watched: Option<Instant>,
}

impl std::fmt::Debug for Work<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Work").field("held", &self.held).finish_non_exhaustive()
    }
}

impl<'w> Work<'w> {
    /// A notifier whose threads stand ready.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn new(
        (reader, results): (&'w mut dyn Reader, &'w mut dyn Results),
        settings: &'w Settings,
        control: &'w dyn Control,
        observe: &'w mut dyn Observe,
    ) -> Result<Self, LogError> {
        let (told, news) = channel();
        Ok(Self {
            reader,
            control,
            observe,
            settings,
            threads: Threads::start(&settings.config, &told)?,
            news,
            held: BTreeMap::new(),
            untaken: Vec::new(),
            holdings: 0,
            settling: Settling::new(results),
            forgotten: 0,
            gone: 0,
            watched: None,
        })
    }

    /// Runs until told to end.
    ///
    /// # Errors
    /// When a person has to act.
    pub fn run(mut self) -> Result<(), LogError> {
        while !self.control.is_asked_to_end() {
            self.turn()?;
        }
        self.drain();
        Ok(())
    }

    fn turn(&mut self) -> Result<(), LogError> {
        self.hear();
        let is_settled = self.settle(false);
        let is_read = match self.read() {
            Ok(()) => true,
            Err(error) if error.reaction == Reaction::Stop => return Err(error),
            Err(error) => {
                self.observe.observe(&Event::LogAway(&error));
                std::thread::sleep(POLL);
                false
            }
        };
        self.watch();
        self.observe.observe(&Event::Turned { is_ready: is_settled && is_read });
        Ok(())
    }

    fn read(&mut self) -> Result<(), LogError> {
        self.take_over()?;
        self.seek()?;
        match self.reader.poll(RECORDS_MAX, POLL)? {
            Came::Nothing => self.held.values_mut().for_each(|holding| holding.partition.idle()),
            Came::Assigned(inputs) => self.untaken.extend(inputs),
            Came::Revoked(inputs) => self.revoked(&inputs)?,
            Came::Records { records, reached } => self.records(records, reached)?,
        }
        Ok(())
    }

    fn records(
        &mut self,
        records: Vec<(TopicPartition, Vec<Record>)>,
        reached: Vec<(TopicPartition, Offset)>,
    ) -> Result<(), LogError> {
        for (input, records) in records {
            for record in &records {
                self.record(&input, record)?;
            }
        }
        for (input, next) in reached {
            if let Some(holding) = self.held.get_mut(&input).filter(|of| of.is_left_for.is_none()) {
                holding.reached(next.0);
            }
        }
        Ok(())
    }

    fn record(&mut self, input: &TopicPartition, record: &Record) -> Result<(), LogError> {
        let Some(holding) = self.held.get_mut(input) else { return Ok(()) };
        // Of a reading that was left for another one something may still come.
        if !holding.is_awaited(record.offset.0) {
            return Ok(());
        }
        let value = record.value.as_deref().unwrap_or_default();
        match codec::decode::<Notification>(value) {
            Ok(told) => self.notification(input, record, Box::new(told))?,
            Err(error) => {
                let why = error.to_string();
                self.observe.observe(&Event::Unreadable(input, record.offset, &why));
            }
        }
        if let Some(holding) = self.held.get_mut(input) {
            holding.reached(record.offset.0 + 1);
        }
        Ok(())
    }

    fn notification(
        &mut self,
        input: &TopicPartition,
        record: &Record,
        told: Box<schemas::envelope::Envelope<Notification>>,
    ) -> Result<(), LogError> {
        let (lane, offset) = (Lane::of(&told.data.receiver), record.offset);
        let Some(holding) = self.held.get_mut(input) else { return Ok(()) };
        if holding.was_delivered(offset.0, lane) {
            return self.threads.order(lane, Order::Known(told));
        }
        let thread = self.threads.get_mut(lane);
        let has_room = thread.as_ref().map_or(self.settling.has_room(), |thread| thread.has_room());
        if !holding.partition.take(offset.0, lane, has_room) {
            return Ok(());
        }
        let number = holding.number;
        let Some(thread) = thread else {
            let why = "the configuration's section `notifier` has no such receiver".to_owned();
            let now_ms = super::now_ms();
            let report =
                Report::about(&told, record.arrival.0, (Outcome::Refused, 0, Some(why)), now_ms);
            self.observe.observe(&Event::Told(&report));
            self.settling.add(&report, Some((input.clone(), number, offset.0)));
            return Ok(());
        };
        thread.holds((input.clone(), offset.0), record.arrival.0, value_length(record));
        let job = Job::new((input.clone(), number), offset, record.arrival.0, told);
        self.threads.order(lane, Order::Send(Box::new(job)))
    }

    /// What threads have to tell.
    fn hear(&mut self) {
        while let Ok((receiver, news)) = self.news.try_recv() {
            self.heard(&receiver, news);
        }
    }

    fn heard(&mut self, receiver: &str, news: News) {
        match news {
            News::Ended(ended) => {
                self.observe.observe(&Event::Told(&ended.report));
                let is_over = ended.report.delivery.outcome != Outcome::Delayed;
                let place = (ended.input, ended.holding, ended.offset.0);
                if is_over && let Some(thread) = self.threads.get_mut(Lane::of(receiver)) {
                    thread.ended(&(place.0.clone(), place.2));
                }
                self.settling.add(&ended.report, is_over.then_some(place));
            }
            News::Failed(why) => self.observe.observe(&Event::Failed { receiver, why: &why }),
            News::Breaker(state) => self.observe.observe(&Event::Breaker { receiver, state }),
            News::Resent { alerts, is_taken } => {
                self.observe.observe(&Event::Resent { receiver, alerts, is_taken });
            }
            News::Forgot => self.forgotten += 1,
            News::Gone => self.gone += 1,
        }
    }

    /// Reads on elsewhere, where a receiver that was passed over has room again.
    fn seek(&mut self) -> Result<(), LogError> {
        let threads = &self.threads;
        let has_room = |lane: Lane| threads.has_much_room(lane);
        for (input, holding) in &mut self.held {
            holding.is_left_for = holding.is_left_for.or_else(|| holding.seek(has_room));
            if let Some(Seek(at)) = holding.is_left_for {
                let start = self.reader.start(input, Offset(at))?;
                let missed = holding.began(at, start.0);
                if missed > 0 {
                    self.observe.observe(&Event::Missed(input, missed));
                }
            }
        }
        Ok(())
    }

    fn watch(&mut self) {
        if self.watched.is_some_and(|at| at.elapsed() < WATCH) {
            return;
        }
        self.watched = Some(Instant::now());
        let now_ms = super::now_ms();
        for (receiver, held, oldest_ms) in self.threads.queues(now_ms) {
            self.observe.observe(&Event::Queue { receiver, held, oldest_ms });
        }
    }

    /// Waits for threads, hearing what they tell.
    fn hear_until(&mut self, deadline: Instant, is_done: impl Fn(&Self) -> bool) -> bool {
        while !is_done(self) {
            if Instant::now() >= deadline || self.control.is_overdue() {
                return false;
            }
            if let Ok((receiver, news)) = self.news.recv_timeout(POLL) {
                self.heard(&receiver, news);
            }
            self.observe.observe(&Event::Turned { is_ready: true });
        }
        true
    }

    /// What is on its way may end; then its results and positions are safe, and others may go on.
    fn drain(&mut self) {
        let deadline = Instant::now() + self.settings.drain;
        self.threads.end();
        let threads = self.threads.len();
        let is_done = self.hear_until(deadline, |work| work.gone >= threads);
        self.settle(true);
        if !is_done && let Some(input) = self.held.keys().next() {
            self.observe.observe(&Event::Hurried(input));
        }
        self.reader.leave();
    }
}

fn value_length(record: &Record) -> usize {
    record.value.as_ref().map_or(0, Vec::len)
}

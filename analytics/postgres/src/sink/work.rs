//! The loop on the reading thread.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

use stream::{LogError, Offset, TopicPartition};

use super::gathering::Gathering;
use super::observe::{Event, Observe};
use super::pace::{Backoff, Every};
use super::{Control, Settings};
use crate::error::{Reaction, SinkError};
use crate::reader::{Came, Reader};
use crate::storing::{Reply, Request};

/// A poll that brings nothing takes this long.
const WAIT: Duration = Duration::from_millis(20);
/// Records of one poll.
const POLL_RECORDS: usize = 2_000;
/// Ends are asked for, and positions without records stored, so often.
const LOOK: Duration = Duration::from_secs(5);
/// Partitions of tables are looked after so often.
const MAINTAIN: Duration = Duration::from_secs(600);

/// Where it stands with the positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// They have to be read.
    Unknown,
    /// They were asked for.
    Asked,
    /// Reading goes on from them.
    Known,
}

pub(super) struct Work<'w> {
    reader: &'w mut dyn Reader,
    settings: &'w Settings,
    control: &'w dyn Control,
    observe: &'w mut dyn Observe,
    requests: Sender<Request>,
    replies: Receiver<Reply>,
    /// Since when an answer is waited for.
    asked: Option<Instant>,
    phase: Phase,
    held: BTreeSet<TopicPartition>,
    gathering: Gathering,
    /// When the last record stored had arrived.
    arrival_ms: Option<i64>,
    backoff: Backoff,
    look: Every,
    maintain: Every,
}

impl<'w> Work<'w> {
    pub(super) fn new(
        reader: &'w mut dyn Reader,
        settings: &'w Settings,
        control: &'w dyn Control,
        observe: &'w mut dyn Observe,
        (requests, replies): (Sender<Request>, Receiver<Reply>),
    ) -> Self {
        Self {
            reader,
            settings,
            control,
            observe,
            requests,
            replies,
            asked: None,
            phase: Phase::Unknown,
            held: BTreeSet::new(),
            gathering: Gathering::default(),
            arrival_ms: None,
            backoff: Backoff::new(),
            look: Every::new(LOOK),
            maintain: Every::new(MAINTAIN),
        }
    }

    pub(super) fn run(mut self) -> Result<(), SinkError> {
        while !self.may_end() {
            self.turn()?;
        }
        let ended = self.finish();
        self.reader.leave();
        ended
    }

    fn may_end(&self) -> bool {
        let is_read_out = !self.reader.is_to_be_read_out() || self.control.is_overdue();
        self.control.is_asked_to_end() && is_read_out
    }

    fn turn(&mut self) -> Result<(), SinkError> {
        self.observe.observe(&Event::Turned { is_ready: self.phase == Phase::Known });
        let is_full = self.gathering.records() >= self.settings.records_max;
        // With a full batch at hand there is nothing to do but to wait for the one before it.
        let wait = if is_full && self.asked.is_some() { WAIT } else { Duration::ZERO };
        if let Some(reply) = self.reply(wait) {
            self.take_reply(reply)?;
        }
        if self.asked.is_none() {
            self.ask_next()?;
        }
        if self.gathering.records() < self.settings.records_max { self.read() } else { Ok(()) }
    }

    fn reply(&mut self, wait: Duration) -> Option<Reply> {
        self.asked?;
        if wait.is_zero() {
            self.replies.try_recv().ok()
        } else {
            self.replies.recv_timeout(wait).ok()
        }
    }

    /// The most important thing that is to be done at the database.
    fn ask_next(&mut self) -> Result<(), SinkError> {
        let now_ms = self.control.now_ms();
        if self.phase != Phase::Known {
            if self.backoff.is_over() {
                self.phase = Phase::Asked;
                return self.ask(Request::Positions { now_ms });
            }
            return Ok(());
        }
        if self.is_due() {
            return self.send();
        }
        if self.maintain.is_due() {
            return self.ask(Request::Maintain { now_ms });
        }
        if self.look.is_due() { self.look() } else { Ok(()) }
    }

    fn is_due(&self) -> bool {
        let is_old =
            self.gathering.since().is_some_and(|since| since.elapsed() >= self.settings.linger);
        is_old || self.gathering.records() >= self.settings.records_max
    }

    fn send(&mut self) -> Result<(), SinkError> {
        let batch = self.gathering.send();
        self.arrival_ms =
            batch.moves.values().filter_map(|to| to.arrival_ms).max().or(self.arrival_ms);
        self.ask(Request::Store(Box::new(batch)))
    }

    /// How far behind the log's ends are, for all who want to see it.
    fn look(&mut self) -> Result<(), SinkError> {
        let positions = self.gathering.positions();
        let stored: Vec<_> =
            positions.iter().filter_map(|(input, at)| Some((input.clone(), (*at)?))).collect();
        self.reader.tell(&stored);
        let inputs: Vec<_> = positions.iter().map(|(input, _)| input.clone()).collect();
        let ends = match self.reader.ends(&inputs) {
            Ok(ends) => ends,
            Err(error) => return self.log_failed(&error),
        };
        let left =
            positions.iter().zip(&ends).map(|((_, at), end)| end.0 - at.map_or(0, |at| at.0));
        let records = left.map(|left| left.max(0)).sum();
        let waited = self.arrival_ms.map_or(0, |arrival_ms| self.control.now_ms() - arrival_ms);
        let behind_ms = if records == 0 { 0 } else { waited.max(0) };
        self.observe.observe(&Event::Lag { records, behind_ms });
        // What only moved over the ends of transactions is stored too, or it would look like a lag.
        if self.gathering.records() == 0 && !self.gathering.is_empty() {
            return self.send();
        }
        self.ask(Request::Ends(inputs.into_iter().zip(ends).collect()))
    }

    fn ask(&mut self, request: Request) -> Result<(), SinkError> {
        self.asked = Some(Instant::now());
        let gone = |_| {
            SinkError::stop("the thread that stores has ended; see the log, and report it as a bug")
        };
        self.requests.send(request).map_err(gone)
    }

    fn take_reply(&mut self, reply: Reply) -> Result<(), SinkError> {
        let took = self.asked.take().map_or(Duration::ZERO, |asked| asked.elapsed());
        match reply {
            Reply::Positions(positions) => return self.start(&positions),
            Reply::Stored(report) => {
                self.observe.observe(&Event::Stored(&report, took));
                self.well();
            }
            Reply::Foreign => {
                self.observe.observe(&Event::Foreign);
                return self.forget();
            }
            Reply::Noted => self.well(),
            Reply::Maintained(maintained) => self.observe.observe(&Event::Maintained(&maintained)),
            Reply::NotMaintained(error) if error.reaction == Reaction::Again => {
                self.observe.observe(&Event::NotMaintained(&error));
            }
            Reply::Failed(error) | Reply::NotMaintained(error) => return self.failed(error),
        }
        Ok(())
    }

    fn well(&mut self) {
        if let Some(away) = self.backoff.well() {
            self.observe.observe(&Event::Well(away));
        }
    }

    fn failed(&mut self, error: SinkError) -> Result<(), SinkError> {
        if error.reaction == Reaction::Stop {
            return Err(error);
        }
        let wait = self.backoff.failed();
        self.observe.observe(&Event::Failed(&error, wait));
        self.forget()
    }

    /// Drops what is at hand; nothing is read before the positions are known again.
    fn forget(&mut self) -> Result<(), SinkError> {
        self.phase = Phase::Unknown;
        self.gathering.begin(BTreeMap::new());
        let held: Vec<_> = self.held.iter().cloned().collect();
        let stopped = self.reader.stop(&held);
        stopped.or_else(|error| self.log_failed(&error))
    }

    /// Reads on from the positions.
    fn start(&mut self, stored: &BTreeMap<TopicPartition, Offset>) -> Result<(), SinkError> {
        // Partitions came or went since they were asked for.
        if self.phase != Phase::Asked {
            return Ok(());
        }
        let at = |input: &TopicPartition| (input.clone(), stored.get(input).copied());
        self.gathering.begin(self.held.iter().map(at).collect());
        self.phase = Phase::Known;
        match self.reader.start(&self.gathering.positions()) {
            Ok(gaps) => gaps.iter().for_each(|gap| self.observe.observe(&Event::Missed(gap))),
            Err(error) => {
                self.log_failed(&error)?;
                self.backoff.failed();
                return self.forget();
            }
        }
        Ok(())
    }

    fn read(&mut self) -> Result<(), SinkError> {
        match self.reader.poll(POLL_RECORDS, WAIT) {
            Ok(Came::Nothing) => {}
            Ok(Came::Assigned(inputs)) => {
                self.held.extend(inputs);
                return self.regroup();
            }
            Ok(Came::Revoked(inputs)) => {
                let stopped = self.reader.stop(&inputs);
                self.held.retain(|held| !inputs.contains(held));
                stopped.or_else(|error| self.log_failed(&error))?;
                return self.regroup();
            }
            Ok(Came::Records { records, reached }) => {
                for (input, records) in &records {
                    self.gathering.take(input, records, self.observe);
                }
                self.gathering.reach(&reached);
            }
            Err(error) => return self.log_failed(&error),
        }
        Ok(())
    }

    /// Partitions came or went: what is on its way is waited for, then all begin at what is stored.
    fn regroup(&mut self) -> Result<(), SinkError> {
        self.observe.observe(&Event::Holds(self.held.len()));
        self.forget()
    }

    fn log_failed(&mut self, error: &LogError) -> Result<(), SinkError> {
        if error.reaction == stream::Reaction::Stop {
            return Err(SinkError::stop(error.to_string()));
        }
        self.observe.observe(&Event::LogAway(error));
        Ok(())
    }

    /// Stores what is at hand, if that can be done.
    fn finish(&mut self) -> Result<(), SinkError> {
        while !self.control.is_overdue() {
            if self.asked.is_some() {
                if let Some(reply) = self.reply(WAIT) {
                    self.take_reply(reply)?;
                }
            } else if self.phase == Phase::Known && !self.gathering.is_empty() {
                self.send()?;
            } else {
                return Ok(());
            }
        }
        Ok(())
    }
}

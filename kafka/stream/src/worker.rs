//! The worker loop over any log: poll → process → commit → react.
//!
//! **Invariant:** a batch is resolved before anything else happens. When its outcome is unclear the
//! committed offset decides whether memory keeps or undoes it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::batch::{Batch, Checkpoint};
use crate::events::{Observer, WorkerEvent};
use crate::log::{Change, Log, LogError, Polled, Reaction};
use crate::marks::MarkKeeper;
use crate::pace::{Pace, Rhythm};
use crate::processor::{Bound, Effects};
use crate::record::{Destination, Headers, Offset, Output, Record, TopicPartition};
use crate::restore::restore;
use crate::task::{Task, Verdict};
use crate::time::{Clock, EventTime};
use crate::topology::{ReadUpTo, Topology};

/// When a worker commits, and how much it holds.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A record waits at most this long for its commit to begin.
    pub commit_interval_ms: i64,
    /// At most this often is a commit hurried by something urgent.
    pub urgent_interval_ms: i64,
    /// A batch holds at most this many input records.
    pub batch_records_max: u64,
    /// A batch holds at most about this many output bytes.
    pub batch_bytes_max: usize,
    /// A crash may cost this much replay.
    pub replay_budget_ms: i64,
    /// Progress marks are written this often.
    pub mark_interval_ms: i64,
    /// One poll gives at most this many records.
    pub poll_records_max: usize,
    /// One poll waits at most this long.
    pub poll_wait_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            commit_interval_ms: 10,
            urgent_interval_ms: 5,
            batch_records_max: 50_000,
            batch_bytes_max: 64 * 1024 * 1024,
            replay_budget_ms: 700,
            mark_interval_ms: 1_000,
            poll_records_max: 2_000,
            poll_wait_ms: 50,
        }
    }
}

/// While a task replays, commits of the others are this many times rarer: each keeps the replay
/// waiting for about as long as it processes in between.
const COMMITS_RARER_IN_REPLAY: i64 = 10;
/// The same while the input is far behind: a commit takes some hundred milliseconds however much it
/// holds, and nothing is read meanwhile.
const COMMITS_RARER_BEHIND: i64 = 50;
/// Records that waited for longer than this before they were read will not mind the difference.
const BEHIND_MS: i64 = 5_000;
/// Open cuts go on this often when nothing else commits.
const CUT_INTERVAL_MS: i64 = 100;
/// Pieces of one task are done for so long before what they came to is committed.
const PIECES_US_MAX: i64 = 100_000;
/// Work that needs no record is committed batch after batch for so long before the log is polled again.
const TURN_MS_MAX: i64 = 500;
/// State below the last image is deleted this often at most.
const TRIM_INTERVAL_MS: i64 = 5_000;

/// One worker: its member of the group, its tasks, and the batch that is open.
pub struct Worker<L> {
    log: L,
    topology: Arc<Topology>,
    settings: Settings,
    clock: Box<dyn Clock + Send>,
    observer: Box<dyn Observer + Send>,
    tasks: BTreeMap<TopicPartition, Task>,
    /// Assigned, but not restored yet.
    to_restore: BTreeSet<TopicPartition>,
    /// The one that was tried last.
    restore_tried: Option<TopicPartition>,
    /// Revoked, and released as soon as nothing is open.
    to_release: Vec<TopicPartition>,
    effects: Effects,
    open_since_us: Option<i64>,
    /// Records and pieces of `advance` in the open batch: both fill memory.
    open_work: u64,
    open_records: u64,
    /// The open batch holds a progress mark, so every task's position goes with it.
    open_mark: bool,
    /// A batch whose outcome nobody knows yet.
    unclear: Option<Batch>,
    last_commit_ms: i64,
    last_trim_ms: i64,
    trim: BTreeSet<TopicPartition>,
    pace: Pace,
    marks: MarkKeeper,
    waiting: bool,
    /// The last poll gave nothing.
    idle: bool,
    /// All that the last poll gave had waited for long.
    behind: bool,
}

/// Whether the batch at hand is out of the way, and memory with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flushed {
    /// It committed, or there was none: go on with the records at hand.
    Clean,
    /// Positions were reset: records at hand will be read again.
    Reset,
}

impl<L: std::fmt::Debug> std::fmt::Debug for Worker<L> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker")
            .field("log", &self.log)
            .field("tasks", &self.tasks)
            .finish_non_exhaustive()
    }
}

impl<L: Log> Worker<L> {
    /// A worker that has joined nothing yet; [`Worker::step`] makes it move.
    pub fn new(
        log: L,
        topology: Arc<Topology>,
        settings: Settings,
        clock: Box<dyn Clock + Send>,
        observer: Box<dyn Observer + Send>,
    ) -> Self {
        let now_ms = clock.now_us() / 1000;
        Self {
            pace: Pace::new(settings.replay_budget_ms, now_ms),
            log,
            topology,
            settings,
            clock,
            observer,
            tasks: BTreeMap::new(),
            to_restore: BTreeSet::new(),
            restore_tried: None,
            to_release: Vec::new(),
            effects: Effects::default(),
            open_since_us: None,
            open_work: 0,
            open_records: 0,
            open_mark: false,
            unclear: None,
            last_commit_ms: now_ms,
            last_trim_ms: now_ms,
            trim: BTreeSet::new(),
            marks: MarkKeeper::default(),
            waiting: false,
            idle: false,
            behind: false,
        }
    }

    /// The log below, for whoever has to look at it.
    pub fn log(&self) -> &L {
        &self.log
    }

    /// The tasks at work.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.tasks.values()
    }

    /// True when every assigned partition is restored and has replayed what was committed.
    pub fn is_caught_up(&self) -> bool {
        self.to_restore.is_empty() && self.tasks.values().all(|task| !task.is_replaying())
    }

    /// True when nothing is open, unclear, or waiting to be restored.
    pub fn is_clean(&self) -> bool {
        let open = self.open_since_us.is_some() || self.unclear.is_some();
        !open && self.to_restore.is_empty() && !self.tasks.values().any(Task::is_touched)
    }

    /// True while the log cannot be reached: the caller waits a little before the next step.
    pub fn is_waiting(&self) -> bool {
        self.waiting
    }

    /// True when the last poll gave nothing: over a log that does not wait, the caller rests.
    pub fn is_idle(&self) -> bool {
        self.idle
    }

    /// One round: what came in, and a commit when it is due.
    ///
    /// # Errors
    /// Only errors that a person has to mend.
    pub fn step(&mut self) -> Result<(), LogError> {
        match self.round() {
            Ok(()) => {
                if std::mem::take(&mut self.waiting) {
                    self.observer.observe(&WorkerEvent::Reached);
                }
                Ok(())
            }
            Err(error) => self.react(error),
        }
    }

    fn round(&mut self) -> Result<(), LogError> {
        self.resolve()?;
        if !self.to_release.is_empty() {
            self.release()?;
        }
        let restored = self.restore_next();
        if self.drive_pending()? == Flushed::Reset {
            return restored;
        }
        let polled = self.log.poll(self.settings.poll_records_max, self.wait_ms())?;
        self.idle = polled == Polled::Nothing;
        match polled {
            Polled::Nothing => self.behind = false,
            Polled::Records { records, reached } => {
                self.note_age(&records);
                if self.take(records)? == Flushed::Clean {
                    reached.iter().for_each(|(input, offset)| self.marks.reached(input, *offset));
                }
            }
            Polled::Change(change) => self.change(change)?,
        }
        self.mark()?;
        if self.is_due() {
            self.flush()?;
        }
        self.trim_state();
        // A partition that cannot be restored yet must not hold up the others.
        restored
    }

    fn react(&mut self, error: LogError) -> Result<(), LogError> {
        match error.reaction {
            Reaction::Stop => return Err(error),
            Reaction::Yield => self.yield_all(&error),
            // Whatever can be unclear is held in `unclear`; all else may simply be tried again.
            Reaction::Retry | Reaction::Replay => {
                self.observer.observe(&WorkerEvent::Waiting(&error));
                self.waiting = true;
            }
        }
        Ok(())
    }

    fn note_age(&mut self, polled: &[(TopicPartition, Vec<Record>)]) {
        let arrivals = polled.iter().filter_map(|(_, records)| records.last());
        if let Some(newest) = arrivals.map(|record| record.arrival).max() {
            self.behind = self.now_ms() - newest.0 > BEHIND_MS;
        }
    }

    fn now_ms(&self) -> i64 {
        self.clock.now_us() / 1000
    }

    // === Assignment ===

    fn change(&mut self, change: Change) -> Result<(), LogError> {
        match change {
            Change::Assigned(inputs) => {
                self.observer.observe(&WorkerEvent::Assigned(&inputs));
                self.to_restore.extend(inputs);
                Ok(())
            }
            Change::Revoked(inputs) => {
                self.to_release.extend(inputs);
                self.flush()?;
                self.release()
            }
            Change::Lost(inputs) => {
                self.observer.observe(&WorkerEvent::Lost(&inputs));
                self.to_release.extend(inputs);
                self.release()
            }
        }
    }

    fn release(&mut self) -> Result<(), LogError> {
        if self.unclear.is_some() {
            return Ok(());
        }
        let inputs = self.to_release.clone();
        self.forget(&inputs);
        // What is still open cannot be told from what was open for those: all of it is undone.
        self.undo_open()?;
        self.log.release(&inputs)?;
        self.to_release.clear();
        self.observer.observe(&WorkerEvent::Released(&inputs));
        Ok(())
    }

    fn forget(&mut self, inputs: &[TopicPartition]) {
        for input in inputs {
            self.tasks.remove(input);
            self.to_restore.remove(input);
            self.trim.remove(input);
            self.marks.forget(input);
        }
    }

    fn yield_all(&mut self, error: &LogError) {
        self.observer.observe(&WorkerEvent::Yielded(error));
        self.tasks.clear();
        self.to_restore.clear();
        // What was revoked stays to be released: the group waits for the answer all the same.
        self.trim.clear();
        self.marks.clear();
        self.unclear = None;
        self.clear_open();
    }

    /// Restores one partition, so that the group hears of us between two of them. One that has to
    /// wait, for a dead owner's transaction say, lets the next one try.
    fn restore_next(&mut self) -> Result<(), LogError> {
        let after = self.restore_tried.take();
        let next = self.to_restore.iter().find(|input| after.as_ref() < Some(input));
        let Some(input) = next.or(self.to_restore.first()).cloned() else { return Ok(()) };
        self.restore_tried = Some(input.clone());
        let began_us = self.clock.now_us();
        let (task, restored) = restore(&mut self.log, &self.topology, &input)?;
        self.log.resume(&input, task.settled().resume_at)?;
        self.observer.observe(&WorkerEvent::Restored {
            input: &input,
            restored,
            replay_from: task.settled().resume_at,
            replay_to: task.replay_end(),
            took_us: self.clock.now_us() - began_us,
        });
        if self.topology.marks.is_some() {
            let partitions = self.log.partitions(&input.topic)?;
            self.marks.follow(&input, partitions);
        }
        self.to_restore.remove(&input);
        self.tasks.insert(input, task);
        Ok(())
    }

    // === Records ===

    /// Goes on with pieces of `advance` that a rollback has left to do: they need no new record.
    fn drive_pending(&mut self) -> Result<Flushed, LogError> {
        let pending = self.tasks.values().filter(|task| task.is_pending());
        let inputs: Vec<_> = pending.map(|task| task.input().clone()).collect();
        self.take(inputs.into_iter().map(|input| (input, Vec::new())).collect())
    }

    fn take(&mut self, polled: Vec<(TopicPartition, Vec<Record>)>) -> Result<Flushed, LogError> {
        let began_ms = self.now_ms();
        for (input, records) in polled {
            let mut records = records.into_iter();
            while self.drive(&input, &mut records) {
                if self.flush()? == Flushed::Reset {
                    return Ok(Flushed::Reset);
                }
                let is_pending = self.tasks.get(&input).is_some_and(Task::is_pending);
                if is_pending && self.now_ms() - began_ms > TURN_MS_MAX {
                    self.hear()?;
                    return Ok(Flushed::Reset);
                }
            }
            if let Some(task) = self.tasks.get(&input) {
                self.marks.reached(&input, task.position().resume_at);
            }
        }
        Ok(Flushed::Clean)
    }

    /// Much is to be done without a new record. The group may go on meanwhile, and commits count only
    /// under its present generation. What was polled beside comes again.
    fn hear(&mut self) -> Result<(), LogError> {
        if let Polled::Change(change) = self.log.poll(1, 0)? {
            self.change(change)?;
        }
        self.resume_all()
    }

    /// Gives records to their task until they are used up (false) or the batch is full (true).
    fn drive(&mut self, input: &TopicPartition, records: &mut std::vec::IntoIter<Record>) -> bool {
        let Some(task) = self.tasks.get_mut(input) else { return false };
        let began_us = self.clock.now_us();
        let was_replaying = task.is_replaying();
        let (mut taken, mut pieces) = (0, 0);
        let full = loop {
            if self.open_work + taken + pieces >= self.settings.batch_records_max
                || self.effects.bytes >= self.settings.batch_bytes_max
            {
                break true;
            }
            if task.is_pending() {
                if pieces > 0 && self.clock.now_us() - began_us > PIECES_US_MAX {
                    break true;
                }
                task.advance(&mut self.effects);
                pieces += 1;
            } else if let Some(record) = records.next() {
                // After a reset the log may still give what was on its way.
                if record.offset >= task.position().resume_at {
                    task.process(&record, &mut self.effects);
                    taken += 1;
                }
            } else {
                break false;
            }
        };
        task.settle_replay(&mut self.effects);
        let now_us = self.clock.now_us();
        if task.is_touched() {
            self.open_work += taken + pieces;
            self.open_records += taken;
            self.open_since_us.get_or_insert(began_us);
        }
        self.pace.observe(taken + pieces, now_us - began_us);
        if was_replaying && !task.is_replaying() {
            let event = WorkerEvent::Replayed { input, at: task.position() };
            self.observer.observe(&event);
        }
        full
    }

    // === Marks ===

    fn mark(&mut self) -> Result<(), LogError> {
        let now_ms = self.now_ms();
        let Some(marks) = self.topology.marks.clone() else { return Ok(()) };
        if !self.marks.is_due(now_ms, self.settings.mark_interval_ms) || !self.is_caught_up() {
            return Ok(());
        }
        let ends = self.log.ends(&self.marks.inputs())?;
        let mark: Vec<_> =
            self.marks.mark().into_iter().filter_map(|read| self.bounded(read)).collect();
        self.marks.told(now_ms, &ends);
        if mark.is_empty() {
            return Ok(());
        }
        let value = (marks.encode)(self.log.slot(), &mark);
        for topic in &marks.topics {
            for partition in 0..self.log.partitions(topic)? {
                self.effects.outputs.push(Output {
                    topic: Arc::clone(topic),
                    destination: Destination::Partition(partition),
                    key: None,
                    value: Some(value.clone()),
                    headers: Headers::new(),
                    timestamp: EventTime(now_ms),
                });
            }
        }
        self.tasks.values_mut().for_each(|task| task.report(&mut self.effects));
        self.open_mark = true;
        self.open_since_us.get_or_insert(now_ms * 1000);
        Ok(())
    }

    /// What was read, but no more than was done.
    fn bounded(&self, read: ReadUpTo) -> Option<ReadUpTo> {
        match self.tasks.get(&read.input)?.done_until() {
            Bound::None => Some(read),
            Bound::Unknown => None,
            Bound::Until(done) => Some(ReadUpTo { until_ms: read.until_ms.min(done.0), ..read }),
        }
    }

    // === Commits ===

    fn wait_ms(&self) -> u64 {
        if !self.to_restore.is_empty() || self.effects.urgent {
            return 0;
        }
        let now_us = self.clock.now_us();
        let age_ms = |since_us: i64| (now_us - since_us) / 1000;
        let due_in_ms = match self.open_since_us {
            Some(since_us) => self.commit_interval_ms() - age_ms(since_us),
            None => i64::MAX,
        };
        u64::try_from(due_in_ms).unwrap_or(0).min(self.settings.poll_wait_ms)
    }

    fn commit_interval_ms(&self) -> i64 {
        let times = match (self.is_caught_up(), self.behind) {
            (false, _) => COMMITS_RARER_IN_REPLAY,
            (true, true) => COMMITS_RARER_BEHIND,
            (true, false) => 1,
        };
        self.settings.commit_interval_ms * times
    }

    fn is_due(&self) -> bool {
        let now_ms = self.now_ms();
        let since_commit_ms = now_ms - self.last_commit_ms;
        if self.effects.urgent && since_commit_ms >= self.settings.urgent_interval_ms {
            return true;
        }
        match self.open_since_us {
            Some(since_us) => now_ms - since_us / 1000 >= self.commit_interval_ms(),
            None => since_commit_ms >= CUT_INTERVAL_MS && self.tasks.values().any(has_cut_work),
        }
    }

    /// Commits what is open.
    fn flush(&mut self) -> Result<Flushed, LogError> {
        let now_ms = self.now_ms();
        let rhythm = self.pace.rhythm(now_ms, self.tasks.len());
        let batch = self.assemble(now_ms, rhythm);
        if batch.is_empty() {
            self.clear_open();
            self.begin_cuts(rhythm);
            return Ok(Flushed::Clean);
        }
        let began_us = self.clock.now_us();
        match self.log.commit(&batch) {
            Ok(offsets) => {
                self.report_commit(&batch, began_us);
                self.committed(&batch, &offsets);
                self.begin_cuts(rhythm);
                Ok(Flushed::Clean)
            }
            Err(error) if matches!(error.reaction, Reaction::Yield | Reaction::Stop) => Err(error),
            Err(error) => {
                self.observer.observe(&WorkerEvent::Unclear(&error));
                self.unclear = Some(batch);
                self.clear_open();
                self.resolve()?;
                Ok(Flushed::Reset)
            }
        }
    }

    fn assemble(&mut self, now_ms: i64, rhythm: Rhythm) -> Batch {
        for task in self.tasks.values_mut().filter(|task| task.is_touched()) {
            task.flush(&mut self.effects);
        }
        let outputs = std::mem::take(&mut self.effects.outputs);
        let mut batch = Batch { outputs, ..Batch::default() };
        for task in self.tasks.values_mut() {
            task.contribute(&mut batch, self.open_mark, (now_ms, rhythm.round_ms));
        }
        batch
    }

    fn report_commit(&mut self, batch: &Batch, began_us: i64) {
        let now_us = self.clock.now_us();
        self.observer.observe(&WorkerEvent::Committed {
            records: self.open_records,
            outputs: batch.outputs.len(),
            image_bytes: batch.state.iter().map(|record| record.value.len()).sum(),
            age_us: now_us - self.open_since_us.unwrap_or(began_us),
            took_us: now_us - began_us,
            counts: &self.effects.counts,
        });
    }

    fn committed(&mut self, batch: &Batch, offsets: &[Offset]) {
        for checkpoint in &batch.checkpoints {
            let mut state = batch.state.iter().zip(offsets);
            let first = state.find(|(record, _)| record.input == checkpoint.input);
            let Some(task) = self.tasks.get_mut(&checkpoint.input) else { continue };
            let completed = task.committed(checkpoint, first.map(|(_, offset)| *offset));
            if let Some(image) = completed {
                self.trim.insert(checkpoint.input.clone());
                self.observer.observe(&WorkerEvent::Imaged { input: &checkpoint.input, image });
            }
        }
        self.clear_open();
        self.last_commit_ms = self.now_ms();
        self.pace.committed();
    }

    /// Only while nothing is open: a cut is of the committed state. Those go first that have waited longest.
    fn begin_cuts(&mut self, rhythm: Rhythm) {
        let now_ms = self.now_ms();
        let cutting = self.tasks.values().filter(|task| task.is_cutting()).count();
        let is_due = |task: &&mut Task| {
            task.wants_cut() && task.cut_began_ms().is_none_or(|at| now_ms - at >= rhythm.cycle_ms)
        };
        let mut due: Vec<_> = self.tasks.values_mut().filter(is_due).collect();
        due.sort_by_key(|task| task.cut_began_ms());
        let free = rhythm.at_once.saturating_sub(cutting);
        due.into_iter().take(free).for_each(|task| task.begin_cut(now_ms));
    }

    fn clear_open(&mut self) {
        self.effects = Effects::default();
        self.open_since_us = None;
        self.open_work = 0;
        self.open_records = 0;
        self.open_mark = false;
    }

    // === Unclear outcomes ===

    /// Finds out what became of an unclear batch and makes memory agree.
    fn resolve(&mut self) -> Result<(), LogError> {
        let Some(batch) = self.unclear.take() else { return Ok(()) };
        if let Err(error) = self.log.recover().and_then(|()| self.settle_by_claims(&batch)) {
            self.unclear = Some(batch);
            return Err(error);
        }
        self.last_commit_ms = self.now_ms();
        Ok(())
    }

    fn settle_by_claims(&mut self, batch: &Batch) -> Result<(), LogError> {
        let mut verdicts = Vec::new();
        for (input, task) in &self.tasks {
            let open: Option<&Checkpoint> =
                batch.checkpoints.iter().find(|open| open.input == *input);
            let verdict = match open {
                Some(_) => task.judge(self.log.claim(input)?.committed.as_ref(), open),
                None => Verdict::Undone,
            };
            verdicts.push((input.clone(), verdict, open));
        }
        for (input, verdict, open) in verdicts {
            self.observer.observe(&WorkerEvent::Resolved { input: &input, verdict });
            self.settle(&input, verdict, open);
        }
        self.resume_all()
    }

    fn settle(&mut self, input: &TopicPartition, verdict: Verdict, open: Option<&Checkpoint>) {
        let Some(task) = self.tasks.get_mut(input) else { return };
        match (verdict, open) {
            (Verdict::Landed, Some(open)) => task.landed(open),
            (Verdict::Foreign, _) => {
                self.tasks.remove(input);
                self.to_restore.insert(input.clone());
            }
            _ => task.rollback(),
        }
    }

    /// Undoes what is open, for all tasks: outputs of one cannot be told from those of another.
    fn undo_open(&mut self) -> Result<(), LogError> {
        if self.open_since_us.is_none() && !self.tasks.values().any(Task::is_touched) {
            return Ok(());
        }
        self.tasks.values_mut().filter(|task| task.is_touched()).for_each(Task::rollback);
        self.resume_all()?;
        self.clear_open();
        Ok(())
    }

    fn resume_all(&mut self) -> Result<(), LogError> {
        self.marks.rewind();
        // Partitions on their way to others are not read any more.
        for (input, task) in self.tasks.iter().filter(|(input, _)| !self.to_release.contains(input))
        {
            self.log.resume(input, task.position().resume_at)?;
        }
        Ok(())
    }

    // === Housekeeping and the end ===

    fn trim_state(&mut self) {
        let now_ms = self.now_ms();
        if self.trim.is_empty() || now_ms - self.last_trim_ms < TRIM_INTERVAL_MS {
            return;
        }
        self.last_trim_ms = now_ms;
        for input in std::mem::take(&mut self.trim) {
            let task = self.tasks.get(&input);
            // Only once the pointer to the newer image has committed is the older one not needed.
            match task.filter(|task| !task.has_new_pointer()).and_then(Task::state_needed_from) {
                Some(before) => self.log.trim_state(&input, before),
                None => drop(self.trim.insert(input)),
            }
        }
    }

    /// One step of an orderly end: finish what is open, cut an image at the committed position so
    /// that the next owner replays nothing, leave the group. True when that is done.
    ///
    /// # Errors
    /// As for [`Worker::step`].
    pub fn drain(&mut self) -> Result<bool, LogError> {
        match self.drain_round() {
            Err(error) => self.react(error).map(|()| false),
            Ok(done) => Ok(done),
        }
    }

    fn drain_round(&mut self) -> Result<bool, LogError> {
        self.resolve()?;
        // The group may go on meanwhile, and commits count only under its present generation. What
        // is polled beside is left to the next owner.
        if let Polled::Change(change) = self.log.poll(1, 0)? {
            self.change(change)?;
        }
        if self.drive_pending()? == Flushed::Reset || self.flush()? == Flushed::Reset {
            return Ok(false);
        }
        let now_ms = self.now_ms();
        for task in self.tasks.values_mut().filter(|task| !task.is_replaying()) {
            task.hurry_cut(now_ms);
        }
        if self.tasks.values().any(|task| !task.is_replaying() && !task.is_imaged()) {
            return Ok(false);
        }
        self.log.leave()?;
        Ok(true)
    }
}

fn has_cut_work(task: &Task) -> bool {
    task.is_cutting() || task.has_new_pointer() || task.wants_cut()
}

//! One task: a processor, its position, its image and the cut in progress.
//!
//! **Invariant:** restored state is the image at P plus the input from P, with outputs withheld up
//! to the committed position. Nothing else goes into it.

use std::fmt;

use crate::batch::{Batch, Checkpoint, Position};
use crate::cut::{CompletedImage, Cut};
use crate::image::{ImageAt, Pointer, Versions};
use crate::processor::{Bound, Context, Effects, Processor, Progress};
use crate::record::{Offset, Record, TopicPartition};

/// A task at work.
pub struct Task {
    input: TopicPartition,
    processor: Box<dyn Processor>,
    versions: Versions,
    stateful: bool,
    /// Including the open transaction.
    position: Position,
    /// As of the last commit; while replaying, as of the last call of [`Task::settle_replay`].
    settled: Position,
    /// The committed position: outputs are withheld until it is reached.
    replay_to: Position,
    replaying: bool,
    /// The image that the next checkpoint will name.
    image: Image,
    /// The last committed offset and metadata, to tell whether an unclear commit landed.
    checkpoint: Option<(Offset, String)>,
    cut: Option<Cut>,
    cuts_begun: u64,
    cut_began_ms: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
struct Image {
    cut_at: Offset,
    at: Option<ImageAt>,
    sequence: u64,
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("input", &self.input)
            .field("position", &self.position)
            .field("replaying", &self.replaying)
            .finish_non_exhaustive()
    }
}

impl Task {
    /// A task whose processor holds the state at `pointer.cut_at` and has to replay from there to
    /// what was committed.
    pub fn new(
        input: TopicPartition,
        processor: Box<dyn Processor>,
        (versions, stateful): (Versions, bool),
        pointer: &Pointer,
        committed: Option<(Offset, String)>,
    ) -> Self {
        let start = Position::at(pointer.cut_at);
        let resume_at = committed.as_ref().map_or(pointer.cut_at, |(resume_at, _)| *resume_at);
        Self {
            input,
            processor,
            versions,
            stateful,
            position: start,
            settled: start,
            replay_to: Position { resume_at, steps: pointer.steps },
            replaying: pointer.cut_at < resume_at,
            image: Image { cut_at: pointer.cut_at, at: pointer.image, sequence: pointer.sequence },
            checkpoint: committed,
            cut: None,
            cuts_begun: pointer.sequence,
            cut_began_ms: None,
        }
    }

    /// The input partition.
    pub fn input(&self) -> &TopicPartition {
        &self.input
    }

    /// How far it has come, the open transaction included.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Where to read on after a rollback.
    pub fn settled(&self) -> Position {
        self.settled
    }

    /// The committed offset at which the replay ends.
    pub fn replay_end(&self) -> Offset {
        self.replay_to.resume_at
    }

    /// True while outputs are withheld.
    pub fn is_replaying(&self) -> bool {
        self.replaying
    }

    /// True when a piece of `advance` is due before the next record.
    pub fn is_pending(&self) -> bool {
        self.position.steps > 0
    }

    /// True when the open transaction changed it.
    pub fn is_touched(&self) -> bool {
        self.position != self.settled
    }

    /// Takes the next record and does the first piece of what it made due.
    pub fn process(&mut self, record: &Record, effects: &mut Effects) {
        self.processor.process(record, &mut Context::new(effects, self.replaying));
        self.position = Position::at(record.offset.next());
        self.advance(effects);
    }

    /// Does the next piece of what is due.
    pub fn advance(&mut self, effects: &mut Effects) {
        match self.processor.advance(&mut Context::new(effects, self.replaying)) {
            Progress::Done => self.position.steps = 0,
            Progress::Pending => self.position.steps += 1,
        }
        if self.replaying && self.position == self.replay_to {
            // What was gathered so far went out before the crash.
            self.flush(effects);
            self.settle();
            self.replaying = false;
        }
    }

    /// The open transaction is about to commit: what was gathered goes out.
    pub fn flush(&mut self, effects: &mut Effects) {
        self.processor.flush(&mut Context::new(effects, self.replaying));
    }

    /// A progress mark goes out, and beside it what the processor tells of itself.
    pub fn report(&mut self, effects: &mut Effects) {
        self.processor.report(&mut Context::new(effects, self.replaying));
    }

    /// What bounds the progress marks for this input.
    pub fn done_until(&self) -> Bound {
        self.processor.done_until()
    }

    /// Replayed work is committed already, so it needs no undo.
    pub fn settle_replay(&mut self, effects: &mut Effects) {
        if self.replaying {
            self.flush(effects);
            self.settle();
        }
    }

    fn settle(&mut self) {
        for store in self.processor.stores() {
            store.commit();
        }
        self.settled = self.position;
    }

    /// Undoes the open transaction and gives up the open cut.
    pub fn rollback(&mut self) {
        self.cut = None;
        for store in self.processor.stores() {
            store.rollback();
            store.abandon_cut();
        }
        self.position = self.settled;
    }

    /// True when there is something an image does not hold yet and a cut may begin.
    pub fn wants_cut(&self) -> bool {
        let idle = self.cut.is_none() && !self.replaying && !self.is_touched();
        self.stateful && idle && !self.is_pending() && self.image.cut_at != self.position.resume_at
    }

    /// When its last image was begun, by this owner.
    pub fn cut_began_ms(&self) -> Option<i64> {
        self.cut_began_ms
    }

    /// True while an image is being written.
    pub fn is_cutting(&self) -> bool {
        self.cut.is_some()
    }

    /// True when the last complete image is not yet named by the committed checkpoint.
    pub fn has_new_pointer(&self) -> bool {
        let committed = self.checkpoint.as_ref();
        !self.replaying
            && committed.is_some_and(|(_, metadata)| *metadata != self.pointer().encode())
    }

    /// True when the committed checkpoint needs no replay.
    pub fn is_imaged(&self) -> bool {
        !self.stateful || (self.image.cut_at == self.settled.resume_at && !self.has_new_pointer())
    }

    /// Starts an image of the state as it is now. Only when [`Task::wants_cut`].
    pub fn begin_cut(&mut self, now_ms: i64) {
        self.cuts_begun += 1;
        self.cut_began_ms = Some(now_ms);
        let at = self.position.resume_at;
        let mut stores = self.processor.stores();
        self.cut = Some(Cut::begin(&mut stores, self.cuts_begun, at, now_ms));
    }

    /// The end is near: all of an image at the settled position is due at once.
    pub fn hurry_cut(&mut self, now_ms: i64) {
        let at = self.settled.resume_at;
        if self.cut.as_ref().is_none_or(|cut| cut.cut_at() != at) && self.image.cut_at != at {
            self.abandon_cut();
            self.begin_cut(now_ms);
        }
        if let Some(cut) = self.cut.as_mut() {
            cut.hurry();
        }
    }

    /// Gives up a cut in progress, so that a later one may begin.
    pub fn abandon_cut(&mut self) {
        self.cut = None;
        for store in self.processor.stores() {
            store.abandon_cut();
        }
    }

    /// Adds to a batch what this task has to commit: pieces of the open cut, as many as are due
    /// when a cut takes `cut_time_ms`, and the checkpoint.
    /// With `always` the checkpoint is added even when nothing moved.
    pub fn contribute(
        &mut self,
        batch: &mut Batch,
        always: bool,
        (now_ms, cut_time_ms): (i64, i64),
    ) {
        if self.replaying {
            return;
        }
        let before = batch.state.len();
        if let Some(cut) = self.cut.as_mut() {
            let mut stores = self.processor.stores();
            cut.write(&mut stores, &self.input, self.versions, batch, (now_ms, cut_time_ms));
        }
        // Chunks never go without a checkpoint: it is what keeps a stale owner from writing them.
        let wrote = batch.state.len() > before;
        if !self.stateful {
            self.image.cut_at = self.position.resume_at;
        }
        if always || wrote || self.is_touched() || self.has_new_pointer() {
            batch.checkpoints.push(self.next_checkpoint());
        }
    }

    fn next_checkpoint(&self) -> Checkpoint {
        Checkpoint {
            input: self.input.clone(),
            resume_at: self.position.resume_at,
            metadata: self.pointer().encode(),
        }
    }

    fn pointer(&self) -> Pointer {
        Pointer {
            versions: self.versions,
            cut_at: self.image.cut_at,
            image: self.image.at,
            sequence: self.image.sequence,
            steps: self.position.steps,
        }
    }

    /// The batch with this checkpoint committed; `first_chunk` is where its first state record of
    /// this task came to lie. Tells when that completed an image.
    pub fn committed(
        &mut self,
        checkpoint: &Checkpoint,
        first_chunk: Option<Offset>,
    ) -> Option<CompletedImage> {
        self.settle();
        self.checkpoint = Some((checkpoint.resume_at, checkpoint.metadata.clone()));
        let cut = self.cut.as_mut()?;
        let completed = cut.committed(first_chunk)?;
        self.image =
            Image { cut_at: cut.cut_at(), at: Some(completed.at), sequence: cut.sequence() };
        self.cut = None;
        Some(completed)
    }

    /// The batch with this checkpoint committed, though nobody said where its chunks lie.
    pub fn landed(&mut self, checkpoint: &Checkpoint) {
        self.abandon_cut();
        self.committed(checkpoint, None);
    }

    /// What a committed offset and metadata say about a batch whose outcome is unclear.
    pub fn judge(
        &self,
        committed: Option<&(Offset, String)>,
        open: Option<&Checkpoint>,
    ) -> Verdict {
        if committed == self.checkpoint.as_ref() {
            return Verdict::Undone;
        }
        let landed = committed.zip(open).is_some_and(|((resume_at, metadata), open)| {
            *resume_at == open.resume_at && *metadata == open.metadata
        });
        if landed { Verdict::Landed } else { Verdict::Foreign }
    }

    /// The first offset of the state partition that is still needed.
    pub fn state_needed_from(&self) -> Option<Offset> {
        self.image.at.map(|image| image.first_chunk)
    }
}

/// What became of a batch for one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It committed.
    Landed,
    /// It did not.
    Undone,
    /// Somebody else committed for this partition: memory is worth nothing.
    Foreign,
}

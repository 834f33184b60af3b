//! A cut in progress: the state of one task at one offset, on its way into chunks.

use crate::batch::{Batch, StateRecord};
use crate::image::{ChunkHeader, EntryWriter, ImageAt, Versions};
use crate::record::{Offset, TopicPartition};
use crate::store::Store;

/// Chunks a task adds to one transaction at most, so that a cut cannot hold up a commit for long.
const CHUNKS_A_BATCH: u32 = 4;
/// As many entries make a chunk worth writing before its cut's time is over.
const WORTH_A_CHUNK: usize = 2_000;

/// An image that has just become complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompletedImage {
    /// Where it lies.
    pub at: ImageAt,
    /// Its size.
    pub bytes: usize,
    /// When it was begun.
    pub began_ms: i64,
}

#[derive(Debug)]
pub(crate) struct Cut {
    sequence: u64,
    cut_at: Offset,
    began_ms: i64,
    work_total: usize,
    work_done: usize,
    /// The store whose entries come next.
    store: usize,
    first_chunk: Option<Offset>,
    chunks: u32,
    written: bool,
    hurried: bool,
    bytes: usize,
}

impl Cut {
    pub(crate) fn begin(
        stores: &mut [&mut dyn Store],
        sequence: u64,
        cut_at: Offset,
        began_ms: i64,
    ) -> Self {
        for store in stores.iter_mut() {
            store.begin_cut();
        }
        let work_total = stores.iter().map(|store| store.len()).sum();
        Self {
            sequence,
            cut_at,
            began_ms,
            work_total,
            work_done: 0,
            store: 0,
            first_chunk: None,
            chunks: 0,
            written: false,
            hurried: false,
            bytes: 0,
        }
    }

    pub(crate) fn cut_at(&self) -> Offset {
        self.cut_at
    }

    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// From now on all of it is due.
    pub(crate) fn hurry(&mut self) {
        self.hurried = true;
    }

    /// Writes the share of the image that is due by now when all of it should take `cut_time_ms`.
    pub(crate) fn write(
        &mut self,
        stores: &mut [&mut dyn Store],
        input: &TopicPartition,
        versions: Versions,
        batch: &mut Batch,
        (now_ms, cut_time_ms): (i64, i64),
    ) {
        let mut work = self.work_due(now_ms, cut_time_ms);
        let mut chunks = 0;
        while work > 0 && !self.written && chunks < CHUNKS_A_BATCH {
            let mut bytes = ChunkHeader::begin();
            let left = self.fill(stores, &mut bytes, work);
            self.work_done += work - left;
            // A chunk that is full leaves work for the next one; one that is not leaves none.
            work = left;
            self.written = self.store == stores.len();
            let header = ChunkHeader {
                versions,
                sequence: self.sequence,
                cut_at: self.cut_at,
                index: self.chunks,
                last: self.written,
            };
            header.seal(&mut bytes);
            self.bytes += bytes.len();
            self.chunks += 1;
            chunks += 1;
            batch.state.push(StateRecord { input: input.clone(), value: bytes });
        }
    }

    fn work_due(&self, now_ms: i64, cut_time_ms: i64) -> usize {
        if self.hurried {
            return usize::MAX;
        }
        let elapsed_ms = usize::try_from(now_ms.saturating_sub(self.began_ms)).unwrap_or(0);
        let cut_time_ms = usize::try_from(cut_time_ms).unwrap_or(0);
        if elapsed_ms >= cut_time_ms {
            return usize::MAX;
        }
        let due = self.work_total.saturating_mul(elapsed_ms) / cut_time_ms;
        let due = due.saturating_sub(self.work_done);
        // Every chunk costs its transaction one more partition: small pieces wait for each other.
        if due < usize::min(WORTH_A_CHUNK, self.work_total / 8) { 0 } else { due }
    }

    /// Fills one chunk; gives the work left over.
    fn fill(&mut self, stores: &mut [&mut dyn Store], bytes: &mut Vec<u8>, work: usize) -> usize {
        let mut left = work;
        while let Some(store) = stores.get_mut(self.store) {
            let number = u8::try_from(self.store).unwrap_or(u8::MAX);
            let mut room = EntryWriter::new(bytes, number, left);
            let done = store.write_cut(&mut room);
            left = room.work_left();
            if !done {
                break;
            }
            self.store += 1;
        }
        left
    }

    /// The chunks written so far have committed. Gives the image when they were the last.
    pub(crate) fn committed(&mut self, first_chunk: Option<Offset>) -> Option<CompletedImage> {
        self.first_chunk = self.first_chunk.or(first_chunk);
        let first_chunk = self.first_chunk.filter(|_| self.written)?;
        Some(CompletedImage {
            at: ImageAt { first_chunk, chunks: self.chunks },
            bytes: self.bytes,
            began_ms: self.began_ms,
        })
    }
}

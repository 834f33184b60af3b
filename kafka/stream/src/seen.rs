//! Ids seen within a horizon: the dense store under deduplication.
//!
//! Ids are 128-bit hashes, kept in buckets that are dropped whole once nothing can ask for them
//! any more. An id costs 16 bytes in its bucket's list and about 6 in the index over it; a bucket
//! only grows, so a cut needs no copies: it writes each bucket up to its length at the cut.

use std::collections::{BTreeMap, VecDeque};

use hashbrown::HashTable;

use crate::image::EntryWriter;
use crate::store::{EntryError, Store};

/// Ids a chunk entry holds at most: 64 KiB of them.
const IDS_AN_ENTRY: usize = 4096;
const ID_BYTES: usize = 16;

/// Which ids were seen, by bucket.
#[derive(Debug, Default)]
pub struct SeenStore {
    buckets: BTreeMap<Vec<u8>, Bucket>,
    ids: usize,
    undo: Vec<Undo>,
    transaction: u64,
    /// Pieces of buckets that the open cut still has to write, in order.
    unwritten: VecDeque<Piece>,
}

#[derive(Debug, Default)]
struct Bucket {
    ids: Vec<u128>,
    index: HashTable<u32>,
    /// The transaction whose undo holds this bucket's earlier length.
    saved_in: u64,
}

#[derive(Debug)]
enum Undo {
    /// The bucket had this many ids.
    Grown { bucket: Vec<u8>, length: usize },
    /// The bucket was dropped.
    Dropped { bucket: Vec<u8>, was: Bucket },
}

#[derive(Debug)]
struct Piece {
    bucket: Vec<u8>,
    from: usize,
    to: usize,
    /// The ids themselves where the bucket was dropped before its turn.
    kept: Option<Vec<u128>>,
}

#[expect(clippy::cast_possible_truncation, reason = "the low half of a good hash is a good hash")]
fn short(id: u128) -> u64 {
    id as u64
}

impl Bucket {
    /// True when the id is new.
    fn insert(&mut self, id: u128) -> bool {
        let ids = &self.ids;
        let at = |position: &u32| ids.get(*position as usize).copied().unwrap_or_default();
        if self.index.find(short(id), |position| at(position) == id).is_some() {
            return false;
        }
        let Ok(position) = u32::try_from(ids.len()) else { return true };
        self.index.insert_unique(short(id), position, |position| short(at(position)));
        self.ids.push(id);
        true
    }

    fn truncate(&mut self, length: usize) {
        for (position, id) in self.ids.drain(length..).enumerate() {
            let position = length + position;
            if let Ok(found) = self.index.find_entry(short(id), |at| *at as usize == position) {
                found.remove();
            }
        }
    }
}

impl SeenStore {
    /// True when the id is new to its bucket; it is not from now on.
    pub fn insert(&mut self, bucket: &[u8], id: u128) -> bool {
        if !self.buckets.contains_key(bucket) {
            self.buckets.insert(bucket.to_vec(), Bucket::default());
        }
        let Some(found) = self.buckets.get_mut(bucket) else { return true };
        let length = found.ids.len();
        let new = found.insert(id);
        if new {
            self.ids += 1;
            // Transactions count from 0 in a fresh store, buckets start unsaved: hence the + 1.
            if found.saved_in != self.transaction + 1 {
                found.saved_in = self.transaction + 1;
                self.undo.push(Undo::Grown { bucket: bucket.to_vec(), length });
            }
        }
        new
    }

    /// Forgets a bucket with all its ids.
    pub fn drop_bucket(&mut self, bucket: &[u8]) {
        let Some((key, was)) = self.buckets.remove_entry(bucket) else { return };
        self.ids -= was.ids.len();
        for piece in
            self.unwritten.iter_mut().filter(|piece| piece.bucket == key && piece.kept.is_none())
        {
            piece.kept = was.ids.get(piece.from..piece.to).map(<[u128]>::to_vec);
        }
        self.undo.push(Undo::Dropped { bucket: key, was });
    }

    /// How many ids are remembered.
    pub fn ids(&self) -> usize {
        self.ids
    }

    fn next_entry(&self, piece: &Piece) -> (Vec<u8>, usize) {
        let to = usize::min(piece.from + IDS_AN_ENTRY, piece.to);
        let ids = match &piece.kept {
            Some(kept) => {
                let skipped = kept.len() - (piece.to - piece.from);
                kept.get(skipped..skipped + (to - piece.from))
            }
            None => self.buckets.get(&piece.bucket).and_then(|found| found.ids.get(piece.from..to)),
        };
        (encode(&piece.bucket, ids.unwrap_or_default()), to)
    }
}

fn encode(bucket: &[u8], ids: &[u128]) -> Vec<u8> {
    let length = u32::try_from(bucket.len()).unwrap_or(u32::MAX);
    let mut entry = Vec::with_capacity(4 + bucket.len() + ids.len() * ID_BYTES);
    entry.extend_from_slice(&length.to_le_bytes());
    entry.extend_from_slice(bucket);
    for id in ids {
        entry.extend_from_slice(&id.to_le_bytes());
    }
    entry
}

fn decode(entry: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = entry.split_first_chunk::<4>()?;
    let (bucket, ids) =
        rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    ids.len().is_multiple_of(ID_BYTES).then_some((bucket, ids))
}

impl Store for SeenStore {
    fn len(&self) -> usize {
        self.ids
    }

    fn commit(&mut self) {
        self.undo.clear();
        self.transaction += 1;
    }

    fn rollback(&mut self) {
        while let Some(undo) = self.undo.pop() {
            match undo {
                Undo::Dropped { bucket, was } => {
                    self.ids += was.ids.len();
                    self.buckets.insert(bucket, was);
                }
                Undo::Grown { bucket, length } => self.shrink(&bucket, length),
            }
        }
        self.transaction += 1;
    }

    fn begin_cut(&mut self) {
        let piece = |(bucket, found): (&Vec<u8>, &Bucket)| Piece {
            bucket: bucket.clone(),
            from: 0,
            to: found.ids.len(),
            kept: None,
        };
        self.unwritten = self.buckets.iter().map(piece).collect();
    }

    fn write_cut(&mut self, room: &mut EntryWriter<'_>) -> bool {
        while let Some(mut piece) = self.unwritten.pop_front() {
            while piece.from < piece.to {
                let (entry, to) = self.next_entry(&piece);
                if !room.push_many(&entry, to - piece.from) {
                    self.unwritten.push_front(piece);
                    return false;
                }
                piece.from = to;
            }
        }
        true
    }

    fn abandon_cut(&mut self) {
        self.unwritten.clear();
    }

    fn restore(&mut self, entry: &[u8]) -> Result<(), EntryError> {
        let (bucket, ids) = decode(entry).ok_or_else(|| EntryError::of(entry.len()))?;
        let found = self.buckets.entry(bucket.to_vec()).or_default();
        found.ids.reserve(ids.len() / ID_BYTES);
        for id in ids.chunks_exact(ID_BYTES) {
            let id = id.try_into().map_err(|_| EntryError::of(entry.len()))?;
            if found.insert(u128::from_le_bytes(id)) {
                self.ids += 1;
            }
        }
        Ok(())
    }
}

impl SeenStore {
    fn shrink(&mut self, bucket: &[u8], length: usize) {
        let Some(found) = self.buckets.get_mut(bucket) else { return };
        self.ids -= found.ids.len() - length;
        found.truncate(length);
        if length == 0 {
            self.buckets.remove(bucket);
        }
    }
}

//! State of a task: ordered entries with undo for the open transaction and copy-on-write cuts.
//!
//! **Invariant:** after [`Store::begin_cut`], whatever is written by [`Store::write_cut`] is the
//! state of that very moment, however much the store has changed since. An entry about to change
//! before its turn is copied first.
//!
//! **Invariant:** [`Store::rollback`] leaves exactly what the last [`Store::commit`] left.

use std::borrow::Borrow;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::image::EntryWriter;

/// An image entry that this binary cannot read.
#[derive(Debug, thiserror::Error)]
#[error("an entry of {length} bytes does not decode")]
pub struct EntryError {
    length: usize,
}

impl EntryError {
    /// For an entry of `length` bytes.
    pub fn of(length: usize) -> Self {
        Self { length }
    }
}

/// What the task needs of each of its processor's stores, whatever they hold.
pub trait Store {
    /// How much there is to write in a cut; a measure of work, not of bytes.
    fn len(&self) -> usize;

    /// True when there is nothing to write.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The open transaction committed: forget how to undo it.
    fn commit(&mut self);

    /// The open transaction aborted: undo it. An open cut has to be abandoned as well.
    fn rollback(&mut self);

    /// From now on every entry counts as unwritten. Only between transactions.
    fn begin_cut(&mut self);

    /// Appends unwritten entries while there is room; true when none is left.
    fn write_cut(&mut self, room: &mut EntryWriter<'_>) -> bool;

    /// Forgets the open cut, if any.
    fn abandon_cut(&mut self);

    /// Takes one entry of an image into an empty store.
    ///
    /// # Errors
    /// When the entry does not decode.
    fn restore(&mut self, entry: &[u8]) -> Result<(), EntryError>;
}

/// Sorted keys and values. Iteration order is the keys' order, so it may reach outputs.
#[derive(Debug)]
pub struct KeyedStore<K, V> {
    entries: BTreeMap<K, Entry<V>>,
    /// Values as they were before the open transaction, in order of first touch.
    undo: Vec<(K, Option<V>)>,
    transaction: u64,
    cut: Option<Cut<K>>,
    cuts_begun: u64,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    /// The transaction whose undo holds this entry's earlier value.
    saved_in: u64,
    /// The last cut that needs nothing more of this entry.
    settled_in: u64,
}

#[derive(Debug)]
struct Cut<K> {
    /// Every entry up to this key has been written.
    cursor: Option<K>,
    /// Entries that changed before their turn, as they were.
    copied: VecDeque<Vec<u8>>,
}

impl<K, V> Default for KeyedStore<K, V> {
    fn default() -> Self {
        Self {
            entries: BTreeMap::new(),
            undo: Vec::new(),
            transaction: 1,
            cut: None,
            cuts_begun: 0,
        }
    }
}

impl<K, V> KeyedStore<K, V>
where
    K: Ord + Clone + Serialize,
    V: Clone + Serialize,
{
    /// The value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(key).map(|entry| &entry.value)
    }

    /// The value of a key, to be changed.
    pub fn get_mut<Q>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
        Q: Ord + ToOwned<Owned = K> + ?Sized,
    {
        let entry = self.entries.get_mut(key)?;
        if entry.saved_in != self.transaction {
            entry.saved_in = self.transaction;
            self.undo.push((key.to_owned(), Some(entry.value.clone())));
        }
        copy_before_change(self.cut.as_mut(), self.cuts_begun, key, entry);
        Some(&mut entry.value)
    }

    /// The value of a key, to be changed; made by `default` where there is none.
    pub fn get_or_insert_with<Q>(&mut self, key: &Q, default: impl FnOnce() -> V) -> &mut V
    where
        K: Borrow<Q>,
        Q: Ord + ToOwned<Owned = K> + ?Sized,
    {
        if self.entries.contains_key(key) {
            // The borrow checker cannot see that the early return of `get_mut` ends the borrow.
            #[expect(clippy::expect_used, reason = "the key was found one line above")]
            return self.get_mut(key).expect("a key that was just found");
        }
        let owned = key.to_owned();
        self.undo.push((owned.clone(), None));
        let fresh =
            Entry { value: default(), saved_in: self.transaction, settled_in: self.cuts_begun };
        &mut self.entries.entry(owned).or_insert(fresh).value
    }

    /// Sets the value of a key.
    pub fn insert<Q>(&mut self, key: &Q, value: V)
    where
        K: Borrow<Q>,
        Q: Ord + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(present) = self.get_mut(key) {
            *present = value;
        } else {
            self.get_or_insert_with(key, || value);
        }
    }

    /// Removes a key.
    pub fn remove<Q>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Ord + ToOwned<Owned = K> + ?Sized,
    {
        let (owned, mut entry) = self.entries.remove_entry(key)?;
        copy_before_change(self.cut.as_mut(), self.cuts_begun, key, &mut entry);
        if entry.saved_in != self.transaction {
            self.undo.push((owned, Some(entry.value.clone())));
        }
        Some(entry.value)
    }

    /// Keys and values between two bounds, in order. What it gives may outlive the bounds.
    pub fn range<'s, Q>(
        &'s self,
        from: Bound<&Q>,
        to: Bound<&Q>,
    ) -> impl Iterator<Item = (&'s K, &'s V)> + use<'s, K, V, Q>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.entries.range::<Q, _>((from, to)).map(|(key, entry)| (key, &entry.value))
    }

    /// All keys and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, entry)| (key, &entry.value))
    }
}

/// Copies an entry for the open cut unless it was written, was copied, or is younger than the cut.
fn copy_before_change<K, V, Q>(
    cut: Option<&mut Cut<K>>,
    cut_number: u64,
    key: &Q,
    entry: &mut Entry<V>,
) where
    K: Borrow<Q>,
    Q: Ord + ToOwned<Owned = K> + ?Sized,
    K: Serialize,
    V: Serialize,
{
    let Some(cut) = cut else { return };
    let written = cut.cursor.as_ref().is_some_and(|cursor| key <= cursor.borrow());
    if !written && entry.settled_in != cut_number {
        cut.copied.push_back(encode(&key.to_owned(), &entry.value));
        entry.settled_in = cut_number;
    }
}

fn encode<K: Serialize, V: Serialize>(key: &K, value: &V) -> Vec<u8> {
    // Writing into memory cannot fail, and the types here have no maps of unknown length.
    #[expect(
        clippy::expect_used,
        reason = "a value that cannot be encoded is a defect of its type"
    )]
    postcard::to_stdvec(&(key, value)).expect("an entry that encodes")
}

impl<K, V> Store for KeyedStore<K, V>
where
    K: Ord + Clone + Serialize + DeserializeOwned,
    V: Clone + Serialize + DeserializeOwned,
{
    fn len(&self) -> usize {
        self.entries.len()
    }

    fn commit(&mut self) {
        self.undo.clear();
        self.transaction += 1;
    }

    fn rollback(&mut self) {
        for (key, earlier) in self.undo.drain(..).rev() {
            match earlier {
                Some(value) => {
                    let entry = Entry { value, saved_in: 0, settled_in: 0 };
                    self.entries.insert(key, entry);
                }
                None => {
                    self.entries.remove(&key);
                }
            }
        }
        self.transaction += 1;
    }

    fn begin_cut(&mut self) {
        self.cuts_begun += 1;
        self.cut = Some(Cut { cursor: None, copied: VecDeque::new() });
    }

    fn write_cut(&mut self, room: &mut EntryWriter<'_>) -> bool {
        let Some(cut) = self.cut.as_mut() else { return true };
        while let Some(entry) = cut.copied.front() {
            if !room.push(entry) {
                return false;
            }
            cut.copied.pop_front();
        }
        let from = cut.cursor.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let mut reached: Option<&K> = None;
        for (key, entry) in self.entries.range((from, Bound::Unbounded)) {
            let fits = if entry.settled_in == self.cuts_begun {
                room.skip()
            } else {
                room.push(&encode(key, &entry.value))
            };
            if !fits {
                cut.cursor = reached.cloned().or(cut.cursor.take());
                return false;
            }
            reached = Some(key);
        }
        self.cut = None;
        true
    }

    fn abandon_cut(&mut self) {
        self.cut = None;
    }

    fn restore(&mut self, entry: &[u8]) -> Result<(), EntryError> {
        let (key, value) = postcard::from_bytes(entry).map_err(|_| EntryError::of(entry.len()))?;
        self.entries.insert(key, Entry { value, saved_in: 0, settled_in: 0 });
        Ok(())
    }
}

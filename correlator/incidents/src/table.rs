//! A table with a bound: what was not touched for longest makes room.
//!
//! **Invariant:** what is dropped depends only on the order of touches. Touching moves nothing: an
//! entry that has been touched since it stood in the queue goes to the queue's end when its turn
//! comes, so room is made in constant time with a bound, and the queue is never longer than the table.

use std::collections::{BTreeMap, VecDeque};

/// So many entries are passed over in search of one that was not touched.
const SPARED_MAX: usize = 64;

/// Entries by key.
#[derive(Debug)]
pub(crate) struct Table<V> {
    entries: BTreeMap<u64, Entry<V>>,
    queue: VecDeque<u64>,
    max: usize,
    dropped: u64,
}

#[derive(Debug)]
struct Entry<V> {
    touched: bool,
    value: V,
}

impl<V: Default> Table<V> {
    pub(crate) fn new(max: usize) -> Self {
        Self { entries: BTreeMap::new(), queue: VecDeque::new(), max, dropped: 0 }
    }

    pub(crate) fn get(&self, key: u64) -> Option<&V> {
        self.entries.get(&key).map(|entry| &entry.value)
    }

    pub(crate) fn get_mut(&mut self, key: u64) -> Option<&mut V> {
        self.entries.get_mut(&key).map(|entry| &mut entry.value)
    }

    /// The entry of a key, made where there is none.
    pub(crate) fn touch(&mut self, key: u64) -> &mut V {
        if !self.entries.contains_key(&key) {
            self.make_room();
            self.queue.push_back(key);
        }
        let entry = self
            .entries
            .entry(key)
            .or_insert_with(|| Entry { touched: false, value: V::default() });
        entry.touched = true;
        &mut entry.value
    }

    fn make_room(&mut self) {
        let mut spared = 0;
        while self.entries.len() >= self.max {
            let Some(first) = self.queue.pop_front() else { return };
            if spared < SPARED_MAX && self.was_touched(first) {
                self.queue.push_back(first);
                spared += 1;
            } else {
                self.entries.remove(&first);
                self.dropped += 1;
            }
        }
    }

    fn was_touched(&mut self, key: u64) -> bool {
        self.entries.get_mut(&key).is_some_and(|entry| std::mem::take(&mut entry.touched))
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many entries have made room since the beginning.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }
}

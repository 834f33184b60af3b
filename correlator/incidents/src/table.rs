//! A table with a bound: what was not touched for longest makes room.
//!
//! **Invariant:** what is dropped depends only on the order of touches. Touching moves nothing: an
//! entry that has been touched since it stood in the queue goes to the queue's end when its turn
//! comes, so room is made in constant time with a bound, and the queue is as long as the table. A
//! tenant drops entries of its own only, also where all tenants together have too many.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use stream::{KeyedStore, Store};

use crate::key::Key;
use crate::stores::TenantNumber;

/// So many entries are passed over in search of one that was not touched.
const SPARED_MAX: usize = 64;

/// Entries by tenant and key.
#[derive(Debug)]
pub(crate) struct Table<V> {
    entries: KeyedStore<(TenantNumber, Key), Entry<V>>,
    queue: KeyedStore<(TenantNumber, u64), Key>,
    /// The bound of one tenant.
    max: usize,
    /// The bound of all tenants together.
    max_of_all: usize,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry<V> {
    touched: bool,
    value: V,
}

/// Which part of a table's queue is a tenant's: places from the first to the one behind the last.
#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Queue {
    first: u64,
    end: u64,
    /// How many entries have made room since the beginning.
    pub(crate) dropped: u64,
    /// How many entries found no room, because others have it all.
    pub(crate) refused: u64,
}

impl Queue {
    pub(crate) fn len(&self) -> usize {
        usize::try_from(self.end - self.first).unwrap_or(usize::MAX)
    }
}

impl<V: Default + Clone + Serialize + DeserializeOwned> Table<V> {
    pub(crate) fn new(max: usize, max_of_all: usize) -> Self {
        Self { entries: KeyedStore::default(), queue: KeyedStore::default(), max, max_of_all }
    }

    pub(crate) fn get(&self, tenant: TenantNumber, key: Key) -> Option<&V> {
        self.entries.get(&(tenant, key)).map(|entry| &entry.value)
    }

    pub(crate) fn get_mut(&mut self, tenant: TenantNumber, key: Key) -> Option<&mut V> {
        self.entries.get_mut(&(tenant, key)).map(|entry| &mut entry.value)
    }

    /// The entry of a key, made where there is none; none where other tenants have all the room.
    pub(crate) fn touch(
        &mut self,
        tenant: TenantNumber,
        queue: &mut Queue,
        key: Key,
    ) -> Option<&mut V> {
        if self.entries.get(&(tenant, key)).is_none() {
            self.make_room(tenant, queue);
            if self.entries.len() >= self.max_of_all {
                queue.refused += 1;
                return None;
            }
            self.queue.insert(&(tenant, queue.end), key);
            queue.end += 1;
            self.entries.insert(&(tenant, key), Entry { touched: false, value: V::default() });
        }
        let entry = self.entries.get_mut(&(tenant, key))?;
        entry.touched = true;
        Some(&mut entry.value)
    }

    fn make_room(&mut self, tenant: TenantNumber, queue: &mut Queue) {
        let mut spared = 0;
        while queue.len() >= self.max || self.entries.len() >= self.max_of_all {
            let Some(first) = self.queue.remove(&(tenant, queue.first)) else { return };
            queue.first += 1;
            if spared < SPARED_MAX && self.was_touched(tenant, first) {
                self.queue.insert(&(tenant, queue.end), first);
                queue.end += 1;
                spared += 1;
            } else {
                self.entries.remove(&(tenant, first));
                queue.dropped += 1;
            }
        }
    }

    fn was_touched(&mut self, tenant: TenantNumber, key: Key) -> bool {
        let entry = self.entries.get_mut(&(tenant, key));
        entry.is_some_and(|entry| std::mem::take(&mut entry.touched))
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn stores(&mut self) -> [&mut dyn Store; 2] {
        [&mut self.entries, &mut self.queue]
    }
}

//! What incidents have many of: one entry each, so that an item changes little.
//!
//! **Invariant:** the entries of one incident stand together, in the order of their keys.

use std::ops::Bound;

use serde::Serialize;
use serde::de::DeserializeOwned;
use stream::KeyedStore;

use crate::stores::TenantNumber;

/// One incident of one tenant.
pub(crate) type At = (TenantNumber, u64);

/// Entries by incident and key.
#[derive(Debug)]
pub(crate) struct List<V> {
    pub(crate) entries: KeyedStore<(TenantNumber, u64, u64), V>,
}

impl<V> Default for List<V>
where
    V: Clone + Serialize + DeserializeOwned,
{
    fn default() -> Self {
        Self { entries: KeyedStore::default() }
    }
}

impl<V: Clone + Serialize + DeserializeOwned> List<V> {
    pub(crate) fn get(&self, (tenant, incident): At, key: u64) -> Option<&V> {
        self.entries.get(&(tenant, incident, key))
    }

    pub(crate) fn get_mut(&mut self, (tenant, incident): At, key: u64) -> Option<&mut V> {
        self.entries.get_mut(&(tenant, incident, key))
    }

    pub(crate) fn insert(&mut self, (tenant, incident): At, key: u64, value: V) {
        self.entries.insert(&(tenant, incident, key), value);
    }

    pub(crate) fn remove(&mut self, (tenant, incident): At, key: u64) -> Option<V> {
        self.entries.remove(&(tenant, incident, key))
    }

    /// The entries of an incident, in order.
    pub(crate) fn of(&self, (tenant, incident): At) -> impl Iterator<Item = (u64, &V)> {
        let (from, to) = ((tenant, incident, 0), (tenant, incident, u64::MAX));
        let all = self.entries.range(Bound::Included(&from), Bound::Included(&to));
        all.map(|((.., key), value)| (*key, value))
    }

    /// What is said of the entries of an incident, in order; so many are expected.
    pub(crate) fn said<T>(&self, at: At, expected: usize, say: impl Fn(&V) -> T) -> Vec<T> {
        let mut all = Vec::with_capacity(expected);
        all.extend(self.of(at).map(|(_, value)| say(value)));
        all
    }

    /// Takes out the entries of an incident.
    pub(crate) fn take(&mut self, at: At) -> Vec<(u64, V)> {
        let keys: Vec<u64> = self.of(at).map(|(key, _)| key).collect();
        keys.into_iter().filter_map(|key| Some((key, self.remove(at, key)?))).collect()
    }

    /// Copies the entries of an incident to another.
    pub(crate) fn copy(&mut self, from: At, to: At) {
        let all: Vec<(u64, V)> = self.of(from).map(|(key, value)| (key, value.clone())).collect();
        all.into_iter().for_each(|(key, value)| self.insert(to, key, value));
    }
}

//! The latest row of each key.
//!
//! **Invariant:** what is left does not depend on how records are cut into batches: a row replaces another
//! exactly where the table's own guard would let it. Rows come out in the order of their keys, so two sinks
//! lock rows in one order.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::copy::Copy;

/// A row of one of our tables.
pub trait Row {
    /// What is unique in the table.
    type Key: Ord;
    /// How many fields it writes.
    const FIELDS: i16;

    /// Its key.
    fn key(&self) -> Self::Key;

    /// Whether it takes the place of a row that came earlier with the same key.
    fn supersedes(&self, earlier: &Self) -> bool;

    /// Its fields, in the order of the table's columns in `tables.rs`.
    fn write(&self, to: &mut Copy);
}

/// Rows of one table, each key once.
#[derive(Debug)]
pub struct Folded<R: Row> {
    rows: BTreeMap<R::Key, R>,
}

impl<R: Row> Default for Folded<R> {
    fn default() -> Self {
        Self { rows: BTreeMap::new() }
    }
}

impl<R: Row> Folded<R> {
    /// Adds a row that comes after all that are here.
    pub fn add(&mut self, row: R) {
        match self.rows.entry(row.key()) {
            Entry::Vacant(place) => {
                place.insert(row);
            }
            Entry::Occupied(mut place) => {
                if row.supersedes(place.get()) {
                    place.insert(row);
                }
            }
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows, by key.
    pub fn rows(&self) -> impl Iterator<Item = &R> {
        self.rows.values()
    }

    /// All of them as Postgres takes them.
    #[must_use]
    pub fn copy(&self) -> Vec<u8> {
        let mut copy = Copy::with_capacity(64 + self.rows.len() * 256);
        for row in self.rows.values() {
            row.write(copy.row(R::FIELDS));
        }
        copy.finish()
    }
}

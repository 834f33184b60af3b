//! What a processor gathers over several records, to write it as few large outputs: the rows of a
//! metric batch, say.
//!
//! **Invariant:** it is part of the open transaction and of nothing else. [`Processor::flush`] empties
//! it before each commit, an abort drops it, images never hold any of it.
//!
//! [`Processor::flush`]: crate::Processor::flush

use crate::image::EntryWriter;
use crate::store::{EntryError, Store};

/// Things gathered since the last commit, in order.
#[derive(Debug)]
pub struct Gathered<T> {
    things: Vec<T>,
}

impl<T> Default for Gathered<T> {
    fn default() -> Self {
        Self { things: Vec::new() }
    }
}

impl<T> Gathered<T> {
    /// Adds one.
    pub fn push(&mut self, thing: T) {
        self.things.push(thing);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.things.len()
    }

    /// All of them; none are left.
    pub fn take(&mut self) -> Vec<T> {
        std::mem::take(&mut self.things)
    }
}

impl<T> Store for Gathered<T> {
    fn len(&self) -> usize {
        0
    }

    fn commit(&mut self) {
        assert!(self.things.is_empty(), "a processor that gathers has to flush");
    }

    fn rollback(&mut self) {
        self.things.clear();
    }

    fn begin_cut(&mut self) {}

    fn write_cut(&mut self, _room: &mut EntryWriter<'_>) -> bool {
        true
    }

    fn abandon_cut(&mut self) {}

    fn restore(&mut self, entry: &[u8]) -> Result<(), EntryError> {
        Err(EntryError::of(entry.len()))
    }
}

//! What a task goes by, changed by a record of its own partition: the rules, for instance.
//!
//! **Invariant:** the edition in force is a function of the partition up to here, and of what was
//! configured where none has come. Of two the later one is in force, in whatever order they come. What
//! is kept is the record as it came, in pieces that fit into images; what it means is read from it again
//! after a restore, and after an undo.

use std::fmt::Debug;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::store::{KeyedStore, Store};

/// A piece of a record, as the store keeps it.
const PIECE_BYTES: usize = 64 << 10;

/// What one record puts in force.
#[derive(Debug)]
pub struct Edition<T> {
    /// When it was put in force; the later one counts.
    pub order_ms: i64,
    /// Equal editions mean the same.
    pub number: u128,
    /// What it means.
    pub content: Arc<T>,
}

/// Reads editions; the same value is always read as the same edition, or refused.
pub trait Library<T>: Debug + Send + Sync {
    /// Reads one.
    ///
    /// # Errors
    /// Why it cannot be used, in a sentence.
    fn read(&self, value: &[u8]) -> Result<Edition<T>, String>;
}

/// What became of an edition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is in force.
    InForce,
    /// A later one is.
    Outdated,
}

/// What a task goes by.
#[derive(Debug)]
pub struct InForce<T> {
    configured: Option<Arc<T>>,
    library: Option<Arc<dyn Library<T>>>,
    head: KeyedStore<(), Head>,
    pieces: KeyedStore<u32, Vec<u8>>,
    /// What the stores mean, and of which edition. No part of the state.
    read: Option<(u128, Arc<T>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    order_ms: i64,
    number: u128,
}

impl<T> InForce<T> {
    /// What was configured; without a library it stays.
    #[must_use]
    pub fn new(configured: Option<Arc<T>>, library: Option<Arc<dyn Library<T>>>) -> Self {
        let (head, pieces) = (KeyedStore::default(), KeyedStore::default());
        Self { configured, library, head, pieces, read: None }
    }

    /// Takes a record that holds an edition.
    ///
    /// # Errors
    /// Why it cannot be used; what was in force stays so.
    pub fn put(&mut self, value: &[u8]) -> Result<Put, String> {
        let library = self.library.as_ref().ok_or("this service was given no key to know it by")?;
        let edition = library.read(value)?;
        if self.head.get(&()).is_some_and(|head| head.order_ms >= edition.order_ms) {
            return Ok(Put::Outdated);
        }
        self.keep(value);
        self.head.insert(&(), Head { order_ms: edition.order_ms, number: edition.number });
        self.read = Some((edition.number, edition.content));
        Ok(Put::InForce)
    }

    fn keep(&mut self, value: &[u8]) {
        let pieces = (0_u32..).zip(value.chunks(PIECE_BYTES));
        let last = pieces.map(|(number, piece)| {
            self.pieces.insert(&number, piece.to_vec());
            number
        });
        let kept = last.last().map_or(0, |last| last + 1);
        let beyond: Vec<u32> = self
            .pieces
            .iter()
            .map(|(number, _)| *number)
            .filter(|number| *number >= kept)
            .collect();
        for number in beyond {
            self.pieces.remove(&number);
        }
    }

    /// What is in force, if there is anything.
    ///
    /// # Errors
    /// Why what is kept can no longer be read: by another binary, or with another key.
    pub fn get(&mut self) -> Result<Option<&Arc<T>>, String> {
        let Some(head) = self.head.get(&()).copied() else { return Ok(self.configured.as_ref()) };
        if self.read.as_ref().is_none_or(|(number, _)| *number != head.number) {
            let library =
                self.library.as_ref().ok_or("this service was given no key to know it by")?;
            let value: Vec<u8> = self.pieces.iter().flat_map(|(_, piece)| piece.clone()).collect();
            self.read = Some((head.number, library.read(&value)?.content));
        }
        Ok(self.read.as_ref().map(|(_, content)| content))
    }

    /// All stores.
    pub fn stores(&mut self) -> [&mut dyn Store; 2] {
        [&mut self.head, &mut self.pieces]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::EntryWriter;

    /// Reads `order:number:padding`.
    #[derive(Debug)]
    struct Texts;

    impl Library<String> for Texts {
        fn read(&self, value: &[u8]) -> Result<Edition<String>, String> {
            let text = String::from_utf8_lossy(value).into_owned();
            let parts: Vec<&str> = text.split(':').collect();
            let [order, number, _] = parts.as_slice() else { return Err("no edition".to_owned()) };
            let edition =
                |order_ms, number| Edition { order_ms, number, content: Arc::new(text.clone()) };
            Ok(edition(order.parse().unwrap(), number.parse().unwrap()))
        }
    }

    fn in_force() -> InForce<String> {
        InForce::new(Some(Arc::new("configured".to_owned())), Some(Arc::new(Texts)))
    }

    fn text_of(of: &mut InForce<String>) -> String {
        of.get().unwrap().unwrap().to_string()
    }

    fn commit(of: &mut InForce<String>) {
        of.stores().into_iter().for_each(|store| store.commit());
    }

    #[test]
    fn the_later_edition_is_in_force_in_whatever_order_they_come() {
        let mut of = in_force();
        assert_eq!(text_of(&mut of), "configured");
        assert_eq!(of.put(b"5:1:a"), Ok(Put::InForce));
        assert_eq!(of.put(b"4:2:b"), Ok(Put::Outdated));
        assert_eq!(of.put(b"5:1:a"), Ok(Put::Outdated));
        assert_eq!(text_of(&mut of), "5:1:a");
        assert!(of.put(b"spoilt").is_err());
        assert_eq!(text_of(&mut of), "5:1:a");
        assert_eq!(of.put(b"6:2:b"), Ok(Put::InForce));
        assert_eq!(text_of(&mut of), "6:2:b");
    }

    #[test]
    fn an_abort_undoes_it() {
        let mut of = in_force();
        of.put(b"5:1:a").unwrap();
        commit(&mut of);
        of.put(b"6:2:b").unwrap();
        of.stores().into_iter().for_each(|store| store.rollback());
        assert_eq!(text_of(&mut of), "5:1:a");
    }

    #[test]
    fn it_survives_an_image_however_long_it_is_and_leaves_nothing_of_a_longer_one() {
        let mut of = in_force();
        of.put(format!("5:1:{}", "a".repeat(3 * PIECE_BYTES)).as_bytes()).unwrap();
        let shorter = format!("6:2:{}", "b".repeat(PIECE_BYTES));
        of.put(shorter.as_bytes()).unwrap();
        commit(&mut of);
        let mut restored = in_force();
        for (number, (from, to)) in (0_u8..).zip(of.stores().into_iter().zip(restored.stores())) {
            from.begin_cut();
            let mut bytes = Vec::new();
            assert!(from.write_cut(&mut EntryWriter::new(&mut bytes, number, usize::MAX)));
            let mut rest = bytes.as_slice();
            while let [_, a, b, c, d, after @ ..] = rest {
                let length = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
                to.restore(&after[..length]).unwrap();
                rest = &after[length..];
            }
        }
        assert_eq!(text_of(&mut restored), shorter);
    }

    #[test]
    fn without_a_key_nothing_changes_and_it_is_said() {
        let mut of: InForce<String> = InForce::new(None, None);
        assert!(of.put(b"5:1:a").unwrap_err().contains("no key"));
        assert_eq!(of.get(), Ok(None));
    }
}

//! Words that items have in common, the rarer the more.

use std::collections::BTreeMap;

use crate::item::Item;
use crate::key;

/// So many words of one incident are kept.
const WORDS_MAX: usize = 48;
/// So many different words are counted; more share a place.
const PLACES: u32 = 4_096;
/// Longer titles are cut.
const TITLE_WORDS_MAX: usize = 24;

/// How many items a word was in.
#[derive(Debug)]
pub(crate) struct Words {
    items: f64,
    with: BTreeMap<u32, f64>,
}

/// The words of an incident.
#[derive(Debug, Default, Clone)]
pub(crate) struct Bag(Vec<u32>);

/// The words of an item, each once.
pub(crate) fn of(item: &Item) -> Vec<u32> {
    let parts = item.title.split(|letter: char| !letter.is_alphanumeric());
    let words = parts.filter(|word| word.len() > 2).take(TITLE_WORDS_MAX);
    let mut words: Vec<u32> = words.map(|word| key::word(&word.to_lowercase()) % PLACES).collect();
    words.sort_unstable();
    words.dedup();
    words
}

impl Words {
    pub(crate) fn new() -> Self {
        Self { items: 0.0, with: BTreeMap::new() }
    }

    pub(crate) fn note(&mut self, words: &[u32]) {
        self.items += 1.0;
        words.iter().for_each(|word| *self.with.entry(*word).or_insert(0.0) += 1.0);
    }

    /// What a word is worth: nothing when it is in every item.
    fn worth(&self, word: u32) -> f64 {
        let share = self.with.get(&word).map_or(0.0, |with| with / self.items.max(1.0));
        (1.0 - share).max(0.0)
    }

    /// Which share of an item's words, by worth, an incident has too.
    pub(crate) fn common(&self, item: &[u32], incident: &Bag) -> f64 {
        let worth = |word: &u32| self.worth(*word) * self.worth(*word);
        let all: f64 = item.iter().map(worth).sum();
        let shared: f64 = item.iter().filter(|word| incident.0.contains(word)).map(worth).sum();
        if all > 0.0 { shared / all } else { 0.0 }
    }
}

impl Bag {
    pub(crate) fn add(&mut self, words: &[u32]) {
        for word in words {
            if self.0.len() < WORDS_MAX && !self.0.contains(word) {
                self.0.push(*word);
            }
        }
    }

    pub(crate) fn take_over(&mut self, other: &Self) {
        self.add(&other.0);
    }
}

//! Words that items have in common, the rarer the more.

use serde::{Deserialize, Serialize};
use stream::{KeyedStore, Store};

use crate::item::Item;
use crate::key;
use crate::stores::TenantNumber;

/// So many words of one incident are kept.
const WORDS_MAX: usize = 48;
/// So many different words are counted; more share a place.
const PLACES: u32 = 4_096;
/// Longer titles are cut.
const TITLE_WORDS_MAX: usize = 24;

/// How many items a word was in.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) with: KeyedStore<(TenantNumber, u32), f64>,
    /// The bound of all tenants together.
    max_of_all: usize,
}

/// The words of an incident.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
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
    pub(crate) fn new(max_of_all: usize) -> Self {
        Self { with: KeyedStore::default(), max_of_all }
    }

    /// Counts the words of an item of a tenant; of how many items is the caller's to know.
    pub(crate) fn note(&mut self, tenant: TenantNumber, words: &[u32]) {
        for word in words {
            if let Some(with) = self.with.get_mut(&(tenant, *word)) {
                *with += 1.0;
            } else if self.with.len() < self.max_of_all {
                self.with.insert(&(tenant, *word), 1.0);
            }
        }
    }

    /// What the words of an item are worth: nothing where one is in every item of its tenant.
    pub(crate) fn worths(&self, tenant: TenantNumber, items: f64, words: &[u32]) -> Vec<f64> {
        let share =
            |word: &u32| self.with.get(&(tenant, *word)).map_or(0.0, |with| with / items.max(1.0));
        let worth = |word: &u32| (1.0 - share(word)).max(0.0);
        words.iter().map(|word| worth(word) * worth(word)).collect()
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

    /// Which share of an item's words, by worth, it has too.
    pub(crate) fn common(&self, words: &[u32], worths: &[f64]) -> f64 {
        let all: f64 = worths.iter().sum();
        let shared = words.iter().zip(worths).filter(|(word, _)| self.0.contains(word));
        let shared: f64 = shared.map(|(_, worth)| worth).sum();
        if all > 0.0 { shared / all } else { 0.0 }
    }

    /// Whether it would take one of these words.
    pub(crate) fn lacks(&self, words: &[u32]) -> bool {
        self.0.len() < WORDS_MAX && words.iter().any(|word| !self.0.contains(word))
    }

    pub(crate) fn take_over(&mut self, other: &Self) {
        self.add(&other.0);
    }
}

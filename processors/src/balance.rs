//! The balance: what came in, and where all of it went.

use std::collections::BTreeMap;

use serde::Serialize;

/// What became of the records of one format, or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Records read.
    pub read: u64,
    /// Events they held.
    pub events: u64,
    /// Points they held; the statistics of one interval are one.
    pub points: u64,
    /// Pieces that are rightly not passed on.
    pub filtered: u64,
    /// Records or pieces of records that could not be read.
    pub dead_letter: u64,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.events += other.events;
        self.points += other.points;
        self.filtered += other.filtered;
        self.dead_letter += other.dead_letter;
    }

    /// Whether a record left no trace at all: that would be a silent loss.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.events + self.points + self.filtered + self.dead_letter == 0
    }
}

/// The balance by format, and the sum of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// All formats together.
    pub total: Tally,
    /// Each format by itself.
    #[serde(flatten)]
    pub formats: BTreeMap<String, Tally>,
    /// Why pieces were filtered, and how many.
    #[serde(skip)]
    pub reasons: BTreeMap<&'static str, u64>,
}

impl Balance {
    /// Adds what became of one record.
    pub fn add(&mut self, format: &str, tally: &Tally) {
        self.total.add(tally);
        match self.formats.get_mut(format) {
            Some(of_format) => of_format.add(tally),
            None => drop(self.formats.insert(format.to_owned(), *tally)),
        }
    }
}

//! What came in and where all of it went.
//!
//! **Invariant:** of each partition the counts are those of everything before `next_offset`, since its
//! first offset: they travel in the transaction that commits it. For each format `found` is the sum of
//! `events`, `points`, `duplicates`, `late`, `filtered` and `dead_letters`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::envelope::{Extra, Payload};
use crate::version::Version;

/// The balance of one input partition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Balance {
    /// The service that read it.
    pub service: String,
    /// The topic.
    pub topic: String,
    /// The partition of it.
    pub partition: u32,
    /// Everything before this offset is in the counts.
    pub next_offset: u64,
    /// What became of it, by format.
    pub formats: BTreeMap<String, Tally>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What became of the records of one format.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    /// Records read.
    pub read: u64,
    /// Pieces found in them: of everything below one.
    pub found: u64,
    /// Events passed on.
    pub events: u64,
    /// Points passed on; the statistics of one interval are one.
    pub points: u64,
    /// Events that had come before.
    pub duplicates: u64,
    /// Events too old to be told from duplicates.
    pub late: u64,
    /// Pieces that are rightly not passed on.
    pub filtered: u64,
    /// Records or pieces of records that could not be read.
    pub dead_letters: u64,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Tally {
    /// Adds another.
    pub fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.found += other.found;
        self.events += other.events;
        self.points += other.points;
        self.duplicates += other.duplicates;
        self.late += other.late;
        self.filtered += other.filtered;
        self.dead_letters += other.dead_letters;
    }

    /// What was found less all it became: zero, or something was lost or made up.
    #[must_use]
    pub fn open(&self) -> i128 {
        let went = [
            self.events,
            self.points,
            self.duplicates,
            self.late,
            self.filtered,
            self.dead_letters,
        ];
        i128::from(self.found) - went.into_iter().map(i128::from).sum::<i128>()
    }
}

impl Payload for Balance {
    const TYPE: &'static str = "isobar.balance";
    const VERSION: Version = Version::new(1, 0);
}

//! One dead letter, and the place of the message it is about.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::str::FromStr;

use schemas::dead_letter::DeadLetter;
use schemas::envelope::Envelope;
use schemas::id::Hash128;
use schemas::time::Time;

/// The header by which a message that was sent again names where it was before.
pub(super) const REPLAYED_FROM: &str = "isobar-replayed-from";

/// Where a message stands: `topic/partition/offset`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) topic: String,
    pub(super) partition: u32,
    pub(super) offset: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.topic, self.partition, self.offset)
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (rest, offset) = text.rsplit_once('/').ok_or(())?;
        let (topic, partition) = rest.rsplit_once('/').ok_or(())?;
        let place = Self {
            topic: topic.to_owned(),
            partition: partition.parse().map_err(|_| ())?,
            offset: offset.parse().map_err(|_| ())?,
        };
        if topic.is_empty() { Err(()) } else { Ok(place) }
    }
}

/// A letter as it lies on its topic.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    /// Partition and offset of the letter itself.
    pub(super) lies_at: (i32, i64),
    /// When it was written.
    pub(super) written: Time,
    /// What it says.
    pub(super) envelope: Envelope<DeadLetter>,
}

impl Letter {
    /// Where the message stands that could not be read.
    pub(super) fn place(&self) -> Place {
        let DeadLetter { topic, partition, offset, .. } = &self.envelope.data;
        Place { topic: topic.clone(), partition: *partition, offset: *offset }
    }

    /// The formats that were tried, as one text.
    pub(super) fn formats(&self) -> String {
        self.envelope.data.formats.join(",")
    }

    /// Where the message was before it was sent again for the last time.
    pub(super) fn replayed_from(&self) -> Option<Place> {
        let headers = &self.envelope.data.message.headers;
        let header = headers.iter().rev().find(|header| header.name == REPLAYED_FROM)?;
        str::from_utf8(&header.value.as_ref()?.0).ok()?.parse().ok()
    }

    /// The message's value as a number. Letters are only compared within one place, where 64 bits
    /// are plenty.
    pub(super) fn value_hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.envelope.data.message.value.as_ref().map(|value| &value.0).hash(&mut hasher);
        hasher.finish()
    }
}

/// What people name letters by. A message of several pieces may have several letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Id {
    /// The letter's own id.
    Letter(Hash128),
    /// The place of the message.
    Message(Place),
}

impl Id {
    pub(super) fn names(&self, letter: &Letter) -> bool {
        match self {
            Self::Letter(id) => letter.envelope.attributes.id.0 == *id,
            Self::Message(place) => letter.place() == *place,
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Letter(id) => id.fmt(f),
            Self::Message(place) => place.fmt(f),
        }
    }
}

impl FromStr for Id {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let place = || text.parse().map(Self::Message);
        text.parse().map(Self::Letter).or_else(|_| place()).map_err(|()| {
            format!(
                "`{text}` names no dead letter; give topic/partition/offset of the message, as `isobar dead-letters \
                 list` shows it, or the 32 hexadecimal digits of the letter's id"
            )
        })
    }
}

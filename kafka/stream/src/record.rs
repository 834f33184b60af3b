//! What lies on a log, and where. Positions are half-open: `resume_at` is the next offset to read.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::time::EventTime;

/// A place in one partition. As `resume_at` it is the first offset that was *not* processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Offset(pub i64);

impl Offset {
    /// The offset after this one. Control records take offsets too, so a record need not lie there.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One partition of one topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// The topic's name.
    pub topic: Arc<str>,
    /// The partition's number, from 0.
    pub partition: i32,
}

impl TopicPartition {
    /// Names a partition.
    pub fn new(topic: impl Into<Arc<str>>, partition: i32) -> Self {
        Self { topic: topic.into(), partition }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.topic, self.partition)
    }
}

/// Record headers, in the order the producer gave them.
pub type Headers = Vec<(String, Vec<u8>)>;

/// One record as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it lies in its partition.
    pub offset: Offset,
    /// When the broker says it arrived.
    pub arrival: EventTime,
    /// What its partition was chosen by.
    pub key: Option<Vec<u8>>,
    /// The payload; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Producer's headers.
    pub headers: Headers,
}

/// Which partition of its topic an output goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// By its key, through [`partition_of`].
    ByKey,
    /// This partition and no other.
    Partition(i32),
}

/// One record to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The topic's name.
    pub topic: Arc<str>,
    /// Which of its partitions.
    pub destination: Destination,
    /// The key, kept beside the value for compaction and for readers.
    pub key: Option<Vec<u8>>,
    /// The payload; `None` writes a tombstone.
    pub value: Option<Vec<u8>>,
    /// Headers for the reader.
    pub headers: Headers,
    /// The record's own time.
    pub timestamp: EventTime,
}

impl Output {
    /// A keyed record without headers: what nearly every output is.
    pub fn keyed(topic: &Arc<str>, key: Vec<u8>, value: Vec<u8>, timestamp: EventTime) -> Self {
        Self {
            topic: Arc::clone(topic),
            destination: Destination::ByKey,
            key: Some(key),
            value: Some(value),
            headers: Headers::new(),
            timestamp,
        }
    }

    /// The bytes this output will roughly take in a batch.
    pub fn size(&self) -> usize {
        let length = |part: &Option<Vec<u8>>| part.as_ref().map_or(0, Vec::len);
        length(&self.key) + length(&self.value) + 32
    }
}

/// Keys fall into this many slots first, so that a topic may have any number of partitions that
/// divides it and a later generation with more partitions splits each partition cleanly.
pub const KEY_SLOTS: u32 = 256;

/// The partition of a key: `(murmur2(key) mod 256) mod partitions`. With a power of two of
/// partitions this is where Java's default partitioner puts the key, too.
pub fn partition_of(key: &[u8], partitions: i32) -> i32 {
    let slot = (murmur2(key) & 0x7fff_ffff) % KEY_SLOTS;
    i32::try_from(slot).unwrap_or(0) % partitions
}

/// Murmur2 as Kafka's Java clients compute it over a key.
fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    #[expect(clippy::cast_possible_truncation, reason = "the hash is defined over 32 bits")]
    let mut hash: u32 = 0x9747_b28c ^ (data.len() as u32);
    let mut chunks = data.chunks_exact(4);
    for chunk in &mut chunks {
        let word = chunk.iter().rev().fold(0u32, |word, byte| (word << 8) | u32::from(*byte));
        let mixed = word.wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ (mixed ^ (mixed >> 24)).wrapping_mul(M);
    }
    let tail = chunks.remainder();
    if !tail.is_empty() {
        hash ^= tail.iter().rev().fold(0u32, |word, byte| (word << 8) | u32::from(*byte));
        hash = hash.wrapping_mul(M);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values from Kafka's own `UtilsTest.testMurmur2`.
    #[test]
    fn murmur2_agrees_with_the_java_client() {
        let cases: [(&[u8], i32); 4] = [
            (b"21", -973_932_308),
            (b"foobar", -790_332_482),
            (b"a-little-bit-long-string", -985_981_536),
            (b"abc", 479_470_107),
        ];
        for (key, expected) in cases {
            assert_eq!(murmur2(key).cast_signed(), expected, "{key:?}");
        }
    }

    #[test]
    fn more_partitions_split_a_partition_and_mix_none() {
        for n in 0..1000u32 {
            let key = n.to_le_bytes();
            assert_eq!(partition_of(&key, 32) % 16, partition_of(&key, 16));
        }
    }
}

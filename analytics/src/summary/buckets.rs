//! Counts by bucket, for the values of one sign.
//!
//! **Invariant:** indices ascend, counts are positive, and there are at most [`BUCKETS_MAX`]. These
//! are the greatest indices ever added; what belonged to lower ones stands in the lowest and is
//! counted as collapsed. So neither the order of the values nor that of the merges shows.

use serde::{Deserialize, Serialize};

use super::mapping::INDEX_MAX;
use super::wire::{COUNT_MAX, Inconsistent};

/// 2,048 neighbouring buckets span 17 decades.
pub(super) const BUCKETS_MAX: usize = 2_048;

/// 56 bytes, and 12 for each bucket. Indices stand by themselves, so that a search among some
/// hundreds of them stays within a few cache lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub(super) struct Buckets {
    indices: Vec<i32>,
    counts: Vec<u64>,
    collapsed: u64,
}

impl Buckets {
    pub(super) fn add(&mut self, index: i32) {
        match self.find(index) {
            Ok(at) => self.counts.get_mut(at).into_iter().for_each(|count| *count += 1),
            Err(at) => self.insert(at, index),
        }
    }

    fn insert(&mut self, at: usize, index: i32) {
        let stood = self.lowest();
        self.indices.insert(at, index);
        self.counts.insert(at, 1);
        self.collapse([stood]);
    }

    /// The lowest bucket, and how much of it belongs further down.
    fn lowest(&self) -> (Option<i32>, u64) {
        (self.indices.first().copied(), self.collapsed)
    }

    /// Where an index stands, or where it would stand.
    fn find(&self, index: i32) -> Result<usize, usize> {
        let length = self.indices.len();
        let (Some(lowest), Some(highest)) = (self.indices.first(), self.indices.last()) else {
            return Err(0);
        };
        let Ok(above) = usize::try_from(index - lowest) else { return Err(0) };
        let Ok(below) = usize::try_from(highest - index) else { return Err(length) };
        // Indices are distinct: none is further from either end than it differs from it. Where
        // buckets have no gaps, that leaves a single place to look at.
        let from = length.saturating_sub(below + 1);
        let near = self.indices.get(from..length.min(above + 1)).unwrap_or_default();
        near.binary_search(&index).map(|at| from + at).map_err(|at| from + at)
    }

    pub(super) fn merge(&mut self, other: &Self) {
        *self = self.merged(other);
    }

    fn merged(&self, other: &Self) -> Self {
        let mut both = Self::default();
        both.indices.reserve(self.len() + other.len());
        both.counts.reserve(self.len() + other.len());
        let (mut ours, mut theirs) = (self.iter().peekable(), other.iter().peekable());
        loop {
            let next = match (ours.peek(), theirs.peek()) {
                (Some(our), Some(their)) if our.0 > their.0 => theirs.next(),
                (None, _) => theirs.next(),
                (Some(_), _) => ours.next(),
            };
            let Some((index, count)) = next else { break };
            both.append(index, count);
        }
        both.collapse([self.lowest(), other.lowest()]);
        // What two have in common was reserved twice.
        both.indices.shrink_to_fit();
        both.counts.shrink_to_fit();
        both
    }

    /// Adds to the highest bucket, or opens one above it.
    fn append(&mut self, index: i32, count: u64) {
        match (self.indices.last(), self.counts.last_mut()) {
            (Some(highest), Some(present)) if *highest == index => *present += count,
            _ => {
                self.indices.push(index);
                self.counts.push(count);
            }
        }
    }

    /// Moves what is in too many buckets up to the lowest that stays.
    fn collapse<const N: usize>(&mut self, stood: [(Option<i32>, u64); N]) {
        let surplus = self.indices.len().saturating_sub(BUCKETS_MAX);
        self.indices.drain(..surplus);
        let moved: u64 = self.counts.drain(..surplus).sum();
        self.counts.first_mut().into_iter().for_each(|lowest| *lowest += moved);
        // What had collapsed into a bucket that has now moved up itself is among the moved.
        let lowest = self.indices.first().copied();
        let still = stood.iter().filter(|(index, _)| *index == lowest);
        self.collapsed = moved + still.map(|(_, collapsed)| collapsed).sum::<u64>();
    }

    pub(super) fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    pub(super) fn collapsed(&self) -> u64 {
        self.collapsed
    }

    pub(super) fn len(&self) -> usize {
        self.indices.len()
    }

    pub(super) fn iter(
        &self,
    ) -> impl DoubleEndedIterator<Item = (i32, u64)> + ExactSizeIterator + '_ {
        self.indices.iter().copied().zip(self.counts.iter().copied())
    }
}

/// On the wire: each index as its distance from the one before, so that a bucket takes two bytes.
#[derive(Serialize, Deserialize)]
struct Wire {
    buckets: Vec<(u32, u64)>,
    collapsed: u64,
}

impl From<Buckets> for Wire {
    fn from(buckets: Buckets) -> Self {
        let mut before = 0;
        let steps = buckets.iter().map(|(index, count)| {
            let step = (index - before).unsigned_abs();
            before = index;
            (step, count)
        });
        Self { buckets: steps.collect(), collapsed: buckets.collapsed }
    }
}

impl TryFrom<Wire> for Buckets {
    type Error = Inconsistent;

    fn try_from(wire: Wire) -> Result<Self, Inconsistent> {
        let mut buckets = Self { collapsed: wire.collapsed, ..Self::default() };
        let mut index = 0_i32;
        for (step, count) in wire.buckets {
            let next = index.checked_add_unsigned(step).filter(|next| *next <= INDEX_MAX);
            index = next.ok_or(Inconsistent("a bucket beyond all numbers"))?;
            let usable = step > 0 && (1..=COUNT_MAX).contains(&count);
            Inconsistent::unless(usable, "an empty or repeated bucket")?;
            buckets.append(index, count);
        }
        let within = buckets.collapsed <= buckets.counts.first().copied().unwrap_or_default();
        let few = buckets.len() <= BUCKETS_MAX;
        Inconsistent::unless(within && few, "more buckets or more collapsed values than possible")?;
        Ok(buckets)
    }
}

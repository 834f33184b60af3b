//! How far a partition was served, as it is committed.
//!
//! **Invariant:** the committed offset is that of the receiver furthest behind; the metadata beside it says
//! how far all others are, so a restart repeats nothing to those who were not behind. It fits the 4096
//! bytes that brokers take: with too many receivers behind, those least behind are taken for further
//! behind than they are, which repeats and never loses.

use std::collections::BTreeMap;

use crate::partition::Lane;

/// Metadata of another version, or somebody else's, is not ours.
const VERSION: &str = "notifier/1";
/// An entry takes 16 digits, 20 at most for its offset, and two separators.
const BEHIND_MAX: usize = 100;

/// Up to where a partition was served.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Positions {
    /// Up to here for every receiver that is not named.
    pub front: i64,
    /// Up to here for these.
    pub behind: BTreeMap<Lane, i64>,
}

impl Positions {
    /// The offset to commit, and the metadata beside it.
    #[must_use]
    pub fn encode(&self) -> (i64, String) {
        let mut behind: Vec<_> = self.behind.iter().map(|(lane, at)| (*at, *lane)).collect();
        behind.sort_unstable();
        let front = behind.get(BEHIND_MAX).map_or(self.front, |(at, _)| *at);
        behind.retain(|(at, _)| *at < front);
        let mut text = format!("{VERSION} {front}");
        for (at, Lane(lane)) in &behind {
            text.push_str(&format!(" {lane:016x}:{at}"));
        }
        (behind.first().map_or(front, |(at, _)| *at), text)
    }

    /// What was committed; with metadata that is not ours, the offset alone, and so more is repeated.
    #[must_use]
    pub fn decode(offset: i64, metadata: &str) -> (Self, bool) {
        match Self::read(offset, metadata) {
            Some(positions) => (positions, true),
            None => (Self { front: offset, behind: BTreeMap::new() }, metadata.is_empty()),
        }
    }

    fn read(offset: i64, metadata: &str) -> Option<Self> {
        let mut words = metadata.split(' ');
        if words.next() != Some(VERSION) {
            return None;
        }
        let front: i64 = words.next()?.parse().ok()?;
        let entry = |word: &str| {
            let (lane, at) = word.split_once(':')?;
            let at: i64 = at.parse().ok()?;
            let lane = u64::from_str_radix(lane, 16).ok()?;
            (offset..front).contains(&at).then_some((Lane(lane), at))
        };
        let behind: BTreeMap<_, _> = words.map(entry).collect::<Option<_>>()?;
        let first = behind.values().copied().min().unwrap_or(front);
        (first == offset).then_some(Self { front, behind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions(front: i64, behind: &[(u64, i64)]) -> Positions {
        Positions { front, behind: behind.iter().map(|(lane, at)| (Lane(*lane), *at)).collect() }
    }

    #[test]
    fn what_is_committed_is_read_again() {
        for of in [positions(0, &[]), positions(9, &[]), positions(9, &[(1, 3), (u64::MAX, 8)])] {
            let (offset, metadata) = of.encode();
            assert_eq!(Positions::decode(offset, &metadata), (of, true), "{metadata}");
        }
        assert_eq!(positions(9, &[(1, 3)]).encode().0, 3);
    }

    #[test]
    fn what_is_not_ours_leaves_the_offset() {
        let plain = positions(3, &[]);
        for (metadata, is_ours) in [
            ("", true),
            ("something else", false),
            ("notifier/2 9", false),
            ("notifier/1", false),
            ("notifier/1 9", false),
            ("notifier/1 9 1:2", false),
            ("notifier/1 9 1:3 x", false),
            ("notifier/1 9 1:10", false),
        ] {
            assert_eq!(Positions::decode(3, metadata), (plain.clone(), is_ours), "{metadata}");
        }
    }

    #[test]
    fn however_many_are_behind_it_fits_and_loses_nothing() {
        let many: Vec<_> =
            (0..5_000).map(|n| (n * 7, i64::MAX - 9_000 + i64::try_from(n).unwrap())).collect();
        let of = positions(i64::MAX - 1, &many);
        let (offset, metadata) = of.encode();
        assert!(metadata.len() <= 4096, "{}", metadata.len());
        let (read, is_ours) = Positions::decode(offset, &metadata);
        assert!(is_ours);
        for (lane, at) in &of.behind {
            assert!(read.behind.get(lane).unwrap_or(&read.front) <= at, "nothing may be lost");
        }
    }
}

//! How far one partition is read, and how far each of its receivers was served.
//!
//! **Invariants:** each receiver is given each of its records once and in order while the partition is
//! held; a position never moves beyond a record that has not ended. A receiver that is full is passed over:
//! its records stay in the topic, and are read again once it has room. So memory is bounded, and a receiver
//! that is down holds up nobody else, however long it is down.
//!
//! Reading is either at the *front*, where new records come, or in a *replay* from where some receiver was
//! passed over. A replay ends at the front, or when no receiver in it has room.

use std::collections::{BTreeMap, BTreeSet};

use schemas::id::Hash128;

use crate::positions::Positions;

/// A receiver, by the hash of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lane(pub(crate) u64);

impl Lane {
    /// The lane of the receiver with this name.
    #[must_use]
    pub fn of(receiver: &str) -> Self {
        let hash = Hash128::of("isobar.receiver", &[receiver]).as_u128();
        #[expect(clippy::cast_possible_truncation, reason = "half of a hash is a hash")]
        Self(hash as u64)
    }
}

/// Where to read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seek(pub i64);

#[derive(Debug, Default, Clone)]
struct Served {
    /// Given and not ended.
    open: BTreeSet<i64>,
    /// From here on its records were passed over, or are only being caught up with.
    missed: Option<i64>,
    /// It was full in this run, so nothing behind may be given in it.
    is_full: bool,
}

/// One partition.
#[derive(Debug, Clone)]
pub struct Partition {
    front: i64,
    at: i64,
    /// Where the reading that goes on now began.
    run_start: i64,
    /// The front was looked at since the last replay.
    is_front_read: bool,
    lanes: BTreeMap<Lane, Served>,
}

impl Partition {
    /// A partition that is read on from what was committed; from its first record where nothing was.
    #[must_use]
    pub fn resume(positions: &Positions) -> (Self, Seek) {
        let lanes = positions
            .behind
            .iter()
            .map(|(lane, at)| (*lane, Served { missed: Some(*at), ..Served::default() }));
        let lanes: BTreeMap<_, _> = lanes.collect();
        let front = positions.front;
        let start = positions.behind.values().copied().min().unwrap_or(front).min(front);
        let partition = Self { front, at: start, run_start: start, is_front_read: true, lanes };
        (partition, Seek(start))
    }

    /// The log begins only there: what was before is gone.
    pub fn begins_at(&mut self, start: i64) {
        self.front = self.front.max(start);
        (self.at, self.run_start) = (self.at.max(start), self.run_start.max(start));
        for served in self.lanes.values_mut() {
            served.missed = served.missed.map(|missed| missed.max(start));
        }
    }

    /// A record has been read: whether it is to be given to its receiver now.
    pub fn take(&mut self, offset: i64, lane: Lane, has_room: bool) -> bool {
        let (is_front, run_start) = (offset >= self.front, self.run_start);
        let is_known = self.lanes.contains_key(&lane);
        if !is_front && !is_known {
            return false;
        }
        let served = self.lanes.entry(lane).or_default();
        match served.missed {
            None if !is_front => return false,
            Some(missed) if offset < missed || served.is_full || run_start > missed => {
                return false;
            }
            _ => {}
        }
        if has_room {
            served.open.insert(offset);
            served.missed = served.missed.map(|_| offset + 1);
        } else {
            (served.missed, served.is_full) = (Some(offset), true);
        }
        has_room
    }

    /// Everything before this offset has been read.
    pub fn reached(&mut self, next: i64) {
        self.at = self.at.max(next);
        self.is_front_read |= self.at >= self.front;
        self.front = self.front.max(self.at);
        if self.at >= self.front {
            let run_start = self.run_start;
            let is_caught_up =
                |of: &Served| of.missed.is_some_and(|missed| !of.is_full && run_start <= missed);
            for served in self.lanes.values_mut().filter(|served| is_caught_up(served)) {
                served.missed = None;
            }
        }
        self.lanes.retain(|_, served| served.missed.is_some() || !served.open.is_empty());
    }

    /// A poll brought nothing more of this partition.
    pub fn idle(&mut self) {
        self.is_front_read |= self.at >= self.front;
    }

    /// A record given before has ended.
    pub fn ended(&mut self, offset: i64, lane: Lane) {
        if let Some(served) = self.lanes.get_mut(&lane) {
            served.open.remove(&offset);
        }
    }

    /// Where to read on, if it is not where reading stands.
    pub fn seek(&mut self, has_room: impl Fn(Lane) -> bool) -> Option<Seek> {
        if self.at < self.front {
            let run_start = self.run_start;
            let goes_on =
                |of: &Served| of.missed.is_some_and(|missed| !of.is_full && run_start <= missed);
            if self.lanes.values().any(goes_on) {
                return None;
            }
            self.stand_at(self.front);
            self.is_front_read = false;
            return Some(Seek(self.front));
        }
        let waiting = self.lanes.iter().filter(|(lane, _)| has_room(**lane));
        let from = waiting.filter_map(|(_, served)| served.missed).min()?;
        if !self.is_front_read {
            return None;
        }
        self.stand_at(from);
        for served in self.lanes.values_mut() {
            served.is_full &= served.missed.is_some_and(|missed| missed < from);
        }
        Some(Seek(from))
    }

    fn stand_at(&mut self, offset: i64) {
        (self.at, self.run_start) = (offset, offset);
    }

    /// How far everything has ended: what is committed.
    #[must_use]
    pub fn positions(&self) -> Positions {
        let behind = self.lanes.iter().filter_map(|(lane, served)| {
            let first = served.open.first().copied();
            let at = first.into_iter().chain(served.missed).min()?;
            (at < self.front).then_some((*lane, at))
        });
        Positions { front: self.front, behind: behind.collect() }
    }
}

#[cfg(test)]
mod tests;

//! What was written when: what all measurements refer to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use super::report::FreshnessArgs;
use crate::windows::rules::{MINUTE_MS, start_of};

/// How far behind the mark windows of metrics close.
const DISORDER_MS: i64 = 30_000;
/// So many series are watched in the database.
const WATCHED: u32 = 200;

/// Shared by the generator and those who watch.
#[derive(Debug)]
pub(super) struct Ledger {
    /// The numbers of the series that are watched.
    watched: BTreeSet<u32>,
    /// By number and minute, when each point was written.
    points: Mutex<BTreeMap<(u32, i64), Vec<i64>>>,
    /// What marks said, and when they were written.
    marks: Mutex<Vec<(i64, i64)>>,
}

/// Wall time.
pub(super) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

impl Ledger {
    pub(super) fn new(arguments: &FreshnessArgs) -> Self {
        let every = (arguments.series / WATCHED).max(1);
        let watched = (0..arguments.series).filter(|number| number.is_multiple_of(every)).collect();
        Self { watched, points: Mutex::default(), marks: Mutex::default() }
    }

    pub(super) fn watched(&self) -> impl Iterator<Item = u32> + '_ {
        self.watched.iter().copied()
    }

    /// A point of a series arrives at `time_ms`, which is its event time, too.
    pub(super) fn point(&self, number: u32, time_ms: i64) {
        if self.watched.contains(&number) {
            let name = (number, start_of(time_ms, MINUTE_MS));
            let mut points = self.points.lock().unwrap_or_else(PoisonError::into_inner);
            points.entry(name).or_default().push(time_ms);
        }
    }

    /// When the points of a minute arrived, from the one after the first `known` to the `count`th.
    pub(super) fn arrivals(
        &self,
        number: u32,
        minute: i64,
        known: usize,
        count: usize,
    ) -> Vec<i64> {
        let points = self.points.lock().unwrap_or_else(PoisonError::into_inner);
        let all = points.get(&(number, minute)).map(Vec::as_slice).unwrap_or_default();
        all.get(known..count.min(all.len())).unwrap_or_default().to_vec()
    }

    pub(super) fn mark(&self, until_ms: i64, written_ms: i64) {
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        marks.push((until_ms, written_ms));
    }

    /// When the mark was written that closes windows ending at `end_ms`.
    pub(super) fn closed_at(&self, end_ms: i64) -> Option<i64> {
        let marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        let first = marks.partition_point(|(until_ms, _)| *until_ms < end_ms + DISORDER_MS);
        // The first of all marks may close what ended long before it.
        (first > 0).then(|| marks.get(first).map(|(_, written_ms)| *written_ms)).flatten()
    }
}

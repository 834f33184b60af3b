//! Progress marks: up to which wall time each input was read to its stable end.
//!
//! **Invariant:** a mark says `t` only if the broker told an end at `t` and everything before that
//! end has been decided and processed. A stalled worker's marks stand still, and so do those of an
//! input whose transactions stay open.

use std::collections::BTreeMap;

use crate::record::{Offset, TopicPartition};
use crate::topology::ReadUpTo;

/// What is known of one input.
#[derive(Debug, Default)]
struct Reading {
    partitions: i32,
    /// The end was here at this time.
    goal: Option<(i64, Offset)>,
    /// Everything before was given to the task.
    reached: Option<Offset>,
    until_ms: Option<i64>,
}

/// Keeps the marks of one worker.
#[derive(Debug, Default)]
pub(crate) struct MarkKeeper {
    readings: BTreeMap<TopicPartition, Reading>,
    asked_ms: i64,
}

impl MarkKeeper {
    pub(crate) fn follow(&mut self, input: &TopicPartition, partitions: i32) {
        self.readings.insert(input.clone(), Reading { partitions, ..Reading::default() });
    }

    pub(crate) fn forget(&mut self, input: &TopicPartition) {
        self.readings.remove(input);
    }

    pub(crate) fn clear(&mut self) {
        self.readings.clear();
    }

    /// After a rollback nothing is known to have been processed, whatever was said before.
    pub(crate) fn rewind(&mut self) {
        for reading in self.readings.values_mut() {
            *reading = Reading { partitions: reading.partitions, ..Reading::default() };
        }
    }

    pub(crate) fn reached(&mut self, input: &TopicPartition, offset: Offset) {
        if let Some(reading) = self.readings.get_mut(input) {
            reading.reached = reading.reached.max(Some(offset));
            reading.settle();
        }
    }

    pub(crate) fn is_due(&self, now_ms: i64, interval_ms: i64) -> bool {
        !self.readings.is_empty() && now_ms - self.asked_ms >= interval_ms
    }

    pub(crate) fn inputs(&self) -> Vec<TopicPartition> {
        self.readings.keys().cloned().collect()
    }

    /// The broker told these ends, in the order of [`MarkKeeper::inputs`], at `now_ms` or
    /// later.
    pub(crate) fn told(&mut self, now_ms: i64, ends: &[Offset]) {
        self.asked_ms = now_ms;
        for (reading, end) in self.readings.values_mut().zip(ends) {
            // An older goal stays until it is met: a new one each second would never be.
            if reading.goal.is_none() {
                reading.goal = Some((now_ms, *end));
            }
            reading.settle();
        }
    }

    /// The mark to write now; `None` before anything is known.
    pub(crate) fn mark(&self) -> Vec<ReadUpTo> {
        let known = |(input, reading): (&TopicPartition, &Reading)| {
            let until_ms = reading.until_ms?;
            Some(ReadUpTo { input: input.clone(), partitions: reading.partitions, until_ms })
        };
        self.readings.iter().filter_map(known).collect()
    }
}

impl Reading {
    fn settle(&mut self) {
        if let (Some((at_ms, end)), Some(reached)) = (self.goal, self.reached)
            && reached >= end
        {
            self.until_ms = Some(at_ms);
            self.goal = None;
        }
    }
}

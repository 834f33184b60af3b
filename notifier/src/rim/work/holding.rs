//! A partition while it is held: taken, read, and given away.

use std::time::Instant;

use stream::{LogError, Offset, TopicPartition, partition_of};

use super::{Event, Order, RELEASE, Work};
use crate::config::{NotifierConfig, Receiver};
use crate::partition::{Lane, Partition, Seek};
use crate::positions::Positions;

/// An Alertmanager's thread is shown so much of what was delivered before, to know what fires.
const KNOWN_RECORDS: i64 = 10_000;

/// A partition that is held.
#[derive(Debug)]
pub(super) struct Holding {
    /// Tells this holding from an earlier one.
    pub(super) number: u64,
    pub(super) partition: Partition,
    began_with: Positions,
    /// Offsets from here to where it began are shown, as long as they come one after the other.
    shown_until: Option<i64>,
    /// Reading is to go on there, once the log can be told.
    pub(super) is_left_for: Option<Seek>,
    /// The next offset that may come; what comes before is of a reading that was left.
    next: i64,
}

impl Holding {
    pub(super) fn is_awaited(&self, offset: i64) -> bool {
        self.is_left_for.is_none() && offset >= self.next
    }

    pub(super) fn reached(&mut self, next: i64) {
        self.next = self.next.max(next);
        if self.shown_until.is_some_and(|until| next > until) {
            self.shown_until = None;
        }
        self.partition.reached(next);
    }

    /// It was delivered to an Alertmanager before this holding began, and is seen for the first time.
    pub(super) fn was_delivered(&self, offset: i64, lane: Lane) -> bool {
        let at = self.began_with.behind.get(&lane).unwrap_or(&self.began_with.front);
        self.shown_until.is_some() && offset < *at
    }

    pub(super) fn seek(&mut self, has_room: impl Fn(Lane) -> bool) -> Option<Seek> {
        if self.shown_until.is_some() {
            return None;
        }
        self.partition.seek(has_room)
    }

    /// Reading goes on at `start`; how many offsets there are no more between `at` and that.
    pub(super) fn began(&mut self, at: i64, start: i64) -> u64 {
        (self.next, self.is_left_for) = (start, None);
        if start > at {
            self.partition.begins_at(start);
        }
        u64::try_from(start - at).unwrap_or(0)
    }
}

/// Whether records before the position are to be shown to a thread.
fn is_to_be_shown(config: &NotifierConfig, input: &TopicPartition) -> bool {
    let partitions = i32::try_from(schemas::topic::NOTIFICATIONS.partitions).unwrap_or(1);
    let is_here = |name: &String| partition_of(name.as_bytes(), partitions) == input.partition;
    let mut all = config.receivers.iter();
    all.any(|(name, of)| matches!(of, Receiver::Alertmanager(_)) && is_here(name))
}

impl Work<'_> {
    /// Starts what was assigned.
    pub(super) fn take_over(&mut self) -> Result<(), LogError> {
        while let Some(input) = self.untaken.last().cloned() {
            self.take(input)?;
            self.untaken.pop();
            if self.untaken.is_empty() {
                self.observe.observe(&Event::Holds(self.held.len()));
            }
        }
        Ok(())
    }

    fn take(&mut self, input: TopicPartition) -> Result<(), LogError> {
        let committed = self.reader.committed(&input)?;
        let (began_with, is_ours) = committed
            .map_or((Positions::default(), true), |(at, text)| Positions::decode(at.0, &text));
        if !is_ours {
            self.observe.observe(&Event::Foreign(&input));
        }
        let (mut partition, Seek(resume)) = Partition::resume(&began_with);
        let is_shown = is_to_be_shown(&self.settings.config, &input) && began_with.front > 0;
        let back = if is_shown { KNOWN_RECORDS } else { 0 };
        let start = self.reader.start(&input, Offset((resume - back).max(0)))?.0;
        if start > resume {
            let missed = u64::try_from(start - resume).unwrap_or(0);
            if resume > 0 {
                self.observe.observe(&Event::Missed(&input, missed));
            }
            partition.begins_at(start);
        }
        self.holdings += 1;
        let shown_until = (is_shown && start < began_with.front).then_some(began_with.front);
        let number = self.holdings;
        let (is_left_for, next) = (None, start);
        let holding = Holding { number, partition, began_with, shown_until, is_left_for, next };
        self.held.insert(input, holding);
        Ok(())
    }

    /// Somebody else gets them: what is on its way may end, the rest is dropped and read there again.
    pub(super) fn revoked(&mut self, inputs: &[TopicPartition]) -> Result<(), LogError> {
        self.forgotten = 0;
        self.untaken.retain(|input| !inputs.contains(input));
        for input in inputs {
            self.threads.forget(input)?;
        }
        let wanted = self.threads.len() * inputs.len();
        let deadline = Instant::now() + RELEASE;
        if !self.hear_until(deadline, |work| work.forgotten >= wanted)
            && let Some(input) = inputs.first()
        {
            self.observe.observe(&Event::Hurried(input));
        }
        self.settle(true);
        self.held.retain(|input, _| !inputs.contains(input));
        self.observe.observe(&Event::Holds(self.held.len()));
        self.reader.stop(inputs)
    }
}

impl super::Threads {
    /// All threads drop what came from a partition.
    fn forget(&mut self, input: &TopicPartition) -> Result<(), LogError> {
        for lane in self.lanes() {
            self.order(lane, Order::Forget(input.clone()))?;
        }
        self.release(input);
        Ok(())
    }
}

//! A minute of a series that still takes points.
//!
//! **Invariant:** an instant counts once. While the pane holds single values it replaces by itself;
//! after that the instants seen are kept here until the minute is settled.

use std::collections::BTreeMap;

use schemas::metric::PointKind;
use serde::{Deserialize, Serialize};

use super::part::Part;
use super::told::Told;
use super::{MINUTE_MS, Minute, minute_of};

/// A point, as a task passes it on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Its time.
    pub time_ms: i64,
    /// Its value.
    pub value: f64,
    /// How the value is to be taken.
    pub kind: PointKind,
    /// When it arrived.
    pub arrival_ms: i64,
    /// The input offset it came with.
    pub offset: i64,
}

/// One minute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct OpenMinute {
    pub(super) minute: Minute,
    pub(super) part: Part,
    pub(super) told: Told,
    more: Option<Box<More>>,
}

/// What only some minutes have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct More {
    /// Milliseconds of the minute whose values are summed up, in order.
    seen: Vec<u16>,
    /// Of a group: what each of its writers told last.
    shares: BTreeMap<u64, Part>,
}

impl More {
    /// Whether this instant was not seen yet; it is now.
    fn is_new(&mut self, time_ms: u16) -> bool {
        match self.seen.last() {
            Some(last) if *last < time_ms => self.seen.push(time_ms),
            _ => match self.seen.binary_search(&time_ms) {
                Ok(_) => return false,
                Err(at) => self.seen.insert(at, time_ms),
            },
        }
        true
    }
}

impl OpenMinute {
    pub(super) fn new(minute: Minute, is_total: bool) -> Self {
        let part = Part::new(is_total);
        Self { minute, part, told: Told::default(), more: None }
    }

    /// Takes a point of this minute; false for one that came before.
    pub(super) fn add(&mut self, point: &Point) -> bool {
        let time_ms = self.time_of(point);
        if point.kind == PointKind::Value && point.value.is_finite() && !self.is_new(time_ms) {
            return false;
        }
        self.part.pane.add(u32::from(time_ms), point.value, point.kind);
        self.part.touched(point.arrival_ms, point.offset);
        true
    }

    /// Takes a value that replaces none.
    pub(super) fn count(&mut self, point: &Point, distinct: Option<u64>) {
        let time_ms = self.time_of(point);
        self.part.pane.count(u32::from(time_ms), point.value);
        if let Some(hash) = distinct {
            let more = self.part.more.get_or_insert_default();
            more.distinct.get_or_insert_default().add_hash(hash);
        }
        self.part.touched(point.arrival_ms, point.offset);
    }

    /// Takes what a writer of a group told, in place of what it told before.
    pub(super) fn share(&mut self, writer: u64, share: Part) {
        let (arrival_ms, offset) = (share.arrival_ms, share.touched);
        let shares = &mut self.more.get_or_insert_default().shares;
        shares.insert(writer, share);
        let mut all = Part::new(false);
        shares.values().for_each(|share| all.merge(share, 0));
        all.touched(self.part.arrival_ms.max(arrival_ms), self.part.touched.max(offset));
        self.part = all;
    }

    /// Whether this instant has no value yet, or one that will be replaced.
    fn is_new(&mut self, time_ms: u16) -> bool {
        let more = if let Some(singles) = self.part.pane.single_times() {
            if self.part.pane.has_room_at(u32::from(time_ms)) {
                return true;
            }
            let more = self.more.get_or_insert_default();
            more.seen = singles.filter_map(|time_ms| u16::try_from(time_ms).ok()).collect();
            more
        } else {
            self.more.get_or_insert_default()
        };
        more.is_new(time_ms)
    }

    fn time_of(&self, point: &Point) -> u16 {
        debug_assert_eq!(minute_of(point.time_ms), self.minute, "a point of another minute");
        u16::try_from(point.time_ms.rem_euclid(MINUTE_MS)).unwrap_or(u16::MAX)
    }

    /// No point comes any more.
    pub(super) fn settled(mut self) -> Part {
        self.part.pane.settle();
        self.part
    }
}

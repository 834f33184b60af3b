//! The values of a pane themselves, while they are few.
//!
//! **Invariant:** at most [`SINGLES_MAX`], all finite, ordered by time and then by value. A value
//! that comes for an instant which has one replaces it: the last that arrives wins. Merging
//! replaces nothing, for the same instant of another pane is another point.

use serde::{Deserialize, Serialize};

use super::moments::Dated;
use super::wire::Inconsistent;

/// How many values a pane keeps before it sums them up.
pub(super) const SINGLES_MAX: usize = 64;

/// A value at its time, without the padding that an `f64` beside a `u32` would bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Single {
    time_ms: u32,
    value: [u8; 8],
}

impl Single {
    fn of(point: Dated) -> Self {
        Self { time_ms: point.time_ms, value: point.value.to_ne_bytes() }
    }

    fn read(self) -> Dated {
        Dated { time_ms: self.time_ms, value: f64::from_ne_bytes(self.value) }
    }
}

/// Values by time. 24 bytes, and 12 for each value with room for at most half as many again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(u32, f64)>", into = "Vec<(u32, f64)>")]
pub(super) struct Singles {
    points: Vec<Single>,
}

impl Singles {
    /// Takes a value; false when there is no room for it.
    pub(super) fn add(&mut self, point: Dated) -> bool {
        let in_order = self.points.last().is_none_or(|last| last.time_ms < point.time_ms);
        if !in_order && self.replace(point) {
            return true;
        }
        let room = self.points.len() < SINGLES_MAX;
        if room {
            self.insert(point, in_order);
        }
        room
    }

    /// Whether a value of this time would be taken.
    pub(super) fn has_room_at(&self, time_ms: u32) -> bool {
        let same = |single: &Single| single.time_ms.cmp(&time_ms);
        self.points.len() < SINGLES_MAX || self.points.binary_search_by(same).is_ok()
    }

    fn replace(&mut self, point: Dated) -> bool {
        let present = self.points.binary_search_by_key(&point.time_ms, |single| single.time_ms);
        if let Ok(at) = present {
            self.points.remove(at);
            self.insert(point, false);
        }
        present.is_ok()
    }

    fn insert(&mut self, point: Dated, in_order: bool) {
        // Most panes hold a dozen values, whose room by doubling would be mostly empty.
        if self.points.len() == self.points.capacity() {
            self.points.reserve_exact((self.points.len() / 2).max(2));
        }
        if in_order {
            return self.points.push(Single::of(point));
        }
        let at = self.points.partition_point(|single| is_before(single.read(), point));
        self.points.insert(at, Single::of(point));
    }

    /// The values of both, unless they are too many.
    pub(super) fn merged(&self, other: &Self, offset_ms: u32) -> Option<Self> {
        if self.len() + other.len() > SINGLES_MAX {
            return None;
        }
        let mut both = Self { points: Vec::with_capacity(self.len() + other.len()) };
        both.points.extend_from_slice(&self.points);
        for point in other.iter() {
            let point = point.later(offset_ms);
            let in_order = both.points.last().is_none_or(|last| last.time_ms < point.time_ms);
            both.insert(point, in_order);
        }
        Some(both)
    }

    pub(super) fn len(&self) -> usize {
        self.points.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Dated> + Clone + '_ {
        self.points.iter().map(|single| single.read())
    }
}

fn is_before(one: Dated, other: Dated) -> bool {
    one.time_ms.cmp(&other.time_ms).then(one.value.total_cmp(&other.value)).is_lt()
}

/// On the wire, times are distances from the one before: they are short.
impl From<Singles> for Vec<(u32, f64)> {
    fn from(singles: Singles) -> Self {
        let mut before = 0;
        let steps = singles.iter().map(|Dated { time_ms, value }| {
            let step = time_ms - before;
            before = time_ms;
            (step, value)
        });
        steps.collect()
    }
}

impl TryFrom<Vec<(u32, f64)>> for Singles {
    type Error = Inconsistent;

    fn try_from(steps: Vec<(u32, f64)>) -> Result<Self, Inconsistent> {
        let mut points: Vec<Single> = Vec::with_capacity(steps.len());
        let mut before: Option<Dated> = None;
        for (step, value) in steps {
            let time_ms = before.map_or(0, |before| before.time_ms).checked_add(step);
            let time_ms = time_ms.ok_or(Inconsistent("a value after all times"))?;
            let point = Dated { time_ms, value };
            let ordered = before.is_none_or(|before| !is_before(point, before));
            Inconsistent::unless(ordered && value.is_finite(), "values out of order or range")?;
            points.push(Single::of(point));
            before = Some(point);
        }
        Inconsistent::unless(points.len() <= SINGLES_MAX, "too many single values")?;
        Ok(Self { points })
    }
}

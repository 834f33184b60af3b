//! Statistic sets: the source sends count, sum, least and greatest of an interval instead of its
//! values. They merge as sets; quantiles are not made up from them.
//!
//! **Invariants:** a set's pieces are joined by its time; a piece that comes again replaces the
//! earlier one while its set is among the last 32 to 64, and counts again after that. A set of
//! no values says nothing of their range. In a series of totals a set is the state of two totals,
//! whose growth is reported: its least and greatest are those since a start, and are left out.

use schemas::metric::PointKind;
use serde::{Deserialize, Serialize};

use super::before::Before;
use super::growth::Growth;
use super::moments::{Dated, greatest, least};
use super::sum::Sum;
use super::wire::{COUNT_MAX, Inconsistent};

const OPEN_MAX: usize = 64;
/// How many stay open when there were too many.
const OPEN_LEFT: usize = 32;

/// Sets of a pane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Sets {
    /// Each tells of an interval of its own.
    Intervals(Intervals),
    /// Each tells of all time since a start.
    Totals { count: Growth, sum: Growth },
}

/// What sets came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct SetTotal {
    pub(super) count: u64,
    pub(super) sum: Sum,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
}

/// 80 bytes, and 72 for each open set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub(super) struct Intervals {
    open: Vec<Set>,
    total: SetTotal,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Set {
    time_ms: u32,
    count: Option<f64>,
    sum: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
}

impl Sets {
    pub(super) fn new(of_totals: bool) -> Self {
        if of_totals {
            Self::Totals { count: Growth::default(), sum: Growth::default() }
        } else {
            Self::Intervals(Intervals::default())
        }
    }

    /// Takes a piece whose value is finite; false for what is no count.
    pub(super) fn add(&mut self, piece: Dated, kind: PointKind) -> bool {
        let usable = kind != PointKind::SetCount || (0.0..=COUNT_MAX as f64).contains(&piece.value);
        match (self, kind) {
            _ if !usable => return false,
            (Self::Intervals(intervals), _) => intervals.add(piece, kind),
            (Self::Totals { count, .. }, PointKind::SetCount) => count.add(piece, false),
            (Self::Totals { sum, .. }, PointKind::SetSum) => sum.add(piece, false),
            (Self::Totals { .. }, _) => {}
        }
        true
    }

    pub(super) fn merge(&mut self, other: &Self, offset_ms: u32) {
        match (&mut *self, other) {
            (Self::Intervals(ours), Self::Intervals(theirs)) => ours.merge(theirs, offset_ms),
            (Self::Totals { count, sum }, Self::Totals { count: more, sum: further }) => {
                count.merge(more, offset_ms);
                sum.merge(further, offset_ms);
            }
            // Only in a group over series of both forms: what they came to so far adds up.
            (ours, theirs) => {
                let mut total = ours.total(&Before::default());
                total.merge(&theirs.total(&Before::default()));
                *self = Self::Intervals(Intervals { open: Vec::new(), total });
            }
        }
    }

    /// What they came to, where the totals were `before`.
    pub(super) fn total(&self, before: &Before) -> SetTotal {
        match self {
            Self::Intervals(intervals) => intervals.total(),
            Self::Totals { count, sum } => {
                let grown = |growth: &Growth, before| {
                    let course = growth.course(std::iter::empty());
                    Some(course.and_then(|course| course.increase_after(before)).unwrap_or(0.0))
                };
                let (count, sum) = (grown(count, before.set_count), grown(sum, before.set_sum));
                let mut total = SetTotal::default();
                total.add(&Set { count, sum, ..Set::default() });
                total
            }
        }
    }

    /// What they came to, as that of an interval.
    pub(super) fn as_states(&self, before: &Before) -> Self {
        match self {
            Self::Intervals(_) => self.clone(),
            Self::Totals { .. } => {
                Self::Intervals(Intervals { open: Vec::new(), total: self.total(before) })
            }
        }
    }

    /// Where the totals are after these, in place of what they were before.
    pub(super) fn carry(&self, before: &mut Before) {
        if let Self::Totals { count, sum } = self {
            let last = |growth: &Growth| growth.course(std::iter::empty()).map(|c| c.last.value);
            before.set_count = last(count).or(before.set_count);
            before.set_sum = last(sum).or(before.set_sum);
        }
    }

    /// No set comes between these any more.
    pub(super) fn settle(&mut self) {
        if let Self::Totals { count, sum } = self {
            count.settle();
            sum.settle();
        }
    }
}

impl Intervals {
    fn add(&mut self, piece: Dated, kind: PointKind) {
        let set = self.at(piece.time_ms);
        let slot = match kind {
            PointKind::SetCount => &mut set.count,
            PointKind::SetSum => &mut set.sum,
            PointKind::SetMin => &mut set.min,
            _ => &mut set.max,
        };
        *slot = Some(piece.value);
    }

    /// The open set that ends at a time.
    fn at(&mut self, time_ms: u32) -> &mut Set {
        let place = self.open.partition_point(|set| set.time_ms < time_ms);
        let present = self.open.get(place).is_some_and(|set| set.time_ms == time_ms);
        if !present && self.open.len() == OPEN_MAX {
            self.close();
            return self.at(time_ms);
        }
        if !present {
            self.open.insert(place, Set { time_ms, ..Set::default() });
        }
        #[expect(clippy::indexing_slicing, reason = "a set stands at this place, or was put there")]
        &mut self.open[place]
    }

    fn merge(&mut self, other: &Self, offset_ms: u32) {
        self.total.merge(&other.total);
        let later = |set: &Set| Set { time_ms: set.time_ms.saturating_add(offset_ms), ..*set };
        self.open.extend(other.open.iter().map(later));
        self.open.sort_by_key(|set| set.time_ms);
        if self.open.len() > OPEN_MAX {
            self.close();
        }
    }

    /// Adds up all but the latest.
    fn close(&mut self) {
        let closed = self.open.len().saturating_sub(OPEN_LEFT);
        self.open.drain(..closed).for_each(|set| self.total.add(&set));
    }

    fn total(&self) -> SetTotal {
        let mut total = self.total;
        self.open.iter().for_each(|set| total.add(set));
        total
    }
}

impl SetTotal {
    /// False where there were only sets of no values.
    pub(super) fn says_anything(&self) -> bool {
        *self != Self::default()
    }

    fn add(&mut self, set: &Set) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count was checked when it came; one of a growth that is too large saturates"
        )]
        let count = set.count.map(|count| count.round() as u64);
        if count == Some(0) {
            return;
        }
        let mut sum = Sum::default();
        sum.add(set.sum.unwrap_or_default());
        self.merge(&Self { count: count.unwrap_or_default(), sum, min: set.min, max: set.max });
    }

    fn merge(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.sum.merge(other.sum);
        self.min = of_both(self.min, other.min, least);
        self.max = of_both(self.max, other.max, greatest);
    }
}

/// Combines what is known of two.
pub(super) fn of_both<T: Copy>(
    one: Option<T>,
    other: Option<T>,
    combine: fn(T, T) -> T,
) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(combine(one, other)),
        (one, other) => one.or(other),
    }
}

#[derive(Serialize, Deserialize)]
struct Wire {
    open: Vec<Set>,
    total: SetTotal,
}

impl From<Intervals> for Wire {
    fn from(intervals: Intervals) -> Self {
        Self { open: intervals.open, total: intervals.total }
    }
}

impl TryFrom<Wire> for Intervals {
    type Error = Inconsistent;

    fn try_from(wire: Wire) -> Result<Self, Inconsistent> {
        let Wire { open, total } = wire;
        let ordered = open.is_sorted_by_key(|set| set.time_ms) && open.len() <= OPEN_MAX;
        let finite = |set: &Set| {
            let pieces = [set.count, set.sum, set.min, set.max];
            pieces.iter().flatten().all(|piece| piece.is_finite())
        };
        Inconsistent::unless(ordered && open.iter().all(finite), "statistic sets that cannot be")?;
        Ok(Self { open, total })
    }
}

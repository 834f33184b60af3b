//! What of a series' longer windows is settled.
//!
//! **Invariant:** each level holds windows of the size below it that ended (the lowest, minutes),
//! and these follow those that the level above holds. So any window that is not settled is
//! what the levels up to its size hold, from the greatest to the least, and the open minutes.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::part::Part;
use super::{LONGER, MINUTE_MS, Minute, window_of};
use crate::summary::{Before, from_bytes, to_bytes};

/// One level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Level {
    /// The first minute of its window.
    pub(super) start: Minute,
    /// The input offset of the last change.
    pub(super) touched: i64,
    /// Of a total: where it was before the first of its parts.
    pub(super) before: Option<Box<Before>>,
    held: Held,
}

/// The lowest level changes every minute; those above rarely, and a summary takes a fifth of its room
/// in the form that it has on the wire.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Held {
    Plain(Box<Part>),
    Packed(Box<[u8]>),
}

impl Held {
    fn of(part: Part, place: usize) -> Self {
        if place == 0 { Self::Plain(Box::new(part)) } else { Self::Packed(to_bytes(&part).into()) }
    }

    fn part(&self) -> Cow<'_, Part> {
        match self {
            Self::Plain(part) => Cow::Borrowed(part),
            #[expect(
                clippy::expect_used,
                reason = "these bytes are our own, and images have checksums"
            )]
            Self::Packed(bytes) => {
                Cow::Owned(from_bytes(bytes).expect("a part that was packed here"))
            }
        }
    }
}

impl Level {
    pub(super) fn part(&self) -> Cow<'_, Part> {
        self.held.part()
    }
}

/// The longer windows, from the least to the greatest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Levels {
    levels: [Option<Level>; LONGER.len()],
}

impl Levels {
    pub(super) fn is_empty(&self) -> bool {
        self.levels.iter().all(Option::is_none)
    }

    /// Takes a minute that is settled, and follows all others.
    pub(super) fn take(&mut self, minute: Minute, part: &Part, before: Option<Box<Before>>) {
        self.roll(minute);
        self.add(0, minute, part, before);
    }

    /// Merges a part into a level.
    fn add(&mut self, place: usize, from: Minute, part: &Part, before: Option<Box<Before>>) {
        let (Some(size), Some(level)) = (LONGER.get(place), self.levels.get_mut(place)) else {
            return;
        };
        let start = window_of(from, *size);
        let offset_ms = u32::try_from((from - start) * MINUTE_MS).unwrap_or(u32::MAX);
        let present = level.take();
        let mut whole = match &present {
            Some(level) => level.part().into_owned(),
            // Of the same kind as what comes, and empty.
            None => Part::new(before.is_some()),
        };
        whole.merge(part, offset_ms);
        whole.pane.settle();
        let touched = whole.touched;
        let before = present.map_or(before, |level| level.before);
        *level = Some(Level { start, touched, before, held: Held::of(whole, place) });
    }

    /// Passes windows that ended by `until` on to the next greater size; ended days are forgotten.
    pub(super) fn roll(&mut self, until: Minute) {
        for (place, size) in LONGER.iter().enumerate() {
            let Some(level) = self.levels.get_mut(place) else { continue };
            if let Some(ended) = level.take_if(|level| level.start + size <= until) {
                self.add(place + 1, ended.start, &ended.part(), ended.before.clone());
            }
        }
    }

    /// Whether a window ended by then.
    pub(super) fn has_ended(&self, until: Minute) -> bool {
        let ended = |(level, size): (&Option<Level>, i64)| {
            level.as_ref().is_some_and(|level| level.start + size <= until)
        };
        self.levels.iter().zip(LONGER).any(ended)
    }

    /// What is settled of a window, from its beginning on.
    pub(super) fn within(&self, place: u8, start: Minute) -> impl Iterator<Item = &Level> + Clone {
        let size = LONGER.get(usize::from(place)).copied().unwrap_or(1);
        self.up_to(place).filter(move |level| window_of(level.start, size) == start)
    }

    /// The levels that a window of this size may consist of.
    pub(super) fn up_to(&self, place: u8) -> impl Iterator<Item = &Level> + Clone {
        let levels = self.levels.get(..=usize::from(place)).unwrap_or_default();
        levels.iter().rev().filter_map(Option::as_ref)
    }
}

#[cfg(test)]
mod tests {
    use schemas::metric::PointKind;

    use super::*;

    fn minute_with(value: f64) -> Part {
        let mut part = Part::new(false);
        part.pane.add(0, value, PointKind::Value);
        part
    }

    /// Sums by level, from the greatest, after minutes 0 to `count` with their number as value.
    fn sums(count: i64) -> Vec<f64> {
        let mut levels = Levels::default();
        (0..count).for_each(|minute| levels.take(minute, &minute_with(minute as f64), None));
        levels.roll(count);
        let sum = |level: &Level| level.part().pane.statistics(&Before::default()).unwrap().sum;
        levels.up_to(3).map(sum).collect()
    }

    fn sum_of(minutes: std::ops::Range<i64>) -> f64 {
        minutes.sum::<i64>() as f64
    }

    #[test]
    fn a_minute_is_in_one_level_only() {
        assert_eq!(sums(3), [sum_of(0..3)]);
        assert_eq!(sums(7), [sum_of(0..5), sum_of(5..7)]);
        assert_eq!(sums(21), [sum_of(0..15), sum_of(15..20), sum_of(20..21)]);
        assert_eq!(sums(77), [sum_of(0..60), sum_of(60..75), sum_of(75..77)]);
        assert_eq!(sums(1_440), [0.0; 0]);
    }

    #[test]
    fn gaps_do_not_mix_windows() {
        let mut levels = Levels::default();
        for minute in [3, 64, 1_439] {
            levels.take(minute, &minute_with(1.0), None);
        }
        let starts: Vec<_> = levels.up_to(3).map(|level| level.start).collect();
        assert_eq!(starts, [0, 1_435], "hours that ended are in the day");
        levels.take(1_440, &minute_with(1.0), None);
        let starts: Vec<_> = levels.up_to(3).map(|level| level.start).collect();
        assert_eq!(starts, [1_440]);
    }
}

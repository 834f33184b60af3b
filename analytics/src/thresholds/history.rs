//! The last windows of a series, to compare the next with.
//!
//! **Invariant:** as many windows as the rule asks for, and never more; a window in which nothing came has its
//! place, so that yesterday stays yesterday.

use serde::{Deserialize, Serialize};

use super::rule::Reference;
use crate::windows::Minute;

/// Values of windows, one after the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct History {
    /// The start of the last window, in windows since 1970.
    last: i64,
    /// NaN for a window without a value. Comparisons need no more than `f32`.
    values: Vec<f32>,
}

impl History {
    /// What a window that starts then, of so many minutes, is compared with.
    pub(super) fn before(&self, of: Reference, start: Minute, size: i64) -> Option<f64> {
        let window = start.div_euclid(size);
        match of {
            Reference::Previous => self.at(window - 1),
            Reference::Ago(minutes) => self.at(window - minutes / size),
            Reference::MeanOf(minutes) => self.mean(window, minutes / size),
        }
    }

    /// Takes the value of a window; `kept` windows are remembered.
    pub(super) fn take(into: &mut Option<Box<Self>>, window: i64, value: Option<f64>, kept: i64) {
        #[expect(clippy::cast_possible_truncation, reason = "what it is compared with is not told")]
        let value = value.map_or(f32::NAN, |value| value as f32);
        let history =
            into.get_or_insert_with(|| Box::new(Self { last: window - 1, values: Vec::new() }));
        let kept = usize::try_from(kept).unwrap_or_default().max(1);
        let gap = usize::try_from(window - history.last - 1).unwrap_or_default().min(kept);
        history.values.extend(std::iter::repeat_n(f32::NAN, gap).chain([value]));
        let old = history.values.len().saturating_sub(kept);
        history.values.drain(..old);
        history.last = window;
    }

    fn at(&self, window: i64) -> Option<f64> {
        let back = usize::try_from(self.last - window).ok()?;
        let place = self.values.len().checked_sub(back + 1)?;
        self.values.get(place).map(|value| f64::from(*value)).filter(|value| value.is_finite())
    }

    /// Nothing where more than half of the windows have no value.
    fn mean(&self, window: i64, windows: i64) -> Option<f64> {
        let values: Vec<f64> = (1..=windows).filter_map(|back| self.at(window - back)).collect();
        let is_known = i64::try_from(values.len()).is_ok_and(|known| known * 2 >= windows);
        is_known.then(|| values.iter().sum::<f64>() / values.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_have_their_places_and_no_more_is_kept_than_asked_for() {
        let mut history = None;
        for (window, value) in [(100, 1.0), (101, 2.0), (104, 5.0)] {
            History::take(&mut history, window, Some(value), 4);
        }
        let history = history.unwrap();
        assert_eq!(history.values.len(), 4);
        let at = |of| history.before(of, 105 * 5, 5);
        assert_eq!(at(Reference::Previous), Some(5.0));
        assert_eq!(at(Reference::Ago(20)), Some(2.0));
        assert_eq!((at(Reference::Ago(15)), at(Reference::Ago(25))), (None, None));
        assert_eq!(at(Reference::MeanOf(20)), Some(3.5));
        assert_eq!(at(Reference::MeanOf(15)), None, "one of three");
    }

    #[test]
    fn an_immense_gap_is_no_immense_memory() {
        let mut history = None;
        History::take(&mut history, 0, Some(1.0), 10);
        History::take(&mut history, i64::MAX / 2, Some(2.0), 10);
        assert_eq!(history.unwrap().values.len(), 10);
    }
}

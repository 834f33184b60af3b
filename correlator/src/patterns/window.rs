//! Whether a pattern holds of some hits.
//!
//! **Invariant:** the windows that are looked at end at a hit and reach back as far as the pattern says.
//! Hits that came before decide nothing new, so only windows with the new one in them are looked at.

use std::ops::Range;

use super::entry::{Entry, Value};
use super::pattern::{Figure, Kind, Pattern};
use super::sequence;

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The hits that make it up, by their places, in order.
    pub entries: Vec<usize>,
    /// The figure that was asked for.
    pub figure: Option<f64>,
    /// The time of the last of them.
    pub end_ms: i64,
}

/// The first window in which the pattern holds with the hit at `new` in it; hits are sorted by time.
#[must_use]
pub fn find(pattern: &Pattern, entries: &[Entry], new: usize) -> Option<Found> {
    let new_ms = entries.get(new)?.time_ms;
    let until_ms = new_ms.saturating_add(pattern.within_ms);
    let ends = (new..entries.len())
        .take_while(|end| entries.get(*end).is_some_and(|entry| entry.time_ms <= until_ms));
    ends.map(|end| window_ending_at(end, entries, pattern.within_ms))
        .find_map(|window| holds(pattern, entries, window, new))
}

/// Hits from so long before the one at `end` up to it, and those of the same moment.
fn window_ending_at(end: usize, entries: &[Entry], within_ms: i64) -> Range<usize> {
    let end_ms = entries.get(end).map_or(i64::MIN, |entry| entry.time_ms);
    let from_ms = end_ms.saturating_sub(within_ms);
    let from = entries.partition_point(|entry| entry.time_ms < from_ms);
    from..entries.partition_point(|entry| entry.time_ms <= end_ms)
}

fn holds(pattern: &Pattern, entries: &[Entry], window: Range<usize>, new: usize) -> Option<Found> {
    let inside = entries.get(window.clone())?;
    let end_ms = inside.last()?.time_ms;
    let all = || window.clone().collect();
    match &pattern.kind {
        Kind::Threshold(figure, bounds) => {
            let figure = compute(*figure, inside).filter(|figure| bounds.hold(*figure))?;
            Some(Found { entries: all(), figure: Some(figure), end_ms })
        }
        Kind::Together(condition) => {
            let has = |rule| inside.iter().any(|entry| entry.rule == rule);
            condition.holds(&has).then(|| Found { entries: all(), figure: None, end_ms })
        }
        Kind::Sequence(steps) => {
            let places = sequence::find(steps, inside)?;
            let entries: Vec<usize> =
                places.into_iter().map(|place| place + window.start).collect();
            // Without the new hit it was there before.
            entries.contains(&new).then_some(Found { entries, figure: None, end_ms })
        }
    }
}

/// The figure of some hits; none where no hit has the field.
fn compute(figure: Figure, entries: &[Entry]) -> Option<f64> {
    let count = |count: usize| count as f64;
    match figure {
        Figure::Count => Some(count(entries.len())),
        Figure::Distinct => Some(count(distinct(entries))),
        Figure::Sum => Some(numbers(entries)?.iter().sum()),
        Figure::Mean => {
            let numbers = numbers(entries)?;
            Some(numbers.iter().sum::<f64>() / count(numbers.len()))
        }
        Figure::Percentile(percent) => {
            let mut numbers = numbers(entries)?;
            numbers.sort_by(f64::total_cmp);
            let rank = (numbers.len() * usize::from(percent)).div_ceil(100).max(1);
            numbers.get(rank - 1).copied()
        }
    }
}

/// The numbers among the values, if there are any.
fn numbers(entries: &[Entry]) -> Option<Vec<f64>> {
    let number = |entry: &Entry| match entry.value {
        Some(Value::Number(number)) => Some(number),
        Some(Value::Text(_)) | None => None,
    };
    let numbers: Vec<f64> = entries.iter().filter_map(number).collect();
    (!numbers.is_empty()).then_some(numbers)
}

fn distinct(entries: &[Entry]) -> usize {
    let bits = |value: Value| match value {
        Value::Text(hash) => (0, hash),
        Value::Number(number) => (1, number.to_bits()),
    };
    let mut values: Vec<(u8, u64)> =
        entries.iter().filter_map(|entry| entry.value.map(bits)).collect();
    values.sort_unstable();
    values.dedup();
    values.len()
}

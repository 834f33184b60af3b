//! Robust figures of a few values. All of them reorder what they are given.

/// The middle value, or the mean of both; `None` of nothing.
pub(super) fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let upper = values.get(values.len() / 2)?;
    let lower = values.get(values.len().saturating_sub(1) / 2)?;
    Some(f64::midpoint(*lower, *upper))
}

/// The value that `share` percent of the values lie below; `None` of nothing.
pub(super) fn percentile(values: &mut [f64], share: usize) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let place = (values.len() * share / 100).min(values.len().checked_sub(1)?);
    values.get(place).copied()
}

/// The largest absolute value.
pub(super) fn largest<'v>(values: impl IntoIterator<Item = &'v f64>) -> f64 {
    values.into_iter().fold(0.0, |largest, value| value.abs().max(largest))
}

//! What is usual, learnt from the normal period, and the symptom held against it.
//!
//! The figure of a window is its k-th worst value, k being a quarter of the window and two at least: so
//! bad is the window of which a quarter is bad, and one stray sample is not enough. It is taken twice:
//! against the normal period's median, which finds a level that changed, and against the median of the
//! rest of the window, which finds a fault that begins in it though the level drifted since. Each is
//! compared with the same figure of all windows of that length in the normal period itself.
//!
//! **Invariant:** a period is abnormal only when fewer than one in twenty windows of the normal period
//! look like it.

use super::statistics::{largest, median, percentile};

/// Fewer normal samples say nothing.
pub(super) const NORMAL_MIN: usize = 8;
/// Windows of the normal period that are less unusual than its outliers, in percent.
const USUAL_PERCENT: usize = 95;
/// Changes of less than this share of the largest value are not told from none: constants have no spread.
const FINENESS: f64 = 0.01;
/// So many windows are looked at; of a longer normal period every second, third … one.
const WINDOWS_MAX: usize = 1_000;
/// Longer windows than this are slow and tell no more.
const WINDOW_MAX: usize = 500;

/// What the symptom's period is compared with, and what came out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Unusual {
    /// 1 is as unusual as one normal window in twenty.
    pub(super) ratio: f64,
    /// What counts as the good level.
    pub(super) base: f64,
    /// By how much a quarter of the period is worse than that.
    pub(super) excess: f64,
}

/// The length of windows of the normal period that stand for a period of `length`.
pub(super) fn window(length: usize, normal: usize) -> usize {
    length.min(normal / 4).clamp(3, WINDOW_MAX)
}

/// Where windows begin.
pub(super) fn starts(samples: usize, window: usize) -> impl Iterator<Item = usize> {
    let count = (samples + 1).saturating_sub(window);
    (0..count).step_by(count.div_ceil(WINDOWS_MAX).max(1))
}

/// What is usual for a figure: the middle of what normal windows show, and how far from it outliers
/// begin, at least the fineness of the values.
pub(super) fn usual(figures: &mut [f64], values: &[&[f64]]) -> Option<(f64, f64)> {
    let middle = median(figures)?;
    let high = percentile(figures, USUAL_PERCENT)?;
    let fineness = FINENESS * values.iter().map(|some| largest(*some)).fold(0.0, f64::max);
    Some((middle, (high - middle).max(fineness).max(f64::MIN_POSITIVE)))
}

/// How unusual a period is, values turned so that more is worse. `None` when too little is known.
pub(super) fn unusual(normal: &[f64], current: &[f64]) -> Option<Unusual> {
    if normal.len() < NORMAL_MIN || current.is_empty() {
        return None;
    }
    let level = median(&mut normal.to_vec())?;
    let by_level = compare(normal, current, Some(level))?;
    let by_rise = compare(normal, current, None)?;
    Some(if by_rise.ratio > by_level.ratio { by_rise } else { by_level })
}

fn compare(normal: &[f64], current: &[f64], level: Option<f64>) -> Option<Unusual> {
    let window = window(current.len(), normal.len());
    let windows = starts(normal.len(), window).filter_map(|at| normal.get(at..at + window));
    let mut figures: Vec<f64> =
        windows.filter_map(|values| Some(figure(values, level)?.0)).collect();
    let (middle, spread) = usual(&mut figures, &[normal, current])?;
    let (excess, base) = figure(current, level)?;
    Some(Unusual { ratio: (excess - middle) / spread, base, excess })
}

/// The k-th worst value above the level, or above the median of what is better, and that base.
fn figure(values: &[f64], level: Option<f64>) -> Option<(f64, f64)> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let worst = values.len().div_ceil(4).max(2).min(values.len());
    let (better, worse) = sorted.split_at_mut_checked(values.len() - worst)?;
    let kth = *worse.first()?;
    let base = match level {
        Some(level) => level,
        None => median(better).unwrap_or(kth),
    };
    Some((kth - base, base))
}

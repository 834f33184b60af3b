//! Both periods on one grid of times.
//!
//! **Invariant:** a metric is looked at where the symptom was sampled, to one step of its samples, so series
//! that are sampled at other moments or more often are compared all the same.

use super::baseline::{Unusual, window};
use super::contrast::{Along, Contrast, Pattern};
use super::samples::Values;

/// Both periods on the symptom's grid of times.
pub(super) struct View {
    pub(super) step_ms: i64,
    /// Slots of one step that hold samples of the symptom.
    pub(super) past: Vec<i64>,
    pub(super) now: Vec<i64>,
    /// When the symptom's first sample of each of the current slots was taken.
    now_ms: Vec<i64>,
}

impl View {
    /// A long current period is looked at where the symptom shows most.
    pub(super) fn new(
        past: &Values,
        now: &Values,
        unusual: &Unusual,
        direction: f64,
    ) -> (Self, Pattern) {
        let step_ms = step_ms(past);
        let slots = |values: &Values| {
            let mut slots: Vec<i64> = values.keys().map(|at| at.div_euclid(step_ms)).collect();
            slots.dedup();
            slots
        };
        let mut view = Self { step_ms, past: slots(past), now: slots(now), now_ms: Vec::new() };
        let values = view.along(now, &view.now);
        let limit = unusual.base + unusual.excess / 2.0;
        let is_bad = |value: &Option<f64>| value.is_some_and(|value| direction * value >= limit);
        let bad: Vec<bool> = values.iter().map(is_bad).collect();
        let length = window(bad.len(), view.past.len()).min(bad.len());
        let start = densest(&bad, length);
        view.now = view.now.into_iter().skip(start).take(length).collect();
        let first = |slot: &i64| Some(*now.range(slot.saturating_mul(step_ms)..).next()?.0);
        view.now_ms = view.now.iter().filter_map(first).collect();
        let (mut pattern, seen) =
            (Pattern { length, ..Pattern::default() }, bad.iter().skip(start));
        for (place, is_bad) in seen.take(length).enumerate() {
            if *is_bad { &mut pattern.bad } else { &mut pattern.good }.push(place);
        }
        (view, pattern)
    }

    /// A series on a grid: the mean of what a slot holds.
    pub(super) fn along(&self, values: &Values, slots: &[i64]) -> Along {
        let mean = |slot: &i64| {
            let from_ms = slot.saturating_mul(self.step_ms);
            let within = values.range(from_ms..from_ms.saturating_add(self.step_ms));
            let (sum, count) = within.fold((0.0, 0_u32), |(sum, n), (_, v)| (sum + v, n + 1));
            (count > 0).then(|| sum / f64::from(count))
        };
        slots.iter().map(mean).collect()
    }

    fn time(&self, place: usize) -> i64 {
        self.now_ms.get(place).copied().unwrap_or_default()
    }

    pub(super) fn since(&self, pattern: &Pattern) -> i64 {
        self.time(pattern.bad.first().copied().unwrap_or_default())
    }

    /// When a metric first went half the way from what was expected to what was observed.
    pub(super) fn onset(&self, current: &Along, found: &Contrast) -> Option<i64> {
        let half = f64::midpoint(found.expected, found.observed);
        let up = found.observed > found.expected;
        let is_over = |value: f64| if up { value >= half } else { value <= half };
        let place = current.iter().position(|value| value.is_some_and(is_over))?;
        Some(self.time(place))
    }
}

/// The usual distance of samples.
fn step_ms(values: &Values) -> i64 {
    let times = values.keys();
    let gaps = times.clone().zip(times.skip(1)).map(|(a, b)| b.saturating_sub(*a));
    let mut gaps: Vec<i64> = gaps.collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied().unwrap_or(1).max(1)
}

/// Where the window with most bad samples begins, the first of them.
fn densest(bad: &[bool], length: usize) -> usize {
    let count = |window: &[bool]| window.iter().filter(|is_bad| **is_bad).count();
    let windows = bad.windows(length.max(1)).map(count).enumerate();
    let best = windows.reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map_or(0, |(start, _)| start)
}

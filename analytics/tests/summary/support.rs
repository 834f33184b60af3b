//! Values of known shapes, panes out of pieces, and sums without rounding.

use analytics::summary::{Dated, Pane};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use schemas::metric::PointKind;

/// How values are spread.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    Even,
    Lognormal,
    Bimodal,
    Constant,
    Tiny,
    Huge,
    Negative,
    Mixed,
    Whole,
}

pub(crate) const SHAPES: [Shape; 9] = [
    Shape::Even,
    Shape::Lognormal,
    Shape::Bimodal,
    Shape::Constant,
    Shape::Tiny,
    Shape::Huge,
    Shape::Negative,
    Shape::Mixed,
    Shape::Whole,
];

pub(crate) fn any_shape() -> impl Strategy<Value = Shape> {
    prop::sample::select(&SHAPES[..])
}

pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0.next_u64()
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.number() % end as u64).unwrap()
    }

    /// From 0 to below 1.
    pub(crate) fn share(&mut self) -> f64 {
        (self.number() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.share()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.share()).cos()
    }

    pub(crate) fn value(&mut self, shape: Shape) -> f64 {
        let side = if self.number().is_multiple_of(2) { 1.0 } else { -1.0 };
        match shape {
            Shape::Even => self.share() * 100.0,
            Shape::Lognormal => (2.0 * self.normal()).exp(),
            Shape::Bimodal => 5e5 + side * 4.9e5 + self.normal(),
            Shape::Constant => 0.1,
            Shape::Tiny => self.share() * 1e-300,
            Shape::Huge => self.share() * 1e300,
            Shape::Negative => -(self.normal()).exp(),
            Shape::Mixed => side * (3.0 * self.normal()).exp(),
            Shape::Whole => (self.share() * 20.0).floor(),
        }
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            items.swap(end, self.below(end + 1));
        }
    }
}

/// Points at distinct times, by time.
pub(crate) fn points(shape: Shape, count: usize, dice: &mut Dice) -> Vec<Dated> {
    let mut time_ms = 0;
    let mut next = || {
        time_ms += 1 + u32::try_from(dice.below(50)).unwrap();
        Dated { time_ms, value: dice.value(shape) }
    };
    (0..count).map(|_| next()).collect()
}

/// A pane out of points, in this order, as one that starts `offset_ms` later.
pub(crate) fn pane_of(points: &[Dated], offset_ms: u32, is_total: bool) -> Pane {
    let mut pane = Pane::new(is_total);
    for point in points {
        pane.add(point.time_ms - offset_ms, point.value, PointKind::Value);
    }
    pane
}

/// Merges pieces pair by pair, drawn by chance, into a pane that starts at 0.
pub(crate) fn merge_all(pieces: Vec<(u32, Pane)>, is_total: bool, dice: &mut Dice) -> Pane {
    let mut left = pieces;
    while left.len() > 1 {
        let (offset, mut one) = left.swap_remove(dice.below(left.len()));
        let (other_offset, mut other) = left.swap_remove(dice.below(left.len()));
        if offset <= other_offset {
            one.merge(&other, other_offset - offset);
            left.push((offset, one));
        } else {
            other.merge(&one, offset - other_offset);
            left.push((other_offset, other));
        }
    }
    let mut all = Pane::new(is_total);
    for (offset, pane) in left {
        all.merge(&pane, offset);
    }
    all
}

/// The sum of values without any rounding but the last (Shewchuk's partials).
pub(crate) fn exact_sum(values: impl Iterator<Item = f64>) -> f64 {
    let mut partials: Vec<f64> = Vec::new();
    for mut value in values {
        let mut kept = Vec::new();
        for mut partial in partials {
            if value.abs() < partial.abs() {
                (value, partial) = (partial, value);
            }
            let high = value + partial;
            let low = partial - (high - value);
            if low != 0.0 {
                kept.push(low);
            }
            value = high;
        }
        kept.push(value);
        partials = kept;
    }
    partials.iter().rev().sum()
}

pub(crate) fn near(one: f64, other: f64, relative: f64) -> bool {
    (one - other).abs() <= relative * one.abs().max(other.abs())
}

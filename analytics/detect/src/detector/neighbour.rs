//! How far the shape of the last eight rows is from any shape kept of the past.
//!
//! **Invariant:** every shape of the past is kept with the same chance; the chance is a function of
//! how many there were, so a series always gives the same answer.

use serde::{Deserialize, Serialize};

const SHAPE_ROWS: usize = 8;
/// So many shapes are kept.
const KEPT: usize = 224;
const SEED: u64 = 0x2545_f491_4f6c_dd1d;

type Shape = [f32; SHAPE_ROWS];

/// A sample of past shapes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Neighbour {
    kept: Vec<Shape>,
    recent: Shape,
    rows: u64,
    chance: u64,
}

impl Default for Neighbour {
    fn default() -> Self {
        Self { kept: Vec::new(), recent: [0.0; SHAPE_ROWS], rows: 0, chance: SEED }
    }
}

impl Neighbour {
    /// The distance to the nearest shape; none before there is any.
    #[allow(clippy::cast_possible_truncation, reason = "shapes are kept as f32")]
    pub(crate) fn step(&mut self, value: f64) -> Option<f64> {
        self.push(value as f32);
        if self.rows < SHAPE_ROWS as u64 {
            return None;
        }
        let nearest = self.kept.iter().map(|kept| distance(kept, &self.recent)).reduce(f32::min);
        self.keep();
        nearest.map(|squared| f64::from(squared).sqrt())
    }

    /// Takes a row without a look at the past.
    #[allow(clippy::cast_possible_truncation, reason = "shapes are kept as f32")]
    pub(crate) fn remember(&mut self, value: f64) {
        self.push(value as f32);
        if self.rows >= SHAPE_ROWS as u64 {
            self.keep();
        }
    }

    fn push(&mut self, value: f32) {
        self.recent.rotate_left(1);
        if let Some(last) = self.recent.last_mut() {
            *last = value;
        }
        self.rows += 1;
    }

    /// The shapes kept, and the last one.
    pub(crate) fn shapes(&self) -> (&[Shape], &Shape) {
        (&self.kept, &self.recent)
    }

    fn keep(&mut self) {
        let shapes = self.rows + 1 - SHAPE_ROWS as u64;
        if self.kept.len() < KEPT {
            self.kept.reserve_exact(KEPT - self.kept.len());
            self.kept.push(self.recent);
            return;
        }
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        let place = usize::try_from(self.chance % shapes).unwrap_or(usize::MAX);
        if let Some(kept) = self.kept.get_mut(place) {
            *kept = self.recent;
        }
    }
}

fn distance(one: &Shape, other: &Shape) -> f32 {
    one.iter().zip(other).map(|(one, other)| (one - other) * (one - other)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_shape_is_near_and_a_new_one_far() {
        let mut neighbour = Neighbour::default();
        let wave = |row: u32| f64::from(row % 16);
        let known = (0..2000).filter_map(|row| neighbour.step(wave(row))).last().unwrap();
        assert!(known < 1e-6);
        let new = (0..6).filter_map(|_| neighbour.step(7.0)).last().unwrap();
        assert!(new > 5.0, "{new}");
        assert_eq!(neighbour.kept.len(), KEPT);
    }

    #[test]
    fn late_shapes_are_kept_as_often_as_early_ones() {
        let mut neighbour = Neighbour::default();
        for row in 0..10_000_u32 {
            neighbour.step(f64::from(row));
        }
        let early = neighbour.kept.iter().filter(|shape| shape[0] < 5000.0).count();
        assert!((78..146).contains(&early), "{early} of {KEPT} from the first half");
    }
}

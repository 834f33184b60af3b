//! How few cuts set the shape of the last rows apart from sixty-four shapes of the past.
//!
//! Sixteen trees, grown anew every 512 rows from the shapes that the neighbour detector keeps. A tree
//! cuts a random row of the shape at a random value; what is rare is alone after few cuts.
//!
//! **Invariant:** chance comes from a seed and the number of growths, so a series always gives the
//! same answer.

use serde::{Deserialize, Serialize};

use super::neighbour::Neighbour;

const TREES: usize = 16;
const SAMPLE: usize = 64;
/// Inner nodes of a tree of six levels.
const NODES: usize = 63;
const GROW_EVERY_ROWS: u64 = 512;
const GROW_FIRST_AT: u64 = 80;
/// The mean number of cuts that sets one of sixty-four apart.
const USUAL_CUTS: f64 = 7.5;
/// The mean number of further cuts for a leaf of so many shapes: 2(ln n - 0.4228), for n to 8.
const LEAF_CUTS: [f32; 9] = [0.0, 0.0, 1.0, 1.67, 2.21, 2.65, 3.02, 3.34, 3.62];

/// Cuts in the order of a heap; a node with fewer than two shapes has none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Tree {
    rows: Vec<u8>,
    cuts: Vec<f32>,
    leaves: Vec<u8>,
}

/// The trees and the shapes they were grown from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct IsolationForest {
    past: Neighbour,
    trees: Vec<Tree>,
    rows: u64,
    growths: u64,
}

const NO_CUT: u8 = u8::MAX;

impl IsolationForest {
    /// Two to the power of minus the share of usual cuts, as distance from what is usual.
    pub(crate) fn step(&mut self, value: f64) -> Option<f64> {
        self.past.remember(value);
        self.rows += 1;
        let strangeness = self.strangeness();
        let since = self.rows.saturating_sub(GROW_FIRST_AT);
        if self.rows >= GROW_FIRST_AT && since.is_multiple_of(GROW_EVERY_ROWS) {
            self.grow();
        }
        strangeness
    }

    fn strangeness(&self) -> Option<f64> {
        let (_, shape) = self.past.shapes();
        let cuts: f32 = self.trees.iter().map(|tree| tree.cuts_for(shape)).sum();
        let number = f64::from(u32::try_from(self.trees.len()).ok()?);
        (number > 0.0).then(|| (USUAL_CUTS / (f64::from(cuts) / number).max(0.5)).powi(2))
    }

    fn grow(&mut self) {
        self.growths += 1;
        let mut chance =
            Chance(0x9e37_79b9_7f4a_7c15 ^ self.growths.wrapping_mul(0xff51_afd7_ed55_8ccd));
        let (shapes, _) = self.past.shapes();
        if shapes.len() < 2 {
            return;
        }
        self.trees = (0..TREES).map(|_| Tree::grow(shapes, &mut chance)).collect();
    }
}

impl Tree {
    fn grow(shapes: &[[f32; 8]], chance: &mut Chance) -> Self {
        let mut tree = Self {
            rows: vec![NO_CUT; NODES],
            cuts: vec![0.0; NODES],
            leaves: vec![0; 2 * NODES + 1],
        };
        let sample: Vec<&[f32; 8]> =
            (0..SAMPLE).filter_map(|_| shapes.get(chance.below(shapes.len()))).collect();
        tree.split(0, sample, chance);
        tree
    }

    fn split(&mut self, node: usize, shapes: Vec<&[f32; 8]>, chance: &mut Chance) {
        if let Some(leaf) = self.leaves.get_mut(node) {
            *leaf = u8::try_from(shapes.len()).unwrap_or(u8::MAX);
        }
        if node >= NODES || shapes.len() < 2 {
            return;
        }
        let row = chance.below(8);
        let at = |shape: &[f32; 8]| shape.get(row).copied().unwrap_or_default();
        let low = shapes.iter().map(|shape| at(shape)).fold(f32::INFINITY, f32::min);
        let high = shapes.iter().map(|shape| at(shape)).fold(f32::NEG_INFINITY, f32::max);
        if low >= high {
            return;
        }
        let cut = low + (high - low) * chance.share();
        if let (Some(which), Some(place)) = (self.rows.get_mut(node), self.cuts.get_mut(node)) {
            (*which, *place) = (u8::try_from(row).unwrap_or(NO_CUT), cut);
        }
        let (below, above) = shapes.into_iter().partition(|shape| at(shape) < cut);
        self.split(2 * node + 1, below, chance);
        self.split(2 * node + 2, above, chance);
    }

    fn cuts_for(&self, shape: &[f32; 8]) -> f32 {
        let (mut node, mut cuts) = (0, 0.0);
        while let (Some(&row), Some(&cut)) = (self.rows.get(node), self.cuts.get(node)) {
            let Some(&value) = shape.get(usize::from(row)) else { break };
            node = 2 * node + if value < cut { 1 } else { 2 };
            cuts += 1.0;
        }
        let left = usize::from(self.leaves.get(node).copied().unwrap_or_default());
        cuts + LEAF_CUTS.get(left).copied().unwrap_or(3.9)
    }
}

struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).unwrap_or(1).max(1);
        usize::try_from(self.next() % limit).unwrap_or_default()
    }

    /// Between 0 and 1.
    fn share(&mut self) -> f32 {
        f32::from(u16::try_from(self.next() >> 48).unwrap_or_default()) / 65_536.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strange_shape_is_apart_after_fewer_cuts() {
        let mut forest = IsolationForest::default();
        let value = |row: u32| f64::from(row % 24) + f64::from(row * 7919 % 13) / 13.0;
        let usual: Vec<f64> = (0..2000).filter_map(|row| forest.step(value(row))).collect();
        let mean = usual.iter().sum::<f64>() / f64::from(u32::try_from(usual.len()).unwrap());
        let strange = (0..8).filter_map(|_| forest.step(200.0)).last().unwrap();
        assert!(strange > 1.3 * mean, "{strange} beside {mean}");
    }

    #[test]
    fn the_same_series_grows_the_same_trees() {
        let grown = || {
            let mut forest = IsolationForest::default();
            for row in 0..1500_u32 {
                forest.step(f64::from(row * 37 % 101));
            }
            forest
        };
        assert_eq!(grown(), grown());
        assert_eq!(grown().trees.len(), TREES);
    }
}

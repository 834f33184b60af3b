//! Two panes into one.

use std::borrow::Cow;

use super::{BEGINNINGS_MAX, Pane, Points, stretches_of};
use crate::summary::growth::Growth;
use crate::summary::sets::Sets;
use crate::summary::summed::Summed;

impl Pane {
    /// Takes all that another pane holds, which begins `offset_ms` after this one. The two hold
    /// different points: none replaces another.
    ///
    /// Growth is followed along one series, through panes that lie apart in time; the increases
    /// of several series are added up from those of each.
    pub fn merge(&mut self, other: &Self, offset_ms: u32) {
        if !self.merge_singles(other, offset_ms) {
            self.merge_summed(other, offset_ms);
        }
        if let Some(theirs) = &other.sets {
            let empty = || Box::new(Sets::new(other.is_total));
            self.sets.get_or_insert_with(empty).merge(theirs, offset_ms);
        }
        let later = |at: u32| at.saturating_add(offset_ms);
        self.heard_ms = self.heard_ms.max(other.heard_ms.map(later));
        self.stale_ms = self.stale_ms.max(other.stale_ms.map(later));
        self.unusable = self.unusable.saturating_add(other.unusable);
    }

    /// Where both hold single values and all of them may stay single.
    fn merge_singles(&mut self, other: &Self, offset_ms: u32) -> bool {
        let (Points::Single(ours), Points::Single(theirs)) = (&self.points, &other.points) else {
            return false;
        };
        if beginnings(self) + beginnings(other) > BEGINNINGS_MAX {
            return false;
        }
        let Some(both) = ours.merged(theirs, offset_ms) else { return false };
        self.points = Points::Single(both);
        self.merge_growth(other.growth.as_deref(), offset_ms);
        true
    }

    fn merge_summed(&mut self, other: &Self, offset_ms: u32) {
        self.sum_up();
        let growth = other.growth_with_singles();
        self.merge_growth(growth.as_deref(), offset_ms);
        match (&mut self.points, &other.points) {
            (Points::Summed(ours), Points::Summed(theirs)) => ours.merge(theirs, offset_ms),
            (Points::Summed(ours), Points::Single(theirs)) => {
                theirs.iter().for_each(|point| ours.add(point.later(offset_ms)));
            }
            // After summing up, what is still single is nothing.
            (nothing, Points::Summed(theirs)) => {
                *nothing = Points::Summed(Box::new(theirs.as_ref().clone().later(offset_ms)));
            }
            (nothing, Points::Single(theirs)) => {
                if let Some(summed) = Summed::of(theirs) {
                    *nothing = Points::Summed(Box::new(summed.later(offset_ms)));
                }
            }
        }
    }

    fn merge_growth(&mut self, theirs: Option<&Growth>, offset_ms: u32) {
        if let (true, Some(theirs)) = (self.is_total, theirs) {
            self.growth.get_or_insert_default().merge(theirs, offset_ms);
        }
    }

    /// The growth as it is once the values are summed up.
    fn growth_with_singles(&self) -> Option<Cow<'_, Growth>> {
        let kept = self.growth.as_deref();
        match &self.points {
            Points::Single(singles) if self.is_total => {
                let mut growth = kept.cloned().unwrap_or_default();
                growth.take_all(stretches_of(singles));
                Some(Cow::Owned(growth))
            }
            _ => kept.map(Cow::Borrowed),
        }
    }
}

fn beginnings(pane: &Pane) -> usize {
    pane.growth.as_ref().map_or(0, |growth| growth.len())
}

//! Steps, one strictly after the other.
//!
//! **Invariant:** if there is a way to take the steps, one is found: of the ways those hits are taken that
//! came last. What was tried in vain is not tried again, so the work is bounded by steps times hits.

use std::collections::BTreeSet;

use super::entry::Entry;
use super::pattern::Step;

/// The places of the hits that make up the steps, in order; the last step ends with the last hits.
pub(super) fn find(steps: &[Step], entries: &[Entry]) -> Option<Vec<usize>> {
    let last = entries.last()?.time_ms;
    let mut search = Search { steps, entries, failed: BTreeSet::new() };
    let is_last = |place: &usize| entries.get(*place).is_some_and(|entry| entry.time_ms == last);
    let ends = (0..entries.len()).rev().take_while(is_last);
    ends.into_iter().find_map(|end| search.ending_at(steps.len().checked_sub(1)?, end))
}

struct Search<'a> {
    steps: &'a [Step],
    entries: &'a [Entry],
    /// Steps that cannot end at a place.
    failed: BTreeSet<(usize, usize)>,
}

impl Search<'_> {
    /// Takes a step so that it ends at a place, and all steps before it.
    fn ending_at(&mut self, step: usize, end: usize) -> Option<Vec<usize>> {
        if self.failed.contains(&(step, end)) {
            return None;
        }
        let found = self.try_ending_at(step, end);
        if found.is_none() {
            self.failed.insert((step, end));
        }
        found
    }

    fn try_ending_at(&mut self, step: usize, end: usize) -> Option<Vec<usize>> {
        let wanted = self.steps.get(step)?;
        let fits = |place: &usize| {
            self.entries.get(*place).is_some_and(|entry| wanted.rules.contains(&entry.rule))
        };
        if !fits(&end) {
            return None;
        }
        let mut taken: Vec<usize> = (0..=end).rev().filter(fits).take(wanted.at_least).collect();
        taken.reverse();
        let first = *taken.first().filter(|_| taken.len() == wanted.at_least)?;
        let Some(before) = step.checked_sub(1) else { return Some(taken) };
        let mut all = self.before(before, wanted, first)?;
        all.extend(taken);
        Some(all)
    }

    /// The steps before one whose first hit is at `first`.
    fn before(&mut self, step: usize, next: &Step, first: usize) -> Option<Vec<usize>> {
        let first_ms = self.entries.get(first)?.time_ms;
        // In order means strictly: of two hits of one moment nobody knows which came first.
        let latest_ms = first_ms.saturating_sub(next.after_ms.max(1));
        let earliest_ms = first_ms.saturating_sub(next.before_ms);
        let until = self.entries.partition_point(|entry| entry.time_ms <= latest_ms);
        let from = self.entries.partition_point(|entry| entry.time_ms < earliest_ms);
        (from..until).rev().find_map(|end| self.ending_at(step, end))
    }
}

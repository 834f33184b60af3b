//! Which incident stands for which story: one to one, so that the most records agree.
//!
//! **Invariant:** the matching is the best there is. Stories bid for incidents, and pay what the second best
//! would have cost them and a little more; overlaps are whole numbers, and all the littles together are less
//! than one.

use std::collections::BTreeMap;

use schemas::id::IncidentId;

/// How many records of each story are in which incident.
pub(super) type Overlaps = BTreeMap<usize, BTreeMap<IncidentId, f64>>;

/// The incident of each story that has one.
pub(super) fn matched(overlaps: &Overlaps) -> BTreeMap<usize, IncidentId> {
    let more = overlaps.keys().fold(1.0, |stories: f64, _| stories + 1.0).recip();
    let (mut prices, mut owners) = (BTreeMap::new(), BTreeMap::new());
    let mut bidders: Vec<usize> = overlaps.keys().copied().collect();
    while let Some(story) = bidders.pop() {
        let Some(incidents) = overlaps.get(&story) else { continue };
        let Some((incident, best, second)) = bid(incidents, &prices) else { continue };
        *prices.entry(incident).or_default() += best - second + more;
        bidders.extend(owners.insert(incident, story));
    }
    owners.into_iter().map(|(incident, story)| (story, incident)).collect()
}

/// The incident that is worth most to a story at these prices, with what it and the next are worth; none
/// where it is better off without.
fn bid(
    incidents: &BTreeMap<IncidentId, f64>,
    prices: &BTreeMap<IncidentId, f64>,
) -> Option<(IncidentId, f64, f64)> {
    let price = |incident: &IncidentId| prices.get(incident).copied().unwrap_or_default();
    let worth = |(incident, records): (&IncidentId, &f64)| (*incident, records - price(incident));
    let mut worths: Vec<(IncidentId, f64)> = incidents.iter().map(worth).collect();
    worths.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let (incident, best) = worths.first().copied().filter(|(_, worth)| *worth > 0.0)?;
    let second = worths.get(1).map_or(0.0, |(_, worth)| worth.max(0.0));
    Some((incident, best, second))
}

#[cfg(test)]
mod tests {
    use schemas::id::{AlertId, Fingerprint, RecordId};

    use super::*;
    use crate::dice::{Dice, Stream};

    fn incident(number: u64) -> IncidentId {
        let record = RecordId::of("test", &[&number.to_string()]);
        IncidentId::of(AlertId::of("", Fingerprint::of("", "", &BTreeMap::new()), record))
    }

    fn overlaps(table: &[Vec<u64>]) -> Overlaps {
        let held = |row: &Vec<u64>| {
            let some = (0..).zip(row).filter(|(_, records)| **records > 0);
            some.map(|(at, records)| (incident(at), *records as f64)).collect()
        };
        table.iter().map(held).enumerate().collect()
    }

    fn agreed(overlaps: &Overlaps) -> f64 {
        let matched = matched(overlaps);
        matched.iter().map(|(story, incident)| overlaps[story][incident]).sum()
    }

    /// The best by trying all.
    fn best(table: &[Vec<u64>], taken: u64) -> u64 {
        let Some((row, rest)) = table.split_first() else { return 0 };
        let free = (0..row.len()).filter(|at| taken & (1 << at) == 0);
        let with = free.map(|at| row[at] + best(rest, taken | (1 << at)));
        with.chain([best(rest, taken)]).max().unwrap()
    }

    #[test]
    fn a_story_takes_less_where_that_leaves_more_for_another() {
        let table = [vec![5, 4], vec![5, 0]];
        assert_eq!(matched(&overlaps(&table)), [(0, incident(1)), (1, incident(0))].into());
        assert_eq!(matched(&overlaps(&[vec![3], vec![2]])), [(0, incident(0))].into());
        assert_eq!(matched(&overlaps(&[vec![]])), BTreeMap::new());
    }

    #[test]
    fn no_matching_is_better() {
        for seed in 0..200 {
            let mut dice = Dice::new(seed, Stream::Records);
            let mut row = || (0..5).map(|_| dice.below(9).saturating_sub(3)).collect();
            let table: Vec<Vec<u64>> = (0..5).map(|_| row()).collect();
            let found = agreed(&overlaps(&table));
            assert!((found - best(&table, 0) as f64).abs() < 0.5, "seed {seed}: {table:?}");
        }
    }
}

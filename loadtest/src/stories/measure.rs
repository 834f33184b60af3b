//! How well what was found is what was told.
//!
//! **Invariant:** every figure is a quotient of sums over stories, so that an interval comes of drawing
//! stories anew. Noise is nobody's: it counts against whatever it was put to. What only says that an alert is
//! over is part of nothing by itself, and is not counted.

use std::collections::BTreeMap;

use schemas::id::{IncidentId, RecordId};

use super::found::Assigned;
use super::matching::matched;
use super::told::Told;

/// An incident holds at most so many strangers per record of the story, for its records to be at home.
const STRANGERS_MAX: f64 = 0.1;
/// A story is found in an incident that overlaps it by this much.
const FOUND_MIN: f64 = 0.5;

/// The sums of one story.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    pub(super) stories: f64,
    pub(super) records: f64,
    pub(super) precision: f64,
    pub(super) recall: f64,
    /// Records in the incident that holds most of the story, where that has few strangers.
    pub(super) at_home: f64,
    /// Records in the incident that is matched to the story.
    pub(super) matched: f64,
    /// This story's share of all noise, and the noise in the incident that is matched to it.
    pub(super) noise: f64,
    pub(super) noise_matched: f64,
    /// Pairs of its records, and those of them that are together.
    pub(super) pairs: f64,
    pub(super) pairs_together: f64,
    /// Pairs of one of its records with one that is not, which are together; half a pair where both are of
    /// stories, as the other story counts it too.
    pub(super) pairs_wrong: f64,
    /// All pairs with one of its records and one that is not, counted likewise.
    pub(super) pairs_apart: f64,
    pub(super) found: f64,
    pub(super) share: f64,
    /// Stories with a cause, and those whose cause was named first.
    pub(super) caused: f64,
    pub(super) cause_right: f64,
    /// Stories without one, and those for which none was named.
    pub(super) causeless: f64,
    pub(super) none_right: f64,
}

impl Sums {
    pub(super) fn add(&mut self, other: &Self) {
        let pairs: [(&mut f64, f64); 18] = [
            (&mut self.stories, other.stories),
            (&mut self.records, other.records),
            (&mut self.precision, other.precision),
            (&mut self.recall, other.recall),
            (&mut self.at_home, other.at_home),
            (&mut self.matched, other.matched),
            (&mut self.noise, other.noise),
            (&mut self.noise_matched, other.noise_matched),
            (&mut self.pairs, other.pairs),
            (&mut self.pairs_together, other.pairs_together),
            (&mut self.pairs_wrong, other.pairs_wrong),
            (&mut self.pairs_apart, other.pairs_apart),
            (&mut self.found, other.found),
            (&mut self.share, other.share),
            (&mut self.caused, other.caused),
            (&mut self.cause_right, other.cause_right),
            (&mut self.causeless, other.causeless),
            (&mut self.none_right, other.none_right),
        ];
        pairs.into_iter().for_each(|(sum, more)| *sum += more);
    }
}

/// Records of one incident by story; those of none are noise.
type Held = BTreeMap<Option<usize>, f64>;

/// The sums of each story.
pub(super) fn measure(
    told: &[Told],
    assigned: &Assigned,
    records: &[RecordId],
    causes: &BTreeMap<IncidentId, RecordId>,
) -> Vec<Sums> {
    let mut held: BTreeMap<IncidentId, Held> = BTreeMap::new();
    let mut parts: BTreeMap<usize, BTreeMap<Option<IncidentId>, f64>> = BTreeMap::new();
    let mut cause_of = BTreeMap::new();
    let counted = || told.iter().filter(|told| !told.is_end);
    let all_records = told.iter().zip(assigned).zip(records);
    for ((told, incident), record) in all_records.filter(|((told, _), _)| !told.is_end) {
        if let Some(incident) = incident {
            *held.entry(*incident).or_default().entry(told.story).or_default() += 1.0;
        }
        let Some(story) = told.story else { continue };
        *parts.entry(story).or_default().entry(*incident).or_default() += 1.0;
        if told.is_cause {
            cause_of.insert(story, *record);
        }
    }
    let all = count(counted().count());
    let of_stories = count(counted().filter(|told| told.story.is_some()).count());
    let homes = matched(&parts.iter().map(|(story, parts)| (*story, found(parts))).collect());
    let noise = (all - of_stories) / count(parts.len());
    parts
        .iter()
        .map(|(story, parts)| {
            let mut sums = Sums { noise, ..of_story(*story, parts, &held) };
            if let Some(home) = homes.get(story).and_then(|home| held.get(home)) {
                sums.matched = home.get(&Some(*story)).copied().unwrap_or_default();
                sums.noise_matched = home.get(&None).copied().unwrap_or_default();
            }
            sums.pairs_apart =
                sums.records * ((of_stories - sums.records) / 2.0 + all - of_stories);
            judge_cause(&mut sums, main(parts), cause_of.get(story), causes);
            sums
        })
        .collect()
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// How much of a story is in which incident; what is alone is in none.
fn found(parts: &BTreeMap<Option<IncidentId>, f64>) -> BTreeMap<IncidentId, f64> {
    parts.iter().filter_map(|(incident, records)| Some(((*incident)?, *records))).collect()
}

/// The incident that holds most of a story, and how much.
fn main(parts: &BTreeMap<Option<IncidentId>, f64>) -> Option<(IncidentId, f64)> {
    found(parts).into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
}

fn of_story(
    story: usize,
    parts: &BTreeMap<Option<IncidentId>, f64>,
    held: &BTreeMap<IncidentId, Held>,
) -> Sums {
    let records: f64 = parts.values().sum();
    let mut sums =
        Sums { stories: 1.0, records, pairs: records * (records - 1.0) / 2.0, ..Sums::default() };
    for (incident, own) in parts {
        let Some(held) = incident.and_then(|incident| held.get(&incident)) else {
            // Whatever is alone is with nobody else, and with one record of its story.
            sums.precision += own;
            sums.recall += own / records;
            continue;
        };
        let size: f64 = held.values().sum();
        let noise = held.get(&None).copied().unwrap_or_default();
        sums.precision += own * own / size;
        sums.recall += own * own / records;
        sums.pairs_together += own * (own - 1.0) / 2.0;
        sums.pairs_wrong += own * (noise + (size - own - noise) / 2.0);
        let overlap = own / (records + size - own);
        sums.found = sums.found.max(f64::from(u8::from(overlap >= FOUND_MIN)));
    }
    let Some((incident, own)) = main(parts) else { return sums };
    sums.share = own / records;
    let size: f64 = held.get(&incident).map_or(0.0, |held| held.values().sum());
    let own_of_it =
        held.get(&incident).and_then(|held| held.get(&Some(story))).copied().unwrap_or_default();
    if size - own_of_it <= STRANGERS_MAX * size {
        sums.at_home = own;
    }
    sums
}

fn judge_cause(
    sums: &mut Sums,
    main: Option<(IncidentId, f64)>,
    cause: Option<&RecordId>,
    causes: &BTreeMap<IncidentId, RecordId>,
) {
    let named = main.and_then(|(incident, _)| causes.get(&incident));
    let right = f64::from(u8::from(named == cause));
    if cause.is_some() {
        (sums.caused, sums.cause_right) = (1.0, right);
    } else {
        (sums.causeless, sums.none_right) = (1.0, right);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::id::{AlertId, Fingerprint};

    /// Records as (story, incident): of stories a and b, of noise; in incidents 1, 2, or none.
    fn sums(records: &[(char, u8)]) -> Sums {
        let record = |at: usize| RecordId::of("test", &[&at.to_string()]);
        let ids: Vec<RecordId> = (0..records.len()).map(record).collect();
        let told = |(story, _): &(char, u8)| Told {
            arrival_ms: 0,
            format: "",
            value: Vec::new(),
            story: (*story != '-').then_some(*story as usize),
            is_cause: false,
            is_end: false,
        };
        let told: Vec<Told> = records.iter().map(told).collect();
        let incident = |number: u8| {
            let record = RecordId::of("incident", &[&number.to_string()]);
            IncidentId::of(AlertId::of("", Fingerprint::of("", "", &BTreeMap::new()), record))
        };
        let assigned: Assigned =
            records.iter().map(|(_, at)| (*at > 0).then(|| incident(*at))).collect();
        let mut all = Sums::default();
        measure(&told, &assigned, &ids, &BTreeMap::new()).iter().for_each(|story| all.add(story));
        all
    }

    #[test]
    fn records_are_right_in_the_incident_of_their_story_and_noise_outside_of_all() {
        type Case = (&'static [(char, u8)], [f64; 4]);
        let cases: [Case; 5] = [
            // All is right: both stories are clean, and the noise is in nothing or in what is no story's.
            (&[('a', 1), ('a', 1), ('b', 2), ('-', 0), ('-', 3)], [3.0, 3.0, 2.0, 0.0]),
            // One incident is one story's, though two are in it; that spoils both.
            (&[('a', 1), ('a', 1), ('b', 1), ('b', 0)], [0.0, 2.0, 0.0, 0.0]),
            // A stranger among three spoils them, and is itself wrong; they are matched all the same.
            (&[('a', 1), ('a', 1), ('-', 1), ('-', 0)], [0.0, 2.0, 2.0, 1.0]),
            // Of a story in two halves one is right.
            (&[('a', 1), ('a', 2), ('a', 2)], [2.0, 2.0, 0.0, 0.0]),
            // What is alone is right nowhere.
            (&[('a', 0), ('a', 0), ('-', 1)], [0.0, 0.0, 1.0, 0.0]),
        ];
        for (records, expected) in cases {
            let Sums { at_home, matched, noise, noise_matched, .. } = sums(records);
            let found = [at_home, matched, noise, noise_matched];
            assert_eq!(found.map(f64::to_bits), expected.map(f64::to_bits), "{records:?}");
        }
    }
}

//! Findings of `metric-windows`: what the detectors say of the minutes that were published.
//!
//! **Invariant:** what is judged again is read from the topic, in the order in which it was told. So a
//! finding that is lost, told twice or of other values is a difference, whatever was killed meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use detect::{Series, Setting};
use schemas::aggregate::{Aggregate, WindowState};
use schemas::finite::Finite;
use schemas::series::Temporality;

use super::found::Published;
use super::oracle::Expected;
use super::rules::MINUTE_MS;

/// A finding by its series and minute.
pub type FindingName = (u64, i64);
/// Scores and values by their bits.
pub type Findings = BTreeMap<FindingName, Vec<(u64, u64)>>;

/// Of a series with more in all, some are rightly not told.
const COMPARED_MAX: usize = 10;

/// What has to be found in what was published, and the series that are compared.
#[must_use]
pub fn due(expected: &Expected, published: &Published) -> (Findings, BTreeSet<u64>) {
    let (mut due, mut compared) = (Findings::new(), BTreeSet::new());
    for (series, minutes) in finals(expected, published) {
        let mut state = Series::new(&Setting::default());
        let judged = minutes.into_iter().filter_map(|(.., start_ms, value)| {
            let verdict = state.step(start_ms, Some(value));
            let bits = (verdict.score.to_bits(), value.to_bits());
            verdict.alarm.then_some(((series, start_ms), vec![bits]))
        });
        let found: Vec<_> = judged.collect();
        if found.len() <= COMPARED_MAX {
            compared.insert(series);
        }
        due.extend(found);
    }
    (due, compared)
}

/// By series, in the order in which they were told: offset, start and value of each final minute.
fn finals(expected: &Expected, published: &Published) -> BTreeMap<u64, Vec<(u64, i64, f64)>> {
    let mut finals: BTreeMap<u64, Vec<(u64, i64, f64)>> = BTreeMap::new();
    for (name, told) in published.windows.iter().filter(|(name, _)| name.size_ms == MINUTE_MS) {
        let Some(window) = expected.windows.get(name) else { continue };
        let first = told.iter().find(|told| told.aggregate.state == WindowState::Final);
        let value = first.and_then(|told| value_of(&told.aggregate, window.identity.temporality));
        if let (Some(first), Some(value)) = (first, value) {
            let offset = first.aggregate.position.offset;
            finals.entry(name.series).or_default().push((offset, name.start_ms, value));
        }
    }
    finals.values_mut().for_each(|minutes| {
        minutes.sort_by_key(|(offset, start_ms, _)| (*offset, *start_ms));
    });
    finals
}

fn value_of(row: &Aggregate, temporality: Temporality) -> Option<f64> {
    let has_sets = row.statistics.deviation.is_none();
    let value = match temporality {
        Temporality::Gauge => row.statistics.mean,
        // Of sets in no unit nobody knows what their sum would mean.
        Temporality::Delta if has_sets => row.statistics.mean,
        Temporality::Delta => row.rate,
        Temporality::Cumulative if row.increase.is_some() => row.rate,
        Temporality::Cumulative => row.statistics.mean.filter(|_| has_sets),
    };
    value.map(Finite::get)
}

//! Everything that counts of one series.
//!
//! **Invariant:** nothing that was accepted is ever forgotten or summed up; what a point sent again
//! replaces is decided when it arrives, for it depends on how many instants its minute holds then.

use std::collections::{BTreeMap, BTreeSet};

use schemas::metric::{Point, PointKind};
use schemas::series::Temporality;
use schemas::source_class::SourceClass;

use super::rules::{INSTANTS_MAX, MINUTE_MS, start_of};

/// What a series is, as its definition says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Whose it is.
    pub tenant: String,
    /// How its source behaves in time.
    pub class: SourceClass,
    /// The name of the metric.
    pub measure: String,
    /// The id of what is measured, as text.
    pub resource: String,
    /// What a value means relative to the one before.
    pub temporality: Temporality,
}

/// A statistic set.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Set {
    pub(super) count: Option<f64>,
    pub(super) sum: Option<f64>,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
}

/// All points of a series that were not late.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub(super) identity: Identity,
    pub(super) values: BTreeMap<i64, f64>,
    pub(super) starts: BTreeMap<i64, f64>,
    pub(super) stales: BTreeSet<i64>,
    pub(super) sets: BTreeMap<i64, Set>,
    /// How many points of an instant are of no use.
    pub(super) unusable: BTreeMap<i64, u64>,
    pub(super) duplicates: u64,
    /// The watermark before each batch that held something of the series.
    pub(super) batches: Vec<i64>,
}

impl Series {
    pub(super) fn new(identity: Identity) -> Self {
        Self {
            identity,
            values: BTreeMap::new(),
            starts: BTreeMap::new(),
            stales: BTreeSet::new(),
            sets: BTreeMap::new(),
            unusable: BTreeMap::new(),
            duplicates: 0,
            batches: Vec::new(),
        }
    }

    pub(super) fn is_total(&self) -> bool {
        self.identity.temporality == Temporality::Cumulative
    }

    /// Takes a point whose minute is not settled.
    pub(super) fn take(&mut self, point: &Point) {
        let Point { time_ms, value, kind, .. } = *point;
        match kind {
            PointKind::Stale => drop(self.stales.insert(time_ms)),
            _ if !value.is_finite() => *self.unusable.entry(time_ms).or_default() += 1,
            PointKind::Value => self.take_value(time_ms, value),
            PointKind::Start if self.is_total() => drop(self.starts.insert(time_ms, value)),
            PointKind::Start => *self.unusable.entry(time_ms).or_default() += 1,
            _ => self.take_piece(time_ms, value, kind),
        }
    }

    fn take_value(&mut self, time_ms: i64, value: f64) {
        if self.values.contains_key(&time_ms) && self.is_crowded(time_ms) {
            self.duplicates += 1;
        } else {
            self.values.insert(time_ms, value);
        }
    }

    fn take_piece(&mut self, time_ms: i64, value: f64, kind: PointKind) {
        let is_crowded = self.is_crowded(time_ms);
        let set = self.sets.entry(time_ms).or_default();
        let piece = match kind {
            PointKind::SetCount => &mut set.count,
            PointKind::SetSum => &mut set.sum,
            PointKind::SetMin => &mut set.min,
            _ => &mut set.max,
        };
        if piece.is_some() && is_crowded {
            self.duplicates += 1;
        } else {
            *piece = Some(value);
        }
    }

    /// Whether the minute holds more instants than are kept one by one.
    fn is_crowded(&self, time_ms: i64) -> bool {
        let minute = start_of(time_ms, MINUTE_MS);
        let minute = minute..minute + MINUTE_MS;
        let values = self.values.range(minute.clone()).count();
        values + self.sets.range(minute).count() > INSTANTS_MAX
    }

    /// Every instant of which something is known.
    pub(super) fn times(&self) -> impl Iterator<Item = i64> + '_ {
        let (values, starts) = (self.values.keys(), self.starts.keys());
        let (sets, unusable) = (self.sets.keys(), self.unusable.keys());
        values.chain(starts).chain(sets).chain(unusable).chain(&self.stales).copied()
    }
}

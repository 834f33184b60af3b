//! One judged series: what it is called, what its detectors know, and its last rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use detect::{Series, Setting, Verdict};
use serde::{Deserialize, Serialize};

use super::About;
use super::budget::Budget;
use crate::windows::{MINUTE_MS, Minute};

/// Rows that an excerpt shows.
const SHOWN: usize = 60;

/// Names and values in order, in less room than a map.
type Pairs = Box<[(Box<str>, Box<str>)]>;

/// A series that is judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Seat {
    called: Arc<Called>,
    /// The minute of the last row, or in which it was defined.
    pub(super) latest: Minute,
    pub(super) budget: Budget,
    /// Nothing before the first row.
    judged: Option<Box<Judged>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Called {
    attributes: Pairs,
    labels: Pairs,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Judged {
    series: Series,
    recent: Vec<Seen>,
}

/// A row for an excerpt. What is drawn needs no more than `f32`; NaN where nothing was expected.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Seen {
    minute: i32,
    pub(super) value: f32,
    pub(super) low: f32,
    pub(super) high: f32,
}

impl Seen {
    #[expect(clippy::cast_possible_truncation, reason = "an excerpt is drawn, not computed with")]
    fn new(minute: Minute, value: f64, verdict: &Verdict) -> Self {
        let band = verdict.expected;
        let of = |end: Option<f64>| end.map_or(f32::NAN, |end| end as f32);
        Self {
            minute: i32::try_from(minute).unwrap_or(i32::MAX),
            value: value as f32,
            low: of(band.map(|band| band.low)),
            high: of(band.map(|band| band.high)),
        }
    }

    pub(super) fn time_ms(&self) -> i64 {
        i64::from(self.minute) * MINUTE_MS
    }
}

impl Seat {
    pub(super) fn new(about: &About<'_>, latest: Minute) -> Self {
        let called = Arc::new(Called::new(about));
        Self { called, latest, budget: Budget::default(), judged: None }
    }

    /// Whether it is called so.
    pub(super) fn is_called(&self, about: &About<'_>) -> bool {
        let is = |ours: &Pairs, theirs: Option<&BTreeMap<String, String>>| {
            ours.len() == theirs.map_or(0, BTreeMap::len)
                && theirs.into_iter().flatten().zip(ours).all(|((name, value), (own, of))| {
                    **own == *name.as_str() && **of == *value.as_str()
                })
        };
        is(&self.called.attributes, about.attributes) && is(&self.called.labels, about.labels)
    }

    /// From now on it is called so.
    pub(super) fn call(&mut self, about: &About<'_>) {
        self.called = Arc::new(Called::new(about));
    }

    /// Judges a row, and learns it.
    pub(super) fn judge(&mut self, setting: &Setting, minute: Minute, value: f64) -> Verdict {
        let fresh = || Box::new(Judged { series: Series::new(setting), recent: Vec::new() });
        let judged = self.judged.get_or_insert_with(fresh);
        judged.series.set_sensitivity(setting);
        let verdict = judged.series.step(minute.saturating_mul(MINUTE_MS), Some(value));
        if verdict.skipped.is_none() {
            self.latest = self.latest.max(minute);
            if judged.recent.len() >= SHOWN {
                judged.recent.remove(0);
            }
            judged.recent.push(Seen::new(minute, value, &verdict));
        }
        verdict
    }

    pub(super) fn recent(&self) -> &[Seen] {
        self.judged.as_ref().map_or(&[], |judged| &judged.recent)
    }

    pub(super) fn attributes(&self) -> BTreeMap<String, String> {
        map_of(&self.called.attributes)
    }

    pub(super) fn labels(&self) -> BTreeMap<String, String> {
        map_of(&self.called.labels)
    }
}

impl Called {
    fn new(about: &About<'_>) -> Self {
        Self { attributes: pairs_of(about.attributes), labels: pairs_of(about.labels) }
    }
}

fn pairs_of(map: Option<&BTreeMap<String, String>>) -> Pairs {
    let pair = |(name, value): (&String, &String)| (Box::from(&**name), Box::from(&**value));
    map.into_iter().flatten().map(pair).collect()
}

fn map_of(pairs: &Pairs) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

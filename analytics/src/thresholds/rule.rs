//! One threshold, as it was meant: what it looks at, when it holds, and what is said of it.
//!
//! **Invariant:** the number of a rule is the hash of all that decides when it fires and what its findings are
//! found by, and of nothing that is only told. So a new runbook ends no alert, and a new limit begins anew.

use std::collections::BTreeMap;

use schemas::event::Severity;
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64;

use super::glob::Glob;
use super::place::Called;
use super::statistic::Statistic;
use crate::windows::Minute;

/// A threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Where it stands: the file.
    pub file: String,
    /// Where it stands: the line, from 1.
    pub line: usize,
    /// A UUID, which stays when the rule is changed.
    pub id: String,
    /// A short name, where it has one.
    pub name: Option<String>,
    /// What people call it.
    pub title: String,
    /// How serious it is.
    pub severity: Severity,
    /// What its alerts are routed by, beside what they are about.
    pub labels: BTreeMap<String, String>,
    /// What to do about it.
    pub runbook: Option<String>,
    pub(super) when: When,
    pub(super) number: u64,
}

/// All that decides when a rule fires.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct When {
    pub(super) measure: Glob,
    pub(super) statistic: Statistic,
    /// The size of its windows, in minutes.
    pub(super) window: i64,
    /// The group-by of the groups that it is about; nothing where it is about series themselves.
    pub(super) by: Option<Vec<String>>,
    /// Values that a series has to have: of each name one of these.
    pub(super) only: BTreeMap<String, Vec<Glob>>,
    /// On which side of the limit it holds.
    pub(super) side: Side,
    pub(super) limit: Limit,
    /// In the terms of the limit: it is over when the value is not beyond this.
    pub(super) clear: f64,
    /// A window with fewer values does not count as beyond the limit.
    pub(super) count_min: u64,
    /// It fires when it has held for so long, in minutes.
    pub(super) holds_for: i64,
    /// It is over when it has not held for so long, in minutes.
    pub(super) keeps_for: i64,
    pub(super) silence: Silence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Side {
    Above,
    Below,
}

/// What a value is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) enum Limit {
    Static(f64),
    /// So many times what it was.
    Times(f64, Reference),
    /// So much more than it was; less, where it is negative.
    Plus(f64, Reference),
}

/// What "was" means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Reference {
    Previous,
    /// The mean of the windows of so many minutes before this one.
    MeanOf(i64),
    /// The window that began so many minutes before this one.
    Ago(i64),
}

/// What no windows at all mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Silence {
    pub(super) means: Means,
    /// After so many minutes.
    pub(super) after: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Means {
    Keep,
    Firing,
    Over,
}

/// What a window says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Judged {
    /// It is beyond this limit.
    Beyond(f64),
    /// It is not beyond the limit, and not yet back either.
    Between,
    Calm,
    /// There is no such figure, or nothing to compare it with.
    Unknown,
}

impl When {
    /// The number that its state is kept under.
    pub(super) fn number(&self, id: &str, name: Option<&str>) -> u64 {
        // Writing into memory cannot fail; a rule that could not be written would keep no state apart.
        let bytes = postcard::to_stdvec(&(id, name, self)).unwrap_or_default();
        xxh3_64(&bytes)
    }

    /// Whether a series is one that it is about.
    pub(super) fn takes(&self, called: &Called) -> bool {
        let is_kind = match &self.by {
            Some(names) => called.is_group_by(names),
            None => !called.is_metric_group,
        };
        let has = |(name, globs): (&String, &Vec<Glob>)| {
            globs.iter().any(|glob| glob.takes(called.value_of(name)))
        };
        is_kind && self.measure.takes(&called.measure) && self.only.iter().all(has)
    }

    /// Judges a value, where it was `before`.
    pub(super) fn judge(&self, value: Option<f64>, count: u64, before: Option<f64>) -> Judged {
        if count < self.count_min {
            return Judged::Calm;
        }
        let (Some(value), Some(limit)) = (value, self.limit_at(self.limit.factor(), before)) else {
            return Judged::Unknown;
        };
        let clear = self.clear_at(before);
        let is_beyond = |limit: f64| match self.side {
            Side::Above => value > limit,
            Side::Below => value < limit,
        };
        match is_beyond(limit) {
            true => Judged::Beyond(limit),
            false if clear.is_some_and(is_beyond) => Judged::Between,
            false => Judged::Calm,
        }
    }

    /// Up to which value it is calm.
    pub(super) fn clear_at(&self, before: Option<f64>) -> Option<f64> {
        self.limit_at(self.clear, before)
    }

    fn limit_at(&self, factor: f64, before: Option<f64>) -> Option<f64> {
        let limit = match self.limit {
            Limit::Static(_) => factor,
            // Three times nothing is no limit, and three times less than nothing is less.
            Limit::Times(..) => factor * before.filter(|before| *before > 0.0)?,
            Limit::Plus(..) => factor + before?,
        };
        Some(limit).filter(|limit| limit.is_finite())
    }
}

impl Limit {
    /// The number that was written.
    pub(super) fn factor(self) -> f64 {
        match self {
            Self::Static(factor) | Self::Times(factor, _) | Self::Plus(factor, _) => factor,
        }
    }

    pub(super) fn reference(self) -> Option<Reference> {
        match self {
            Self::Static(_) => None,
            Self::Times(_, reference) | Self::Plus(_, reference) => Some(reference),
        }
    }
}

impl Reference {
    /// How many windows of `size` minutes have to be remembered for it.
    pub(super) fn windows(self, size: i64) -> i64 {
        match self {
            Self::Previous => 1,
            Self::MeanOf(minutes) | Self::Ago(minutes) => minutes / size.max(1),
        }
    }
}

impl Rule {
    /// What its findings are told as.
    #[must_use]
    pub fn detector(&self) -> String {
        format!("threshold.{}", self.name.as_deref().unwrap_or(&self.id))
    }

    /// The hash of what decides when it fires.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The size of its windows, in minutes.
    #[must_use]
    pub fn window_minutes(&self) -> Minute {
        self.when.window
    }
}

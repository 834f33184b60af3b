//! What is known of a stretch of a series: a minute, or several merged.

use serde::{Deserialize, Serialize};

use super::{MINUTE_MS, Minute};
use crate::summary::{Before, Distinct, Pane};

/// Points, and when the last of them came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// What the points came to.
    pub pane: Pane,
    /// What only some have.
    pub more: Option<Box<More>>,
    /// The latest arrival.
    pub arrival_ms: i64,
    /// The input offset of the last change.
    pub touched: i64,
}

/// What measures over events and groups know beside.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct More {
    /// Different values, where these are asked for.
    pub distinct: Option<Distinct>,
    /// Of a group of totals: the sum of what its members grew by.
    pub increase: Option<f64>,
}

impl More {
    fn merge(&mut self, other: &Self) {
        if let Some(theirs) = &other.distinct {
            self.distinct.get_or_insert_default().merge(theirs);
        }
        self.increase = match (self.increase, other.increase) {
            (Some(ours), Some(theirs)) => Some(ours + theirs),
            (ours, theirs) => ours.or(theirs),
        };
    }
}

impl Part {
    /// Nothing yet.
    #[must_use]
    pub fn new(is_total: bool) -> Self {
        Self { pane: Pane::new(is_total), more: None, arrival_ms: i64::MIN, touched: i64::MIN }
    }

    /// Takes all of another, which begins `offset_ms` after this one.
    pub fn merge(&mut self, other: &Self, offset_ms: u32) {
        self.pane.merge(&other.pane, offset_ms);
        if let Some(theirs) = &other.more {
            self.more.get_or_insert_default().merge(theirs);
        }
        self.touched(other.arrival_ms, other.touched);
    }

    /// About how many different values there were, where that is asked for.
    #[must_use]
    pub fn distinct(&self) -> Option<u64> {
        self.more.as_ref()?.distinct.as_ref().map(Distinct::count)
    }

    /// Of a group of totals: what its members grew by.
    #[must_use]
    pub fn increase(&self) -> Option<f64> {
        self.more.as_ref()?.increase
    }

    /// The same as one member's share of a group: values stay, a total becomes what it grew by.
    pub(super) fn as_share(&self, before: &Before, minute: Minute, offset: i64) -> Self {
        let mut share = Self { touched: offset, ..self.clone() };
        let grown = self.pane.increase(before, minute * MINUTE_MS);
        if let Some(grown) = grown {
            share.more.get_or_insert_default().increase = Some(grown.increase);
        }
        share.pane = self.pane.as_states(before);
        share
    }

    /// Notes that something came.
    pub(super) fn touched(&mut self, arrival_ms: i64, offset: i64) {
        self.arrival_ms = self.arrival_ms.max(arrival_ms);
        self.touched = self.touched.max(offset);
    }
}

//! Where everything that was found in a record goes.

use std::borrow::Cow;

use crate::draft::{Draft, DraftSeries, StatisticSet};
use schemas::metric::PointKind;

/// Takes what a record holds, piece by piece, in the record's order.
pub trait Sink {
    /// An event.
    fn event(&mut self, event: &Draft<'_>);

    /// One point of a series.
    fn point(&mut self, series: &DraftSeries<'_>, time_ms: i64, value: f64, kind: PointKind);

    /// The statistics of one interval of a series, which stay a set.
    fn set(&mut self, series: &DraftSeries<'_>, time_ms: i64, set: &StatisticSet);

    /// Something that is rightly not passed on, and why: `control message`, `no data point`.
    fn filtered(&mut self, reason: &'static str);

    /// One of several pieces could not be read; the others were.
    fn refused(&mut self, refusal: Refusal, piece: &[u8]);
}

/// Why bytes could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// What is wrong, and what was expected.
    pub reason: Cow<'static, str>,
    /// The byte at which it is wrong, where that is known.
    pub position: Option<usize>,
}

impl Refusal {
    /// A reason without a place.
    pub fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: reason.into(), position: None }
    }

    /// A reason with the byte at which it shows.
    pub fn at(position: usize, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: reason.into(), position: Some(position) }
    }
}

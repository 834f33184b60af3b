//! What happened to an incident, in order.
//!
//! **Invariant:** the first 48 and the last 16 moments are kept, whatever comes between; the rest is
//! counted.

use schemas::envelope::Extra;
use schemas::id::{AlertId, RecordId};
use schemas::incident::{Moment, MomentKind};
use serde::{Deserialize, Serialize};

use crate::list::At;
use crate::tenant::Tenant;

/// So many moments are kept.
pub(crate) const MOMENTS_MAX: usize = 64;
/// So many of them are the first ones.
const FIRST_MAX: usize = 48;
/// Longer lines are cut.
const TITLE_MAX: usize = 200;

/// One moment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Happened {
    at_ms: i64,
    kind: MomentKind,
    title: String,
    record: Option<RecordId>,
    alert: Option<AlertId>,
    by: Option<String>,
}

/// The beginning of a text.
pub(crate) fn cut(text: &str) -> String {
    text.chars().take(TITLE_MAX).collect()
}

impl Happened {
    pub(crate) fn new(at_ms: i64, kind: MomentKind, title: &str) -> Self {
        Self { at_ms, kind, title: cut(title), record: None, alert: None, by: None }
    }

    pub(crate) fn shown_by(self, record: RecordId) -> Self {
        Self { record: Some(record), ..self }
    }

    pub(crate) fn of(self, alert: AlertId) -> Self {
        Self { alert: Some(alert), ..self }
    }

    pub(crate) fn by(self, by: Option<&str>) -> Self {
        Self { by: by.map(cut), ..self }
    }

    pub(crate) fn is_of(&self, alerts: &[AlertId]) -> bool {
        self.alert.is_some_and(|alert| alerts.contains(&alert))
    }

    fn told(&self) -> Moment {
        Moment {
            at_ms: self.at_ms,
            kind: self.kind,
            title: self.title.clone(),
            record: self.record,
            alert: self.alert,
            by: self.by.clone(),
            extra: Extra::new(),
        }
    }
}

impl Tenant<'_> {
    /// Adds a moment to an incident.
    pub(crate) fn note_moment(&mut self, number: u64, happened: Happened) {
        let at = self.at(number);
        let Some(incident) = self.incident_mut(number) else { return };
        incident.moments += 1;
        let (place, full) = (incident.place(), incident.moments > MOMENTS_MAX as u64);
        let moments = &mut self.stores.lists.moments;
        moments.insert(at, place, happened);
        if full {
            let between = moments.of(at).map(|(place, _)| place).nth(FIRST_MAX);
            between.and_then(|place| moments.remove(at, place));
        }
    }

    /// Puts the moments of another incident among those of one.
    pub(crate) fn unite_moments(&mut self, number: u64, other: At, of_other: u64) {
        let at = self.at(number);
        let moments = &mut self.stores.lists.moments;
        let mut all: Vec<Happened> =
            moments.take(at).into_iter().chain(moments.take(other)).map(|(_, of)| of).collect();
        all.sort_by_key(|happened| happened.at_ms);
        let last = all.len().saturating_sub(MOMENTS_MAX - FIRST_MAX).max(FIRST_MAX);
        let kept = all.into_iter().enumerate().filter(|(at, _)| *at < FIRST_MAX || *at >= last);
        let kept: Vec<Happened> = kept.map(|(_, happened)| happened).collect();
        let Some(incident) = self.incident_mut(number) else { return };
        incident.moments += of_other;
        let places: Vec<u64> = kept.iter().map(|_| incident.place()).collect();
        for (place, happened) in places.into_iter().zip(kept) {
            self.stores.lists.moments.insert(at, place, happened);
        }
    }

    /// The moments of an incident that had so many, for its record.
    pub(crate) fn timeline(&self, at: At, had: u64) -> Vec<Moment> {
        let kept = usize::try_from(had).map_or(MOMENTS_MAX, |had| had.min(MOMENTS_MAX));
        let mut all = self.stores.lists.moments.said(at, kept, Happened::told);
        all.sort_by_key(|moment| moment.at_ms);
        all
    }

    /// What the moment at which an alert began is called.
    pub(crate) fn title_of(&self, at: At, alert: AlertId) -> Option<&str> {
        let mut moments = self.stores.lists.moments.of(at);
        let began = moments.find(|(_, moment)| moment.alert == Some(alert))?.1;
        Some(&began.title)
    }
}

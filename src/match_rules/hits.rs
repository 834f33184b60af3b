//! The rules that the events of a row match.

use std::collections::BTreeSet;
use std::fmt;

use processors::Refusal;
use processors::canonical::Series;
use processors::normalize::{Sample, Taker};
use rules::{Canonical, Matcher, Record, Rule};
use schemas::envelope::Envelope;
use schemas::event::Event;
use serde::Serialize;

/// What became of all rows.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Summary {
    rows: u64,
    events: u64,
    /// Events whose feed no rule is about.
    without_rules: u64,
    points: u64,
    filtered: u64,
    /// Rows, or pieces of them, that cannot be read.
    pub(crate) unread: u64,
    /// Rows that match a rule.
    rows_hit: u64,
    /// Pairs of a row and a rule.
    hits: u64,
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} rows: {} events ({} of feeds without rules), {} points, {} filtered, {} cannot be read; \
             {} hits in {} rows",
            self.rows,
            self.events,
            self.without_rules,
            self.points,
            self.filtered,
            self.unread,
            self.hits,
            self.rows_hit
        )
    }
}

/// Takes what a row holds, and asks the rules about its events.
pub(crate) struct Hits<'m> {
    matcher: &'m Matcher,
    flagged_only: bool,
    of_row: BTreeSet<&'m str>,
    unread: Vec<String>,
    pub(crate) summary: Summary,
}

impl<'m> Hits<'m> {
    pub(crate) fn new(matcher: &'m Matcher, flagged_only: bool) -> Self {
        let (of_row, unread, summary) = (BTreeSet::new(), Vec::new(), Summary::default());
        Self { matcher, flagged_only, of_row, unread, summary }
    }

    /// The ids of the rules the row matched, in order, and why parts of it could not be read.
    pub(crate) fn end_row(&mut self) -> (BTreeSet<&'m str>, Vec<String>) {
        self.summary.rows += 1;
        self.summary.rows_hit += u64::from(!self.of_row.is_empty());
        self.summary.hits += self.of_row.len() as u64;
        (std::mem::take(&mut self.of_row), std::mem::take(&mut self.unread))
    }

    fn add(&mut self, hits: Vec<&'m Rule>) {
        let wanted = hits.into_iter().filter(|rule| !(self.flagged_only && rule.is_building_block));
        self.of_row.extend(wanted.map(|rule| rule.id.as_str()));
    }

    fn unread(&mut self, reason: String) {
        self.summary.unread += 1;
        self.unread.push(reason);
    }
}

impl Taker for Hits<'_> {
    fn event(&mut self, event: Envelope<Event>) {
        self.summary.events += 1;
        let is_about_raw = self.matcher.counts(&event.attributes.source).0 > 0;
        let is_about_ours = self.matcher.is_about(event.data.kind.as_str());
        self.summary.without_rules += u64::from(!is_about_raw && !is_about_ours);
        if is_about_ours {
            self.add(self.matcher.canonical_hits(&Canonical::event(&event)));
        }
        let Some(raw) = &event.data.raw else {
            return if is_about_raw {
                self.unread("the event has no record of its own".to_owned())
            };
        };
        if is_about_raw {
            match Record::decode(raw.text()) {
                Ok(record) => self.add(self.matcher.hits(&event.attributes.source, &record)),
                Err(error) => self.unread(error.to_string()),
            }
        }
    }

    fn sample(&mut self, _: &Series<'_>, _: i64, _: Sample) {
        self.summary.points += 1;
    }

    fn filtered(&mut self, _: &'static str) {
        self.summary.filtered += 1;
    }

    fn refused(&mut self, refusal: &Refusal, _: &[u8]) {
        self.unread(refusal.to_string());
    }
}

//! Thresholds: rules that somebody wrote over the figures of windows, judged where the windows are told.
//!
//! A series takes a *place* when it is first told of and a rule is about it; there its rules keep what they
//! wait for. A rule that begins to hold, still holds, or is over says so as a finding with a condition.
//!
//! **Invariant:** only the first final record of a window is judged, in the order of time; silence is what the
//! marks left behind. So findings follow from the input and the rules alone. State is kept by the number of
//! the rule, which changes with whatever decides when it fires.

mod config;
mod finding;
mod form;
mod glob;
mod history;
mod lines;
mod now;
mod place;
mod play;
mod read;
mod rule;
mod sentence;
mod statistic;
#[cfg(test)]
mod tests;
mod timeline;
mod watch;

use std::ops::Bound;
use std::sync::Arc;

use schemas::aggregate::WindowState;
use schemas::envelope::Envelope;
use schemas::finding::Finding;
use schemas::id::SeriesId;
use stream::{KeyedStore, Progress, Store, TopicPartition};
use xxhash_rust::xxh3::xxh3_64;

use crate::detection::{About, IDLE_MINUTES};
use crate::windows::{Minute, Row, Series};
pub use config::ThresholdsConfig;
use finding::Moment;
pub(crate) use now::Now;
pub use place::RULES_OF_A_SERIES;
use place::{Called, Place};
pub use play::{Verdict, play};
pub use read::{Problem, RULES_MAX, read};
pub use rule::Rule;
pub use statistic::Statistic;
pub use timeline::{Examples, Timeline, examples};
use watch::{Seen, Turn, Watch, What, Why};

/// Places that one piece of work looks at.
const PLACES_A_PIECE: usize = 2_000;

/// What is to be said.
pub(crate) type Told = Vec<Envelope<Finding>>;

/// A window, as far as a rule looks at it.
struct Window<'a> {
    start: Minute,
    minutes: i64,
    count: u64,
    arrival_ms: i64,
    value: &'a dyn Fn(Statistic) -> Option<f64>,
}

/// The thresholds of one task.
#[derive(Debug)]
pub(crate) struct Thresholds {
    config: ThresholdsConfig,
    /// The hash of all rules: places that were taken under others choose again.
    number: u64,
    partition: u32,
    /// By the number of the series.
    places: KeyedStore<u64, Place>,
    /// One entry: what was closed when places were looked through, and the next to look at.
    sweep: KeyedStore<(), (Vec<Minute>, Option<u64>)>,
    /// What was counted since it was asked for last.
    late: u64,
    refused: u64,
    beyond: u64,
}

impl Thresholds {
    /// Nothing watched yet.
    pub(crate) fn new(config: &ThresholdsConfig, input: &TopicPartition) -> Self {
        let numbers: Vec<u8> =
            config.rules.iter().flat_map(|rule| rule.number.to_le_bytes()).collect();
        Self {
            config: config.clone(),
            number: xxh3_64(&numbers),
            partition: u32::try_from(input.partition).unwrap_or_default(),
            places: KeyedStore::default(),
            sweep: KeyedStore::default(),
            late: 0,
            refused: 0,
            beyond: 0,
        }
    }

    /// What was counted since this was asked last: windows that came after a later one, how often series were told
    /// of that there is no room for, and rules that a series has too many of.
    pub(crate) fn take_counts(&mut self) -> [(&'static str, u64); 3] {
        [
            ("threshold_windows_late", std::mem::take(&mut self.late)),
            ("threshold_series_refused", std::mem::take(&mut self.refused)),
            ("threshold_rules_refused", std::mem::take(&mut self.beyond)),
        ]
    }

    /// Whether any rule is about this measure.
    pub(crate) fn measures(&self, measure: &str) -> bool {
        self.config.rules.iter().any(|rule| rule.when.measure.takes(measure))
    }

    /// Whether a series has a place.
    pub(crate) fn knows(&self, series: SeriesId) -> bool {
        self.places.get(&series.as_u64()).is_some()
    }

    /// A series is told of: it takes a place, if rules are about it and there is room.
    pub(crate) fn define(&mut self, series: &Series, about: &About<'_>, minute: Minute) {
        let number = series.id.as_u64();
        let is_new = match self.places.get(&number) {
            Some(place) if place.called.is(series, about) => return,
            known => known.is_none(),
        };
        if is_new && (series.is_share || !self.measures(&series.measure)) {
            return;
        }
        let called = Called::new(series, about);
        match self.places.get_mut(&number) {
            None => self.take_place(number, called, minute),
            Some(place) => {
                place.called = Arc::new(called);
                // It chooses its rules again with the next window or minute, when something can be said.
                place.rules = self.number.wrapping_add(1);
            }
        }
    }

    fn take_place(&mut self, number: u64, called: Called, minute: Minute) {
        let rules = self.config.rules.iter().filter(|rule| rule.when.takes(&called)).count();
        let place = Place::new(called, &self.config.rules, self.number, minute);
        match place {
            Some(place) if self.places.len() < self.config.series_max => {
                self.beyond += rules.saturating_sub(RULES_OF_A_SERIES) as u64;
                self.places.insert(&number, place);
            }
            place => self.refused += u64::from(place.is_some()),
        }
    }

    /// Judges a row, if it is one to be judged; what is to be said.
    pub(crate) fn judge(&mut self, series: &Series, row: &Row<'_>, now: &Now) -> Told {
        let is_first = row.state == WindowState::Final && !series.is_share;
        if !is_first || (self.config.rules.is_empty() && self.places.is_empty()) {
            return Told::new();
        }
        self.define_group(series, row.start);
        if !self.knows(series.id) {
            return Told::new();
        }
        let window = Window {
            start: row.start,
            minutes: row.minutes,
            count: statistic::count_of(row),
            arrival_ms: row.part.arrival_ms,
            value: &|statistic| statistic.of(series, row),
        };
        self.take(series.id.as_u64(), &window, now)
    }

    /// A group says itself what it is of.
    fn define_group(&mut self, series: &Series, minute: Minute) {
        if series.resource.is_none() {
            let about = About { attributes: Some(&series.group), labels: None };
            self.define(series, &about, minute);
        }
    }

    /// A window of a series that has a place.
    fn take(&mut self, number: u64, window: &Window<'_>, now: &Now) -> Told {
        let rules = Arc::clone(&self.config.rules);
        let Some(place) = self.places.get_mut(&number) else { return Told::new() };
        let moment = Moment {
            partition: self.partition,
            offset: now.offset,
            window: (window.start, window.minutes),
            arrival_ms: window.arrival_ms,
            said_ms: now.said_ms,
        };
        let mut told = choose(place, &rules, self.number, moment);
        place.latest = place.latest.max(window.start.saturating_add(window.minutes));
        let called = Arc::clone(&place.called);
        for (of, watch) in &mut place.watches {
            let rule = rules.iter().find(|rule| rule.number == *of);
            let Some(rule) = rule.filter(|rule| rule.when.window == window.minutes) else {
                continue;
            };
            if watch.is_late(window.start) {
                self.late += 1;
                continue;
            }
            let value = (window.value)(rule.when.statistic);
            let turns = watch.take(rule, Seen { start: window.start, count: window.count, value });
            told.extend(turns.iter().filter_map(|turn| finding::of(rule, &called, turn, moment)));
        }
        told
    }

    /// Time passed: what silence means, what is said again, who is forgotten; a piece at a time.
    pub(crate) fn pass(&mut self, now: &Now) -> (Told, Progress) {
        let from = match self.sweep.get(&()) {
            Some((closed, from)) if *closed == now.closed => *from,
            _ => Some(0),
        };
        let Some(from) = from.filter(|_| !self.places.is_empty()) else {
            return (Told::new(), Progress::Done);
        };
        let piece: Vec<(u64, bool)> = self
            .places
            .range(Bound::Included(&from), Bound::Unbounded)
            .take(PLACES_A_PIECE)
            .map(|(number, place)| (*number, self.is_due(place, now)))
            .collect();
        let due = piece.iter().filter(|(_, is_due)| *is_due);
        let told = due.flat_map(|(number, _)| self.look_at(*number, now)).collect();
        let last = piece.last().filter(|_| piece.len() == PLACES_A_PIECE);
        let next = last.and_then(|(number, _)| number.checked_add(1));
        self.sweep.insert(&(), (now.closed.clone(), next));
        (told, if next.is_some() { Progress::Pending } else { Progress::Done })
    }

    fn is_due(&self, place: &Place, now: &Now) -> bool {
        let closed = now.closed(place.called.class);
        let is_due = |(of, watch): &(u64, Watch)| {
            let rule = self.config.rules.iter().find(|rule| rule.number == *of);
            rule.is_some_and(|rule| watch.is_due(rule, closed))
        };
        place.rules != self.number || is_idle(place, closed) || place.watches.iter().any(is_due)
    }

    fn look_at(&mut self, number: u64, now: &Now) -> Told {
        let rules = Arc::clone(&self.config.rules);
        let Some(place) = self.places.get_mut(&number) else { return Told::new() };
        let (called, closed) = (Arc::clone(&place.called), now.closed(place.called.class));
        let moment = Moment {
            partition: self.partition,
            offset: now.offset,
            window: (closed.saturating_sub(1), 1),
            arrival_ms: now.said_ms,
            said_ms: now.said_ms,
        };
        let mut told = choose(place, &rules, self.number, moment);
        let is_idle = is_idle(place, closed);
        for (of, watch) in &mut place.watches {
            let Some(rule) = rules.iter().find(|rule| rule.number == *of) else { continue };
            let mut turns = watch.pass(rule, closed);
            if is_idle {
                turns.extend(watch.end(closed, Why::Forgotten));
            }
            told.extend(turns.iter().filter_map(|turn| finding::of(rule, &called, turn, moment)));
        }
        if is_idle || place.watches.is_empty() {
            self.places.remove(&number);
        }
        told
    }

    /// Its stores, in the order of images.
    pub(crate) fn stores(&mut self) -> [&mut dyn Store; 2] {
        [&mut self.places, &mut self.sweep]
    }
}

fn is_idle(place: &Place, closed: Minute) -> bool {
    place.latest.saturating_add(IDLE_MINUTES) < closed
}

/// Under other rules than it was taken under, a place chooses again; rules that go tell their end.
fn choose(place: &mut Place, rules: &[Rule], number: u64, moment: Moment) -> Told {
    if place.rules == number {
        return Told::new();
    }
    let called = Arc::clone(&place.called);
    let end_of = |watch: Watch| {
        let firing = watch.firing?;
        let (start, minutes) = moment.window;
        let turn =
            Turn { what: What::Ends, since: firing.since, at: start + minutes, why: Why::Gone };
        finding::of_gone((&firing.detector, &firing.title), &called, &turn, moment)
    };
    place.choose(rules, number).into_iter().filter_map(end_of).collect()
}

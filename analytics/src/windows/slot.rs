//! One series: what it is, its open minutes, and what of longer windows is settled.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemas::id::{ResourceId, SeriesId};
use schemas::source_class::SourceClass;
use serde::{Deserialize, Serialize};

use super::levels::Levels;
use super::minute::OpenMinute;
use super::part::Part;
use super::told::Told;
use super::{LONGER, MINUTE_MS, Minute, window_of};
use crate::summary::Before;

/// What a value is relative to the one before, and what a rate is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Flow {
    /// States: no rate.
    Gauge,
    /// Totals since a start: the rate is their growth.
    Total,
    /// Increments: the rate is their sum.
    Delta,
    /// Events: the rate is their number.
    Events,
    /// Values of events: the rate is the number of these; what they are on average says how things go.
    Values,
}

/// What a series is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Its id.
    pub id: SeriesId,
    /// Whose it is.
    pub tenant: Arc<str>,
    /// By which class it is waited for.
    pub class: SourceClass,
    /// What is measured.
    pub measure: Arc<str>,
    /// In which unit.
    pub unit: Option<Arc<str>>,
    /// The resource, unless it is a group of several.
    pub resource: Option<ResourceId>,
    /// What a group-by names.
    pub group: BTreeMap<String, String>,
    /// What a rate is of.
    pub flow: Flow,
    /// It is one task's share of a group: told by the minute, to be merged elsewhere.
    pub is_share: bool,
    /// The shares that its minutes are part of.
    pub groups: Vec<Arc<Series>>,
}

/// A series and its windows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Slot {
    pub(super) series: Arc<Series>,
    /// Minutes that are not settled, in order.
    pub(super) minutes: Vec<OpenMinute>,
    pub(super) levels: Levels,
    /// Longer windows that are not settled, by place of their size and start.
    pub(super) told: Vec<((u8, Minute), Told)>,
    /// Of a total: where it was after the last settled minute.
    pub(super) before: Option<Box<Before>>,
    /// The latest minute that had a point, or in which the series was told of.
    pub(super) latest: Minute,
}

impl Slot {
    pub(super) fn new(series: Series, latest: Minute) -> Self {
        Self {
            series: Arc::new(series),
            minutes: Vec::new(),
            levels: Levels::default(),
            told: Vec::new(),
            before: None,
            latest,
        }
    }

    pub(super) fn is_total(&self) -> bool {
        self.series.flow == Flow::Total
    }

    /// The open minute, made if there is none yet.
    pub(super) fn minute_mut(&mut self, minute: Minute) -> &mut OpenMinute {
        self.latest = self.latest.max(minute);
        let length = self.minutes.len();
        let at = match self.minutes.last() {
            Some(last) if last.minute == minute => length - 1,
            Some(last) if last.minute < minute => length,
            _ => self.minutes.partition_point(|open| open.minute < minute),
        };
        if self.minutes.get(at).is_none_or(|open| open.minute != minute) {
            // Rarely more than two or three: room by doubling would be mostly empty.
            self.minutes.reserve_exact(1);
            self.minutes.insert(at, OpenMinute::new(minute, self.is_total()));
        }
        #[expect(clippy::indexing_slicing, reason = "it stands there, or was put there")]
        &mut self.minutes[at]
    }

    /// Where a total was before an open minute.
    pub(super) fn before(&self, minute: Minute) -> Before {
        let mut before = self.before.as_deref().copied().unwrap_or_default();
        if self.is_total() {
            let earlier = self.minutes.iter().take_while(|open| open.minute < minute);
            earlier.for_each(|open| open.part.pane.carry(&mut before, open.minute * MINUTE_MS));
        }
        before
    }

    /// The window of a longer size, and where totals were before it; nothing where it has no points.
    pub(super) fn longer(&self, place: u8, start: Minute) -> Option<(Part, Before)> {
        let size = LONGER.get(usize::from(place)).copied()?;
        let settled = self.levels.within(place, start);
        let open = self.minutes.iter().filter(|open| window_of(open.minute, size) == start);
        let before = match settled.clone().next() {
            Some(first) => first.before.as_deref().copied().unwrap_or_default(),
            None => self.before(open.clone().next()?.minute),
        };
        let mut whole = Part::new(self.is_total());
        let mut add = |part: &Part, minute: Minute| {
            let offset_ms = (minute - start) * MINUTE_MS;
            whole.merge(part, u32::try_from(offset_ms).unwrap_or(u32::MAX));
        };
        settled.for_each(|level| add(&level.part(), level.start));
        open.for_each(|open| add(&open.part, open.minute));
        Some((whole, before))
    }

    /// Whether a window of a longer size changed since it was told.
    pub(super) fn is_behind(&self, place: u8, start: Minute, told: Told) -> bool {
        let Some(size) = LONGER.get(usize::from(place)).copied() else { return false };
        let open = self.minutes.iter().filter(|open| window_of(open.minute, size) == start);
        let settled = self.levels.within(place, start).map(|level| level.touched);
        settled.chain(open.map(|open| open.part.touched)).any(|touched| told.is_behind(touched))
    }

    /// Starts of the windows of a longer size that have points and are not settled.
    pub(super) fn starts(&self, place: u8) -> Vec<Minute> {
        let Some(size) = LONGER.get(usize::from(place)).copied() else { return Vec::new() };
        let settled = self.levels.up_to(place).map(|level| window_of(level.start, size));
        let open = self.minutes.iter().map(|open| window_of(open.minute, size));
        let mut starts: Vec<Minute> = settled.chain(open).collect();
        starts.sort_unstable();
        starts.dedup();
        starts
    }

    pub(super) fn told(&self, place: u8, start: Minute) -> Told {
        let same = |told: &&((u8, Minute), Told)| told.0 == (place, start);
        self.told.iter().find(same).map_or_else(Told::default, |(_, told)| *told)
    }

    pub(super) fn told_mut(&mut self, place: u8, start: Minute) -> &mut Told {
        let of = (place, start);
        let at = self.told.iter().position(|told| told.0 == of).unwrap_or_else(|| {
            self.told.reserve_exact(1);
            self.told.push((of, Told::default()));
            self.told.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "it was found there, or was put there")]
        &mut self.told[at].1
    }

    /// Takes minutes before `until` into the longer windows, and forgets windows that ended by then.
    pub(super) fn settle(&mut self, until: Minute) {
        let count = self.minutes.partition_point(|open| open.minute < until);
        let is_total = self.is_total();
        for open in self.minutes.drain(..count) {
            let before = is_total.then(|| self.before.clone().unwrap_or_default());
            if is_total {
                let after = self.before.get_or_insert_default();
                open.part.pane.carry(after, open.minute * MINUTE_MS);
            }
            if !self.series.is_share {
                let minute = open.minute;
                self.levels.take(minute, &open.settled(), before);
            }
        }
        self.minutes.shrink_to_fit();
        self.levels.roll(until);
        let ended = |(place, start): (u8, Minute)| {
            LONGER.get(usize::from(place)).is_none_or(|size| start + size <= until)
        };
        self.told.retain(|(of, _)| !ended(*of));
    }

    /// Whether something takes no more points.
    pub(super) fn has_settled(&self, until: Minute) -> bool {
        self.minutes.first().is_some_and(|open| open.minute < until) || self.levels.has_ended(until)
    }

    /// The minute whose first step is from a point of this time, if that is the last of its own.
    pub(super) fn stepped_from(&self, minute: Minute, time_ms: i64) -> Option<Minute> {
        let at = self.minutes.iter().position(|open| open.minute == minute)?;
        let last = self.minutes.get(at)?.part.pane.latest_ms();
        let is_last = last.is_none_or(|last| minute * MINUTE_MS + i64::from(last) <= time_ms);
        self.minutes.get(at + 1).filter(|_| is_last).map(|open| open.minute)
    }

    /// Whether nothing is open, and nothing came for so long that nobody misses it.
    pub(super) fn is_over(&self, until: Minute) -> bool {
        const KEPT_MINUTES: i64 = 1_440;
        self.minutes.is_empty()
            && self.levels.is_empty()
            && self.latest.saturating_add(KEPT_MINUTES) < until
    }
}

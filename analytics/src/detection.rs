//! Detection inside of the window services: minutes that are final are judged, and what is found is told.
//!
//! A series is judged while it has a *seat*: what the resource is called, the detectors' state, the last
//! rows. Seats are taken when series are defined, the first come first, as many as the task may have.
//!
//! **Invariant:** a row is the first final record of a one-minute window, and each is judged once, in the
//! order in which the task tells them. Provisional rows and corrections are never judged. So findings
//! follow from the input alone, like windows do.

mod across;
mod budget;
mod config;
mod finding;
mod seat;

use std::collections::BTreeMap;

use detect::Setting;
use schemas::aggregate::WindowState;
use schemas::envelope::Envelope;
use schemas::finding::Finding;
use schemas::id::SeriesId;
use stream::{Context, KeyedStore, Progress, Store, TopicPartition};

use crate::windows::{Flow, MINUTE_MS, Minute, Row, Series, Windows};
use across::{Across, Compared, Found, Judged};
use budget::{Budget, spend_both};
pub use config::DetectionConfig;
use seat::Seat;

/// Findings of one tenant that a task tells in a day of stream time.
pub const TENANT_FINDINGS_A_DAY: u32 = 200;
/// Findings of one series in a day of stream time.
pub const SERIES_FINDINGS_A_DAY: u32 = 10;
/// A seat without a row for so long is free again: longer than windows remember a series.
pub const IDLE_MINUTES: i64 = 2 * 1_440;
/// Seats are looked through as often as that.
const SWEEP_MINUTES: i64 = 60;
/// Seats that one piece of work looks at.
const SEATS_A_PIECE: usize = 2_000;

/// What a series is called: attributes of its resource, and its labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct About<'a> {
    pub(crate) attributes: Option<&'a BTreeMap<String, String>>,
    pub(crate) labels: Option<&'a BTreeMap<String, String>>,
}

/// The detectors of one task.
#[derive(Debug)]
pub(crate) struct Detection {
    config: DetectionConfig,
    setting: Setting,
    partition: u32,
    /// By the number of the series.
    seats: KeyedStore<u64, Seat>,
    tenants: KeyedStore<String, Budget>,
    /// One entry: the hour that seats were looked through for, and the next seat to look at.
    sweep: KeyedStore<(), (i64, Option<u64>)>,
    across: Across,
}

impl Detection {
    /// Nothing judged yet.
    pub(crate) fn new(config: &DetectionConfig, input: &TopicPartition) -> Self {
        Self {
            setting: config.setting(),
            across: Across::new(config),
            config: config.clone(),
            partition: u32::try_from(input.partition).unwrap_or_default(),
            seats: KeyedStore::default(),
            tenants: KeyedStore::default(),
            sweep: KeyedStore::default(),
        }
    }

    /// A series is defined, or defined again: it takes a seat, if there is one.
    pub(crate) fn define(&mut self, series: SeriesId, about: &About<'_>, minute: Minute) {
        let number = series.as_u64();
        match self.seats.get(&number) {
            Some(seat) if seat.is_called(about) => {}
            Some(_) => {
                self.across.call(number);
                if let Some(seat) = self.seats.get_mut(&number) {
                    seat.call(about);
                }
            }
            None if self.has_room() => self.seats.insert(&number, Seat::new(about, minute)),
            None => {}
        }
    }

    fn has_room(&self) -> bool {
        self.config.enabled && self.seats.len() < self.config.series_max
    }

    /// Judges a row, if it is one to be judged; what was found, if it is to be told.
    pub(crate) fn judge(
        &mut self,
        series: &Series,
        row: &Row<'_>,
        context: &mut Context<'_>,
    ) -> Option<Envelope<Finding>> {
        let is_row = row.minutes == 1 && row.state == WindowState::Final && !series.is_share;
        if !(is_row && self.config.enabled) {
            return None;
        }
        let figure = figure_of(series, row)?;
        if series.resource.is_none() {
            // A group says itself what it is of.
            let about = About { attributes: Some(&series.group), labels: None };
            self.define(series.id, &about, row.start);
        }
        let Some(seat) = self.seats.get_mut(&series.id.as_u64()) else {
            context.count("judging_refused", 1);
            return None;
        };
        let verdict = seat.judge(&self.setting, row.start, figure.value);
        if verdict.skipped.is_some() {
            context.count("judged_late", 1);
            return None;
        }
        context.count("judged", 1);
        let surprise = verdict.surprise(figure.value);
        self.across.take(&Judged { series, row, seat, figure, surprise }, context);
        if !verdict.alarm {
            return None;
        }
        let found = finding::of(series, row, seat, (figure, &verdict), self.partition)?;
        self.pay((series.id.as_u64(), &series.tenant), row.start, context).then_some(found)
    }

    /// Whether the series and its tenant may have another finding; then it is spent, and counted.
    fn pay(&mut self, of: (u64, &str), minute: Minute, context: &mut Context<'_>) -> bool {
        let (series, tenant) = of;
        let tenant = self.tenants.get_or_insert_with(tenant, Budget::default);
        let paid = self.seats.get_mut(&series).is_some_and(|seat| {
            let of_series = (&mut seat.budget, SERIES_FINDINGS_A_DAY);
            spend_both(of_series, (tenant, TENANT_FINDINGS_A_DAY), minute)
        });
        context.count(if paid { "findings" } else { "findings_over_budget" }, 1);
        paid
    }

    /// Compares series with each other, a piece at a time, when all that was due is told; what was found.
    pub(crate) fn compare(
        &mut self,
        windows: &Windows,
        context: &mut Context<'_>,
    ) -> (Progress, Vec<Envelope<Finding>>) {
        let (progress, alarms) = self.across.compare(context);
        let told = alarms.iter().filter_map(|alarm| self.tell_compared(alarm, windows, context));
        (progress, told.collect())
    }

    fn tell_compared(
        &mut self,
        compared: &Compared,
        windows: &Windows,
        context: &mut Context<'_>,
    ) -> Option<Envelope<Finding>> {
        let (first, second) = match compared.found {
            Found::Broken(_, first, second) => (first, Some(second)),
            Found::Apart(_, series) => (series, None),
        };
        let series_of = |number| windows.series(windows.find(SeriesId::from_u64(number))?.0);
        let about = |number: u64| {
            let (series, seat) = (&**series_of(number)?, self.seats.get(&number)?);
            Some(across::About { series, seat, is_rate: self.across.is_rate(number) })
        };
        let found =
            across::finding(compared, about(first)?, second.and_then(about), self.partition)?;
        let tenant = &series_of(first)?.tenant;
        self.pay((first, tenant), compared.minute, context).then_some(found)
    }

    /// Frees seats that nothing came for, hour by hour of stream time, a piece at a time.
    pub(crate) fn free_idle(&mut self, now: Minute) -> Progress {
        let (hour, from) = self.sweep.get(&()).copied().unwrap_or_default();
        let this_hour = now.div_euclid(SWEEP_MINUTES);
        let from = if hour == this_hour { from } else { Some(0) };
        let Some(from) = from.filter(|_| !self.seats.is_empty()) else { return Progress::Done };
        let piece: Vec<(u64, bool)> = self
            .seats
            .range(std::ops::Bound::Included(&from), std::ops::Bound::Unbounded)
            .take(SEATS_A_PIECE)
            .map(|(number, seat)| (*number, seat.latest.saturating_add(IDLE_MINUTES) < now))
            .collect();
        piece.iter().filter(|(_, is_idle)| *is_idle).for_each(|(number, _)| {
            self.seats.remove(number);
            self.across.leave(*number);
        });
        let last = piece.last().filter(|_| piece.len() == SEATS_A_PIECE);
        let next = last.and_then(|(number, _)| number.checked_add(1));
        self.sweep.insert(&(), (this_hour, next));
        if next.is_some() { Progress::Pending } else { Progress::Done }
    }

    /// Its stores, in the order of images.
    pub(crate) fn stores(&mut self) -> [&mut dyn Store; 7] {
        let [places, resources, groups, due] = self.across.stores();
        [&mut self.seats, &mut self.tenants, &mut self.sweep, places, resources, groups, due]
    }
}

/// What is judged of a minute.
#[derive(Clone, Copy, Debug)]
struct Figure {
    value: f64,
    /// It is growth in a second.
    is_rate: bool,
}

/// Of gauges and of values of events their mean, of totals and increments the growth a second, of counts the
/// count, where different values are counted their number; of statistic sets that count nothing the mean.
fn figure_of(series: &Series, row: &Row<'_>) -> Option<Figure> {
    let pane = &row.part.pane;
    let statistics = || pane.statistics(&row.before);
    let plain = |value| Some(Figure { value, is_rate: false });
    let rate = |value| Some(Figure { value, is_rate: true });
    let figure = match series.flow {
        Flow::Gauge if row.part.increase().is_some() => rate(a_second(row.part.increase()?)),
        Flow::Gauge | Flow::Values => plain(statistics()?.mean?),
        Flow::Total => match pane.increase(&row.before, row.start * MINUTE_MS) {
            Some(grown) => rate(grown.per_second()?),
            // Of sets what their values were on average; what has no deviation holds sets.
            None => plain(statistics().filter(|of| of.deviation.is_none())?.mean?),
        },
        Flow::Delta => match statistics()? {
            sets if sets.deviation.is_none() && !counts(series) => plain(sets.mean?),
            increments => rate(a_second(increments.sum)),
        },
        Flow::Events => {
            let distinct = row.part.distinct();
            let count = || statistics().map(|statistics| statistics.count);
            plain(distinct.or_else(count)? as f64)
        }
    };
    figure.filter(|figure| figure.value.is_finite())
}

/// Whether the unit is a number of things: `1`, or what stands in braces.
fn counts(series: &Series) -> bool {
    series.unit.as_deref().is_some_and(|unit| unit == "1" || unit.starts_with('{'))
}

fn a_second(increase: f64) -> f64 {
    increase / 60.0
}

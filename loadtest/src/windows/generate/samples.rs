//! What is measured: series of every shape, and their samples in order.

use std::collections::BTreeMap;

use schemas::id::{ResourceId, SeriesId};
use schemas::key;
use schemas::metric::PointKind;
use schemas::series::Temporality;
use stream::partition_of;

use super::config::{Config, Kind};
use crate::dice::Dice;

/// How the values of a series come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A state, positive and negative; one in a hundred is no number.
    Gauge,
    /// A state whose mean is huge against its deviation.
    Offset,
    /// A state whose source says when it is gone.
    Leaving,
    /// A total that falls when it begins anew.
    Counter,
    /// A total whose source says when it begins anew.
    Begun,
    /// A count since the point before.
    Delta,
    /// Statistics of an interval.
    Interval,
    /// Statistics since a start.
    Since,
}

/// The series of each resource: name, shape, milliseconds between points.
const SHAPES: [(&str, Shape, i64); 12] = [
    ("room.temperature", Shape::Gauge, 60_000),
    ("cpu.utilization", Shape::Gauge, 10_000),
    ("queue.length", Shape::Gauge, 500),
    ("clock.offset", Shape::Offset, 5_000),
    ("pod.memory", Shape::Leaving, 15_000),
    ("http.requests", Shape::Counter, 15_000),
    ("disk.operations", Shape::Counter, 500),
    ("backup.bytes", Shape::Counter, 60_000),
    ("rpc.calls", Shape::Begun, 20_000),
    ("orders", Shape::Delta, 10_000),
    ("elb.latency", Shape::Interval, 60_000),
    ("rpc.duration", Shape::Since, 20_000),
];

/// A series, and which way it takes.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) id: SeriesId,
    pub(super) tenant: String,
    pub(super) resource: ResourceId,
    pub(super) metric: &'static str,
    pub(super) shape: Shape,
    interval_ms: i64,
    phase_ms: i64,
    /// Its partition of `isobar.metrics`.
    pub(super) partition: u32,
    /// The input partition of the stage above that it comes by; nothing where it takes any.
    pub(super) home: Option<u32>,
    /// Whether its producer falls silent.
    pub(super) pauses: bool,
}

/// One point or one set, as it was measured.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample {
    /// Which series.
    pub(super) source: usize,
    pub(super) time_ms: i64,
    pub(super) rows: Vec<(f64, PointKind)>,
}

/// All series.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) sources: Vec<Source>,
}

impl World {
    pub(super) fn new(config: &Config, dice: &mut Dice) -> Self {
        let mut sources = Vec::new();
        for tenant in 0..config.tenants {
            for number in 0..config.resources {
                let tenant = format!("tenant-{tenant}");
                let resource = ResourceId::of(&tenant, &format!("host-{number}"));
                let place = sources.len();
                let source =
                    |(n, shape)| Source::new((&tenant, resource), shape, n + place, config);
                sources.extend(SHAPES.into_iter().enumerate().map(source));
            }
        }
        for source in &mut sources {
            source.phase_ms = dice.between(0, source.interval_ms);
        }
        Self { sources }
    }

    /// Every sample of a series, in the order of time.
    pub(super) fn samples(&self, number: usize, config: &Config, dice: &mut Dice) -> Vec<Sample> {
        let Some(source) = self.sources.get(number) else { return Vec::new() };
        let mut state = State::default();
        let mut samples = Vec::new();
        let mut time_ms = config.start_ms + source.phase_ms;
        while time_ms < config.end_ms() {
            if !source.is_silent(time_ms, config) {
                state.factor = factor_at(time_ms, number, config);
                let told = state.measure(source.shape, time_ms, config.kind, dice);
                let sample = |(time_ms, rows)| Sample { source: number, time_ms, rows };
                samples.extend(told.into_iter().map(sample));
            }
            time_ms += source.interval_ms;
        }
        samples
    }
}

impl Source {
    fn new(
        (tenant, resource): (&str, ResourceId),
        (metric, shape, interval_ms): (&'static str, Shape, i64),
        place: usize,
        config: &Config,
    ) -> Self {
        let name = key::resource(tenant, resource);
        let partitions = i32::try_from(config.partitions).unwrap_or(1);
        let partition = u32::try_from(partition_of(name.as_bytes(), partitions)).unwrap_or(0);
        let home = u32::try_from(place).unwrap_or(0) % config.upstream.max(1);
        Self {
            id: SeriesId::of(resource, metric, &BTreeMap::new()),
            tenant: tenant.to_owned(),
            resource,
            metric,
            shape,
            interval_ms,
            phase_ms: 0,
            partition,
            // A few producers choose no key, and their points take any partition.
            home: (place % 5 != 3).then_some(home),
            pauses: place % 12 < 9,
        }
    }

    pub(super) fn temporality(&self) -> Temporality {
        match self.shape {
            Shape::Gauge | Shape::Offset | Shape::Leaving => Temporality::Gauge,
            Shape::Counter | Shape::Begun | Shape::Since => Temporality::Cumulative,
            Shape::Delta | Shape::Interval => Temporality::Delta,
        }
    }

    fn is_silent(&self, time_ms: i64, config: &Config) -> bool {
        let since_s = (time_ms - config.start_ms) / 1_000;
        config.kind == Kind::SilentHour && self.pauses && (400..4_000).contains(&since_s)
    }
}

/// How much greater than usual values are: detectors know what is usual after so many minutes.
fn factor_at(time_ms: i64, number: usize, config: &Config) -> f64 {
    let minutes = (time_ms - config.start_ms) / 60_000;
    let place = i64::try_from(number).unwrap_or_default();
    if config.surges && minutes >= 19 && (minutes + place) % 5 == 0 { 30.0 } else { 1.0 }
}

/// What a series has come to.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    factor: f64,
    total: f64,
    count: f64,
    is_gone: bool,
    has_begun: bool,
}

/// The rows of one instant.
type Rows = (i64, Vec<(f64, PointKind)>);

impl State {
    fn measure(&mut self, shape: Shape, time_ms: i64, kind: Kind, dice: &mut Dice) -> Vec<Rows> {
        let value = |value| vec![(time_ms, vec![(value, PointKind::Value)])];
        let some = |dice: &mut Dice, to: i64| dice.between(0, to) as f64;
        match shape {
            Shape::Gauge if dice.per_mille(10) => value(f64::NAN),
            Shape::Gauge => value(self.factor * (some(dice, 20_000) / 100.0 - 50.0)),
            Shape::Offset => value(1e9 + some(dice, 1_000) / 100.0),
            Shape::Leaving => self.leaving(time_ms, dice),
            Shape::Counter => value(self.count_on(resets_per_mille(kind), dice)),
            Shape::Begun => self.begun(time_ms, resets_per_mille(kind), dice),
            Shape::Delta => value(self.factor * some(dice, 100)),
            Shape::Interval => self.interval(time_ms, dice),
            Shape::Since => self.since(time_ms, resets_per_mille(kind), dice),
        }
    }

    /// Mostly present; when it goes, its source says so once.
    fn leaving(&mut self, time_ms: i64, dice: &mut Dice) -> Vec<Rows> {
        let goes = !self.is_gone && dice.per_mille(60);
        let comes = self.is_gone && dice.per_mille(150);
        self.is_gone = goes || (self.is_gone && !comes);
        match (goes, self.is_gone) {
            (true, _) => vec![(time_ms, vec![(f64::NAN, PointKind::Stale)])],
            (false, true) => Vec::new(),
            (false, false) => {
                vec![(time_ms, vec![(dice.between(1, 1 << 40) as f64, PointKind::Value)])]
            }
        }
    }

    fn count_on(&mut self, resets_per_mille: u32, dice: &mut Dice) -> f64 {
        if dice.per_mille(resets_per_mille) {
            self.total = 0.0;
        }
        self.total += self.factor * dice.between(0, 1_000) as f64 / 8.0;
        self.total
    }

    /// Its beginning is told a moment before its first value, or at the same instant.
    fn begun(&mut self, time_ms: i64, resets_per_mille: u32, dice: &mut Dice) -> Vec<Rows> {
        let begins = !self.has_begun || dice.per_mille(resets_per_mille);
        self.has_begun = true;
        if begins {
            self.total = 0.0;
        }
        self.total += dice.between(0, 1_000) as f64;
        let value = (time_ms, vec![(self.total, PointKind::Value)]);
        let began_ms = time_ms - dice.between(0, 3) * 2_000;
        let start = begins.then(|| (began_ms, vec![(0.0, PointKind::Start)]));
        start.into_iter().chain([value]).collect()
    }

    fn interval(&mut self, time_ms: i64, dice: &mut Dice) -> Vec<Rows> {
        let count = dice.between(0, 20);
        let least = self.factor * dice.between(1, 500) as f64;
        let greatest = least + self.factor * dice.between(0, 500) as f64;
        let sum = count as f64 * f64::midpoint(least, greatest);
        vec![(time_ms, set(count as f64, sum, least, greatest))]
    }

    fn since(&mut self, time_ms: i64, resets_per_mille: u32, dice: &mut Dice) -> Vec<Rows> {
        if dice.per_mille(resets_per_mille) {
            (self.count, self.total) = (0.0, 0.0);
        }
        let more = dice.between(0, 50);
        self.count += more as f64;
        self.total += (more * dice.between(1, 100)) as f64;
        vec![(time_ms, set(self.count, self.total, 1.0, 99.0))]
    }
}

fn set(count: f64, sum: f64, least: f64, greatest: f64) -> Vec<(f64, PointKind)> {
    vec![
        (count, PointKind::SetCount),
        (sum, PointKind::SetSum),
        (least, PointKind::SetMin),
        (greatest, PointKind::SetMax),
    ]
}

fn resets_per_mille(kind: Kind) -> u32 {
    if matches!(kind, Kind::Resets | Kind::Mixed) { 100 } else { 5 }
}

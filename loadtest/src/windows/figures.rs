//! The figures of a window, computed from all of its values.
//!
//! **Invariant:** each figure is written down here as `docs/windows.md` says it, without a short cut.

use schemas::series::Temporality;

use super::series::{Series, Set};
use super::totals::{Growth, Step, TotalPoint, growth, steps};

/// The percentages of the quantiles that are told.
pub const PERCENTS: [u64; 4] = [50, 90, 95, 99];
/// Up to so many values quantiles are exact.
const EXACT_MAX: usize = 64;

/// What a window came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Values, and the counts of sets.
    pub count: u64,
    /// Their sum.
    pub sum: Option<f64>,
    /// The least.
    pub min: Option<f64>,
    /// The greatest.
    pub max: Option<f64>,
    /// The earliest value.
    pub first: Option<f64>,
    /// The latest value.
    pub last: Option<f64>,
    /// The arithmetic mean.
    pub mean: Option<f64>,
    /// The standard deviation of the values as a population.
    pub deviation: Option<f64>,
    /// In the order of [`PERCENTS`].
    pub quantiles: Option<[f64; 4]>,
    /// Whether the quantiles have to be exact.
    pub quantiles_exact: bool,
    /// How much a total grew.
    pub increase: Option<f64>,
    /// Growth per second.
    pub rate: Option<f64>,
    /// Since when the source says that there is no value.
    pub stale_since_ms: Option<i64>,
    /// Points that are in no other figure.
    pub unusable: u64,
    /// The sum of all magnitudes: what an error of a sum is measured by.
    pub magnitude: f64,
}

/// A series with its steps, from which any window can be told.
#[derive(Debug)]
pub(super) struct Teller<'a> {
    series: &'a Series,
    steps: Vec<Step>,
    set_counts: Vec<Step>,
    set_sums: Vec<Step>,
}

/// What sets add to a window.
#[derive(Clone, Copy, Debug, Default)]
struct OfSets {
    says_anything: bool,
    count: u64,
    sum: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
    magnitude: f64,
}

impl<'a> Teller<'a> {
    pub(super) fn new(series: &'a Series) -> Self {
        let of_sets = |piece: fn(&Set) -> Option<f64>| {
            let points = series.sets.iter().filter_map(|(time_ms, set)| {
                Some(TotalPoint { time_ms: *time_ms, value: piece(set)?, begins: false })
            });
            if series.is_total() { steps(&points.collect::<Vec<_>>()) } else { Vec::new() }
        };
        Self {
            series,
            steps: if series.is_total() { steps(&points_of(series)) } else { Vec::new() },
            set_counts: of_sets(|set| set.count),
            set_sums: of_sets(|set| set.sum),
        }
    }

    /// The figures of `[from_ms, from_ms + size_ms)`.
    pub(super) fn figures(&self, from_ms: i64, size_ms: i64) -> Figures {
        let window = from_ms..from_ms + size_ms;
        let values: Vec<f64> =
            self.series.values.range(window.clone()).map(|(_, value)| *value).collect();
        let sets = self.of_sets(from_ms, size_ms);
        let mut figures = of_values(&values);
        figures.add(&sets);
        figures.stale_since_ms = self.stale_since_ms(from_ms, size_ms);
        figures.unusable = self.series.unusable.range(window).map(|(_, count)| count).sum();
        let grown = growth(&self.steps, from_ms, from_ms + size_ms);
        figures.increase = grown.increase;
        figures.rate = match self.series.identity.temporality {
            Temporality::Gauge => None,
            Temporality::Cumulative => per_second(grown),
            Temporality::Delta => figures.sum.map(|sum| sum * 1_000.0 / size_ms as f64),
        };
        figures
    }

    fn of_sets(&self, from_ms: i64, size_ms: i64) -> OfSets {
        if self.series.is_total() {
            let of = |steps| growth(steps, from_ms, from_ms + size_ms).increase;
            let told = of(&self.set_counts);
            let count = rounded(told.unwrap_or(0.0));
            // Where no whole value was counted there is nothing to say of values.
            let sum = of(&self.set_sums).filter(|_| count > 0);
            return OfSets {
                says_anything: told.is_some(),
                count,
                sum,
                magnitude: sum.unwrap_or(0.0).abs(),
                ..OfSets::default()
            };
        }
        let sets = self.series.sets.range(from_ms..from_ms + size_ms).map(|(_, set)| *set);
        let sets: Vec<Set> = sets.filter(|set| set.count.is_none_or(|count| count > 0.0)).collect();
        let sums: Vec<f64> = sets.iter().filter_map(|set| set.sum).collect();
        OfSets {
            says_anything: !sets.is_empty(),
            count: sets.iter().map(|set| rounded(set.count.unwrap_or(0.0))).sum(),
            sum: (!sums.is_empty()).then(|| sums.iter().sum()),
            min: sets.iter().filter_map(|set| set.min).reduce(f64::min),
            max: sets.iter().filter_map(|set| set.max).reduce(f64::max),
            magnitude: sums.iter().map(|sum| sum.abs()).sum(),
        }
    }

    /// The first marker after the last value.
    fn stale_since_ms(&self, from_ms: i64, size_ms: i64) -> Option<i64> {
        let window = from_ms..from_ms + size_ms;
        let value = self.series.values.range(window.clone()).next_back().map(|(time, _)| *time);
        let set = self.series.sets.range(window.clone()).next_back().map(|(time, _)| *time);
        let heard_ms = value.max(set).unwrap_or(i64::MIN);
        self.series.stales.range(window).find(|time| **time >= heard_ms).copied()
    }
}

/// The points of a total, a beginning before a value of the same instant.
fn points_of(series: &Series) -> Vec<TotalPoint> {
    let point = |begins| {
        move |(time_ms, value): (&i64, &f64)| TotalPoint {
            time_ms: *time_ms,
            value: *value,
            begins,
        }
    };
    let starts = series.starts.iter().map(point(true));
    let mut points: Vec<TotalPoint> =
        starts.chain(series.values.iter().map(point(false))).collect();
    points.sort_by_key(|point| (point.time_ms, !point.begins));
    points
}

fn of_values(values: &[f64]) -> Figures {
    let sum: f64 = values.iter().sum();
    let has_any = !values.is_empty();
    let mean = has_any.then(|| sum / values.len() as f64);
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Figures {
        count: values.len() as u64,
        sum: has_any.then_some(sum),
        min: sorted.first().copied(),
        max: sorted.last().copied(),
        first: values.first().copied(),
        last: values.last().copied(),
        mean,
        deviation: mean.map(|mean| deviation(values, mean)),
        quantiles: has_any.then(|| PERCENTS.map(|percent| quantile(&sorted, percent))),
        quantiles_exact: values.len() <= EXACT_MAX,
        magnitude: values.iter().map(|value| value.abs()).sum(),
        ..Figures::default()
    }
}

fn deviation(values: &[f64], mean: f64) -> f64 {
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / values.len() as f64).sqrt()
}

/// The value of rank `ceil(q * n)`, in whole numbers, so that no rounding moves a rank.
fn quantile(sorted: &[f64], percent: u64) -> f64 {
    let rank = (percent * sorted.len() as u64).div_ceil(100).max(1);
    let place = usize::try_from(rank - 1).unwrap_or(usize::MAX);
    sorted.get(place).copied().unwrap_or(f64::NAN)
}

fn per_second(grown: Growth) -> Option<f64> {
    let increase = grown.increase.filter(|_| grown.took_ms > 0)?;
    Some(increase * 1_000.0 / grown.took_ms as f64)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast of a float saturates, and counts are not negative"
)]
fn rounded(count: f64) -> u64 {
    count.round() as u64
}

impl Figures {
    fn add(&mut self, sets: &OfSets) {
        if !sets.says_anything {
            return;
        }
        let both =
            |one: Option<f64>, other: Option<f64>, of: fn(f64, f64) -> f64| match (one, other) {
                (Some(one), Some(other)) => Some(of(one, other)),
                (one, other) => one.or(other),
            };
        self.count += sets.count;
        self.sum = both(self.sum, sets.sum, |one, other| one + other);
        self.min = both(self.min, sets.min, f64::min);
        self.max = both(self.max, sets.max, f64::max);
        self.mean = self.sum.filter(|_| self.count > 0).map(|sum| sum / self.count as f64);
        self.deviation = None;
        self.magnitude += sets.magnitude;
    }
}

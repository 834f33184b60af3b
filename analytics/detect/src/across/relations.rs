//! Metrics of one resource that no longer move together.
//!
//! Each metric comes as its surprise: how far it is from its own forecast, in usual errors. So seasons and
//! levels are gone, and what is left of two metrics that one load drives goes up and down together. From
//! the covariance of surprises over about a day each metric is expected from the others; the statistic
//! is how far they are from that over the last rows, weighed by how much of a metric the others
//! explain. Metrics that go up together, however far, break nothing; nor do metrics that never had to do
//! with each other.
//!
//! **Invariant:** a missing metric is what the others say it is; one that never changes has no relations.

use serde::{Deserialize, Serialize};

use super::clock::Clock;
use super::matrix::Symmetric;
use super::strength::Strength;
use crate::math::{exp2, log2};
use crate::verdict::short;

/// Metrics of a resource that are compared.
pub const METRICS_MAX: usize = 12;

/// About so many rows each of these remembers.
const USUAL_ROWS: f32 = 1440.0;
const LATE_ROWS: f32 = 16.0;
const LEVEL_ROWS: f32 = 16.0;
/// A surprise counts as at most this many usual errors, then as this many deviations.
const SURPRISE_MAX: f64 = 6.0;
const MOVE_MAX: f32 = 4.0;
/// A metric is compared after so many rows, and the inverse is made anew after so many.
const KNOWN_ROWS: u32 = 240;
const REFRESH_ROWS: u32 = 64;
/// A metric that hardly ever surprises is constant.
const VARIANCE_MIN: f32 = 1e-3;
/// Correlations count as if they were this much further from certain.
const RIDGE: f64 = 0.05;
/// Below this the distance is what metrics without relations have.
const DISTANCE_MIN: f32 = 0.2;
/// The mean over rows varies this many times less than a tail's prior knows of single rows.
const SPREAD: f32 = 3.0;
/// Sweeps over missing metrics until each is what the others say.
const SWEEPS: usize = 6;
/// Digits with which something has begun, and below which it is over.
const BEGUN_DIGITS: f32 = 2.0;
const OVER_DIGITS: f32 = 1.0;

/// The relations of the metrics of one resource.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Relations {
    metrics: Vec<Metric>,
    /// Products of moves, over about a day and over the last rows.
    usual: Symmetric,
    late: Symmetric,
    /// The inverse of the correlations.
    inverse: Symmetric,
    rows: u32,
    /// The logarithm of the distance, over the last rows.
    level: f32,
    strength: Strength,
    clock: Clock,
    since_ms: Option<i64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Metric {
    /// Its surprise over the last rows.
    usual: f32,
    rows: u32,
}

/// What is said of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Broken {
    /// 1 and more is an alarm.
    pub score: f64,
    /// Whether the score is 1 or more.
    pub alarm: bool,
    /// How rare it is: 2 is once in a hundred rows.
    pub digits: f32,
    /// The places of the two metrics whose relation changed most; the one with more such first.
    pub pair: (usize, usize),
    /// Their correlation over about a day, and over the last rows.
    pub usual: f32,
    /// See `usual`.
    pub late: f32,
    /// When it began.
    pub since_ms: Option<i64>,
}

impl Broken {
    /// Why this is a finding, of two metrics and their resource; `time` writes a time for people.
    #[must_use]
    pub fn reason(
        &self,
        (first, second): (&str, &str),
        resource: &str,
        time: impl Fn(i64) -> String,
    ) -> String {
        let [usual, late] =
            [self.usual, self.late].map(|of| (f64::from(of) * 100.0).round() / 100.0);
        let rows = 10_f64.powf(f64::from(self.digits)).round();
        let since = self.since_ms.map(|since| format!(", since {}", time(since)));
        format!(
            "{first} and {second} of {resource} no longer move together: correlation {late} over the last \
             rows where {usual} is usual; 1 in {} rows{}",
            short(rows),
            since.unwrap_or_default()
        )
    }
}

impl Relations {
    /// Judges a row and learns it: a surprise for each metric, in the same places row by row. Nothing is
    /// said of a row that is not later than the last, or before two metrics are known.
    pub fn step(
        &mut self,
        time_ms: i64,
        surprises: &[Option<f64>],
        sensitivity: f64,
    ) -> Option<Broken> {
        let elapsed_ms = self.clock.step(time_ms)?;
        let surprises = surprises.get(..METRICS_MAX).unwrap_or(surprises);
        self.grow(surprises.len());
        let moves = self.moves(surprises);
        let statistic = self.distance(&moves).map(|distance| self.follow(distance));
        self.learn(&moves);
        let (digits, score) = self.strength.judge(statistic, elapsed_ms, sensitivity);
        self.note(time_ms, digits);
        statistic?;
        let (first, second) = self.pair();
        Some(Broken {
            score,
            alarm: score >= 1.0,
            digits,
            pair: (first, second),
            usual: correlation(&self.usual, first, second),
            late: correlation(&self.late, first, second),
            since_ms: self.since_ms,
        })
    }

    /// Nothing is known of the metric in this place any more: another takes it.
    pub fn forget(&mut self, place: usize) {
        if let Some(metric) = self.metrics.get_mut(place) {
            *metric = Metric::default();
        }
        for other in 0..self.metrics.len() {
            let own = if other == place { 1.0 } else { 0.0 };
            self.usual.set(place, other, own);
            self.late.set(place, other, own);
        }
        self.refresh();
    }

    fn grow(&mut self, metrics: usize) {
        if metrics > self.metrics.len() {
            self.metrics.reserve_exact(metrics - self.metrics.len());
            self.metrics.resize(metrics, Metric::default());
        }
        for matrix in [&mut self.usual, &mut self.late, &mut self.inverse] {
            matrix.grow(metrics, 1.0);
        }
    }

    /// How each metric moved beside its own last rows, so that what stays away from its forecast is new
    /// only once.
    #[allow(clippy::cast_possible_truncation, reason = "at most six")]
    fn moves(&mut self, surprises: &[Option<f64>]) -> Moves {
        let mut moves: Moves = [None; METRICS_MAX];
        let metrics = self.metrics.iter_mut().zip(surprises).zip(&mut moves);
        for ((metric, surprise), moved) in metrics {
            let Some(surprise) = surprise.filter(|surprise| surprise.is_finite()) else { continue };
            let surprise = surprise.clamp(-SURPRISE_MAX, SURPRISE_MAX) as f32;
            *moved = Some(surprise - metric.usual);
            metric.usual += (surprise - metric.usual) / LATE_ROWS;
            metric.rows = metric.rows.saturating_add(1);
        }
        moves
    }

    fn is_known(&self, place: usize) -> bool {
        self.metrics.get(place).is_some_and(|metric| metric.rows >= KNOWN_ROWS)
            && self.usual.get(place, place) >= VARIANCE_MIN
    }

    /// How far the known metrics are from what the others say, in squared deviations.
    fn distance(&self, moves: &Moves) -> Option<f32> {
        let mut known = 0;
        let mut scaled: Moves = [None; METRICS_MAX];
        for (place, (to, moved)) in scaled.iter_mut().zip(moves).enumerate() {
            if self.is_known(place) {
                let deviation = self.usual.get(place, place).sqrt();
                *to = moved.map(|moved| (moved / deviation).clamp(-MOVE_MAX, MOVE_MAX));
                known += usize::from(to.is_some());
            }
        }
        if known < 2 {
            return None;
        }
        let whole = self.completed(&scaled);
        let far = |place: usize| {
            let own = self.inverse.get(place, place).max(1e-6);
            let off = self.product(place, &whole);
            off * off / own * (1.0 - 1.0 / own).max(0.0)
        };
        Some((0..self.metrics.len()).map(far).sum())
    }

    /// With missing metrics as the others say.
    fn completed(&self, moves: &Moves) -> [f32; METRICS_MAX] {
        let mut whole = moves.map(Option::unwrap_or_default);
        let missing = |place: &usize| moves.get(*place).is_some_and(Option::is_none);
        for _ in 0..SWEEPS {
            for place in (0..self.metrics.len()).filter(missing) {
                let own = self.inverse.get(place, place).max(1e-6);
                let off = self.product(place, &whole);
                if let Some(value) = whole.get_mut(place) {
                    *value -= off / own;
                }
            }
        }
        whole
    }

    fn product(&self, row: usize, whole: &[f32; METRICS_MAX]) -> f32 {
        let columns = whole.iter().take(self.metrics.len()).enumerate();
        columns.map(|(column, value)| self.inverse.get(row, column) * value).sum()
    }

    /// The geometric mean of the distance over the last rows: a single row, however far, is little of it.
    fn follow(&mut self, distance: f32) -> f64 {
        self.level += (log2(distance + DISTANCE_MIN) - self.level) / LEVEL_ROWS;
        f64::from(exp2(SPREAD * self.level))
    }

    fn learn(&mut self, moves: &Moves) {
        for (row, one) in moves.iter().enumerate() {
            for (column, other) in moves.iter().enumerate().take(row + 1) {
                if let (Some(one), Some(other)) = (one, other) {
                    let rows = self.rows_of(row).min(self.rows_of(column));
                    let share = |memory: f32| 1.0 / rows.clamp(1.0, memory);
                    self.usual.follow(row, column, one * other, share(USUAL_ROWS));
                    self.late.follow(row, column, one * other, share(LATE_ROWS));
                }
            }
        }
        self.rows = self.rows.saturating_add(1);
        if self.rows.is_multiple_of(REFRESH_ROWS) {
            self.refresh();
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "more than a day of rows counts as a day")]
    fn rows_of(&self, place: usize) -> f32 {
        self.metrics.get(place).map_or(0.0, |metric| metric.rows.min(1 << 20) as f32)
    }

    /// Where there is no inverse the last one stays.
    fn refresh(&mut self) {
        let entry = |row: usize, column: usize| {
            if row == column {
                1.0 + RIDGE
            } else if self.is_known(row) && self.is_known(column) {
                f64::from(correlation(&self.usual, row, column))
            } else {
                0.0
            }
        };
        if let Some(mut inverse) = Symmetric::inverse_of(self.metrics.len(), entry) {
            std::mem::swap(&mut self.inverse, &mut inverse);
        }
    }

    fn note(&mut self, time_ms: i64, digits: f32) {
        if digits < OVER_DIGITS {
            self.since_ms = None;
        } else if digits >= BEGUN_DIGITS {
            self.since_ms.get_or_insert(time_ms);
        }
    }

    /// The metric whose relations changed most, and the one with which most.
    fn pair(&self) -> (usize, usize) {
        let known: Vec<usize> = (0..self.metrics.len()).filter(|at| self.is_known(*at)).collect();
        let changed = |one: usize, other: usize| {
            let usual = correlation(&self.usual, one, other);
            usual.abs() * (usual - correlation(&self.late, one, other)).abs()
        };
        let others = |one: usize| known.iter().copied().filter(move |other| *other != one);
        let all = |one: usize| others(one).map(|other| changed(one, other)).sum::<f32>();
        let most = |one: &usize, other: &usize| all(*one).total_cmp(&all(*other));
        let first = known.iter().copied().max_by(most).unwrap_or_default();
        let with =
            |one: &usize, other: &usize| changed(first, *one).total_cmp(&changed(first, *other));
        (first, others(first).max_by(with).unwrap_or_default())
    }
}

type Moves = [Option<f32>; METRICS_MAX];

fn correlation(products: &Symmetric, one: usize, other: usize) -> f32 {
    let variances = products.get(one, one) * products.get(other, other);
    (products.get(one, other) / variances.sqrt().max(1e-12)).clamp(-1.0, 1.0)
}

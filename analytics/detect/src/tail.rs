//! How rare a statistic is in its own past, as digits: 2 is once in a hundred rows, 3 in a thousand.
//!
//! A histogram of binary logarithms counts what was. Beyond the rarest hundredth, where counts run
//! out, the tail goes on as a Pareto law whose slope is Hill's estimate. While the past is short, a
//! prior stands in: the shape that deviations have in most series, laid at this one's median.
//!
//! **Invariant:** any unit gives the same digits; a value is judged before it is learned.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::math::{digits, exp2, log2};

const BINS: usize = 160;
const BINS_PER_OCTAVE: f32 = 4.0;
/// The first value lies here; so statistics may span twenty octaves either way.
const MIDDLE: f32 = 80.0;
/// The survival at which the scale has its marks, and the digits there.
const KNOTS: [(f32, f32); 4] = [(0.3, 0.523), (0.1, 1.0), (0.03, 1.523), (0.01, 2.0)];
/// So many rows the prior weighs.
const PRIOR_ROWS: f32 = 1000.0;
/// So many values beyond the hundredth it weighs, with this mean excess in bins.
const PRIOR_EXCESSES: f32 = 4.0;
const PRIOR_EXCESS_BINS: f32 = 2.0;
/// Below so many rows nothing is rare.
const WARM_UP_ROWS: u32 = 16;
/// Counts are halved at so many rows, so the past is the last weeks.
const ROWS_MAX: u32 = 40_000;
const DIGITS_MAX: f32 = 5.0;

/// Survival over the median, by bins from two octaves below it.
static PRIOR: LazyLock<[f32; 256]> = LazyLock::new(|| {
    std::array::from_fn(|bin| {
        let octaves = f32::from(u16::try_from(bin).unwrap_or(u16::MAX)) / BINS_PER_OCTAVE - 2.0;
        let tail = 0.3 + 0.2 * octaves + 0.14 * octaves * octaves.max(0.0);
        exp2(-tail * std::f32::consts::LOG2_10).min(1.0)
    })
});

/// The past of one statistic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tail {
    counts: Vec<u16>,
    rows: u32,
    zeros: u32,
    refresh_at: u32,
    /// The binary logarithm of the first value that was not zero.
    reference: Option<f32>,
    knots: [f32; 4],
    digits_per_bin: f32,
}

impl Default for Tail {
    fn default() -> Self {
        Self {
            counts: vec![0; BINS],
            rows: 0,
            zeros: 0,
            refresh_at: WARM_UP_ROWS,
            reference: None,
            knots: [0.0; 4],
            digits_per_bin: 0.2,
        }
    }
}

impl Tail {
    /// Judges a statistic, 0 or more, and then learns it.
    pub(crate) fn judge(&mut self, statistic: f64) -> f32 {
        let bin = self.bin(statistic);
        let score = match bin {
            Some(bin) if self.rows >= WARM_UP_ROWS => self.digits(bin).min(DIGITS_MAX),
            _ => 0.0,
        };
        self.learn(bin);
        score
    }

    /// `None` is no deviation at all.
    #[allow(clippy::cast_possible_truncation, reason = "a statistic's logarithm needs no more")]
    fn bin(&mut self, statistic: f64) -> Option<f32> {
        if statistic.is_nan() || statistic < 1e-30 {
            return None;
        }
        let level = log2(statistic.min(1e30) as f32);
        let reference = *self.reference.get_or_insert(level);
        let bin = MIDDLE + BINS_PER_OCTAVE * (level - reference);
        Some(bin.clamp(0.0, bins() - 1.0))
    }

    fn digits(&self, bin: f32) -> f32 {
        let marks = self.knots.iter().zip(KNOTS);
        let mut below: Option<(f32, f32)> = None;
        for (&at, (_, digits)) in marks {
            if bin <= at {
                return below.map_or(0.0, |(from, had)| {
                    had + (digits - had) * (bin - from) / (at - from).max(1e-3)
                });
            }
            below = Some((at, digits));
        }
        below.map_or(0.0, |(from, had)| had + self.digits_per_bin * (bin - from))
    }

    fn learn(&mut self, bin: Option<f32>) {
        self.rows += 1;
        match bin {
            Some(bin) => {
                if let Some(count) = self.counts.get_mut(floor(bin)) {
                    *count = count.saturating_add(1);
                }
            }
            None => self.zeros += 1,
        }
        if self.rows >= ROWS_MAX {
            self.halve();
        }
        if self.rows >= self.refresh_at {
            self.refresh();
            self.refresh_at = self.rows + (self.rows / 16).clamp(8, 64);
        }
    }

    fn halve(&mut self) {
        self.counts.iter_mut().for_each(|count| *count /= 2);
        self.zeros /= 2;
        let kept: u32 = self.counts.iter().map(|&count| u32::from(count)).sum();
        self.rows = kept + self.zeros;
        self.refresh_at = self.rows;
    }

    /// The first value was so far off that the others lie beyond the scale: another sets it.
    fn begin_anew(&mut self) {
        *self = Self::default();
    }

    /// Where the marks lie now.
    fn refresh(&mut self) {
        let nonzero = real(self.rows - self.zeros);
        let median = self.median(nonzero);
        if nonzero > 0.0 && !(2.0..bins() - 2.0).contains(&median) {
            return self.begin_anew();
        }
        let weight = PRIOR_ROWS * (nonzero + 1.0) / (real(self.rows) + 1.0);
        let total = real(self.rows) + PRIOR_ROWS;
        let (mut seen, mut above) = (0.0, 0.0);
        let mut open = KNOTS.iter().zip(self.knots.iter_mut()).rev().peekable();
        let mut edge = bins();
        for &count in self.counts.iter().rev() {
            edge -= 1.0;
            seen += f32::from(count);
            let survival = seen + weight * prior(edge - median);
            while let Some(((share, _), knot)) =
                open.next_if(|((share, _), _)| survival >= share * total)
            {
                let part = (share * total - above) / (survival - above).max(1e-9);
                *knot = edge + 1.0 - part.clamp(0.0, 1.0);
            }
            above = survival;
        }
        open.for_each(|(_, knot)| *knot = 0.0);
        self.spread();
        self.slope();
    }

    /// Marks in order, a quarter of a bin apart at least.
    fn spread(&mut self) {
        let mut higher = f32::INFINITY;
        for knot in self.knots.iter_mut().rev() {
            *knot = knot.min(higher - 0.25);
            higher = *knot;
        }
    }

    fn median(&self, nonzero: f32) -> f32 {
        let (mut seen, mut edge) = (0.0, 0.0);
        for &count in &self.counts {
            let count = f32::from(count);
            if count > 0.0 && seen + count >= nonzero / 2.0 {
                return edge + (nonzero / 2.0 - seen) / count;
            }
            seen += count;
            edge += 1.0;
        }
        0.0
    }

    fn slope(&mut self) {
        let [.., from] = self.knots;
        let (mut excess, mut number) = (PRIOR_EXCESSES * PRIOR_EXCESS_BINS, PRIOR_EXCESSES);
        let mut middle = real(u32::try_from(floor(from)).unwrap_or_default()) + 0.5;
        for &count in self.counts.iter().skip(floor(from)) {
            excess += f32::from(count) * (middle - from).max(0.0);
            number += f32::from(count);
            middle += 1.0;
        }
        self.digits_per_bin = digits(std::f32::consts::LOG2_E) / (excess / number).max(0.4);
    }
}

fn prior(bins_over_median: f32) -> f32 {
    let place = (bins_over_median + 2.0 * BINS_PER_OCTAVE).max(0.0);
    let at = |index: usize| PRIOR.get(index.min(255)).copied().unwrap_or_default();
    let (low, part) = (floor(place), place - place.floor());
    at(low) * (1.0 - part) + at(low + 1) * part
}

fn bins() -> f32 {
    real(u32::try_from(BINS).unwrap_or_default())
}

#[allow(clippy::cast_precision_loss, reason = "counts stay below 2^24")]
fn real(count: u32) -> f32 {
    count as f32
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a bin, which is small; negative ones are 0"
)]
fn floor(bin: f32) -> usize {
    bin.max(0.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Deviations of a Pareto law: the share of rows beyond `value` units is one in `value` squared.
    fn pareto(rows: u32, unit: f64) -> Tail {
        let mut tail = Tail::default();
        for row in 0..rows {
            let share = f64::from(row * 7919 % 10_007 + 1) / 10_008.0;
            tail.judge(unit / share.sqrt());
        }
        tail
    }

    #[test]
    fn digits_are_those_of_the_share_of_rows_beyond() {
        let mut tail = pareto(15_000, 1.0);
        for digits in [1.0_f32, 1.5, 2.0, 2.5, 3.0] {
            let judged = tail.judge(f64::from(digits / 2.0 * std::f32::consts::LOG2_10).exp2());
            assert!((judged - digits).abs() < 0.4, "{judged} for {digits}");
        }
        assert!(tail.judge(1.2) < 0.3);
    }

    #[test]
    fn the_unit_changes_nothing() {
        let (mut small, mut large) = (pareto(5000, 1e-9), pareto(5000, 1e9));
        for value in [2.0, 9.0, 50.0] {
            assert!((small.judge(value * 1e-9) - large.judge(value * 1e9)).abs() < 0.03);
        }
    }

    #[test]
    fn a_short_past_makes_nothing_certain() {
        let mut tail = Tail::default();
        assert!(tail.judge(1e3) < f32::EPSILON);
        for _ in 0..20 {
            tail.judge(1.0);
        }
        let judged = tail.judge(2.0);
        assert!(judged < 1.0, "twice the usual after 20 rows: {judged}");
        assert!(tail.judge(100.0) > 2.5);
    }

    #[test]
    fn an_outlier_at_the_start_blinds_nobody() {
        let mut tail = Tail::default();
        tail.judge(1e25);
        for _ in 0..200 {
            tail.judge(1.0);
        }
        assert!(tail.judge(1.0) < 0.6 && tail.judge(100.0) > 3.0);
    }

    #[test]
    fn nothing_that_is_no_number_gets_in() {
        let mut tail = Tail::default();
        for value in [f64::NAN, f64::INFINITY, 0.0, -1.0, 1e-300, f64::MAX] {
            assert!(tail.judge(value).is_finite());
        }
        assert_eq!(tail.rows, 6);
    }
}

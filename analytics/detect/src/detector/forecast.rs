//! What the next row should be, and how far it is from that.
//!
//! Twelve simple forecasts (no season, the day's, the day's and the week's; each with an offset that
//! follows over 1, 16, 256 or 1440 rows) are mixed by how small their errors were lately: the fourth
//! power of the error decides, so one that predicts twice as well counts sixteen times as much. Where
//! a series has no season, the forecasts with a season lose, and nothing has to be configured.
//!
//! **Invariant:** a row is forecast before it is learned.

use serde::{Deserialize, Serialize};

use crate::average::Average;
use crate::profile::Profile;

const DAY_MS: i64 = 86_400_000;
const OFFSET_ROWS: [f64; 4] = [1.0, 16.0, 256.0, 1440.0];
const ERROR_ROWS: f64 = 300.0;
const LEVEL_ROWS: f64 = 288.0;
/// Rows before anything is forecast.
const WARM_UP_ROWS: u32 = 4;

/// What was expected of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Expectation {
    /// By the mix that follows quickest.
    pub(crate) value: f64,
    /// How far off forecasts usually are.
    pub(crate) usual_error: f64,
    /// The distance from the mix: what is sudden.
    pub(crate) sudden: f64,
    /// The distance from the mix with the slowest offset: what lasts, too.
    pub(crate) slow: f64,
    /// The geometric mean of the distances from the quick mix and from that over 256 rows.
    pub(crate) both: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Guess {
    offset: Average,
    error: Average,
}

/// The state of all forecasts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Forecast {
    day: Profile,
    week: Profile,
    level: Average,
    guesses: [[Guess; 4]; 3],
    error: Average,
    /// The size of values: errors below a billionth of it are none.
    size: Average,
    rows: u32,
}

impl Default for Forecast {
    fn default() -> Self {
        Self {
            day: Profile::new(DAY_MS, 96, 0.2),
            week: Profile::new(7 * DAY_MS, 336, 0.3),
            level: Average::default(),
            guesses: [[Guess::default(); 4]; 3],
            error: Average::default(),
            size: Average::default(),
            rows: 0,
        }
    }
}

impl Forecast {
    /// Forecasts a row, compares, and learns it. Nothing is expected of the first rows.
    pub(crate) fn step(&mut self, time_ms: i64, value: f64) -> Option<Expectation> {
        let day = self.day.usual(time_ms).unwrap_or_default();
        let week = self.week.usual(time_ms).unwrap_or_default();
        let seasons = [0.0, day, day + week];
        let expected = (self.rows >= WARM_UP_ROWS).then(|| self.expect(&seasons, value));
        self.learn(&seasons, value, expected.is_some());
        self.level.add(value, 1.0 / LEVEL_ROWS);
        self.day.add(time_ms, value - self.level.mean);
        self.week.add(time_ms, value - self.level.mean - day);
        self.size.add(value.abs(), 1.0 / ERROR_ROWS);
        self.rows = self.rows.saturating_add(1);
        expected
    }

    fn expect(&mut self, seasons: &[f64; 3], value: f64) -> Expectation {
        let floor = 1e-9 * self.size.mean + 1e-30;
        let (mut quick, mut season) = (Mix::default(), [0.0; 3]);
        for ((guesses, usual), weight) in self.guesses.iter().zip(seasons).zip(&mut season) {
            for (number, guess) in guesses.iter().enumerate() {
                let trust = trust(guess.error.mean, floor);
                quick.add(usual + guess.offset.mean, trust);
                *weight += if number >= 2 { trust } else { 0.0 };
            }
        }
        let with_offset = |number: usize| {
            let mut mix = Mix::default();
            for ((guesses, usual), weight) in self.guesses.iter().zip(seasons).zip(season) {
                let offset = guesses.get(number).map_or(0.0, |guess| guess.offset.mean);
                mix.add(usual + offset, weight);
            }
            mix.mean()
        };
        let sudden = (value - quick.mean()).abs();
        let lasting = (value - with_offset(2)).abs();
        let usual_error = self.error.mean;
        self.error.add(sudden, 1.0 / ERROR_ROWS);
        Expectation {
            value: quick.mean(),
            usual_error,
            sudden,
            slow: (value - with_offset(3)).abs(),
            both: sudden.sqrt() * lasting.sqrt(),
        }
    }

    fn learn(&mut self, seasons: &[f64; 3], value: f64, is_judged: bool) {
        for (guesses, usual) in self.guesses.iter_mut().zip(seasons) {
            for (guess, rows) in guesses.iter_mut().zip(OFFSET_ROWS) {
                let rest = value - usual;
                if is_judged {
                    guess.error.add((rest - guess.offset.mean).abs(), 1.0 / ERROR_ROWS);
                }
                guess.offset.add(rest, 1.0 / rows);
            }
        }
    }
}

/// By the fourth power of how small errors are; scaled, so that it neither over- nor underflows.
fn trust(error: f64, floor: f64) -> f64 {
    let ratio = floor / (error + floor);
    let squared = ratio * ratio;
    (squared * squared).max(1e-60)
}

#[derive(Clone, Copy, Debug, Default)]
struct Mix {
    sum: f64,
    weight: f64,
}

impl Mix {
    fn add(&mut self, value: f64, weight: f64) {
        self.sum += weight * value;
        self.weight += weight;
    }

    fn mean(self) -> f64 {
        self.sum / self.weight.max(1e-300)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW_MS: i64 = 3_600_000;

    #[test]
    fn a_daily_season_is_found_and_then_forecast() {
        let mut forecast = Forecast::default();
        let value = |row: i64| if row % 24 < 12 { 10.0 } else { 100.0 };
        let mut errors = Vec::new();
        for row in 0..24 * 10 {
            let expected = forecast.step(row * ROW_MS, value(row)).unwrap_or_default();
            errors.push(expected.sudden);
        }
        let jump = |day: usize| errors[day * 24 + 12];
        assert!(jump(1) > 30.0, "nothing is known after one day: {}", jump(1));
        assert!(jump(9) < 30.0, "the jump is usual after nine: {}", jump(9));
    }

    #[test]
    fn a_lasting_shift_is_sudden_once_and_slow_for_long() {
        let mut forecast = Forecast::default();
        let mut last = Expectation::default();
        for row in 0..3000_i64 {
            let wobble = if row % 2 == 0 { 1.0 } else { -1.0 };
            let level = if row < 2900 { 50.0 } else { 60.0 };
            last = forecast.step(row * ROW_MS, level + wobble).unwrap_or_default();
        }
        assert!(last.slow > 4.0 && last.sudden < 5.0, "{last:?}");
    }
}

//! Series with one anomaly of a known kind and place, and what is found of it.
//!
//! A series has rows of five minutes over four weeks: a day and a week of load, noise in proportion,
//! and in its last week one anomaly. An alarm within the anomaly or eight rows after it begins is a hit;
//! any other after the first week is false. Everything comes from the seed.

use detect::{Series, Setting};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

const ROW_MS: i64 = 300_000;
const DAY_ROWS: u32 = 288;
const ROWS: u32 = 28 * DAY_ROWS;
const LEARNING_ROWS: u32 = 7 * DAY_ROWS;
const START_MS: i64 = 1_790_000_000_000 / 86_400_000 * 86_400_000;

/// What may happen to a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Nothing,
    LevelShift,
    Trend,
    Spike,
    Variance,
    BrokenSeason,
    Frozen,
    MissingData,
}

pub(crate) const KINDS: [Kind; 8] = [
    Kind::Nothing,
    Kind::LevelShift,
    Kind::Trend,
    Kind::Spike,
    Kind::Variance,
    Kind::BrokenSeason,
    Kind::Frozen,
    Kind::MissingData,
];

impl Kind {
    /// How long it lasts.
    fn rows(self) -> u32 {
        match self {
            Self::Nothing => 0,
            Self::Spike => 2,
            Self::Frozen | Self::MissingData => 36,
            Self::LevelShift | Self::Variance | Self::BrokenSeason => 144,
            Self::Trend => 288,
        }
    }
}

/// A value of a law that is near the normal one: mean 0, deviation 1.
fn noise(chance: &mut ChaCha8Rng) -> f64 {
    let sum: f64 = (0..12).map(|_| f64::from(chance.next_u32()) / f64::from(u32::MAX)).sum();
    sum - 6.0
}

/// The load of a row: a day with its hill, less at weekends.
fn load(row: u32) -> f64 {
    let hour = f64::from(row % DAY_ROWS) / 12.0;
    let hill = (1.0 - ((hour - 14.0) / 9.0).powi(2)).max(0.0);
    let weekend = if row / DAY_ROWS % 7 >= 5 { 0.6 } else { 1.0 };
    100.0 + 80.0 * hill * weekend
}

/// One series, and where its anomaly begins.
pub(crate) fn series(kind: Kind, seed: u64) -> (Vec<Option<f64>>, u32) {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let begin = 21 * DAY_ROWS + chance.next_u32() % (5 * DAY_ROWS);
    let mut frozen = None;
    let rows = (0..ROWS).map(|row| {
        let usual = load(row) + 4.0 * noise(&mut chance);
        let since = row.checked_sub(begin).filter(|&since| since < kind.rows());
        let Some(since) = since else { return Some(usual) };
        match kind {
            Kind::Nothing => Some(usual),
            Kind::LevelShift => Some(usual + 30.0),
            Kind::Trend => Some(usual + 60.0 * f64::from(since) / f64::from(kind.rows())),
            Kind::Spike => Some(usual + 60.0),
            Kind::Variance => Some(usual + 16.0 * noise(&mut chance)),
            Kind::BrokenSeason => Some(280.0 - usual),
            Kind::Frozen => Some(*frozen.get_or_insert(usual)),
            Kind::MissingData => None,
        }
    });
    (rows.collect(), begin)
}

/// What was found in series of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Found {
    pub(crate) series: u32,
    pub(crate) hits: u32,
    pub(crate) delay_rows: u32,
    pub(crate) false_alarms: u32,
    pub(crate) weeks: f64,
}

/// Judges a series: the rows from the beginning to the first hit, and the false alarms.
pub(crate) fn judge(
    rows: &[Option<f64>],
    kind: Kind,
    begin: u32,
    setting: &Setting,
) -> (Option<u32>, u32) {
    let mut state = Series::new(setting);
    let (mut hit, mut false_alarms) = (None, 0);
    // What follows an anomaly, the way back, belongs to it.
    let end = begin + kind.rows() + 8;
    for (row, value) in (0_u32..).zip(rows) {
        let alarm = state.step(START_MS + i64::from(row) * ROW_MS, *value).alarm;
        if !alarm || row < LEARNING_ROWS {
            continue;
        }
        if kind != Kind::Nothing && (begin..end).contains(&row) {
            hit.get_or_insert(row - begin);
        } else {
            false_alarms += 1;
        }
    }
    (hit, false_alarms)
}

/// All series of a kind.
pub(crate) fn found(kind: Kind, seed: u64, number: u32, setting: &Setting) -> Found {
    let mut found = Found::default();
    for one in 0..number {
        let (rows, begin) = series(kind, seed * 1000 + u64::from(one));
        let (hit, false_alarms) = judge(&rows, kind, begin, setting);
        found.series += 1;
        found.weeks += f64::from(ROWS - LEARNING_ROWS) / f64::from(7 * DAY_ROWS);
        found.hits += u32::from(hit.is_some());
        found.delay_rows += hit.unwrap_or_default();
        found.false_alarms += false_alarms;
    }
    found
}

/// The table, and what it says over all: accuracy counts weeks of series that were judged rightly.
pub(crate) fn table(seed: u64, number: u32, setting: &Setting) -> String {
    let heading = "kind           recall   mean delay   false alarms a series and week";
    let mut lines = vec![heading.to_owned()];
    let (mut series, mut hits, mut false_alarms, mut weeks) = (0, 0, 0, 0.0);
    for kind in KINDS {
        let found = found(kind, seed, number, setting);
        let rate = f64::from(found.false_alarms) / found.weeks;
        let (recall, delay) = if kind == Kind::Nothing {
            ("-".to_owned(), "-".to_owned())
        } else {
            series += found.series;
            hits += found.hits;
            let delay = f64::from(found.delay_rows) / f64::from(found.hits.max(1));
            (
                format!("{:.2}", f64::from(found.hits) / f64::from(found.series)),
                format!("{delay:.1}"),
            )
        };
        false_alarms += found.false_alarms;
        weeks += found.weeks;
        let name = format!("{kind:?}");
        lines.push(format!("{name:14} {recall:>6}   {delay:>5} rows   {rate:.2}"));
    }
    let (hits, false_alarms, series) =
        (f64::from(hits), f64::from(false_alarms), f64::from(series));
    let (precision, recall) = (hits / (hits + false_alarms).max(1.0), hits / series);
    let wrong = false_alarms.min(weeks - series) + series - hits;
    let accuracy = 1.0 - wrong / weeks;
    lines.push(format!(
        "all: recall {recall:.3}, precision {precision:.3}, accuracy {accuracy:.3} of weeks"
    ));
    lines.join("\n")
}

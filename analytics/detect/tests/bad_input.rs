//! What bad input does: each kind has a stated behaviour, and nothing ends the work or blinds a series.

#![allow(missing_docs, reason = "a test")]

use detect::{Detector, Series, Setting, Skipped};
use proptest::prelude::*;

const ROW_MS: i64 = 60_000;

fn usual(row: i64) -> f64 {
    f64::from(i32::try_from(row * 7919 % 101).unwrap_or_default())
}

/// All that is known of a series. (States hold NaN where nothing is known, which equals nothing.)
fn image(series: &Series) -> Vec<u8> {
    postcard::to_stdvec(series).unwrap_or_default()
}

fn after(rows: i64) -> Series {
    let mut series = Series::new(&Setting::default());
    for row in 0..rows {
        series.step(row * ROW_MS, Some(usual(row)));
    }
    series
}

/// Whether a jump far beyond all values is still an alarm some hours later.
fn still_sees(mut series: Series, from_ms: i64) -> bool {
    for row in 1..900 {
        series.step(from_ms + row * ROW_MS, Some(usual(row)));
    }
    (900..904).any(|row| series.step(from_ms + row * ROW_MS, Some(1000.0)).alarm)
}

#[test]
fn what_is_no_number_counts_as_missing() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let (mut one, mut other) = (after(500), after(500));
        assert_eq!(one.step(500 * ROW_MS, Some(value)), other.step(500 * ROW_MS, None));
        assert!(image(&one) == image(&other), "{value} and a missing value leave the same state");
    }
}

#[test]
fn a_duplicate_and_a_late_row_are_skipped_and_change_nothing() {
    for (time_ms, why) in [(499 * ROW_MS, Skipped::Duplicate), (10 * ROW_MS, Skipped::Late)] {
        let mut series = after(500);
        let before = image(&series);
        let verdict = series.step(time_ms, Some(1e9));
        assert_eq!((verdict.skipped, verdict.alarm), (Some(why), false));
        assert!(image(&series) == before, "{why:?}");
    }
}

#[test]
fn a_gap_is_told_with_the_next_row_and_blinds_nobody() {
    let mut series = after(2000);
    let verdict = series.step(2200 * ROW_MS, Some(usual(0)));
    assert!(verdict.alarm && verdict.evidence()[0].0 == Detector::Missing);
    let reason = verdict.reason(Some(usual(0)), |ms| ms.to_string()).unwrap();
    assert!(reason.starts_with("200 rows missing"), "{reason}");
    assert!(still_sees(series, 2200 * ROW_MS));
}

#[test]
fn a_constant_series_is_quiet_and_its_first_change_is_not() {
    let mut series = Series::new(&Setting::default());
    for row in 0..3000 {
        assert!(!series.step(row * ROW_MS, Some(45.0)).alarm, "row {row}");
    }
    let changed = (3000..3010).any(|row| series.step(row * ROW_MS, Some(90.0)).alarm);
    assert!(changed, "nothing ever changed, so a change is rare");
}

#[test]
fn two_points_say_nothing() {
    let mut series = Series::new(&Setting::default());
    for (time_ms, value) in [(0, 1.0), (1, 1e9)] {
        let verdict = series.step(time_ms, Some(value));
        assert!(verdict.score.abs() < f64::EPSILON && verdict.expected.is_none());
    }
}

#[test]
fn immense_values_are_alarms_and_blind_nobody() {
    for value in [1e308, -1e308, 1e18, f64::MAX] {
        let mut series = after(2000);
        let verdict = series.step(2000 * ROW_MS, Some(value));
        assert!(verdict.score.is_finite() && verdict.alarm, "{value}: {}", verdict.score);
        assert!(still_sees(series, 2400 * ROW_MS), "{value}");
    }
}

#[test]
fn an_immense_value_at_the_start_blinds_nobody() {
    let mut series = Series::new(&Setting::default());
    series.step(0, Some(1e308));
    for row in 1..4000 {
        series.step(row * ROW_MS, Some(usual(row)));
    }
    assert!(still_sees(series, 4000 * ROW_MS));
}

#[test]
fn irregular_times_are_judged() {
    let mut series = Series::new(&Setting::default());
    let mut time_ms = 0;
    let mut alarms = 0;
    for row in 0..3000 {
        time_ms += 1 + row * 7919 % 100_003;
        alarms += u32::from(series.step(time_ms, Some(usual(row))).alarm);
    }
    assert!(alarms <= 12, "{alarms} alarms on noise");
    assert!(still_sees(series, time_ms));
}

#[test]
fn times_at_the_ends_of_what_there_is_do_not_end_the_work() {
    let mut series = Series::new(&Setting::default());
    for time_ms in [i64::MIN / 4, -1, 0, 1, i64::MAX / 4] {
        assert!(series.step(time_ms, Some(1.0)).score.is_finite());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_comes_the_score_is_a_number_and_the_alarm_is_its_threshold(
        rows in prop::collection::vec((0_i64..100_000, prop::option::of(any::<f64>())), 1..300)
    ) {
        let mut series = Series::new(&Setting::default());
        let mut time_ms = 0;
        for (step_ms, value) in rows {
            time_ms += step_ms;
            let verdict = series.step(time_ms, value);
            prop_assert!(verdict.score.is_finite() && verdict.score >= 0.0);
            prop_assert_eq!(verdict.alarm, verdict.score >= 1.0);
        }
    }

    #[test]
    fn a_state_that_was_stored_and_read_judges_alike(
        cut in 1_usize..600, seed in 0_i64..1000
    ) {
        let value = |row: usize| Some(usual(seed + i64::try_from(row).unwrap()));
        let at = |row: usize| i64::try_from(row).unwrap() * ROW_MS;
        let mut whole = Series::new(&Setting::default());
        let mut restored = Series::new(&Setting::default());
        for row in 0..700 {
            if row == cut {
                let bytes = postcard::to_stdvec(&restored).unwrap();
                restored = postcard::from_bytes(&bytes).unwrap();
            }
            prop_assert_eq!(whole.step(at(row), value(row)), restored.step(at(row), value(row)));
        }
    }
}

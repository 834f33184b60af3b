//! Series judged beside each other: what is found of broken relations and of peers apart, and what bad
//! input does. Each case is data through one door.

#![allow(missing_docs, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test")]

#[allow(dead_code, reason = "the example uses more of it")]
mod made;

use detect::{Broken, METRICS_MAX, Peers, Relations, Series, Setting};
use made::{DAY_ROWS, KINDS, METRICS, noise, time_ms};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// What the service makes of the metrics of a resource, and the rows that were alarms.
fn alarms_of(rows: &[[f64; METRICS]]) -> Vec<u32> {
    let mut series: Vec<Series> = (0..METRICS).map(|_| Series::new(&Setting::default())).collect();
    let mut relations = Relations::default();
    let judge = |(row, values): (u32, &[f64; METRICS])| {
        let surprise = |(series, value): (&mut Series, &f64)| {
            series.step(time_ms(row), Some(*value)).surprise(*value)
        };
        let surprises: Vec<_> = series.iter_mut().zip(values).map(surprise).collect();
        relations.step(time_ms(row), &surprises, 1.0).filter(|found| found.alarm).map(|_| row)
    };
    (0..).zip(rows).filter_map(judge).collect()
}

#[test]
fn a_metric_that_leaves_the_others_is_mostly_found_within_two_hours_inside_of_its_usual_range() {
    let during = 8 * DAY_ROWS + 400..8 * DAY_ROWS + 580;
    for kind in KINDS {
        let mut found = 0;
        for seed in 1..4 {
            let rows = made::resource(seed, 9 * DAY_ROWS, kind, during.clone());
            let told = alarms_of(&rows);
            let first = told.iter().find(|row| during.contains(row));
            found += u32::from(first.is_some_and(|row| row - during.start <= 120));
            let usual = &rows[..during.start as usize];
            let ends = usual.iter().map(|row| row[1]);
            let (low, high) = (ends.clone().fold(1e9, f64::min), ends.fold(-1e9, f64::max));
            let off = during.clone().filter(|row| !(low..=high).contains(&rows[*row as usize][1]));
            assert!(off.count() < 5, "{kind:?}, seed {seed} leaves its range");
        }
        assert!(found >= 2, "{kind:?}: found in {found} of 3");
    }
}

/// Deploys shift single metrics, load drives all.
#[test]
fn quiet_resources_have_less_than_one_alarm_a_week() {
    let told: usize = (0..6)
        .map(|seed| {
            alarms_of(&made::resource(seed, 14 * DAY_ROWS, made::Broken::Nothing, 0..0)).len()
        })
        .sum();
    assert!(told <= 12, "{told} alarms in twelve weeks");
}

/// Surprises of metrics that one thing drives, or, while it is broken, the first of which goes its own way.
fn driven(chance: &mut ChaCha8Rng, metrics: usize, is_broken: bool) -> Vec<Option<f64>> {
    let (load, own) = (noise(chance), noise(chance));
    let one = |place: usize| {
        let load = if is_broken && place == 0 { own } else { load };
        Some(load + 0.2 * noise(chance))
    };
    (0..metrics).map(one).collect()
}

/// So many rows, each changed by the case; those that were alarms, and the last judgement.
fn after(
    metrics: usize,
    rows: u32,
    broken: std::ops::Range<u32>,
    change: impl Fn(u32, &mut Vec<Option<f64>>),
) -> (Vec<u32>, Option<Broken>) {
    let mut chance = ChaCha8Rng::seed_from_u64(7);
    let (mut relations, mut told, mut last) = (Relations::default(), Vec::new(), None);
    for row in 0..rows {
        let mut surprises = driven(&mut chance, metrics, broken.contains(&row));
        change(row, &mut surprises);
        last = relations.step(time_ms(row), &surprises, 1.0);
        if let Some(found) = last {
            assert!(found.score.is_finite() && found.digits.is_finite(), "row {row}");
            told.extend(found.alarm.then_some(row));
        }
    }
    (told, last)
}

type Change = fn(u32, &mut Vec<Option<f64>>);

/// Whatever one metric does, a relation of others that breaks is found, and nothing before.
#[test]
fn bad_input_of_one_metric_blinds_nobody() {
    let cases: [(&str, Change); 8] = [
        ("nothing", |_, _| {}),
        ("missing from a row on", |row, of| of[3] = of[3].filter(|_| row < 1500)),
        ("missing now and then", |row, of| of[3] = of[3].filter(|_| row % 3 == 0)),
        ("no number", |row, of| of[3] = if row % 7 == 0 { Some(f64::NAN) } else { of[3] }),
        ("constant", |_, of| of[3] = Some(0.0)),
        ("the same as another", |_, of| of[3] = of[2]),
        ("the negative of another", |_, of| of[3] = of[2].map(|value| -value)),
        ("immense", |row, of| of[3] = if row == 1000 { Some(1e308) } else { of[3] }),
    ];
    for (case, change) in cases {
        let (told, last) = after(4, 2050, 2000..2050, change);
        let first = told.first().copied();
        assert!(first.is_some_and(|row| (2000..2030).contains(&row)), "{case}: {told:?}");
        assert_eq!(last.unwrap().pair.0, 0, "{case} names another");
        assert!(after(4, 2050, 0..0, change).0.is_empty(), "{case}, and nothing broken");
    }
}

#[test]
fn a_missing_row_says_nothing_and_a_row_that_is_not_later_changes_nothing() {
    let (mut one, mut chance) = (Relations::default(), ChaCha8Rng::seed_from_u64(7));
    for row in 0..500 {
        one.step(time_ms(row), &driven(&mut chance, 3, false), 1.0);
    }
    let before = one.clone();
    for time_ms in [time_ms(499), time_ms(3), i64::MIN] {
        assert_eq!(one.step(time_ms, &[Some(1.0), Some(-5.0), Some(3.0)], 1.0), None);
        assert_eq!(one, before);
    }
    assert_eq!(one.step(time_ms(500), &[None, None, None], 1.0), None);
    assert_eq!(one.step(time_ms(501), &[None, Some(1.0), None], 1.0), None);
}

#[test]
fn one_metric_has_no_relations_and_more_than_the_bound_are_left_out() {
    assert_eq!(after(1, 1000, 0..0, |_, _| {}).1, None);
    let (told, last) = after(METRICS_MAX + 5, 1540, 1500..1540, |_, _| {});
    assert!(!told.is_empty() && last.unwrap().pair.1 < METRICS_MAX);
}

/// All go up a hundredfold together: nothing is broken by it.
#[test]
fn metrics_that_go_up_together_break_nothing() {
    let jump: Change = |row, of| {
        let far = if row >= 1500 { 5.0 } else { 0.0 };
        of.iter_mut().for_each(|value| *value = value.map(|value| value + far));
    };
    assert_eq!(after(5, 2000, 0..0, jump).0, Vec::<u32>::new());
}

/// Another metric takes the place: nothing is held against it.
#[test]
fn a_place_that_was_forgotten_is_learned_anew() {
    let (mut relations, mut chance) = (Relations::default(), ChaCha8Rng::seed_from_u64(7));
    for row in 0..3000 {
        if row == 1500 {
            relations.forget(0);
        }
        let found = relations.step(time_ms(row), &driven(&mut chance, 3, row >= 1500), 1.0);
        assert!(found.is_none_or(|found| !found.alarm), "row {row}: {found:?}");
    }
}

/// Alarms of a group of eight, as the row and the member.
fn apart(rows: &[Vec<f64>], change: impl Fn(u32, &mut Vec<Option<f64>>)) -> Vec<(u32, usize)> {
    let (mut peers, mut told) = (Peers::default(), Vec::new());
    for (row, values) in (0_u32..).zip(rows) {
        let mut values: Vec<_> = values.iter().copied().map(Some).collect();
        change(row, &mut values);
        if let Some(found) = peers.step(time_ms(row), &values, 1.0) {
            assert!(found.score.is_finite() && found.digits.is_finite(), "row {row}");
            told.extend(found.alarm.then_some((row, found.member)));
        }
    }
    told
}

/// The last member is always twice as loaded, and in the third day of some everybody is.
#[test]
fn a_member_that_drifts_off_is_found_and_what_all_do_is_silent() {
    let begin = 3 * DAY_ROWS + 400;
    let drift = |row: u32| if row >= begin { 0.005 * f64::from(row - begin) } else { 0.0 };
    let cases: [(&str, Change, bool); 6] = [
        ("nothing", |_, _| {}, true),
        ("members missing", |row, of| of[(row % 2) as usize] = None, true),
        ("no number", |row, of| of[0] = if row % 5 == 0 { Some(f64::NAN) } else { of[0] }, true),
        ("immense", |row, of| of[0] = if row == 2000 { Some(1e308) } else { of[0] }, true),
        (
            "all more loaded",
            |row, of| {
                let more = if row >= 3 * DAY_ROWS { 3.0 } else { 0.0 };
                of.iter_mut().for_each(|value| *value = value.map(|value| value + more));
            },
            true,
        ),
        ("too few", |_, of| of.truncate(4), false),
    ];
    for (case, change, is_found) in cases {
        let rows = begin as usize + 60;
        let quiet = apart(&made::peers(3, u32::try_from(rows).unwrap(), 8, |_| 0.0), change);
        assert!(quiet.len() <= 1, "{case}, and nothing drifts: {quiet:?}");
        let told = apart(&made::peers(3, u32::try_from(rows).unwrap(), 8, drift), change);
        let first = told.iter().find(|(row, _)| *row >= begin);
        let first = first.map(|(row, member)| (row - begin, *member));
        assert_eq!(
            first.is_some_and(|(delay, member)| delay <= 40 && member == 2),
            is_found,
            "{case}: {told:?}"
        );
    }
}

#[test]
fn equal_members_are_quiet_and_the_one_that_leaves_them_is_named() {
    let rows: Vec<Vec<f64>> = (0..1000_u32)
        .map(|row| (0..6).map(|place| if place == 4 && row >= 900 { 7.0 } else { 5.0 }).collect())
        .collect();
    let told = apart(&rows, |_, _| {});
    assert!(
        told.first().is_some_and(|(row, member)| (900..920).contains(row) && *member == 4),
        "{told:?}"
    );
}

#[test]
fn sentences_name_who_and_give_figures() {
    let begin = 3 * DAY_ROWS;
    let rows = made::peers(3, begin + 60, 8, |row| if row >= begin { 0.6 } else { 0.0 });
    let (mut peers, mut said) = (Peers::default(), None);
    for (row, values) in (0_u32..).zip(&rows) {
        let values: Vec<_> = values.iter().copied().map(Some).collect();
        let found = peers.step(time_ms(row), &values, 1.0).filter(|found| found.alarm);
        said = said.or(found.map(|found| found.reason("cpu of pod-7", time_ms(row))));
    }
    let said = said.unwrap();
    assert!(
        said.starts_with("cpu of pod-7 is ") && said.contains(" where its 7 peers have "),
        "{said}"
    );
    assert!(said.contains(", for ") && said.contains(" min; 1 in "), "{said}");
    let (_, last) = after(4, 2050, 2000..2050, |_, _| {});
    let said = last.unwrap().reason(("cpu", "queue"), "db-1", |ms| ms.to_string());
    let beginning = "cpu and queue of db-1 no longer move together: correlation ";
    assert!(said.starts_with(beginning) && said.contains(" is usual; 1 in "), "{said}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_comes_scores_are_numbers_and_a_state_that_was_read_judges_alike(
        cut in 0_usize..120,
        rows in prop::collection::vec(
            (0_i64..100_000, prop::collection::vec(prop::option::of(any::<f64>()), 0..14)), 120
        )
    ) {
        let (mut relations, mut peers) = (Relations::default(), Peers::default());
        let (mut read, mut read_peers) = (Relations::default(), Peers::default());
        let mut time_ms = 0;
        for (row, (step_ms, values)) in rows.into_iter().enumerate() {
            time_ms += step_ms;
            if row == cut {
                read = postcard::from_bytes(&postcard::to_stdvec(&relations).unwrap()).unwrap();
                read_peers = postcard::from_bytes(&postcard::to_stdvec(&peers).unwrap()).unwrap();
            }
            let found = relations.step(time_ms, &values, 1.0);
            let apart = peers.step(time_ms, &values, 1.0);
            prop_assert!(found.is_none_or(|found| found.score.is_finite()));
            prop_assert!(apart.is_none_or(|apart| apart.score.is_finite()));
            if row >= cut {
                prop_assert_eq!(found, read.step(time_ms, &values, 1.0));
                prop_assert_eq!(apart, read_peers.step(time_ms, &values, 1.0));
            }
        }
    }
}

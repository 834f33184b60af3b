//! Any split and order of the points, and any order of the merges, tell the same.

use analytics::summary::{Before, Dated, Pane};
use expect_test::expect;
use proptest::prelude::*;
use schemas::metric::PointKind;

use super::support::{Dice, Shape, any_shape, exact_sum, merge_all, near, pane_of, points};

const QUANTILES: [f64; 7] = [0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 1.0];

/// Deals points to pieces, each in an order of its own.
fn pieces(points: &[Dated], count: usize, dice: &mut Dice) -> Vec<(u32, Pane)> {
    let mut dealt: Vec<Vec<Dated>> = vec![Vec::new(); count];
    points.iter().for_each(|point| dealt[dice.below(count)].push(*point));
    let piece = |mut points: Vec<Dated>| {
        let offset = points.iter().map(|point| point.time_ms).min().unwrap_or(7);
        dice.shuffle(&mut points);
        (offset, pane_of(&points, offset, false))
    };
    dealt.into_iter().map(piece).collect()
}

fn check(pane: &Pane, points: &[Dated]) {
    let told = pane.statistics(&Before::default()).unwrap();
    let mut values: Vec<f64> = points.iter().map(|point| point.value).collect();
    let sum = exact_sum(values.iter().copied());
    let mean = sum / values.len() as f64;
    let squares = values.iter().map(|value| (value - mean) * (value - mean));
    let deviation = (exact_sum(squares) / values.len() as f64).sqrt();
    values.sort_by(f64::total_cmp);
    assert_eq!(told.count, points.len() as u64);
    assert_eq!((told.first, told.last), (points.first().copied(), points.last().copied()));
    assert_eq!((told.min, told.max), (values.first().copied(), values.last().copied()));
    assert!(near(told.sum, sum, 1e-12), "sum {} is not {sum}", told.sum);
    assert!(near(told.mean.unwrap(), mean, 1e-12));
    let found = told.deviation.unwrap();
    let bound = 1e-9 * deviation + 1e-15 * mean.abs();
    let alike = (found - deviation).abs() <= bound || (!deviation.is_finite() && found > 1e154);
    assert!(alike, "deviation {found} is not {deviation}");
    // A hundredth once values are summed up; before that the values themselves.
    let error = if points.len() > 64 { 0.01 } else { 0.0 };
    for (wanted, found) in QUANTILES.into_iter().zip(pane.quantiles(QUANTILES).unwrap()) {
        let rank = (0..values.len()).find(|rank| (rank + 1) as f64 >= wanted * values.len() as f64);
        let exact = values[rank.unwrap()];
        assert!(near(found, exact, error), "quantile {wanted}: {found} is not {exact}");
        assert!((values[0]..=values[values.len() - 1]).contains(&found));
    }
    assert_eq!((pane.collapsed(), pane.unusable()), (0, 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_split_and_order_tells_the_same(
        shape in any_shape(),
        count in prop_oneof![1..20_usize, 50..140_usize, 140..4_000_usize],
        parts in 1..12_usize,
        seed: u64,
    ) {
        let mut dice = Dice::new(seed);
        let points = points(shape, count, &mut dice);
        let pieces = pieces(&points, parts, &mut dice);
        check(&merge_all(pieces, false, &mut dice), &points);
    }

    #[test]
    fn merging_with_nothing_changes_nothing(count in 0..200_usize, seed: u64, is_total: bool) {
        let points = points(Shape::Lognormal, count, &mut Dice::new(seed));
        let pane = pane_of(&points, 0, is_total);
        let (mut before, mut after) = (Pane::new(is_total), pane.clone());
        before.merge(&pane, 0);
        after.merge(&Pane::new(is_total), 0);
        for merged in [before, after] {
            prop_assert_eq!(merged.statistics(&Before::default()), pane.statistics(&Before::default()));
            prop_assert_eq!(merged.quantiles(QUANTILES), pane.quantiles(QUANTILES));
            prop_assert_eq!(merged.increase(&Before::default(), 0), pane.increase(&Before::default(), 0));
        }
    }
}

#[test]
fn a_million_values_add_up() {
    for (seed, shape) in [(1, Shape::Mixed), (2, Shape::Lognormal), (3, Shape::Bimodal)] {
        let points = points(shape, 1_000_000, &mut Dice::new(seed));
        let pieces = points.chunks(1_000).map(|some| (0, pane_of(some, 0, false))).collect();
        println!("seed {seed}, {shape:?}");
        check(&merge_all(pieces, false, &mut Dice::new(seed)), &points);
    }
}

#[test]
fn a_sum_keeps_what_a_plain_one_loses() {
    let mut pane = Pane::new(false);
    for time_ms in 0..1_000 {
        let value = [1e16, 1.0, -1e16][time_ms as usize % 3];
        pane.add(time_ms, value, PointKind::Value);
    }
    assert_eq!(pane.statistics(&Before::default()).map(|told| told.sum), Some(1e16 + 333.0));
}

/// A pane of these points as text.
fn told(points: &[(u32, f64, PointKind)]) -> String {
    let mut pane = Pane::new(false);
    points.iter().for_each(|(time_ms, value, kind)| pane.add(*time_ms, *value, *kind));
    let values = pane.statistics(&Before::default()).map_or("nothing".to_owned(), |told| {
        let [first, last] = [told.first, told.last].map(|end| end.unwrap().value);
        format!("{} from {first} to {last}, sum {}", told.count, told.sum)
    });
    format!("{values}; stale {:?}, unusable {}\n", pane.stale_since_ms(), pane.unusable())
}

#[test]
fn points_of_each_kind() {
    use PointKind::{Stale, Start, Value};
    let many: Vec<_> = (0..65).chain([64]).map(|time| (time, 1.0, Value)).collect();
    let cases = [
        told(&[]),
        told(&[(5, 1.0, Value), (5, 2.0, Value)]),
        told(&[(5, 2.0, Value), (9, 7.0, Value), (5, 1.0, Value)]),
        told(&many),
        told(&[(5, f64::NAN, Value), (6, f64::INFINITY, Value), (7, 0.0, Start)]),
        told(&[(5, f64::NAN, Stale)]),
        told(&[(5, 1.0, Value), (6, 0.0, Stale)]),
        told(&[(5, 1.0, Value), (6, 0.0, Stale), (6, 2.0, Value)]),
    ];
    expect![[r#"
        nothing; stale None, unusable 0
        1 from 2 to 2, sum 2; stale None, unusable 0
        2 from 1 to 7, sum 8; stale None, unusable 0
        66 from 1 to 1, sum 66; stale None, unusable 0
        nothing; stale None, unusable 3
        nothing; stale Some(5), unusable 0
        1 from 1 to 1, sum 1; stale Some(6), unusable 0
        2 from 1 to 2, sum 3; stale None, unusable 0
    "#]]
    .assert_eq(&cases.concat());
}

#[test]
fn of_two_values_at_once_the_greater_is_first_and_last() {
    for rest in [0, 100] {
        let filler: Vec<Dated> = (1..=rest).map(|n| Dated { time_ms: n, value: 5.0 }).collect();
        let ends = |value| {
            let mut pane = pane_of(&filler, 0, false);
            pane.add(0, value, PointKind::Value);
            pane.add(200, value, PointKind::Value);
            pane
        };
        for (one, other) in [(1.0, 2.0), (2.0, 1.0), (-0.0, 0.0), (0.0, -0.0)] {
            let mut pane = ends(one);
            pane.merge(&ends(other), 0);
            let told = pane.statistics(&Before::default()).unwrap();
            let bits = told.first.unwrap().value.to_bits();
            assert_eq!(bits, one.max(other).abs().to_bits());
            assert_eq!(told.last.unwrap().value.to_bits(), bits);
        }
    }
}

#[test]
fn a_marker_holds_until_something_comes_after_it_in_any_pane() {
    let mut marked = pane_of(&[Dated { time_ms: 2, value: 1.0 }], 0, false);
    marked.add(5, 0.0, PointKind::Stale);
    let later = pane_of(&[Dated { time_ms: 1, value: 1.0 }], 0, false);
    let merged = |offset_ms| {
        let mut pane = marked.clone();
        pane.merge(&later, offset_ms);
        pane.stale_since_ms()
    };
    assert_eq!([0, 3, 4, 60_000].map(merged), [Some(5), Some(5), None, None]);
}

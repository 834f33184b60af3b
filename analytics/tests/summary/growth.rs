//! Totals: what they grew by, over beginnings, holes and merges.

use analytics::summary::{Before, Dated, Pane};
use expect_test::expect;
use proptest::prelude::*;
use schemas::metric::PointKind;

use super::support::{Dice, Shape, merge_all, near, pane_of as pane_of_values, points as values};

type Total = Vec<(Dated, PointKind)>;

/// A total that begins anew now and then, told or not; one point a second.
fn total(count: u32, dice: &mut Dice) -> Total {
    let mut value = 1e6 * dice.share();
    let mut next = |second: u32| {
        let begins = dice.below(20) == 0;
        value = if begins { dice.share() } else { value + 10.0 * dice.share() };
        let told = begins && dice.below(2) == 0;
        let kind = if told { PointKind::Start } else { PointKind::Value };
        (Dated { time_ms: second * 1_000, value }, kind)
    };
    (0..count).map(&mut next).collect()
}

fn grown(points: &[(Dated, PointKind)]) -> f64 {
    let step = |pair: &[(Dated, PointKind)]| match pair[1] {
        (_, PointKind::Start) => 0.0,
        (next, _) if next.value >= pair[0].0.value => next.value - pair[0].0.value,
        (next, _) => next.value,
    };
    points.windows(2).map(step).sum()
}

fn pane_of(points: &[(Dated, PointKind)], offset_ms: u32) -> Pane {
    let mut pane = Pane::new(true);
    points.iter().for_each(|(at, kind)| pane.add(at.time_ms - offset_ms, at.value, *kind));
    pane
}

/// Moves points back by a few places.
fn disorder(points: &[(Dated, PointKind)], places: usize, dice: &mut Dice) -> Total {
    let moved =
        points.iter().enumerate().map(|(place, point)| (place + dice.below(places), *point));
    let mut moved: Vec<_> = moved.collect();
    moved.sort_by_key(|(place, _)| *place);
    moved.into_iter().map(|(_, point)| point).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn adjacent_panes_merge_in_any_order(
        panes in 1..60_usize,
        points_a_pane in 1..90_usize,
        seed: u64,
    ) {
        let mut dice = Dice::new(seed);
        let points = total(u32::try_from(panes * points_a_pane).unwrap(), &mut dice);
        let pane = |points: &[(Dated, PointKind)]| {
            let offset = points[0].0.time_ms;
            (offset, pane_of(points, offset))
        };
        let pieces = points.chunks(points_a_pane).map(pane).collect();
        let merged = merge_all(pieces, true, &mut dice);
        let told = merged.increase(&Before::default(), 0).map_or(0.0, |increase| increase.increase);
        prop_assert_eq!(merged.unplaced(), 0);
        prop_assert!(near(told, grown(&points), 1e-12), "{} is not {}", told, grown(&points));
    }

    #[test]
    fn disorder_is_put_right(count in 2..1_000_u32, places in 1..20_usize, seed: u64) {
        let mut dice = Dice::new(seed);
        let points = total(count, &mut dice);
        let pane = pane_of(&disorder(&points, places, &mut dice), 0);
        let told = pane.increase(&Before::default(), 0).unwrap();
        prop_assert_eq!(pane.unplaced(), 0);
        prop_assert!(near(told.increase, grown(&points), 1e-12));
        prop_assert_eq!(told.took_ms, i64::from(count - 1) * 1_000);
    }

    #[test]
    fn any_split_of_few_points_tells_the_same(count in 2..64_u32, parts in 1..6, seed: u64) {
        let mut dice = Dice::new(seed);
        let points = total(count, &mut dice);
        let mut dealt = vec![Vec::new(); usize::try_from(parts).unwrap()];
        let parts = dealt.len();
        points.iter().for_each(|point| dealt[dice.below(parts)].push(*point));
        let pieces = dealt.iter().map(|some| (0, pane_of(some, 0))).collect();
        let told = merge_all(pieces, true, &mut dice).increase(&Before::default(), 0).unwrap();
        prop_assert!(near(told.increase, grown(&points), 1e-12));
    }
}

fn told(points: &[(u32, f64, PointKind)]) -> String {
    let mut pane = Pane::new(true);
    points.iter().for_each(|(time_ms, value, kind)| pane.add(*time_ms, *value, *kind));
    let increase = pane
        .increase(&Before::default(), 0)
        .map(|told| (told.increase, told.took_ms, told.per_second()));
    format!("{increase:?}, unplaced {}, unusable {}\n", pane.unplaced(), pane.unusable())
}

#[test]
fn beginnings_and_resets() {
    use PointKind::{Start, Value};
    let long = |late: u32| {
        let points = (0..2_000).map(|n| (n * 10, f64::from(n), Value));
        told(&points.chain([(late, 50.0, Value)]).collect::<Vec<_>>())
    };
    let restless = |count: u32| told(&(0..count).map(|n| (n * 10, 0.0, Start)).collect::<Vec<_>>());
    let cases = [
        told(&[]),
        told(&[(0, 10.0, Value)]),
        told(&[(0, 10.0, Value), (2_000, 16.0, Value)]),
        told(&[(0, 10.0, Value), (1_000, 4.0, Value), (2_000, 5.0, Value)]),
        told(&[(0, 0.0, Start), (1_000, 4.0, Value)]),
        told(&[(1_000, 4.0, Value), (0, 0.0, Start)]),
        told(&[(0, 10.0, Value), (500, 1.0, Start), (1_000, 15.0, Value)]),
        told(&[(0, 10.0, Value), (500, -3.0, Value)]),
        long(19_990),
        long(30_000),
        long(5_055),
        restless(32),
        restless(34),
    ];
    expect![[r#"
        None, unplaced 0, unusable 0
        None, unplaced 0, unusable 0
        Some((6.0, 2000, Some(3.0))), unplaced 0, unusable 0
        Some((5.0, 2000, Some(2.5))), unplaced 0, unusable 0
        Some((4.0, 1000, Some(4.0))), unplaced 0, unusable 0
        Some((4.0, 1000, Some(4.0))), unplaced 0, unusable 0
        Some((14.0, 1000, Some(14.0))), unplaced 0, unusable 0
        Some((0.0, 500, Some(0.0))), unplaced 0, unusable 0
        Some((2048.0, 19990, Some(102.4512256128064))), unplaced 0, unusable 0
        Some((2049.0, 30000, Some(68.3))), unplaced 0, unusable 0
        Some((1999.0, 19990, Some(100.0))), unplaced 1, unusable 0
        Some((0.0, 310, Some(0.0))), unplaced 0, unusable 0
        Some((0.0, 310, Some(0.0))), unplaced 0, unusable 2
    "#]]
    .assert_eq(&cases.concat());
}

#[test]
fn only_totals_grow() {
    let points = values(Shape::Even, 100, &mut Dice::new(1));
    assert_eq!(pane_of_values(&points, 0, false).increase(&Before::default(), 0), None);
}

/// Each pane begins anew three times and has a single value, so that there are many more beginnings
/// than values when panes are merged.
#[test]
fn beginnings_outnumber_values() {
    for seed in 0..20 {
        let pane = |number: u32| {
            let mut pane = Pane::new(true);
            (0..3).for_each(|at| pane.add(at * 10, 0.0, PointKind::Start));
            pane.add(15, 1.0, PointKind::Value);
            (number * 60_000, pane)
        };
        let merged = merge_all((0..40).map(pane).collect(), true, &mut Dice::new(seed));
        assert_eq!(
            merged.increase(&Before::default(), 0).map(|told| told.increase),
            Some(40.0),
            "seed {seed}"
        );
    }
}

//! Quantiles are near, limits hold, and what has no place is refused.

use analytics::summary::Sketch;
use proptest::prelude::*;

use super::support::{Dice, SHAPES, near};

fn sketch_of(values: &[f64]) -> Sketch {
    let mut sketch = Sketch::default();
    values.iter().for_each(|value| assert!(sketch.add(*value)));
    sketch
}

#[test]
fn quantiles_are_within_a_hundredth() {
    for (seed, shape) in SHAPES.into_iter().enumerate() {
        let mut dice = Dice::new(seed as u64);
        let mut values: Vec<f64> = (0..200_000).map(|_| dice.value(shape)).collect();
        let sketch = sketch_of(&values);
        values.sort_by(f64::total_cmp);
        for per_mille in 0..=1_000_usize {
            let exact = values[(per_mille * values.len()).div_ceil(1_000).max(1) - 1];
            let found = sketch.quantile(per_mille as f64 / 1_000.0).unwrap();
            assert!(near(found, exact, 0.01), "{shape:?} {per_mille}: {found} is not {exact}");
        }
        println!("{shape:?}: {} buckets", sketch.buckets());
    }
}

#[test]
fn what_is_no_number_has_no_place() {
    let mut sketch = Sketch::default();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(!sketch.add(value));
    }
    assert_eq!((sketch.count(), sketch.quantile(0.5)), (0, None));
    for value in [f64::MAX, f64::MIN, f64::MIN_POSITIVE, -f64::MIN_POSITIVE, 5e-324, -0.0] {
        assert!(sketch.add(value));
    }
    assert!(near(sketch.quantile(0.0).unwrap(), f64::MIN, 0.01));
    assert_eq!(sketch.quantile(0.5), Some(0.0));
    assert!(near(sketch.quantile(1.0).unwrap(), f64::MAX, 0.01));
}

/// Values over 600 decades, so that buckets run out.
fn wide(count: usize, dice: &mut Dice) -> Vec<f64> {
    (0..count).map(|_| 10_f64.powf(dice.share() * 600.0 - 300.0)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn collapsing_shows_no_order(parts in 1..6_usize, seed: u64) {
        let mut dice = Dice::new(seed);
        let mut values = wide(9_000, &mut dice);
        let whole = sketch_of(&values);
        dice.shuffle(&mut values);
        let mut pieces: Vec<_> = values.chunks(9_000 / parts).map(sketch_of).collect();
        dice.shuffle(&mut pieces);
        let mut merged = Sketch::default();
        pieces.iter().for_each(|piece| merged.merge(piece));
        prop_assert_eq!(&merged, &whole);
        prop_assert_eq!(whole.buckets(), 2_048);
        prop_assert_eq!(whole.count(), 9_000);
        // Those that did not collapse are where they were.
        values.sort_by(f64::total_cmp);
        let collapsed = usize::try_from(whole.collapsed()).unwrap();
        prop_assert!((1..9_000).contains(&collapsed));
        for rank in [collapsed, (collapsed + 8_999) / 2, 8_999] {
            let found = whole.quantile((rank + 1) as f64 / 9_000.0).unwrap();
            prop_assert!(near(found, values[rank], 0.01), "{} is not {}", found, values[rank]);
        }
    }
}

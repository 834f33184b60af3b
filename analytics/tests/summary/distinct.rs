//! Numbers of different values, from ten to ten million.

use analytics::summary::Distinct;
use proptest::prelude::*;

use super::support::Dice;

fn distinct_of(values: impl Iterator<Item = u64>) -> Distinct {
    let mut distinct = Distinct::default();
    values.for_each(|value| distinct.add(&value.to_le_bytes()));
    distinct
}

const SIZES: [u64; 7] = [10, 1_000, 2_000, 10_000, 100_000, 1_000_000, 10_000_000];
const SETS: u64 = 48;

/// Relative errors of the count as a set grows, by size.
fn errors(set: u64) -> [f64; SIZES.len()] {
    let (mut distinct, mut size) = (Distinct::default(), 0);
    SIZES.map(|wanted| {
        let added = distinct_of(set * 100_000_000 + size..set * 100_000_000 + wanted);
        (distinct, size) = (merged(&distinct, &added), wanted);
        distinct.count() as f64 / wanted as f64 - 1.0
    })
}

fn merged(one: &Distinct, other: &Distinct) -> Distinct {
    let mut both = one.clone();
    both.merge(other);
    both
}

#[test]
fn the_standard_error_is_within_two_hundredths() {
    let errors: Vec<_> = (0..SETS).map(errors).collect();
    for (place, size) in SIZES.into_iter().enumerate() {
        let of_size = errors.iter().map(|errors| errors[place]);
        let bias = of_size.clone().sum::<f64>() / SETS as f64;
        let standard = (of_size.map(|error| error * error).sum::<f64>() / SETS as f64).sqrt();
        println!("{size}: standard error {standard:.4}, bias {bias:.4}");
        assert!(standard <= if size > 1_000 { 0.02 } else { 0.0 }, "{size}: {standard}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn order_repetition_and_merging_do_not_show(
        size in prop_oneof![0..50_usize, 900..1_200_usize, 5_000..9_000_usize],
        parts in 1..6_usize,
        seed: u64,
    ) {
        let mut dice = Dice::new(seed);
        let values: Vec<u64> = (0..size).map(|_| dice.number()).collect();
        let whole = distinct_of(values.iter().copied());
        let mut dealt = vec![Vec::new(); parts];
        for value in values.iter().chain(&values) {
            dealt[dice.below(parts)].push(*value);
        }
        let mut merged = Distinct::default();
        for some in &mut dealt {
            dice.shuffle(some);
            merged.merge(&distinct_of(some.iter().copied()));
        }
        prop_assert_eq!(merged, whole);
    }
}

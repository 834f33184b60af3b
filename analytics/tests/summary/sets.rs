//! Statistic sets, alone and beside values.

use analytics::summary::{Before, Pane};
use expect_test::expect;
use proptest::prelude::*;
use schemas::metric::PointKind::{self, SetCount, SetMax, SetMin, SetSum, Value};

use super::support::{Dice, near};

fn add(pane: &mut Pane, time_ms: u32, set: [f64; 4]) {
    for (value, kind) in set.into_iter().zip([SetCount, SetSum, SetMin, SetMax]) {
        pane.add(time_ms, value, kind);
    }
}

fn pane(is_total: bool, pieces: &[(u32, f64, PointKind)]) -> Pane {
    let mut pane = Pane::new(is_total);
    pieces.iter().for_each(|(time_ms, value, kind)| pane.add(*time_ms, *value, *kind));
    pane
}

fn told(pane: &Pane) -> String {
    let Some(told) = pane.statistics(&Before::default()) else {
        return format!("nothing, unusable {}\n", pane.unusable());
    };
    let last = told.last.map(|last| last.value);
    format!(
        "{} sum {} in {:?}..{:?}, last {last:?}, mean {:?}, deviation {:?}, median {:?}, unusable {}\n",
        told.count,
        told.sum,
        told.min,
        told.max,
        told.mean,
        told.deviation,
        pane.quantiles([0.5]),
        pane.unusable()
    )
}

#[test]
fn sets_of_each_sort() {
    let whole = [(9, 4.0, SetCount), (9, 10.0, SetSum), (9, 1.0, SetMin), (9, 5.0, SetMax)];
    let second = [(19, 1.0, SetCount), (19, 7.0, SetSum), (19, 7.0, SetMin), (19, 7.0, SetMax)];
    let empty = [(9, 0.0, SetCount), (9, 0.0, SetSum), (9, 0.0, SetMin), (9, 0.0, SetMax)];
    let totals = [(9, 4.0, SetCount), (9, 9.0, SetSum), (19, 6.0, SetCount), (19, 12.0, SetSum)];
    let cases = [
        pane(false, &whole),
        pane(false, &[whole, whole].concat()),
        pane(false, &[whole, second].concat()),
        pane(false, &[&whole[..], &[(9, 2.0, Value)]].concat()),
        pane(false, &empty),
        pane(false, &[&empty[..], &[(9, 2.0, Value)]].concat()),
        pane(false, &[(9, 1.0, SetMin), (9, 5.0, SetMax)]),
        pane(false, &[(9, -1.0, SetCount), (9, f64::NAN, SetSum), (9, 1e30, SetCount)]),
        pane(true, &totals),
        pane(true, &totals[..2]),
    ];
    expect![[r#"
        4 sum 10 in Some(1.0)..Some(5.0), last None, mean Some(2.5), deviation None, median None, unusable 0
        4 sum 10 in Some(1.0)..Some(5.0), last None, mean Some(2.5), deviation None, median None, unusable 0
        5 sum 17 in Some(1.0)..Some(7.0), last None, mean Some(3.4), deviation None, median None, unusable 0
        5 sum 12 in Some(1.0)..Some(5.0), last Some(2.0), mean Some(2.4), deviation None, median Some([2.0]), unusable 0
        nothing, unusable 0
        1 sum 2 in Some(2.0)..Some(2.0), last Some(2.0), mean Some(2.0), deviation Some(0.0), median Some([2.0]), unusable 0
        0 sum 0 in Some(1.0)..Some(5.0), last None, mean None, deviation None, median None, unusable 0
        nothing, unusable 3
        2 sum 3 in None..None, last None, mean Some(1.5), deviation None, median None, unusable 0
        nothing, unusable 0
    "#]]
    .assert_eq(&cases.iter().map(told).collect::<String>());
}

proptest! {
    #[test]
    fn sets_add_up_in_any_split(count in 1..300_u32, parts in 1..6_usize, seed: u64) {
        let mut dice = Dice::new(seed);
        let mut panes = vec![Pane::new(false); parts];
        let mut oracle = [0.0, f64::INFINITY, f64::NEG_INFINITY];
        for time_ms in 0..count {
            let [one, other] = [dice.share(), dice.share()];
            let set = [2.0, one + other, one.min(other), one.max(other)];
            oracle = [oracle[0] + set[1], oracle[1].min(set[2]), oracle[2].max(set[3])];
            add(&mut panes[dice.below(parts)], time_ms, set);
        }
        dice.shuffle(&mut panes);
        let mut all = Pane::new(false);
        panes.iter().for_each(|pane| all.merge(pane, 0));
        let told = all.statistics(&Before::default()).unwrap();
        prop_assert_eq!(told.count, u64::from(count) * 2);
        prop_assert!(near(told.sum, oracle[0], 1e-12));
        prop_assert_eq!((told.min, told.max), (Some(oracle[1]), Some(oracle[2])));
    }
}

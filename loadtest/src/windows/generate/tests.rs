use std::collections::BTreeSet;

use schemas::mark;
use schemas::metric::{MetricBatch, PointKind, is_batch};

use super::*;
use crate::windows::Rules;
use crate::windows::oracle::Expected;

fn expected(kind: Kind, seed: u64) -> Expected {
    let mut expected = Expected::default();
    let rules = Rules::default_of_metric_windows();
    for (partition, items) in generate(seed, &Config::of(kind)).unwrap() {
        let values = items.iter().map(|item| item.value.as_slice());
        expected.add_partition(partition, values, &rules).unwrap();
    }
    expected
}

#[test]
fn a_seed_means_the_same_records_and_another_seed_others() {
    let config = Config::of(Kind::Mixed);
    let [one, again, other] = [1, 1, 2].map(|seed| generate(seed, &config).unwrap());
    assert_eq!(one, again);
    assert_ne!(one, other);
}

#[test]
fn nothing_is_late_but_where_points_are_sent_too_late() {
    for kind in Kind::ALL {
        let expected = expected(kind, 3);
        let sends_late = matches!(
            kind,
            Kind::Late | Kind::Resent | Kind::Mixed | Kind::Midnight | Kind::LeapDay
        );
        let late: u64 = expected.late.values().sum();
        assert_eq!(late > 20, sends_late, "{kind:?}: {late}");
        assert!(late == 0 || sends_late, "{kind:?}: {late}");
        assert_eq!(expected.undefined, 0, "{kind:?}");
        assert!(expected.windows.values().all(|window| window.is_closed), "{kind:?}");
    }
}

#[test]
fn every_kind_of_point_and_both_sides_of_the_limit_of_single_values_occur() {
    let mut kinds = BTreeSet::new();
    for item in generate(1, &Config::of(Kind::Mixed)).unwrap().values().flatten() {
        if is_batch(&item.value) {
            let batch = MetricBatch::decode(&item.value).unwrap();
            kinds.extend(batch.points().iter().map(|point| point.kind as u8));
        } else {
            assert!(mark::is_mark(&item.value) || item.value.starts_with(b"{"));
        }
    }
    assert_eq!(kinds, (0..=PointKind::SetMax as u8).collect());
    let expected = expected(Kind::Mixed, 1);
    assert!(expected.duplicates > 20, "{}", expected.duplicates);
    let figures = || expected.windows.values().map(|window| &window.figures);
    assert!(figures().any(|figures| figures.quantiles_exact && figures.count > 1));
    assert!(figures().any(|figures| !figures.quantiles_exact));
    assert!(figures().any(|figures| figures.stale_since_ms.is_some()));
    assert!(figures().any(|figures| figures.unusable > 0));
}

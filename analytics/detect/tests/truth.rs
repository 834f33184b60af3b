//! What is found of anomalies that were put there. The table comes from the example `synthetic`.

#![allow(missing_docs, reason = "a test")]

#[allow(dead_code, unreachable_pub, reason = "the example prints its table")]
mod synthetic;

use detect::Setting;
use synthetic::{KINDS, Kind, found};

#[test]
fn each_kind_is_found_with_less_than_one_false_alarm_a_week() {
    for kind in KINDS {
        let found = found(kind, 1, 8, &Setting::default());
        let rate = f64::from(found.false_alarms) / found.weeks;
        assert!(rate <= 1.0, "{kind:?}: {rate} false alarms a series and week");
        if kind != Kind::Nothing {
            let recall = f64::from(found.hits) / f64::from(found.series);
            assert!(recall >= 0.9, "{kind:?}: {} of {}", found.hits, found.series);
        }
    }
}

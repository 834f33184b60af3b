//! From samples to evidence.

use incidents::rank::{Samples, Series, Verdict, judge};

use crate::support::{MINUTE_MS, NOON_MS, judged, names, normal, samples, series};

/// What a fault adds to a metric of a node while it lasts.
type Fault = (&'static str, &'static [(&'static str, &'static str, f64)], &'static str);

const FAULTS: [Fault; 5] = [
    (
        "store is slow",
        &[("store", "latency", 30.0), ("search", "latency", 30.0), ("shop", "latency", 28.0)],
        "store",
    ),
    ("search is slow", &[("search", "latency", 30.0), ("shop", "latency", 28.0)], "search"),
    ("shop itself is slow", &[("shop", "latency", 40.0)], "shop"),
    (
        "pay fails",
        &[("pay", "availability", -9.0), ("shop", "availability", -6.0), ("pay", "latency", 4.0)],
        "pay",
    ),
    (
        "search fails, and store hears less of it",
        &[
            ("search", "availability", -9.0),
            ("shop", "availability", -6.0),
            ("store", "requests", -200.0),
        ],
        "search",
    ),
];

fn metric_of(parts: &[(&str, &'static str, f64)]) -> &'static str {
    parts.iter().find(|part| part.0 == "shop").unwrap().1
}

/// `parts` of a fault in the minutes 3 and 4 of six.
fn faulty(parts: &'static [(&str, &str, f64)], seed: u64, level: f64) -> Samples {
    samples(0..6, seed, move |node, metric, minute| {
        let is_part = |part: &&(&str, &str, f64)| (part.0, part.1) == (node, metric);
        let hit = parts.iter().find(is_part).filter(|_| minute == 3 || minute == 4);
        let drift = if metric == "latency" { level } else { 0.0 };
        drift + hit.map_or(0.0, |part| part.2)
    })
}

#[test]
fn a_fault_is_found_at_its_node() {
    for (name, parts, expected) in FAULTS {
        for seed in 0..20 {
            let (verdict, ranking) = judged(&normal(), &faulty(parts, seed, 0.0), metric_of(parts));
            assert_eq!(ranking.causes[0].node, expected, "{name}, seed {seed}: {ranking:#?}");
            let Verdict::Abnormal { symptom, .. } = verdict else { panic!("{name}") };
            assert_eq!(symptom.since_ms, NOON_MS + 3 * MINUTE_MS, "{name}, seed {seed}");
        }
    }
}

#[test]
fn levels_that_drifted_everywhere_hide_no_fault() {
    let (_, parts, expected) = FAULTS[1];
    // Every latency is lower by three than in the normal period, a third of what store usually takes.
    let (_, ranking) = judged(&normal(), &faulty(parts, 3, -3.0), "latency");
    assert_eq!(ranking.causes[0].node, expected, "{ranking:#?}");
}

#[test]
fn a_fault_that_lasts_the_whole_period_is_found_by_its_level() {
    let current = samples(0..6, 5, |node, metric, _| match (node, metric) {
        ("search" | "shop", "latency") => 30.0,
        _ => 0.0,
    });
    let (verdict, ranking) = judged(&normal(), &current, "latency");
    assert_eq!(names(&ranking)[0], "search", "{verdict:?} {ranking:#?}");
}

#[test]
fn healthy_periods_have_no_causes() {
    let mut flagged = 0;
    for seed in 100..300 {
        for metric in ["latency", "availability"] {
            let current = samples(0..6, seed, |_, _, _| 0.0);
            flagged += usize::from(!judged(&normal(), &current, metric).1.causes.is_empty());
        }
    }
    // One window in twenty is the rule, taken twice.
    assert!(flagged <= 40, "{flagged} of 400 healthy periods have causes");
    // A rule that is never met would pass the line above.
    assert!(flagged > 0, "the limit is nowhere near what is usual");
}

#[test]
fn one_stray_sample_faster_or_better_than_usual_is_no_symptom() {
    let stray = |amount: f64, at: i64| {
        samples(
            0..40,
            1,
            move |node, _, minute| if node == "shop" && minute == at { amount } else { 0.0 },
        )
    };
    let better = samples(0..6, 1, |_, metric, _| if metric == "latency" { -9.0 } else { 0.0 });
    for current in [stray(500.0, 20), stray(-60.0, 20), better] {
        for metric in ["latency", "availability"] {
            let (verdict, _) = judged(&normal(), &current, metric);
            assert!(matches!(verdict, Verdict::Normal { .. }), "{metric}: {verdict:?}");
        }
    }
}

#[test]
fn what_is_merely_different_from_the_normal_period_all_the_time_is_not_blamed() {
    let (_, parts, expected) = FAULTS[1];
    let mut current = faulty(parts, 2, 0.0);
    for minute in 0..6 {
        let at_ms = NOON_MS + minute * MINUTE_MS;
        current.add(&series("pay", "availability"), at_ms, 3.0);
        current.add(&series("pay", "latency"), at_ms, 900.0 + (minute % 2) as f64);
    }
    let (_, ranking) = judged(&normal(), &current, "latency");
    assert_eq!(ranking.causes[0].node, expected);
    assert!(!names(&ranking).contains(&"pay"), "{ranking:#?}");
}

#[test]
fn missing_and_broken_samples_do_no_harm() {
    let (_, parts, expected) = FAULTS[0];
    let mut current = faulty(parts, 4, 0.0);
    for broken in [f64::NAN, f64::INFINITY] {
        current.add(&series("shop", "latency"), NOON_MS + 3 * MINUTE_MS, broken);
        current.add(&series("unheard-of", "latency"), NOON_MS, broken);
    }
    current.add(&series("never-seen-before", "latency"), NOON_MS, 9.0);
    assert_eq!(current.dropped(), 4);
    assert_eq!(judged(&normal(), &current, "latency").1.causes[0].node, expected);

    let nothing = Samples::default();
    for (past, now) in [(&normal(), &nothing), (&nothing, &current), (&nothing, &nothing)] {
        assert!(matches!(judged(past, now, "latency").0, Verdict::Unknown { .. }));
    }
    assert!(matches!(judged(&normal(), &current, "no such").0, Verdict::Unknown { .. }));
    let short = samples(-7..0, 1, |_, _, _| 0.0);
    let Verdict::Unknown { text } = judged(&short, &current, "latency").0 else { panic!() };
    assert!(text.contains("has 7 samples in the normal period"), "{text}");
    let single = samples(0..1, 1, |_, _, _| 0.0);
    assert!(matches!(judged(&normal(), &single, "latency").0, Verdict::Normal { .. }));
}

/// One node, with these values a minute apart.
fn one(values: impl IntoIterator<Item = f64>) -> Samples {
    let mut samples = Samples::default();
    for (minute, value) in (0..).zip(values) {
        samples.add(&series("shop", "latency"), NOON_MS + minute * MINUTE_MS, value);
    }
    samples
}

#[test]
fn constants_change_when_they_change() {
    let is_abnormal = |past: f64, now: f64| {
        let verdict = judged(&one(vec![past; 100]), &one(vec![now; 6]), "latency").0;
        matches!(verdict, Verdict::Abnormal { .. })
    };
    for same in [0.0, 5.0, -3.0, f64::MAX] {
        assert!(!is_abnormal(same, same), "{same}");
    }
    assert!(is_abnormal(0.0, 1.0));
    assert!(is_abnormal(5.0, 5.2));
    assert!(!is_abnormal(5.0, 5.01), "so little is not told from none");
    assert!(!is_abnormal(5.0, 4.0), "faster is not worse");
}

#[test]
fn names_tell_which_way_is_bad_and_a_name_that_says_nothing_counts_both_ways() {
    let cases = [
        ("latency", 1.0, true),
        ("latency", -1.0, false),
        ("http_5xx_count", 1.0, true),
        ("uptime", -1.0, true),
        ("success_rate", 1.0, false),
        ("requests", -1.0, true),
        ("blips", 1.0, true),
        ("blips", -1.0, true),
    ];
    for (metric, change, expected) in cases {
        let subject = Series { node: "n".into(), metric: metric.into(), statistic: "s".into() };
        let period = |count: i64, value: f64| {
            let mut samples = Samples::default();
            (0..count).for_each(|at| samples.add(&subject, at * 1000, value));
            samples
        };
        let verdict = judge(&period(90, 10.0), &period(6, 10.0 + change), &subject);
        assert_eq!(matches!(verdict, Verdict::Abnormal { .. }), expected, "{metric} {change}");
    }
}

#[test]
fn long_periods_are_looked_at_where_the_symptom_shows_and_give_the_same_each_time() {
    let long = samples(-20_000..0, 11, |_, _, _| 0.0);
    let current = samples(0..3_000, 12, |node, metric, minute| match (node, metric) {
        ("search" | "shop", "latency") if minute > 1_500 => 30.0,
        _ => 0.0,
    });
    let (verdict, ranking) = judged(&long, &current, "latency");
    assert_eq!(names(&ranking)[0], "search", "{ranking:#?}");
    assert_eq!((verdict, ranking), judged(&long, &current, "latency"));
}

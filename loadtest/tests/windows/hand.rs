//! Figures that were computed by hand, each case for a rule of `docs/windows.md`.

use loadtest::windows::oracle::WindowName;
use schemas::series::Temporality::{self, Cumulative, Delta, Gauge};

use crate::script::{SERIES, expected, line};

/// What is tried, the series, its input, size and start of the window in seconds, its figures.
type Case = (&'static str, Temporality, &'static str, (i64, i64), &'static str);

const NONE: &str = "no window";

const VALUES: [Case; 15] = [
    (
        "two values",
        Gauge,
        "10:5 20:7",
        (60, 0),
        "n=2 sum=12 range=5..7 ends=5..7 mean=6 dev=1 q=5/7/7/7",
    ),
    (
        "in another order",
        Gauge,
        "20:7 ; 10:5",
        (60, 0),
        "n=2 sum=12 range=5..7 ends=5..7 mean=6 dev=1 q=5/7/7/7",
    ),
    (
        "a lone value",
        Gauge,
        "10:5",
        (60, 0),
        "n=1 sum=5 range=5..5 ends=5..5 mean=5 dev=0 q=5/5/5/5",
    ),
    (
        "negative values",
        Gauge,
        "10:-3 20:-1 30:1",
        (60, 0),
        "n=3 sum=-3 range=-3..1 ends=-3..1 mean=-1 dev=1.632993 q=-1/1/1/1",
    ),
    (
        "an end is not within",
        Gauge,
        "59.999:1 60:2",
        (60, 0),
        "n=1 sum=1 range=1..1 ends=1..1 mean=1 dev=0 q=1/1/1/1",
    ),
    (
        "a start is within",
        Gauge,
        "59.999:1 60:2",
        (60, 60),
        "n=1 sum=2 range=2..2 ends=2..2 mean=2 dev=0 q=2/2/2/2",
    ),
    (
        "before 1970",
        Gauge,
        "-10:5",
        (60, -60),
        "n=1 sum=5 range=5..5 ends=5..5 mean=5 dev=0 q=5/5/5/5",
    ),
    (
        "five minutes hold theirs",
        Gauge,
        "10:1 70:3 300:9",
        (300, 0),
        "n=2 sum=4 range=1..3 ends=1..3 mean=2 dev=1 q=1/3/3/3",
    ),
    (
        "a leap day is a day",
        Gauge,
        "1835481599:1 1835481600:2",
        (86_400, 1_835_395_200),
        "n=1 sum=1 range=1..1 ends=1..1 mean=1 dev=0 q=1/1/1/1",
    ),
    (
        "sent again in a batch",
        Gauge,
        "10:5 10:9",
        (60, 0),
        "n=1 sum=9 range=9..9 ends=9..9 mean=9 dev=0 q=9/9/9/9",
    ),
    (
        "sent again later",
        Gauge,
        "10:5 20:6 ; 10:9",
        (60, 0),
        "n=2 sum=15 range=6..9 ends=9..6 mean=7.5 dev=1.5 q=6/9/9/9",
    ),
    (
        "ranks of 64 values",
        Gauge,
        "fill:64",
        (60, 0),
        "n=64 sum=2080 range=1..64 ends=1..64 mean=32.5 dev=18.472953 q=32/58/61/64",
    ),
    (
        "64 instants replace",
        Gauge,
        "fill:64 ; 0.064:0",
        (60, 0),
        "n=64 sum=2016 range=0..63 ends=1..0 mean=31.5 dev=18.472953 q=31/57/60/63",
    ),
    (
        "65 instants do not",
        Gauge,
        "fill:65 ; 0.065:0",
        (60, 0),
        "n=65 sum=2145 range=1..65 ends=1..65 mean=33 dev=18.761663 q=33/59/62/65",
    ),
    ("no window without a point", Gauge, "10:5", (60, 60), NONE),
];

const OTHERS: [Case; 9] = [
    (
        "no number",
        Gauge,
        "10:5 20:nan",
        (60, 0),
        "n=1 sum=5 range=5..5 ends=5..5 mean=5 dev=0 q=5/5/5/5 unusable=1",
    ),
    ("infinite", Gauge, "10:inf 20:-inf", (60, 0), "n=0 unusable=2"),
    ("a start in a gauge", Gauge, "10:start:0", (60, 0), "n=0 unusable=1"),
    (
        "gone",
        Gauge,
        "10:5 20:stale",
        (60, 0),
        "n=1 sum=5 range=5..5 ends=5..5 mean=5 dev=0 q=5/5/5/5 stale=20",
    ),
    (
        "gone and back",
        Gauge,
        "10:stale 20:5",
        (60, 0),
        "n=1 sum=5 range=5..5 ends=5..5 mean=5 dev=0 q=5/5/5/5",
    ),
    (
        "gone, and back in another minute",
        Gauge,
        "10:5 20:stale 70:5",
        (60, 0),
        "n=1 sum=5 range=5..5 ends=5..5 mean=5 dev=0 q=5/5/5/5 stale=20",
    ),
    (
        "back for five minutes",
        Gauge,
        "10:5 20:stale 70:5",
        (300, 0),
        "n=2 sum=10 range=5..5 ends=5..5 mean=5 dev=0 q=5/5/5/5",
    ),
    (
        "gone since an earlier minute",
        Gauge,
        "10:5 70:stale",
        (300, 0),
        "n=1 sum=5 range=5..5 ends=5..5 mean=5 dev=0 q=5/5/5/5 stale=70",
    ),
    ("gone and nothing else", Gauge, "10:stale", (60, 0), "n=0 stale=10"),
];

const TOTALS: [Case; 15] = [
    (
        "a total grows",
        Cumulative,
        "10:100 20:130",
        (60, 0),
        "n=2 sum=230 range=100..130 ends=100..130 mean=115 dev=15 q=100/130/130/130 inc=30 rate=3",
    ),
    (
        "the step into a window is its own",
        Cumulative,
        "50:100 70:160 80:180",
        (60, 60),
        "n=2 sum=340 range=160..180 ends=160..180 mean=170 dev=10 q=160/180/180/180 inc=80 rate=2.666667",
    ),
    (
        "a lone point a minute",
        Cumulative,
        "10:100 ; 70:160",
        (60, 60),
        "n=1 sum=160 range=160..160 ends=160..160 mean=160 dev=0 q=160/160/160/160 inc=60 rate=1",
    ),
    (
        "the very first point",
        Cumulative,
        "10:100 ; 70:160",
        (60, 0),
        "n=1 sum=100 range=100..100 ends=100..100 mean=100 dev=0 q=100/100/100/100",
    ),
    (
        "five minutes are the sum of theirs",
        Cumulative,
        "10:100 ; 70:160 80:180",
        (300, 0),
        "n=3 sum=440 range=100..180 ends=100..180 mean=146.666667 dev=33.993463 q=160/180/180/180 inc=80 rate=1.142857",
    ),
    (
        "begun anew, untold",
        Cumulative,
        "10:100 20:30",
        (60, 0),
        "n=2 sum=130 range=30..100 ends=100..30 mean=65 dev=35 q=30/100/100/100 inc=30 rate=3",
    ),
    (
        "begun anew from nothing",
        Cumulative,
        "10:100 20:0",
        (60, 0),
        "n=2 sum=100 range=0..100 ends=100..0 mean=50 dev=50 q=0/100/100/100 inc=0 rate=0",
    ),
    (
        "fallen below nothing",
        Cumulative,
        "10:4 20:-2",
        (60, 0),
        "n=2 sum=2 range=-2..4 ends=4..-2 mean=1 dev=3 q=-2/4/4/4 inc=0 rate=0",
    ),
    (
        "begun anew, told",
        Cumulative,
        "10:100 20:start:0 30:107",
        (60, 0),
        "n=2 sum=207 range=100..107 ends=100..107 mean=103.5 dev=3.5 q=100/107/107/107 inc=107 rate=5.35",
    ),
    (
        "what it began with",
        Cumulative,
        "10:100 20:start:50 30:107",
        (60, 0),
        "n=2 sum=207 range=100..107 ends=100..107 mean=103.5 dev=3.5 q=100/107/107/107 inc=57 rate=2.85",
    ),
    (
        "a beginning stands before a value of its instant",
        Cumulative,
        "20:7 20:start:0",
        (60, 0),
        "n=1 sum=7 range=7..7 ends=7..7 mean=7 dev=0 q=7/7/7/7 inc=7",
    ),
    (
        "a late point takes a share of the step of the next",
        Cumulative,
        "10:100 130:160 ; 70:150",
        (60, 120),
        "n=1 sum=160 range=160..160 ends=160..160 mean=160 dev=0 q=160/160/160/160 inc=10 rate=0.166667",
    ),
    (
        "and gets its own",
        Cumulative,
        "10:100 130:160 ; 70:150",
        (60, 60),
        "n=1 sum=150 range=150..150 ends=150..150 mean=150 dev=0 q=150/150/150/150 inc=50 rate=0.833333",
    ),
    (
        "after an hour of silence",
        Cumulative,
        "10:100 3610:460",
        (60, 3_600),
        "n=1 sum=460 range=460..460 ends=460..460 mean=460 dev=0 q=460/460/460/460 inc=360 rate=0.1",
    ),
    (
        "a point sent again changes the steps on both sides",
        Cumulative,
        "10:100 20:110 30:130 ; 20:90",
        (60, 0),
        "n=3 sum=320 range=90..130 ends=100..130 mean=106.666667 dev=16.996732 q=100/130/130/130 inc=130 rate=6.5",
    ),
];

const SETS: [Case; 11] = [
    (
        "rates of delta series",
        Delta,
        "10:30 20:30",
        (60, 0),
        "n=2 sum=60 range=30..30 ends=30..30 mean=30 dev=0 q=30/30/30/30 rate=1",
    ),
    (
        "by the size of the window",
        Delta,
        "10:30 20:30",
        (300, 0),
        "n=2 sum=60 range=30..30 ends=30..30 mean=30 dev=0 q=30/30/30/30 rate=0.2",
    ),
    (
        "two sets",
        Delta,
        "10:set:4/20/1/9 20:set:6/60/2/20",
        (60, 0),
        "n=10 sum=80 range=1..20 mean=8 rate=1.333333",
    ),
    (
        "a set of no values",
        Delta,
        "10:set:0/0/5/5 20:set:1/2/2/2",
        (60, 0),
        "n=1 sum=2 range=2..2 mean=2 rate=0.033333",
    ),
    (
        "a set and a value",
        Delta,
        "10:set:2/10/4/6 20:3",
        (60, 0),
        "n=3 sum=13 range=3..6 ends=3..3 mean=4.333333 q=3/3/3/3 rate=0.216667",
    ),
    ("a set of a gauge", Gauge, "10:set:2/10/4/6", (60, 0), "n=2 sum=10 range=4..6 mean=5"),
    (
        "a set sent again",
        Delta,
        "10:set:2/10/4/6 ; 10:set:3/12/3/6",
        (60, 0),
        "n=3 sum=12 range=3..6 mean=4 rate=0.2",
    ),
    (
        "sets of totals grow",
        Cumulative,
        "10:set:5/50/1/9 20:set:8/80/1/12",
        (60, 0),
        "n=3 sum=30 mean=10",
    ),
    (
        "from a minute to the next",
        Cumulative,
        "10:set:5/50/1/9 ; 70:set:8/80/1/12",
        (60, 60),
        "n=3 sum=30 mean=10",
    ),
    ("the first says nothing", Cumulative, "10:set:5/50/1/9", (60, 0), "n=0"),
    (
        "begun anew",
        Cumulative,
        "10:set:8/80/1/9 20:set:3/20/1/9",
        (60, 0),
        "n=3 sum=20 mean=6.666667",
    ),
];

fn check((what, temporality, script, (size_s, start_s), wanted): Case) {
    let name = WindowName { series: SERIES, size_ms: size_s * 1_000, start_ms: start_s * 1_000 };
    let expected = expected(temporality, script);
    let told = expected.windows.get(&name).map(|window| line(&window.figures));
    assert_eq!(told.as_deref().unwrap_or(NONE), wanted, "{what}: {script}");
}

#[test]
fn values_come_to_what_a_person_computes() {
    VALUES.into_iter().for_each(check);
}

#[test]
fn markers_and_unusable_points_come_to_what_a_person_expects() {
    OTHERS.into_iter().for_each(check);
}

#[test]
fn totals_grow_by_what_a_person_computes() {
    TOTALS.into_iter().for_each(check);
}

#[test]
fn deltas_and_sets_come_to_what_a_person_computes() {
    SETS.into_iter().for_each(check);
}

/// The input, whether the minute from 0 is closed at the end, late points, duplicates.
type Passage = (&'static str, &'static str, Option<bool>, u64, u64);

const PASSAGES: [Passage; 14] = [
    (
        "a mark comes between a definition and its first point",
        "define @0 @30 ; 10:5",
        Some(false),
        0,
        0,
    ),
    ("a minute is open while its end is after the watermark", "10:5 ; @89.999", Some(false), 0, 0),
    ("and closed when the watermark reaches it", "10:5 ; @90", Some(true), 0, 0),
    ("a closed window takes points", "@389.999 ; 10:5", Some(true), 0, 0),
    ("a settled minute does not", "@390 ; 10:5", None, 1, 0),
    ("each late point is told", "@390 ; 10:5 10:stale 20:nan 20:5", None, 4, 0),
    ("only what is late is late", "@390 ; 10:5 60:5", None, 1, 0),
    ("by its minute, not by its instant", "@449 ; 60:5 59.999:5", None, 1, 0),
    ("time begins when all partitions were heard of", "@0/2=390 ; 10:5", Some(false), 0, 0),
    ("with the least of them", "10:5 ; @0/2=390 @1/2=90", Some(true), 0, 0),
    ("which does not move with the other", "10:5 ; @0/2=390 @1/2=89 @0/2=990", Some(false), 0, 0),
    ("and never goes back", "@390 @10 ; 10:5", None, 1, 0),
    ("no point moves it", "999:5 ; 10:5", Some(false), 0, 0),
    ("duplicates of a crowded minute are counted", "fill:65 ; 0.001:5 0.002:5", Some(false), 0, 2),
];

#[test]
fn only_marks_move_time() {
    for (what, script, is_closed, late, duplicates) in PASSAGES {
        let expected = expected(Gauge, script);
        let minute = WindowName { series: SERIES, size_ms: 60_000, start_ms: 0 };
        let minute = expected.windows.get(&minute).map(|window| window.is_closed);
        assert_eq!(minute, is_closed, "{what}: {script}");
        assert_eq!(expected.late.values().sum::<u64>(), late, "{what}: {script}");
        assert_eq!(expected.duplicates, duplicates, "{what}: {script}");
    }
}

#[test]
fn all_five_sizes_hold_a_point_and_corrections_are_bounded_by_batches() {
    let expected = expected(Gauge, "10:5 ; @90 ; 20:5 ; 20:5 80:5");
    let of = |size_s: i64, start_s: i64| {
        let name =
            WindowName { series: SERIES, size_ms: size_s * 1_000, start_ms: start_s * 1_000 };
        let window = &expected.windows[&name];
        (window.figures.count, window.is_closed, window.corrections_max)
    };
    assert_eq!(of(60, 0), (2, true, 2));
    assert_eq!(of(60, 60), (1, false, 0));
    for size_s in [300, 900, 3_600, 86_400] {
        assert_eq!(of(size_s, 0), (3, false, 0));
    }
    assert_eq!(expected.windows.len(), 6);
}

#[test]
fn points_without_a_definition_are_counted() {
    let records = crate::script::records(Gauge, "10:5 ; @90");
    let mut expected = loadtest::windows::oracle::Expected::default();
    let rules = loadtest::windows::Rules::default_of_metric_windows();
    let undefined = records.iter().skip_while(|record| record.starts_with(b"{")).map(Vec::as_slice);
    expected.add_partition(0, undefined, &rules).unwrap();
    assert_eq!((expected.undefined, expected.windows.len()), (1, 0));
}

/// Totals whose points come between points that may have been summed up.
const CROWDED: [(&str, Temporality, &str); 3] = [
    ("a fall within a crowded minute", Cumulative, "fill:130/2 ; 0.003:9"),
    ("a beginning within a crowded minute", Cumulative, "fill:130/2 ; 0.003:start:0"),
    ("a fall at the end of a crowded minute", Cumulative, "fill:130/2 ; 0.259:3"),
];

/// All inputs, for whatever else has to take them.
pub(crate) fn scripts() -> Vec<(&'static str, Temporality, &'static str)> {
    let cases = VALUES.into_iter().chain(OTHERS).chain(TOTALS).chain(SETS);
    let cases = cases.map(|(what, temporality, script, ..)| (what, temporality, script));
    let passages = PASSAGES.into_iter().map(|(what, script, ..)| (what, Gauge, script));
    cases.chain(passages).chain(CROWDED).collect()
}

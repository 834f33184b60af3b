//! Faults planted into output that is right: the comparison has to tell each of them.

use std::collections::BTreeMap;

use loadtest::windows::compare::Comparison;
use loadtest::windows::figures::PERCENTS;
use loadtest::windows::found::{Published, Told};
use loadtest::windows::oracle::{Expected, Window, WindowName};
use loadtest::windows::rows::Rows;
use schemas::aggregate::{Aggregate, Statistics, WindowState};
use schemas::envelope::Extra;
use schemas::finite::Finite;
use schemas::id::SeriesId;
use schemas::position::Position;
use schemas::series::Temporality::{Cumulative, Gauge};

use crate::script::{SERIES, expected};

const MINUTE: WindowName = WindowName { series: SERIES, size_ms: 60_000, start_ms: 0 };

/// What a service without faults tells of the minute: provisional, final, a correction.
fn perfect(due: &Expected) -> Published {
    let mut published = Published { late: due.late.clone(), ..Published::default() };
    for (name, window) in due.windows.iter().filter(|(_, window)| window.is_closed) {
        let states = [WindowState::Provisional, WindowState::Final, WindowState::Correction];
        let count = 2 + window.corrections_max.min(1);
        let told = (0..).zip(states).take(count).map(|(revision, state)| Told {
            key: format!("{}/{}", window.identity.tenant, window.identity.resource).into_bytes(),
            tenant: window.identity.tenant.clone(),
            aggregate: aggregate(name, window, revision, state),
        });
        published.windows.insert(*name, told.collect());
    }
    published
}

fn aggregate(name: &WindowName, window: &Window, revision: u32, state: WindowState) -> Aggregate {
    let figures = &window.figures;
    let finite = |number: Option<f64>| number.and_then(Finite::new);
    let named = |quantiles: [f64; 4]| {
        let named = PERCENTS.into_iter().zip(quantiles);
        named.map(|(percent, value)| (format!("p{percent}"), Finite::new(value).unwrap()))
    };
    let position = Position { partition: 0, offset: 10 + u64::from(revision), row: 0 };
    Aggregate {
        series: SeriesId::from_u64(name.series),
        resource: serde_json::from_value(window.identity.resource.clone().into()).unwrap(),
        group: BTreeMap::new(),
        measure: window.identity.measure.clone(),
        window_start_ms: name.start_ms,
        window_size_ms: name.size_ms,
        state,
        revision,
        position,
        statistics: Statistics {
            count: figures.count,
            sum: finite(figures.sum),
            min: finite(figures.min),
            max: finite(figures.max),
            first: finite(figures.first),
            last: finite(figures.last),
            mean: finite(figures.mean),
            deviation: finite(figures.deviation),
            extra: Extra::new(),
        },
        quantiles: figures.quantiles.into_iter().flat_map(named).collect(),
        distinct: None,
        increase: finite(figures.increase),
        rate: finite(figures.rate),
        stale_since_ms: figures.stale_since_ms,
        unusable: figures.unusable,
        collapsed: 0,
        extra: Extra::new(),
    }
}

/// Lost, duplicated and different records after a fault, and words that tell it.
type Outcome = (u64, u64, u64, &'static str);

fn check(due: &Expected, fault: impl FnOnce(&mut Published), wanted: Outcome) {
    let mut published = perfect(due);
    fault(&mut published);
    let comparison = Comparison::between(due, &published);
    let found = &comparison.differences;
    let (lost, duplicated, different, words) = wanted;
    assert_eq!(
        (found.lost, found.duplicated, found.different),
        (lost, duplicated, different),
        "{words}: {comparison:#?}"
    );
    let told = found.examples.join("\n");
    assert!(told.contains(words) && told.is_empty() == found.is_empty(), "{words}: {told}");
}

fn minute(published: &mut Published) -> &mut Vec<Told> {
    published.windows.get_mut(&MINUTE).unwrap()
}

fn last(published: &mut Published) -> &mut Aggregate {
    &mut minute(published).last_mut().unwrap().aggregate
}

fn change(number: &mut Option<Finite>, by: f64) {
    *number = number.and_then(|number| Finite::new(number.get() * (1.0 + by)));
}

/// A total with a point after closing and a late one: every figure is told, and each kind of record.
fn due() -> Expected {
    expected(Cumulative, "10:100 20:130 25:stale ; @90 ; 30:190 40:nan ; @400 ; 50:5")
}

#[test]
fn what_is_right_has_no_differences() {
    let due = due();
    check(&due, |_| {}, (0, 0, 0, ""));
    let seen = Comparison::between(&due, &perfect(&due)).seen;
    let counted = (seen.provisional, seen.finals, seen.corrections, seen.late);
    assert_eq!(counted, (2, 2, 1, 1), "{seen:?}");
    assert_eq!(seen.open_lagging, 3, "15 min, 1 h and 1 d are open and untold");
}

#[test]
fn lost_and_repeated_records_are_told() {
    let due = due();
    check(&due, |all| drop(all.windows.remove(&MINUTE)), (1, 0, 0, "no record"));
    check(&due, |all| drop(minute(all).remove(1)), (2, 0, 0, "revision 1 before 2"));
    check(&due, |all| drop(minute(all).remove(0)), (1, 0, 0, "revision 0 before 1"));
    check(&due, |all| drop(minute(all).pop()), (0, 0, 0, ""));
    let twice = |all: &mut Published| {
        let again = minute(all)[1].clone();
        minute(all).insert(1, again);
    };
    check(&due, twice, (0, 2, 1, "revision 1 where 2 is due"));
    check(&due, |all| minute(all).swap(0, 1), (1, 1, 2, "follows"));
    let more = |all: &mut Published| {
        let mut next = minute(all)[2].clone();
        next.aggregate.revision += 1;
        next.aggregate.position.offset += 1;
        minute(all).push(next);
    };
    check(&due, more, (0, 1, 0, "2 corrections by 1 batches"));
}

#[test]
fn windows_and_late_points_that_should_not_be_there_are_told() {
    let due = due();
    let elsewhere = WindowName { start_ms: 60_000, ..MINUTE };
    let moved = |all: &mut Published| {
        let told = minute(all).clone();
        all.windows.insert(elsewhere, told);
    };
    check(&due, moved, (0, 3, 0, "holds nothing"));
    check(&due, |all| all.late.clear(), (1, 0, 0, "1 due, 0 found"));
    check(&due, |all| *all.late.values_mut().next().unwrap() += 1, (0, 1, 0, "1 due, 2 found"));
    check(&due, |all| all.dead_letters.push("broken".into()), (0, 1, 0, "dead letter: broken"));
}

#[test]
fn states_out_of_order_are_told() {
    let due = due();
    let state = |at: usize, state: WindowState| {
        move |all: &mut Published| minute(all)[at].aggregate.state = state
    };
    check(&due, state(1, WindowState::Provisional), (1, 0, 0, "no final record"));
    check(&due, state(2, WindowState::Final), (0, 1, 0, "2 final records"));
    check(&due, state(2, WindowState::Provisional), (0, 0, 1, "not provisional, final"));
    let open = WindowName { size_ms: 3_600_000, ..MINUTE };
    let early = |all: &mut Published| {
        let mut told = minute(all)[1].clone();
        told.aggregate.revision = 0;
        all.windows.insert(open, vec![told]);
    };
    check(&due, early, (0, 0, 1, "final record of an open window"));
}

#[test]
fn exact_figures_are_compared_exactly() {
    let due = due();
    let statistics =
        |with: fn(&mut Statistics)| move |all: &mut Published| with(&mut last(all).statistics);
    check(&due, statistics(|told| told.count += 1), (0, 0, 1, "count"));
    check(&due, statistics(|told| change(&mut told.min, 1e-15)), (0, 0, 1, "min"));
    check(&due, statistics(|told| change(&mut told.max, 1e-15)), (0, 0, 1, "max"));
    check(&due, statistics(|told| change(&mut told.first, 1e-15)), (0, 0, 1, "first"));
    check(&due, statistics(|told| change(&mut told.last, 1e-15)), (0, 0, 1, "last"));
    check(&due, statistics(|told| told.deviation = None), (0, 0, 1, "deviation"));
    check(&due, |all| last(all).stale_since_ms = Some(25_000), (0, 0, 1, "stale_since_ms"));
    check(&due, |all| last(all).unusable = 0, (0, 0, 1, "unusable"));
    check(&due, |all| last(all).increase = None, (0, 0, 1, "increase"));
    check(&due, |all| last(all).quantiles.clear(), (0, 0, 1, "quantiles"));
}

#[test]
fn sums_may_be_rounded_and_no_more() {
    let due = due();
    let sum = |by: f64| move |all: &mut Published| change(&mut last(all).statistics.sum, by);
    check(&due, sum(1e-10), (0, 0, 0, ""));
    check(&due, sum(1e-8), (0, 0, 1, "sum"));
    let mean = |by: f64| move |all: &mut Published| change(&mut last(all).statistics.mean, by);
    check(&due, mean(1e-10), (0, 0, 0, ""));
    check(&due, mean(1e-8), (0, 0, 1, "mean"));
    let rate = |by: f64| move |all: &mut Published| change(&mut last(all).rate, by);
    check(&due, rate(1e-10), (0, 0, 0, ""));
    check(&due, rate(1e-8), (0, 0, 1, "rate"));
    let spread =
        |by: f64| move |all: &mut Published| change(&mut last(all).statistics.deviation, by);
    check(&due, spread(1e-10), (0, 0, 0, ""));
    check(&due, spread(1e-8), (0, 0, 1, "deviation"));
}

#[test]
fn quantiles_are_exact_up_to_64_values_and_within_a_hundredth_beyond() {
    let median = |by: f64| {
        move |all: &mut Published| {
            let told = last(all).quantiles.get_mut("p50").unwrap();
            *told = Finite::new(told.get() * (1.0 + by)).unwrap();
        }
    };
    let few = expected(Gauge, "fill:64 ; @90");
    check(&few, median(1e-9), (0, 0, 1, "quantiles"));
    let many = expected(Gauge, "fill:65 ; @90");
    check(&many, median(0.0099), (0, 0, 0, ""));
    check(&many, median(0.011), (0, 0, 1, "quantiles"));
}

#[test]
fn whose_window_it_is_has_to_be_said_right() {
    let due = due();
    check(&due, |all| minute(all)[0].key.push(b'x'), (0, 0, 1, "key"));
    check(&due, |all| minute(all)[0].tenant.push('x'), (0, 0, 1, "tenant"));
    check(&due, |all| last(all).measure.push('x'), (0, 0, 1, "measure"));
    check(&due, |all| last(all).resource = None, (0, 0, 1, "resource"));
    let elsewhere = |all: &mut Published| {
        minute(all).iter_mut().for_each(|told| told.aggregate.position.partition = 1);
    };
    check(&due, elsewhere, (0, 0, 1, "partition"));
}

/// Rows of what was published, with a fault in them.
fn check_rows(fault: impl FnOnce(&mut Rows), wanted: Outcome) {
    let due = due();
    let published = perfect(&due);
    let last = |(name, told): (&WindowName, &Vec<Told>)| (*name, told.last().unwrap().clone());
    let mut rows: Rows = published.windows.iter().map(last).collect();
    fault(&mut rows);
    let mut comparison = Comparison::between(&due, &published);
    comparison.and_rows(&due, &published, &rows);
    let found = &comparison.differences;
    let (lost, duplicated, different, words) = wanted;
    assert_eq!((found.lost, found.duplicated, found.different), (lost, duplicated, different));
    assert!(found.examples.join("\n").contains(words), "{words}: {found:?}");
}

#[test]
fn rows_that_differ_are_told() {
    check_rows(|_| {}, (0, 0, 0, ""));
    check_rows(
        |rows| drop(rows.remove(&MINUTE)),
        (1, 0, 0, "on the topic true, in Postgres false"),
    );
    let extra = |rows: &mut Rows| {
        let row = rows[&MINUTE].clone();
        rows.insert(WindowName { start_ms: 86_400_000, ..MINUTE }, row);
    };
    check_rows(extra, (0, 1, 0, "on the topic false, in Postgres true"));
    let earlier = |rows: &mut Rows| rows.get_mut(&MINUTE).unwrap().aggregate.revision -= 1;
    check_rows(earlier, (0, 0, 1, "the last record"));
    let sum = |rows: &mut Rows| {
        change(&mut rows.get_mut(&MINUTE).unwrap().aggregate.statistics.sum, 1e-8);
    };
    check_rows(sum, (0, 0, 1, "sum"));
    let tenant = |rows: &mut Rows| rows.get_mut(&MINUTE).unwrap().tenant.push('x');
    check_rows(tenant, (0, 0, 1, "tenant"));
}

//! What it costs to take a point, to merge and to keep panes. Medians over several runs.

#![allow(
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock, prints, and may fail loudly"
)]

use std::hint::black_box;
use std::time::Instant;

use analytics::summary::{Distinct, Pane, from_bytes, to_bytes};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use schemas::metric::PointKind;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RUNS: usize = 31;

/// Prints the median of nanoseconds that one of `times` repetitions takes.
fn measure(name: &str, times: usize, mut run: impl FnMut()) {
    measure_on(name, times, || (), |()| run());
}

/// The same, on something that is made anew for each run.
fn measure_on<T>(name: &str, times: usize, make: impl Fn() -> T, mut run: impl FnMut(&mut T)) {
    let mut nanos: Vec<f64> = (0..RUNS)
        .map(|_| {
            let mut made = make();
            let started = Instant::now();
            run(&mut made);
            started.elapsed().as_secs_f64() * 1e9 / times as f64
        })
        .collect();
    nanos.sort_by(f64::total_cmp);
    println!("{name:<52} {:>9.1} ns", nanos[RUNS / 2]);
}

/// Values as latencies are spread: a product of several chances.
fn values(count: usize) -> Vec<f64> {
    let mut dice = ChaCha8Rng::seed_from_u64(1);
    let mut chance = || 0.1 + (dice.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    (0..count).map(|_| (0..6).map(|_| chance()).product::<f64>() * 40.0).collect()
}

fn filled(values: &[f64], is_total: bool) -> Pane {
    let mut pane = Pane::new(is_total);
    for (time_ms, value) in (0..).zip(values) {
        pane.add(time_ms * 10, *value, PointKind::Value);
    }
    pane
}

fn adding(values: &[f64]) {
    for count in [12, 64] {
        let panes = values.len() / count;
        measure(&format!("add, new panes of {count} values"), panes * count, || {
            values.chunks_exact(count).for_each(|some| drop(black_box(filled(some, false))));
        });
    }
    for is_total in [false, true] {
        let mut pane = filled(values, is_total);
        let mut time_ms = 10_000_000;
        measure(&format!("add, summed up, totals: {is_total}"), values.len(), || {
            for value in values {
                time_ms += 10;
                pane.add(time_ms, *value, PointKind::Value);
            }
        });
    }
    let mut panes: Vec<Pane> = (0..2_000).map(|_| filled(&values[..200], false)).collect();
    let mut time_ms = 10_000_000;
    measure("add, summed up, 2,000 panes in turn", panes.len() * 10, || {
        for value in values.iter().take(10) {
            time_ms += 10;
            panes.iter_mut().for_each(|pane| pane.add(time_ms, *value, PointKind::Value));
        }
    });
}

fn merging(values: &[f64]) {
    for (ours, theirs) in [(12, 12), (60, 60), (1_000, 12), (1_000, 60), (1_000, 1_000)] {
        let into = filled(&values[..ours], false);
        let from = filled(&values[5_000..5_000 + theirs], false);
        let name = format!("merge, {theirs} values into {ours}");
        let copies = || vec![into.clone(); 100];
        measure_on(&name, 100, copies, |panes| {
            panes.iter_mut().for_each(|pane| pane.merge(&from, 60_000));
        });
    }
}

fn keeping(values: &[f64]) {
    for count in [12, 64, 1_000] {
        let pane = filled(&values[..count], false);
        let bytes = to_bytes(&pane);
        let all = format!("{count} values, {} bytes", bytes.len());
        measure(&format!("copy for undo, {all}"), 1_000, || {
            (0..1_000).for_each(|_| drop(black_box(pane.clone())));
        });
        measure(&format!("write, {all}"), 1_000, || {
            (0..1_000).for_each(|_| drop(black_box(to_bytes(&pane))));
        });
        measure(&format!("read, {all}"), 1_000, || {
            (0..1_000).for_each(|_| drop(black_box(from_bytes::<Pane>(&bytes))));
        });
        measure(&format!("five quantiles, {count} values"), 1_000, || {
            for _ in 0..1_000 {
                black_box(pane.quantiles([0.5, 0.9, 0.95, 0.99, 1.0]));
            }
        });
    }
}

fn counting_distinct() {
    for size in [100_u64, 1_000, 100_000] {
        measure(
            &format!("distinct, {size} new values"),
            usize::try_from(size).unwrap_or(1),
            || {
                let mut distinct = Distinct::default();
                (0..size).for_each(|value| distinct.add(&value.to_le_bytes()));
                black_box(distinct.count());
            },
        );
    }
}

fn main() {
    let values = values(100_000);
    println!("a pane is {} bytes and what it points to", size_of::<Pane>());
    adding(&values);
    merging(&values);
    keeping(&values);
    counting_distinct();
}

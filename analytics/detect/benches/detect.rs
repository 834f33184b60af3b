//! What judging a point costs, and what a series takes: CPU time of one thread, series visited in turn
//! as points of a stream come, so that states come from memory and not from caches.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a benchmark reads the clock and prints"
)]

use detect::{Detector, Series, Setting};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const START_MS: i64 = 1_790_000_000_000;
const ROW_MS: i64 = 60_000;

fn main() {
    // `cargo test` starts benchmarks, too; they are not tests.
    if std::env::args().any(|argument| argument == "--bench") {
        println!("series     rows   ns a point   bytes a series, of its image");
        for (series, rows) in [(1_000, 2_400), (10_000, 600), (100_000, 160)] {
            measure(series, rows, &Setting::default(), "");
        }
        let four =
            [Detector::ZScore, Detector::Iqr, Detector::IsolationForest, Detector::ChangePoint];
        for voters in [&four[..], &four[..1], &four[1..2], &four[2..3], &four[3..]] {
            let names: Vec<_> = voters.iter().map(|voter| voter.name()).collect();
            if let Ok(setting) = Setting::new(1.0, voters) {
                measure(1_000, 2_400, &setting, &names.join(","));
            }
        }
    }
}

/// Rows warm up first: states are full when the clock runs.
fn measure(number: usize, rows: u32, setting: &Setting, who: &str) {
    let before = resident();
    let mut series: Vec<Series> = (0..number).map(|_| Series::new(setting)).collect();
    let warm = rows * 3 / 4;
    let mut alarms = 0_u64;
    let mut measured = 0.0;
    for row in 0..rows {
        let begun = cpu_ns();
        for (place, state) in series.iter_mut().enumerate() {
            let time_ms = START_MS + i64::from(row) * ROW_MS;
            alarms += u64::from(state.step(time_ms, Some(value(place, row))).alarm);
        }
        if row >= warm {
            measured += cpu_ns() - begun;
        }
    }
    let points = number as f64 * f64::from(rows - warm);
    let image = series.first().and_then(|state| postcard::to_stdvec(state).ok());
    let image = image.map_or(0, |bytes| bytes.len());
    let bytes = resident().saturating_sub(before) / number;
    println!(
        "{number:7} {rows:7} {:10.0} {bytes:12} {image:12}   {who} ({alarms} alarms)",
        measured / points
    );
}

fn value(series: usize, row: u32) -> f64 {
    let mixed = (series as u64 ^ (u64::from(row) << 20)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let noise = f64::from(u32::try_from(mixed >> 40).unwrap_or_default()) / f64::from(1 << 24);
    let season = f64::from(row % 1440) / 1440.0;
    100.0 + 50.0 * (season * (1.0 - season)) + 10.0 * noise
}

/// The memory of this process, as the kernel counts it; 0 where there is no such file.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| text.split_whitespace().nth(1)?.parse::<usize>().ok());
    pages.unwrap_or(0) * 4096
}

/// What this thread had of processors, in nanoseconds, as Linux counts it.
fn cpu_ns() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let spent = told.and_then(|text| text.split_whitespace().next()?.parse().ok());
    spent.unwrap_or(f64::NAN)
}

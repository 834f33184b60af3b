//! How readily broken relations and peers apart are found in made data, and how often nothing is.
//!
//! `cargo run --release -p detect --example across` prints the table; another seed may be given.

#![allow(clippy::print_stdout, clippy::indexing_slicing, reason = "it prints a table of made data")]

#[allow(dead_code, reason = "tests use more of it")]
#[path = "../tests/across/made.rs"]
mod made;

use detect::{Peers, Relations, Series, Setting};
use made::{Broken, DAY_ROWS, KINDS, METRICS, time_ms};

const WEEKS: u32 = 2;

fn main() {
    let argument = |place| std::env::args().nth(place).and_then(|text| text.parse().ok());
    let (seed, resources) = (argument(1).unwrap_or(1), argument(2).unwrap_or(50));
    peers(seed, resources);
    relations(seed, resources);
}

/// Surprises of a resource's metrics, as the service makes them.
fn surprises(rows: &[[f64; METRICS]]) -> Vec<[Option<f64>; METRICS]> {
    let mut series: Vec<Series> = (0..METRICS).map(|_| Series::new(&Setting::default())).collect();
    let of_row = |(row, values): (u32, &[f64; METRICS])| {
        std::array::from_fn(|place| {
            let verdict = series[place].step(time_ms(row), Some(values[place]));
            verdict.surprise(values[place])
        })
    };
    (0..).zip(rows).map(of_row).collect()
}

fn alarms(inputs: &[[Option<f64>; METRICS]]) -> Vec<u32> {
    let mut state = Relations::default();
    let judged = (0..).zip(inputs).filter_map(|(row, inputs)| {
        let found = state.step(time_ms(row), inputs, 1.0)?;
        found.alarm.then_some(row)
    });
    judged.collect()
}

fn relations(seed: u64, resources: u64) {
    let weeks = f64::from(u32::try_from(resources).unwrap_or(1) * WEEKS);
    println!("metrics of a resource    found   mean delay   false alarms a resource and week");
    let inputs = ["surprises", "values"];
    for kind in std::iter::once(Broken::Nothing).chain(KINDS) {
        let (mut hits, mut delays, mut others) = ([0_u32; 2], [0_u32; 2], [0_u32; 2]);
        for number in 0..resources {
            let begin = 10 * DAY_ROWS + 400;
            let during = begin..begin + 180;
            let rows = made::resource(seed * 1000 + number, 14 * DAY_ROWS, kind, during.clone());
            let first = rows[0];
            let beside = |row: &[f64; METRICS]| {
                std::array::from_fn(|place| Some((row[place] - first[place]) / 20.0))
            };
            let values: Vec<_> = rows.iter().map(beside).collect();
            for (place, input) in [surprises(&rows), values].into_iter().enumerate() {
                let told = alarms(&input);
                let is_hit = |row: &&u32| kind != Broken::Nothing && during.contains(row);
                if let Some(first) = told.iter().find(is_hit) {
                    hits[place] += 1;
                    delays[place] += first - begin;
                }
                let around = during.start..during.end + 30;
                let is_other = |row: &&u32| kind == Broken::Nothing || !around.contains(row);
                others[place] += u32::try_from(told.iter().filter(is_other).count()).unwrap_or(0);
            }
        }
        for (place, input) in inputs.into_iter().enumerate() {
            let delay = f64::from(delays[place]) / f64::from(hits[place].max(1));
            let rate = f64::from(others[place]) / weeks;
            println!("{kind:?} by {input:10} {:4} {delay:8.1} {rate:10.3}", hits[place]);
        }
    }
}

fn peers(seed: u64, groups: u64) {
    let weeks = f64::from(u32::try_from(groups).unwrap_or(1) * WEEKS);
    println!("peers                    found   mean delay   false alarms a group and week");
    for (kind, drift) in [("nothing", 0.0), ("a third more", 0.15), ("slowly, 0.01 a minute", 0.0)]
    {
        let (mut hits, mut delays, mut others) = (0, 0, 0);
        for number in 0..groups {
            let begin = 10 * DAY_ROWS + 400;
            let during = begin..begin + 180;
            let drifts = |row: u32| match kind {
                "nothing" => 0.0,
                "a third more" if during.contains(&row) => drift,
                "slowly, 0.01 a minute" if during.contains(&row) => 0.01 * f64::from(row - begin),
                _ => 0.0,
            };
            let rows = made::peers(seed * 1000 + number, 14 * DAY_ROWS, 8, drifts);
            let mut state = Peers::default();
            let mut is_found = false;
            for (row, values) in (0_u32..).zip(&rows) {
                let values: Vec<_> = values.iter().copied().map(Some).collect();
                let Some(found) = state.step(time_ms(row), &values, 1.0).filter(|f| f.alarm) else {
                    continue;
                };
                if kind != "nothing" && during.contains(&row) && found.member == 2 {
                    if !is_found {
                        hits += 1;
                        delays += row - begin;
                        is_found = true;
                    }
                } else if kind == "nothing" || !(during.start..during.end + 30).contains(&row) {
                    others += 1;
                }
            }
        }
        let delay = f64::from(delays) / f64::from(u32::max(hits, 1));
        println!("{kind:24} {hits:4} {delay:8.1} {:10.3}", f64::from(others) / weeks);
    }
}

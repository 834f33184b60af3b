//! Recall and delay on series whose anomalies are known, because they were put there.
//!
//! `cargo run --release -p detect --example synthetic` prints the table; another seed may be given.

#![allow(clippy::print_stdout, reason = "it prints a table")]

#[path = "../tests/synthetic/mod.rs"]
mod synthetic;

use detect::Setting;

fn main() {
    let seed = std::env::args().nth(1).and_then(|seed| seed.parse().ok()).unwrap_or(1);
    for sensitivity in [0.7, 1.0] {
        if let Ok(setting) = Setting::new(sensitivity, &[]) {
            println!("sensitivity {sensitivity}\n{}\n", synthetic::table(seed, 20, &setting));
        }
    }
}

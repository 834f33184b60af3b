//! The short form of kill-and-compare: the real binary on a real broker. `make kill` is the long one.

use std::path::PathBuf;

use loadtest::kill::{KillArgs, run};

#[test]
fn killed_stopped_and_drained_workers_publish_what_the_oracle_says() {
    let report = run(&KillArgs {
        records: 60_000,
        workers: 2,
        kills: 6,
        brokers: 1,
        broker_kills: 0,
        rate: 4_000,
        seed: None,
        binary: Some(PathBuf::from(env!("CARGO_BIN_EXE_isobar"))),
    })
    .unwrap();
    println!("{}", report.line());
    assert!(report.differences.is_empty(), "{:?}", report.differences);
    assert!(report.windows > 1_000 && report.corrections > 0 && report.late > 0, "{report:?}");
}

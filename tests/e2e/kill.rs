//! The short form of kill-and-compare: the real binary on a real broker. `make kill` is the long one.

use std::path::PathBuf;

use loadtest::kill::{KillArgs, KillReport, run};
use loadtest::subject::Subject;

fn disturbed(service: Subject, records: u64, sink_kills: u64) -> KillReport {
    let report = run(&KillArgs {
        service,
        records: Some(records),
        workers: 2,
        kills: 6,
        brokers: 1,
        broker_kills: 0,
        sink_kills,
        database_kills: sink_kills.min(1),
        notifier_kills: None,
        rate: None,
        seed: None,
        binary: Some(PathBuf::from(env!("CARGO_BIN_EXE_isobar"))),
    })
    .unwrap();
    println!("{}", report.line());
    assert!(report.differences.is_empty(), "{:?}", report.differences);
    report
}

#[test]
fn killed_stopped_and_drained_workers_publish_what_the_oracle_says() {
    let report = disturbed(Subject::EventCounts, 60_000, 0);
    for what in ["windows", "corrections", "late"] {
        assert!(report.published[what] > 0, "{report:?}");
    }
}

#[test]
fn wire_formats_come_out_once_and_the_balance_closes_when_workers_are_killed() {
    let report = disturbed(Subject::Processors, 10_000, 0);
    for what in ["events", "points", "signals", "dead_letters", "duplicates"] {
        assert!(report.published[what] > 0, "{report:?}");
    }
}

#[test]
fn windows_on_the_topic_and_in_postgres_are_those_of_the_oracle_whoever_is_killed() {
    let report = disturbed(Subject::MetricWindows, 25_000, 3);
    for what in ["windows", "finals", "corrections", "late", "rows"] {
        assert!(report.published[what] > 0, "{report:?}");
    }
}

#[test]
fn alerts_and_notifications_are_those_of_an_undisturbed_reading_whoever_is_killed() {
    let report = disturbed(Subject::Correlator, 20_000, 0);
    for what in ["alert_revisions", "notifications", "late", "dead_letters"] {
        assert!(report.published[what] > 0, "{report:?}");
    }
    let delivered = report.delivered.unwrap();
    assert_eq!((report.notifier_kills, delivered.taken), (3, report.published["notifications"]));
}

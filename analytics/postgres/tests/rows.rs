//! Records into rows: every golden sample has its row, and what does not fit is told, not stored.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails"
)]

use std::path::Path;

use analytics_postgres::fold::Row;
use analytics_postgres::rows::{Rows, Taken, WindowRow};
use schemas::aggregate::Aggregate;
use schemas::codec;

fn golden(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/golden").join(name);
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let text = std::fs::read_to_string(files.last().unwrap()).unwrap();
    let pretty: serde_json::Value = serde_json::from_str(&text).unwrap();
    serde_json::to_vec(&pretty).unwrap()
}

fn take(value: &[u8]) -> (Rows, Taken) {
    let mut rows = Rows::default();
    let taken = rows.take(Some(value));
    (rows, taken)
}

#[test]
fn every_kind_that_has_a_table_becomes_rows() {
    for name in ["aggregate", "series", "balance", "finding", "alert", "incident", "dead-letter"] {
        assert_eq!(take(&golden(name)).1, Taken::Rows, "{name}");
    }
    let (rows, _) = take(&golden("series"));
    assert_eq!((rows.series.len(), rows.resources.len()), (1, 1));
    let (rows, _) = take(&golden("incident"));
    assert_eq!((rows.incidents.len(), rows.incident_history.len()), (1, 1));
}

#[test]
fn other_kinds_and_tombstones_are_skipped() {
    for name in ["signal", "notification", "event"] {
        assert_eq!(take(&golden(name)).1, Taken::Skipped, "{name}");
    }
    assert_eq!(Rows::default().take(None), Taken::Skipped);
}

/// The golden aggregate, changed in one place.
fn changed(pointer: &str, to: serde_json::Value) -> Vec<u8> {
    let mut value: serde_json::Value = serde_json::from_slice(&golden("aggregate")).unwrap();
    *value.pointer_mut(pointer).expect(pointer) = to;
    serde_json::to_vec(&value).unwrap()
}

#[test]
fn what_no_column_holds_is_unreadable() {
    let wrong = [
        changed("/data/window_start_ms", i64::MAX.into()),
        changed("/data/window_size_ms", 61_000.into()),
        changed("/data/statistics/count", u64::MAX.into()),
        changed("/data/revision", u32::MAX.into()),
        changed("/data/state", "unheard of".into()),
        changed("/schemaversion", "99.0".into()),
        b"no record".to_vec(),
        Vec::new(),
    ];
    for value in wrong {
        let taken = take(&value).1;
        assert!(
            matches!(taken, Taken::Unreadable(_)),
            "{taken:?}: {}",
            String::from_utf8_lossy(&value)
        );
    }
}

#[test]
fn every_cut_of_a_record_is_unreadable() {
    let whole = golden("aggregate");
    for length in 0..whole.len() {
        assert!(matches!(take(&whole[..length]).1, Taken::Unreadable(_)), "{length} bytes");
    }
}

/// An aggregate of the golden series and window, whose last change was there.
fn at(offset: u64, row: u32, count: u64) -> Vec<u8> {
    let mut record = codec::decode::<Aggregate>(&golden("aggregate")).unwrap();
    record.data.position.offset = offset;
    record.data.position.row = row;
    record.data.statistics.count = count;
    codec::encode(&record).unwrap()
}

#[test]
fn of_a_key_the_latest_by_input_position_is_left_however_records_are_cut_into_batches() {
    let records = [at(5, 0, 1), at(5, 2, 2), at(4, 9, 3), at(5, 2, 4), at(5, 1, 5)];
    let mut rows = Rows::default();
    for record in &records {
        assert_eq!(rows.take(Some(record)), Taken::Rows);
    }
    let left: Vec<&WindowRow> = rows.windows[0].rows().collect();
    let (single, _) = take(&at(5, 2, 2));
    assert_eq!(left, single.windows[0].rows().collect::<Vec<_>>());
    assert!(left[0].supersedes(take(&records[0]).0.windows[0].rows().next().unwrap()));
}

#[test]
fn texts_lose_their_nuls() {
    let mut value: serde_json::Value = serde_json::from_slice(&golden("alert")).unwrap();
    value["data"]["title"] = "a\0b".into();
    let (rows, taken) = take(&serde_json::to_vec(&value).unwrap());
    assert_eq!(taken, Taken::Rows);
    let copy = rows.alerts.copy();
    assert!(String::from_utf8_lossy(&copy).contains("a\u{fffd}b"));
    assert!(!copy.windows(6).any(|part| part == br"\u0000"));
}

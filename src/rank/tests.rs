use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::*;

const CASE: &str = r#"{
    "edges": [["shop", "search, \"fast\""], ["shop", "pay"]],
    "symptom": {"node": "shop", "metric": "latency", "statistic": "Average"},
    "normal": "../normal.csv", "current": "current.csv"
}"#;

/// Latencies of both nodes: some unrest, and from `slow` on ten times as much.
fn table(minutes: std::ops::Range<u32>, slow: u32) -> String {
    let mut text = "timestamp,node,metric,statistic,value\n".to_owned();
    for minute in minutes {
        let unrest = f64::from(minute * 7 % 5) / 100.0;
        let fault = if minute >= slow { 9.0 } else { 0.0 };
        let at = 1_700_000_000 + minute * 60;
        let rows =
            [("shop", 2.0 + unrest + fault), ("\"search, \"\"fast\"\"\"", 1.0 + unrest + fault)];
        for (node, value) in rows {
            writeln!(text, "{at}.0,{node},latency,Average,{value}").unwrap();
        }
        writeln!(text, "{at}.0,pay,latency,Average,").unwrap();
    }
    text
}

fn cases(dir: &Path) {
    let write = |name: &str, text: &str| {
        let path = dir.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("normal.csv", &table(0..100, 1000));
    write("b/case.json", CASE);
    write("b/current.csv", &table(200..206, 203));
    write("a/case.json", CASE);
    write("a/current.csv", &table(200..206, 1000));
    write("c/case.json", CASE);
    write("c/current.csv", "timestamp,node,metric,statistic,value\n");
}

fn ranked(input: PathBuf, output: PathBuf) -> anyhow::Result<Vec<Value>> {
    run(&RankArgs { input, output: output.clone() })?;
    let text = std::fs::read_to_string(output)?;
    Ok(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[test]
fn each_case_has_a_line_in_the_order_of_names_and_a_normal_symptom_no_causes() {
    let dir = tempfile::tempdir().unwrap();
    cases(dir.path());
    let lines = ranked(dir.path().to_owned(), dir.path().join("out")).unwrap();
    let names: Vec<&str> = lines.iter().map(|line| line["case"].as_str().unwrap()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(lines[0]["ranking"].as_array().unwrap().len(), 0);
    assert_eq!(lines[1]["ranking"][0]["node"], "search, \"fast\"");
    let reason = lines[1]["ranking"][0]["reason"].as_str().unwrap();
    for part in ["latency Average is 10.0", "instead of 1.0", "since 2023-11-15T01:36:20.000Z"] {
        assert!(reason.contains(part), "{part} is missing in: {reason}");
    }
    assert_eq!(lines[2]["symptom"], "latency Average of shop has no samples in one of the periods");
    let one = ranked(dir.path().join("b"), dir.path().join("one")).unwrap();
    assert_eq!(one, [lines[1].clone()]);
}

#[test]
fn what_cannot_be_read_is_told_with_file_and_line() {
    let header = "timestamp,node,metric,statistic,value\n";
    let broken = [
        ("time,node\n", "current.csv line 1: the table must begin with timestamp,node"),
        ("1,shop,latency,Average\n", "line: 2"),
        ("1,shop,latency,Average,much\n", "current.csv line 2: `much` is no number"),
        ("soon,shop,latency,Average,1\n", "current.csv line 2: `soon` is not an RFC 3339 time"),
        ("1e15,shop,latency,Average,1\n", "current.csv line 2: `1e15` are not unix seconds"),
    ];
    for (row, expected) in broken {
        let dir = tempfile::tempdir().unwrap();
        cases(dir.path());
        let text = if row.starts_with("time") { row.to_owned() } else { format!("{header}{row}") };
        std::fs::write(dir.path().join("b/current.csv"), text).unwrap();
        let error = ranked(dir.path().to_owned(), dir.path().join("out")).unwrap_err();
        let told = format!("{error:#}");
        assert!(told.contains(expected), "{told} does not say {expected}");
    }
    let empty = tempfile::tempdir().unwrap();
    let error = ranked(empty.path().to_owned(), empty.path().join("out")).unwrap_err();
    assert!(format!("{error:#}").contains("holds no case"), "{error:#}");
}

//! Thresholds, as data: timelines of windows through the code of the service, files that are wrong, and records
//! in, findings out.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a panic is how a test fails"
)]

mod bad;
#[path = "../detection/records.rs"]
#[allow(dead_code, reason = "tests of detection take more of it")]
mod records;
mod service;

use std::path::PathBuf;

use analytics::thresholds::{Rule, examples, play, read};

/// What a file beside this one holds.
fn text_of(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/thresholds").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// The rules of a text that has nothing wrong.
fn rules_of(text: &str) -> Vec<Rule> {
    let (rules, problems) = read(&[("rules.yaml", text)]);
    assert_eq!(problems, []);
    rules
}

/// Plays all timelines of a pair of files; how many there were.
fn try_pair(name: &str) -> usize {
    let rules = rules_of(&text_of(&format!("cases/{name}.yaml")));
    let of_file: Vec<&Rule> = rules.iter().collect();
    let file = format!("{name}.test.yaml");
    let found = examples(&file, &text_of(&format!("cases/{file}")), &of_file).unwrap();
    let wrong: Vec<String> = found
        .timelines
        .iter()
        .filter_map(|timeline| {
            let rule = rules.iter().find(|rule| rule.id == timeline.rule).unwrap();
            let wrong = play(timeline, rule).wrong?;
            Some(format!("{file}:{} {}: {wrong}", timeline.line, rule.title))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    found.timelines.len()
}

#[test]
fn static_limits_waits_and_hysteresis() {
    assert_eq!(try_pair("static"), 21);
}

#[test]
fn silence() {
    assert_eq!(try_pair("silence"), 16);
}

#[test]
fn relative_limits() {
    assert_eq!(try_pair("relative"), 12);
}

#[test]
fn which_series_are_meant() {
    assert_eq!(try_pair("which"), 5);
}

/// It is said again that a rule fires, once an hour, with one fingerprint and an id each.
#[test]
fn what_lasts_is_said_every_hour() {
    let rules = rules_of(&text_of("cases/static.yaml"));
    let text = "fires:\n  - {name: a, rule: above, values: 3x200 1, told: [{firing: 1m}, {over: 201m}]}\n\
                quiet:\n  - {name: b, rule: above, values: 1}\n";
    let above: Vec<&Rule> = rules.iter().take(1).collect();
    let timelines = examples("a", text, &above).unwrap().timelines;
    let verdict = play(&timelines[0], above[0]);
    assert_eq!(verdict.wrong, None);
    let at: Vec<i64> = verdict.said.iter().map(|(at, _)| *at).collect();
    assert_eq!(at, [1, 61, 121, 181, 201]);
    let mut ids: Vec<_> = verdict.said.iter().map(|(_, found)| found.attributes.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 5);
    let first = verdict.said[0].1.data.fingerprint;
    assert!(verdict.said.iter().all(|(_, found)| found.data.fingerprint == first));
}

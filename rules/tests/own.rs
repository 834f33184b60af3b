//! What every rule that comes with Isobar has, whoever writes it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::Path;

use rules::{Level, RuleSet, folder};

/// Names of attack tools, laboratories and their data: a rule that knows them finds the demonstration and
/// misses the attack.
const TOOLS: [&str; 13] = [
    "stratus",
    "red-team",
    "redteam",
    "invictus",
    "pacu",
    "cloudgoat",
    "scoutsuite",
    "prowler",
    "trufflehog",
    "kali",
    "metasploit",
    "atomic",
    "datadog",
];

fn own() -> Vec<rules::Text> {
    folder::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("own")).unwrap()
}

#[test]
fn each_has_what_people_need_and_examples() {
    let set = RuleSet::load(&own());
    assert!(set.problems.is_empty(), "{:#?}", set.problems);
    assert!(set.rules.len() >= 25);
    for rule in &set.rules {
        assert!(
            rule.runbook.as_ref().is_some_and(|text| text.len() > 80),
            "runbook: {}",
            rule.file
        );
        assert!(![None, Some(Level::Informational)].contains(&rule.level), "level: {}", rule.file);
        let is_technique = |tag: &String| {
            tag.strip_prefix("attack.t")
                .is_some_and(|id| id.starts_with(|c: char| c.is_ascii_digit()))
        };
        assert!(rule.tags.iter().any(is_technique), "technique of ATT&CK: {}", rule.file);
        assert!(folder::examples_of(&rule.file).unwrap().is_some(), "examples: {}", rule.file);
    }
}

/// The first of these words in a text, and its line.
fn named(text: &str) -> Option<(usize, &'static str)> {
    let lower = text.to_lowercase();
    let find = |(number, line): (usize, &str)| {
        TOOLS.iter().find(|tool| line.contains(**tool)).map(|tool| (number + 1, *tool))
    };
    lower.lines().enumerate().find_map(find)
}

#[test]
fn none_names_a_tool_or_a_laboratory() {
    let files = folder::files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("own")).unwrap();
    for text in files.into_iter().map(|path| folder::text(&path).unwrap()) {
        assert_eq!(named(&text.text), None, "{}", text.file);
    }
    assert_eq!(named("a\nuserAgent|contains: Stratus-Red-Team"), Some((2, "stratus")));
}

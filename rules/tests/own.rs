//! What every rule that comes with Isobar has, whoever writes it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::Path;

use rules::{Level, Rule, RuleSet, folder};

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
    let (blocks, flagging): (Vec<_>, Vec<_>) = set.rules.iter().partition(|rule| is_block(rule));
    assert!(blocks.iter().all(|block| set.is_material(&block.id)), "a block that nothing takes");
    assert!(blocks.iter().all(|block| folder::examples_of(&block.file).unwrap().is_some()));
    for rule in flagging {
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

/// Material of the patterns that come with Isobar.
fn is_block(rule: &Rule) -> bool {
    rule.file.contains("/own/patterns/blocks/")
}

/// Every stateful rule says what to do, how sure it is, and how far apart its hits may lie.
#[test]
fn each_pattern_has_what_people_need_and_timelines() {
    let set = RuleSet::load(&own());
    let correlations = set.correlations.iter().map(|of| {
        let confidence = of.parsed.custom_attributes.contains_key("confidence");
        (&of.file, of.runbook.as_ref(), confidence)
    });
    let patterns = set.patterns.iter().map(|of| {
        let confidence = of.confidence.is_some();
        (&of.file, of.runbook.as_ref(), confidence)
    });
    let all: Vec<_> = correlations.chain(patterns).collect();
    assert!(all.len() >= 19, "{}", all.len());
    for (file, runbook, has_confidence) in all {
        assert!(runbook.is_some_and(|text| text.len() > 60), "runbook: {file}");
        assert!(has_confidence, "confidence: {file}");
        assert!(folder::examples_of(file).unwrap().is_some(), "timelines: {file}");
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

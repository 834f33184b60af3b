//! Which rules events match: names in other case, lists, log sources, tuning, versions.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use rules::{Matcher, Record, RuleSet, Text};

fn set(texts: &[&str]) -> RuleSet {
    let text =
        |(number, text): (usize, &&str)| Text { file: format!("{number}"), text: (*text).into() };
    let set = RuleSet::load(&texts.iter().enumerate().map(text).collect::<Vec<_>>());
    assert!(!set.has_errors(), "{:?}", set.problems);
    set
}

fn rule(product: &str, selection: &str) -> String {
    format!(
        "title: t\nid: {product}\nlogsource: {{product: {product}}}\ndetection: {{s: {selection}, condition: s}}\n"
    )
}

fn hits(texts: &[&str], feed: &str, event: &str) -> Vec<String> {
    let matcher = Matcher::new(set(texts).rules).unwrap();
    let record = Record::decode(event).unwrap();
    matcher.hits(feed, &record).iter().map(|rule| rule.id.clone()).collect()
}

#[test]
fn an_event_meets_the_rules_of_its_log_source_only() {
    let (aws, gcp) = (rule("aws", "{a: x}"), rule("gcp", "{a: x}"));
    let rules = [aws.as_str(), &gcp];
    assert_eq!(hits(&rules, "aws.cloudtrail", r#"{"a": "X"}"#), ["aws"]);
    assert_eq!(hits(&rules, "gcp.audit", r#"{"a": "X"}"#), ["gcp"]);
    assert!(hits(&rules, "nobody", r#"{"a": "X"}"#).is_empty());
}

#[test]
fn the_category_of_a_record_tells_the_log_source() {
    let rule = rule("azure", "{OperationName: Add member}")
        .replace("product: azure", "product: azure, service: auditlogs");
    let of =
        |category: &str| format!(r#"{{"category": "{category}", "operationName": "add member"}}"#);
    assert_eq!(hits(&[&rule], "azure.activity", &of("AuditLogs")), ["azure"]);
    assert!(hits(&[&rule], "azure.activity", &of("Administrative")).is_empty());
}

#[test]
fn fields_are_found_by_other_case_by_dots_and_through_lists() {
    for (selection, event) in [
        ("{eventType: x}", r#"{"eventtype": "x"}"#),
        ("{a.b.c: x}", r#"{"a": {"b": [{"c": "y"}, {"c": "X"}]}}"#),
        ("{a.b: x}", r#"{"a.b": "x", "a": {"b": "y"}}"#),
        ("{a: x}", r#"{"a": "y", "a": "x"}"#),
        ("{a: 7}", r#"{"a": "7"}"#),
        ("{a: '7'}", r#"{"a": 7}"#),
        ("{a: 'true'}", r#"{"a": true}"#),
        ("{a: null}", r#"{"b": 1}"#),
        ("{a|exists: false}", r#"{"a": null}"#),
        ("[word]", r#"{"a": {"b": ["some WORDS"]}}"#),
    ] {
        assert_eq!(
            hits(&[&rule("aws", selection)], "aws.cloudtrail", event),
            ["aws"],
            "{selection}"
        );
    }
    assert!(
        hits(&[&rule("aws", "{a: y}")], "aws.cloudtrail", r#"{"a": "y", "a": "x"}"#).is_empty()
    );
}

#[test]
fn tuning_spares_events_makes_building_blocks_and_changes_the_version() {
    let rule = rule("aws", "{a: x}");
    let tuning = "tuning: [{rule: aws, reason: ours, unless: {b|startswith: our}}]";
    assert!(hits(&[&rule, tuning], "aws.cloudtrail", r#"{"a": "x", "b": "ourselves"}"#).is_empty());
    assert_eq!(hits(&[&rule, tuning], "aws.cloudtrail", r#"{"a": "x", "b": "others"}"#), ["aws"]);
    assert_eq!(hits(&[&rule, tuning], "aws.cloudtrail", r#"{"a": "x"}"#), ["aws"]);
    let block = "tuning: [{rule: aws, reason: always, building_block: true}]";
    assert!(set(&[&rule, block]).rules[0].is_building_block);
    assert_eq!(hits(&[&rule, block], "aws.cloudtrail", r#"{"a": "x"}"#), ["aws"]);
    let version = |texts: &[&str]| set(texts).rules[0].hit().version;
    assert_ne!(version(&[&rule]), version(&[&rule, tuning]));
    assert_eq!(version(&[&rule]), version(&[&format!("# why\n{rule}")]));
    assert_ne!(version(&[&rule]), version(&[&rule.replace("a: x", "a: y")]));
}

#[test]
fn deep_and_broken_records_are_errors() {
    assert!(Record::decode(&("[".repeat(100_000) + &"]".repeat(100_000))).is_err());
    assert!(Record::decode("{").is_err());
}

//! Everything that is wrong with a rule file is told at once, with its line.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use expect_test::{Expect, expect};
use rules::{RuleSet, Text};

const GOOD: &str = "title: Good
id: 11111111-1111-4111-8111-111111111111
logsource: {product: aws, service: cloudtrail}
detection:
    selection: {eventName: One}
    condition: selection
";

fn told(files: &[(&str, &str)], expected: &Expect) -> RuleSet {
    let text = |(file, text): &(&str, &str)| Text { file: (*file).into(), text: (*text).into() };
    let set = RuleSet::load(&files.iter().map(text).collect::<Vec<_>>());
    let lines: String = set.problems.iter().map(|problem| format!("{problem}\n")).collect();
    expected.assert_eq(&lines);
    set
}

#[test]
fn slips_in_fields_modifiers_levels_and_conditions() {
    let wrong = GOOD
        .replace("detection:", "detection:\n    filter: {a|contians: b}")
        .replace("condition: selection", "condition: selection and not fliter")
        .replace("title", "tags: []\nleveel: high\nlevel: hgh\ntitle");
    let set = told(
        &[("a.yaml", &wrong)],
        &expect![[r#"
        a.yaml:2: unknown field `leveel`; did you mean `level`?
        a.yaml:3: `level` is one of informational, low, medium, high, critical; did you mean `high`?
        a.yaml:8: unknown modifier `contians`; did you mean `contains`?
        a.yaml:10: the condition names `fliter`, which is no selection; did you mean `filter`?
    "#]],
    );
    assert!(set.rules.is_empty() && set.has_errors());
}

#[test]
fn what_is_missing() {
    let wrong = "title: Nothing\nid:\n---\ntitle: No condition\nid: 11111111-1111-4111-8111-111111111111\nlogsource: {prodct: aws}\ndetection: {s: {a: b}}\n";
    told(
        &[("a.yaml", wrong)],
        &expect![[r#"
        a.yaml:1: `detection` is missing; it is what is looked for: selections and a `condition`
        a.yaml:1: `logsource` is missing; it is whose events it is about: `product: aws`, `service: cloudtrail`
        a.yaml:2: a rule needs an id, which stays when it is changed: `id: ` and a random UUID
        a.yaml:6: unknown part `prodct` of `logsource`; did you mean `product`?
        a.yaml:7: `condition` is missing; it says which selections have to match
    "#]],
    );
}

#[test]
fn no_yaml_hides_no_other_document_and_bad_patterns_have_lines() {
    let regex = GOOD.replace("{eventName: One}", "\n        eventName|re: '([)'");
    let set = told(
        &[("a.yaml", &format!("title: [\n---\n{regex}---\n{GOOD}"))],
        &expect![[r#"
            a.yaml:2: no YAML: did not find expected node content
            a.yaml:8: invalid regex pattern: regex parse error:     ([)      ^ error: unclosed character class
            a.yaml:12: warning: the id 11111111-1111-4111-8111-111111111111 is that of a.yaml:3 too; both match, and hits cannot tell them apart
        "#]],
    );
    assert_eq!(set.rules.len(), 1, "what is good is there");
}

#[test]
fn an_id_that_occurs_twice_is_told_and_both_match() {
    let other = GOOD.replace("One", "Two");
    let commented = format!("# the same, with a comment\n{GOOD}");
    let set = told(
        &[("a.yaml", GOOD), ("b.yaml", &other), ("c.yaml", &commented)],
        &expect![[r#"
        b.yaml:2: warning: the id 11111111-1111-4111-8111-111111111111 is that of a.yaml:1 too; both match, and hits cannot tell them apart
        c.yaml:3: warning: the same rule as a.yaml:1; it counts once
    "#]],
    );
    assert_eq!(set.rules.len(), 2);
    assert_ne!(set.rules[0].version, set.rules[1].version);
}

#[test]
fn correlations_are_kept_and_find_their_rules_by_id_name_or_title() {
    let correlation = "---
title: Many
id: 22222222-2222-4222-8222-222222222222
correlation:
    type: event_count
    rules: [Good]
    group-by: [sourceIPAddress]
    timespan: 5m
    condition: {gte: 3}
";
    let set = told(&[("a.yaml", &format!("{GOOD}{correlation}"))], &expect![""]);
    assert_eq!(set.correlations[0].rules, ["11111111-1111-4111-8111-111111111111"]);
    let wrong = correlation.replace("[Good]", "[Goood]");
    told(
        &[("a.yaml", &format!("{GOOD}{wrong}"))],
        &expect![[r#"
        a.yaml:12: the correlation names `Goood`, which is no rule that is loaded; did you mean `Good`?
    "#]],
    );
}

#[test]
fn tuning_needs_a_reason_and_something_to_do() {
    let wrong = "tuning:
    - {rule: 11111111-1111-4111-8111-111111111111, building_block: true}
    - {rule: 11111111-1111-4111-8111-111111111112, reason: because}
";
    told(
        &[("a.yaml", GOOD), ("t.yaml", wrong)],
        &expect![[r#"
        t.yaml:2: tuning without a reason; say why: `reason: …`
        t.yaml:3: nothing is tuned; give `building_block: true` or `unless: …`
    "#]],
    );
    let unknown = wrong
        .replace("building_block: true", "building_block: true, reason: x")
        .replace("reason: because", "reason: because, building_block: true");
    told(
        &[("a.yaml", GOOD), ("t.yaml", &unknown)],
        &expect![[r#"
        t.yaml:3: warning: no rule with the id 11111111-1111-4111-8111-111111111112 is loaded, so this tunes nothing; did you mean `11111111-1111-4111-8111-111111111111`?
    "#]],
    );
}

/// A stateful rule of our own form, beside the rule it takes.
fn with_pattern(pattern: &str) -> String {
    let head = "title: P\nid: 22222222-1111-4111-8111-111111111111\n";
    format!("{GOOD}---\n{head}{pattern}")
}

#[test]
fn slips_in_patterns_of_our_own_are_told_with_their_lines() {
    let wrong = with_pattern(
        "correlation:
    type: sequence
    steps:
        - {rules: [Good], cout: 2, after: 1m}
        - {rules: [God], count: 0}
        - {rules: [Good], before: soon}
    group_by: [user]
    aliases: {user: {Goood: actor}}
confidence: 2
",
    );
    let set = told(
        &[("a.yaml", &wrong)],
        &expect![[r#"
            a.yaml:10: `within` is missing; it is a time: `within: 30m`
            a.yaml:12: the first step comes after none: it has neither `after` nor `before`
            a.yaml:13: unknown field `cout`; did you mean `count`?
            a.yaml:14: `count` is a whole number from 1 to 1000
            a.yaml:15: `before` is a time such as `30m`: a number, and s, m, h, d or w
            a.yaml:16: unknown field `group_by`; did you mean `group-by`?
            a.yaml:17: the alias names `Goood`, which is none of its rules; did you mean `Good`?
            a.yaml:18: `confidence` is a number from 0 to 1
        "#]],
    );
    assert!(set.patterns.is_empty() && set.rules.len() == 1);
}

#[test]
fn what_is_missing_in_patterns_of_our_own() {
    let absence =
        with_pattern("correlation: {type: absence, steps: [{rules: [Good]}], within: 1m}\n");
    let first = with_pattern("correlation: {type: first_seen, rules: [Good], learning: 7d}\n");
    let kind = with_pattern("correlation: {type: sequenze, rules: [Good]}\n");
    let named =
        with_pattern("correlation: {type: sequence, steps: [{rules: [Godo]}], within: 1m}\n");
    let files = [("a.yaml", &*absence), ("f.yaml", &first), ("k.yaml", &kind), ("n.yaml", &named)];
    told(
        &files,
        &expect![[r#"
            a.yaml:10: `absent` says what must not follow: `absent: {rules: […], for: 30m}`
            f.yaml:2: warning: the same rule as a.yaml:1; it counts once
            f.yaml:10: `fields` says which values are to be new: `fields: [network.source_address]`
            f.yaml:10: `memory` is missing; it is a time: `memory: 30m`
            k.yaml:2: warning: the same rule as a.yaml:1; it counts once
            k.yaml:10: there is no correlation of type `sequenze`; did you mean `sequence`?
            n.yaml:2: warning: the same rule as a.yaml:1; it counts once
            n.yaml:10: the correlation names `Godo`, which is no rule that is loaded; did you mean `Good`?
        "#]],
    );
}

#[test]
fn records_of_ours_have_few_categories() {
    let wrong = GOOD
        .replace("{product: aws, service: cloudtrail}", "{product: isobar, category: findings}");
    told(
        &[("a.yaml", &wrong)],
        &expect![[r#"
            a.yaml:3: records of Isobar have no category `findings`, but code, documents, projects, messages, metrics, alerts, knowledge, audit, finding; did you mean `finding`?
        "#]],
    );
}

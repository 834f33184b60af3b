//! Files that are wrong, and what is said of them.

use analytics::thresholds::{Rule, examples, read};
use expect_test::expect;

use crate::rules_of;

const RULE: &str = "\
title: t
id: 00000000-0000-4000-8000-000000000001
measure: m
statistic: p99
above: 2
severity: low
";

fn told(text: &str) -> String {
    let (_, problems) = read(&[("f.yaml", text)]);
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

#[test]
fn each_mistake_is_told_with_its_line_and_how_to_mend_it() {
    let mut all = String::new();
    for (before, after) in [
        ("measure", "measrue"),
        ("p99", "p9"),
        ("title: t\n", ""),
        ("id: 00000000-0000-4000-8000-000000000001", "id: one"),
        ("above: 2", "above: two"),
        ("above: 2", "above: .inf"),
        ("above: 2\n", ""),
        ("above: 2", "above: 2\nbelow: 1"),
        ("above: 2", "above: {times: 2, of: yesterday}"),
        ("above: 2", "above: {times: -2, of: previous_window}"),
        ("above: 2", "above: {tmies: 2, of: previous_window}"),
        ("above: 2", "above: {times: 2, of: same_time_yesterday}"),
        ("above: 2", "above: {times: 2, of: {mean_of: 7m}}\nwindow: 5m"),
        ("above: 2", "above: 2\nclear: 3"),
        ("above: 2", "below: 2\nclear: 1"),
        ("above: 2", "above: 2\nwindow: 2m"),
        ("above: 2", "above: 2\nfor: 90s"),
        ("above: 2", "above: 2\nkeep_firing_for: 30d"),
        ("above: 2", "above: 2\nno_data: frining"),
        ("above: 2", "above: 2\nno_data: {then: over, after: 1m}\nwindow: 5m"),
        ("above: 2", "above: 2\nno_data: {than: over}"),
        ("above: 2", "above: 2\nmin_count: -1"),
        ("above: 2", "above: 2\nwhere: [a]"),
        ("above: 2", "above: 2\nby: a"),
        ("above: 2", "above: 2\nlabels: {a: [b]}"),
        ("above: 2", "above: 2\nname: A b"),
        ("severity: low", "severity: lwo"),
        ("above: 2", "above: [2"),
    ] {
        let text = RULE.replacen(before, after, 1);
        assert_ne!(text, RULE, "{before}");
        let told = told(&text);
        assert_ne!(told, "", "{after}");
        all.push_str(&told);
    }
    expect![[r#"
        f.yaml:1: `measure` is missing; it is the name of a metric, or of a measure of events
        f.yaml:3: unknown field `measrue`; did you mean `measure`?
        f.yaml:4: `statistic` is one of count, sum, mean, min, max, first, last, deviation, p50, p90, p95, p99, rate, increase, distinct, not `p9`; did you mean `p90`?
        f.yaml:1: `title` is missing; it is what people will read
        f.yaml:2: `one` is no UUID, so another set may have the same
        f.yaml:5: `above` is a number, `{times: 3, of: same_time_yesterday}` or `{plus: 5, of: {mean_of: 1h}}`
        f.yaml:5: `above` is a finite number
        f.yaml:1: there is no limit: give `above:` or `below:`
        f.yaml:6: a rule holds `above` or `below` a limit; write two rules
        f.yaml:5: `of` is one of previous_window, same_time_yesterday, same_time_last_week, or {mean_of: 1h}
        f.yaml:5: `above` has `times`, a number above 0, or `plus`, a number
        f.yaml:5: `above` has `times`, a number above 0, or `plus`, a number
        f.yaml:5: unknown field `tmies`; did you mean `times`?
        f.yaml:5: 1440 windows of each series would have to be remembered, and 700 may be; take a longer window
        f.yaml:5: the time to compare with is no whole number of windows of this size
        f.yaml:6: `clear` is a number like that of `above`, at most 2: else it would be over while it holds
        f.yaml:6: `clear` is a number like that of `below`, at least 2: else it would be over while it holds
        f.yaml:6: `window` is one of 1m, 5m, 15m, 1h, 1d, not `2m`; did you mean `1m`?
        f.yaml:6: `for` is whole minutes, such as 5m, 1h or 1d, at most 7d; not `90s`
        f.yaml:6: `keep_firing_for` is whole minutes, such as 5m, 1h or 1d, at most 7d; not `30d`
        f.yaml:6: `no_data` is one of keep, firing, over, not `frining`; did you mean `firing`?
        f.yaml:6: `after` is whole minutes, no fewer than the window, not `1m`
        f.yaml:6: `then` is missing; it is keep, firing or over
        f.yaml:6: unknown field `than`; did you mean `then`?
        f.yaml:6: `min_count` is a whole number of values, 0 or more
        f.yaml:6: `where` is names with a pattern or a list of them: `{service.name: shop-*}`
        f.yaml:6: `by` is a list of names, those of the group-by of the group that is meant
        f.yaml:6: `labels` are names and words: `{team: payments}`
        f.yaml:6: `name` is 1 to 64 lower-case letters, digits, `_` and `-`
        f.yaml:6: `severity` is one of informational, low, medium, high, critical, fatal, not `lwo`; did you mean `low`?
        f.yaml:6: no YAML: did not find expected ',' or ']'
    "#]].assert_eq(&all);
}

#[test]
fn a_rule_that_is_wrong_hides_no_other_and_two_are_not_one() {
    let text = format!(
        "{}---\nabove: [\n---\n{RULE}name: a\n---\n{RULE}name: a\n",
        RULE.replace("p99", "p9")
    );
    expect![[r#"
        f.yaml:4: `statistic` is one of count, sum, mean, min, max, first, last, deviation, p50, p90, p95, p99, rate, increase, distinct, not `p9`; did you mean `p90`?
        f.yaml:9: no YAML: did not find expected node content
        f.yaml:18: another threshold has the id `00000000-0000-4000-8000-000000000001`, too; give this one its own
        f.yaml:18: another threshold has the name `a`, too; give this one its own
    "#]].assert_eq(&told(&text));
    let many: String = (0..501)
        .map(|number| RULE.replace("000000000001", &format!("{number:012}")) + "---\n")
        .collect();
    expect![[r#"
        f.yaml:3501: there are more than 500 thresholds; this is the first too many
    "#]]
    .assert_eq(&told(&many));
}

#[test]
fn timelines_that_are_wrong_are_told() {
    let rules = rules_of(RULE);
    let of_file: Vec<&Rule> = rules.iter().collect();
    let quiet = "quiet:\n  - {name: q, values: 1}\n";
    let mut all = String::new();
    for item in [
        "{name: a, values: 1y, told: [{firing: 1m}]}",
        "{name: a, values: 1x99999, told: [{firing: 1m}]}",
        "{name: a, told: [{firing: 1m}]}",
        "{name: a, values: 3}",
        "{name: a, values: 3, told: []}",
        "{name: a, values: 3, told: [{fires: 1m}]}",
        "{name: a, values: 3, told: [{firing: 1m, over: 2m}]}",
        "{name: a, rule: other, values: 3, told: [{firing: 1m}]}",
        "{name: a, vaules: 3, told: [{firing: 1m}]}",
    ] {
        let text = format!("fires:\n  - {item}\n{quiet}");
        let wrong = examples("f.test.yaml", &text, &of_file).unwrap_err();
        all.extend(wrong.iter().map(|problem| format!("{problem}\n")));
    }
    expect![[r#"
        f.test.yaml:2: `1y` is no window: give 2.5, 2.5x10, 2.5:100 or _
        f.test.yaml:2: a timeline has at most 20000 windows
        f.test.yaml:2: there are no `values`: `values: 1x3 2.5x5`
        f.test.yaml:2: what is said of it? give `told: [{firing: 5m}, {over: 9m}]`
        f.test.yaml:2: `told` is empty; this timeline belongs into `quiet`
        f.test.yaml:2: unknown field `fires`; known are firing, over, of, tenant
        f.test.yaml:2: what is said is `{firing: 5m}` or `{over: 9m}`, in whole minutes from the beginning
        f.test.yaml:2: no rule is called `other`; there are t
        f.test.yaml:2: unknown field `vaules`; did you mean `values`?
    "#]].assert_eq(&all);
}

/// What is only told changes nothing that is kept; whatever decides does.
#[test]
fn the_number_of_a_rule_follows_from_what_decides() {
    let rules = |text: &str| rules_of(text).remove(0);
    let one = rules(RULE);
    for (before, after, is_same) in [
        ("title: t", "title: other", true),
        ("severity: low", "severity: high\nrunbook: look\nlabels: {a: b}", true),
        ("measure: m", "description: more\nmeasure: m", true),
        ("above: 2", "above: 2.0\nclear: 2\nfor: 0m", true),
        ("above: 2", "above: 2.5", false),
        ("above: 2", "below: 2", false),
        ("p99", "p95", false),
        ("above: 2", "above: 2\nfor: 1m", false),
        ("above: 2", "above: 2\nwhere: {a: b}", false),
        ("above: 2", "above: 2\nno_data: keep", false),
        ("above: 2", "above: 2\nname: other", false),
    ] {
        let other = rules(&RULE.replacen(before, after, 1));
        assert_eq!(one.number() == other.number(), is_same, "{after}");
    }
}

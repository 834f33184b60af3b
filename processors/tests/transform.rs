//! The transformations from outside: whatever text comes, the bounds hold; and how well urgency is
//! told, on messages that were labelled before.
//!
//! `PROPTEST_RNG_SEED` repeats a run.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails"
)]

use std::collections::BTreeMap;

use processors::transform::apply;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_assert, prop_oneof, proptest};
use proptest::sample::select;
use schemas::envelope::Extra;
use schemas::event::{Event, Outcome, Severity};
use schemas::id::ResourceId;
use schemas::kind::Kind;
use schemas::resource::{Hints, Resource};
use serde_json::{Value, json};

fn event(kind: Kind, action: &str, text: Option<&str>) -> Event {
    let id = ResourceId::of("t", "r");
    Event {
        kind,
        class_uid: 0,
        action: action.to_owned(),
        outcome: Outcome::Unknown,
        severity: Severity::Unknown,
        resource: Resource { id, attributes: BTreeMap::new(), extra: Extra::new() },
        actor: None,
        network: None,
        hints: Hints::default(),
        text: text.map(str::to_owned),
        age_ms: 0,
        size_bytes: 0,
        raw: None,
        extra: Extra::new(),
    }
}

/// Pieces of what is looked for, and of what gets in its way.
#[rustfmt::skip]
const PIECES: [&str; 24] = [
    "urgent", "not ", "@", "https://", "://", "arn:", "::1", "CVE-", "A-1", ".", "?", "\n", "é",
    "’", "服务", " is down", "[ ]", "refs/heads/", "P1", "PAGE", "IAMPolicy", "\u{0}", "🚨", "-",
];

/// What formats give, and what is added.
#[rustfmt::skip]
const DETAILS: [&str; 22] = [
    "branch", "target_branch", "lines_added", "lines_removed", "files_changed", "files", "merged",
    "change_lines", "characters", "previous_characters", "words", "status", "previous_status",
    "estimate_hours", "spent_hours", "mentions", "alert_name", "entities", "target", "read_only",
    "urgency", "impact",
];

/// Texts that are likely to hurt.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![select(&PIECES[..]).prop_map(str::to_owned), ".{0,8}"];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        texts().prop_map(Value::from),
        proptest::collection::vec(texts(), 0..4).prop_map(|list| json!(list)),
        texts().prop_map(|name| json!({"name": name})),
        texts().prop_map(|path| json!([{"path": path}, 1, null])),
    ]
}

fn is_share(extra: &Extra, name: &str) -> bool {
    extra.get(name).and_then(Value::as_f64).is_none_or(|share| (0.0..=1.0).contains(&share))
}

fn is_at_most(extra: &Extra, name: &str, length: usize) -> bool {
    extra.get(name).and_then(Value::as_array).is_none_or(|list| list.len() <= length)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_024,
        // A failure prints its input; files of seeds would be one more thing to keep.
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_comes_the_bounds_hold(
        kind in select(&Kind::ALL[..]),
        action in texts(),
        text in proptest::option::of(texts()),
        details in proptest::collection::btree_map(select(&DETAILS[..]), values(), 0..12),
    ) {
        let mut event = event(kind, &action, text.as_deref());
        event.extra = details.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let given = event.extra.clone();
        apply(&mut event);
        let once = event.clone();
        apply(&mut event);
        prop_assert!(event == once, "once is as good as twice");
        let stays = |(name, value): (&String, &Value)| value.is_null() || once.extra[name] == *value;
        prop_assert!(given.iter().all(stays), "{given:?} became {:?}", once.extra);
        let mut added = once.extra;
        added.retain(|name, _| !given.contains_key(name));
        prop_assert!(is_share(&added, "complexity") && is_share(&added, "change_share"));
        let lists = [("urgency_words", 8), ("action_items", 10), ("mentions", 20), ("entities", 50)];
        prop_assert!(lists.iter().all(|(name, length)| is_at_most(&added, name, *length)));
        prop_assert!(is_at_most(&added, "impact_reasons", 10));
    }
}

/// Texts of a megabyte are read to a bound: what is added to their events is short.
#[test]
fn a_megabyte_adds_little() {
    let pieces = ["please @ana it is urgent. ", "https://a.com/b ", "a", ".", "\n", "A1-1-", "://"];
    for piece in pieces {
        let text = piece.repeat(1_000_000 / piece.len());
        for kind in Kind::ALL {
            let mut event = event(kind, &text, Some(&text));
            event.extra.insert("alert_name".to_owned(), Value::from(text.as_str()));
            apply(&mut event);
            event.extra.remove("alert_name");
            let added_bytes = serde_json::to_string(&event.extra).unwrap().len();
            assert!(added_bytes < 10_000, "{kind} {piece:?}: {added_bytes} bytes");
        }
    }
}

const LEVELS: [&str; 4] = ["none", "low", "high", "critical"];

fn level(name: &str) -> usize {
    LEVELS.iter().position(|level| *level == name).unwrap()
}

fn told(text: &str) -> usize {
    let mut event = event(Kind::Messages, "message", Some(text));
    apply(&mut event);
    level(event.extra["urgency"].as_str().unwrap())
}

/// Precision and recall of urgency that somebody has to act on: high and critical. These messages
/// are our own, so the figures say that nothing broke, and not how well it does elsewhere.
#[test]
fn urgency_is_told_from_its_absence() {
    let lines = include_str!("urgency.tsv").lines().filter(|line| !line.starts_with('#'));
    let (mut hits, mut false_alarms, mut misses, mut exact, mut all) = (0, 0, 0, 0, 0);
    for (label, text) in lines.filter_map(|line| line.split_once('\t')) {
        let (expected, told) = (level(label), told(text));
        if told != expected {
            println!("{label}, told {}: {text}", LEVELS[told]);
        }
        let (is_urgent, is_told) = (expected >= level("high"), told >= level("high"));
        hits += u32::from(is_urgent && is_told);
        false_alarms += u32::from(!is_urgent && is_told);
        misses += u32::from(is_urgent && !is_told);
        exact += u32::from(told == expected);
        all += 1;
    }
    let precision = f64::from(hits) / f64::from(hits + false_alarms);
    let recall = f64::from(hits) / f64::from(hits + misses);
    println!("{all} messages: precision {precision:.3}, recall {recall:.3}, exact {exact}");
    assert!(all >= 60 && precision >= 0.9 && recall >= 0.9);
}

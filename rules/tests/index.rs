//! The index saves work and changes no answer: random rules over random events, each asked both with it
//! and without, and by the engine the rules are compiled by. Rules and events are made of few names and
//! values, so that they meet. `ISOBAR_SEEDS=7..8` repeats a run.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fmt::Write as _;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rsigma_eval::Engine;
use rsigma_eval::event::JsonEvent;
use rsigma_parser::parse_sigma_yaml;
use rules::{Matcher, Record, RuleSet, Text};

const FEED: &str = "aws.cloudtrail";
const FIELDS: [&str; 5] = ["eventName", "eventSource", "userIdentity.type", "list.name", "flag"];
const VALUES: [&str; 8] = ["Alpha", "beta", "GAMMA", "Straße", "true", "7", "ΣΊΓΜΑΣ", "del*"];
const CONDITIONS: [&str; 10] = [
    "a",
    "a and b",
    "a or b",
    "a and not b",
    "not a",
    "1 of c_*",
    "all of c_*",
    "a and 1 of them",
    "(a or b) and not c_1",
    "not (a and b) or c_2",
];

struct Chance(ChaCha8Rng);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.0.next_u64() % end as u64).unwrap()
    }

    fn one_of<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

fn values(chance: &mut Chance) -> String {
    let count = 1 + chance.below(3);
    let values: Vec<_> = (0..count).map(|_| format!("'{}'", chance.one_of(&VALUES))).collect();
    format!("[{}]", values.join(", "))
}

fn item(chance: &mut Chance) -> String {
    let modifier =
        chance.one_of(&["", "", "", "", "|contains", "|startswith", "|cased", "|exists"]);
    let field = chance.one_of(&FIELDS);
    match modifier {
        "|exists" => format!("{field}|exists: {}", chance.below(2) == 0),
        _ if chance.below(12) == 0 => format!("{field}: null"),
        _ => format!("{field}{modifier}: {}", values(chance)),
    }
}

fn selection(chance: &mut Chance) -> String {
    let map = |chance: &mut Chance| {
        let items: std::collections::BTreeMap<_, _> = (0..=chance.below(2))
            .map(|_| {
                item(chance).split_once(": ").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap()
            })
            .collect();
        let items: Vec<_> =
            items.iter().map(|(field, value)| format!("{field}: {value}")).collect();
        format!("{{{}}}", items.join(", "))
    };
    match chance.below(8) {
        0 => format!("[{}, {}]", map(chance), map(chance)),
        1 => format!("['{}', word]", chance.one_of(&VALUES[..3])),
        _ => map(chance),
    }
}

fn rule(number: usize, chance: &mut Chance) -> String {
    let mut text = format!(
        "title: t\nid: 00000000-0000-4000-8000-{number:012}\nlogsource: {{product: aws}}\ndetection:\n"
    );
    for name in ["a", "b", "c_1", "c_2"] {
        writeln!(text, "  {name}: {}", selection(chance)).unwrap();
    }
    writeln!(text, "  condition: {}", chance.one_of(&CONDITIONS)).unwrap();
    text
}

fn value(chance: &mut Chance) -> String {
    match chance.below(10) {
        0 => "null".to_owned(),
        1 => "true".to_owned(),
        2 => "7".to_owned(),
        3 => format!("[{}, {}]", value(chance), value(chance)),
        4 => "\"delta\"".to_owned(),
        5 => format!("\"{}\"", chance.one_of(&VALUES).to_lowercase()),
        6 => format!("\"{}\"", chance.one_of(&VALUES).to_uppercase()),
        _ => format!("\"{}\"", chance.one_of(&VALUES)),
    }
}

fn event(chance: &mut Chance) -> String {
    let mut parts = Vec::new();
    for field in ["eventName", "eventSource", "flag"] {
        if chance.below(6) > 0 {
            parts.push(format!("\"{field}\": {}", value(chance)));
        }
    }
    if chance.below(4) > 0 {
        parts.push(format!("\"userIdentity\": {{\"type\": {}}}", value(chance)));
    }
    let names: Vec<_> =
        (0..chance.below(3)).map(|_| format!("{{\"name\": {}}}", value(chance))).collect();
    parts.push(format!("\"list\": [{}]", names.join(", ")));
    format!("{{{}}}", parts.join(", "))
}

fn try_seed(seed: u64) -> usize {
    let mut chance = Chance(ChaCha8Rng::seed_from_u64(seed));
    let texts: Vec<_> = (0..40)
        .map(|number| Text { file: format!("{number}.yaml"), text: rule(number, &mut chance) })
        .collect();
    let set = RuleSet::load(&texts);
    assert!(!set.has_errors(), "seed {seed}: {:?}", set.problems);
    let matcher = Matcher::new(set.rules).unwrap();
    let mut engine = Engine::new();
    for text in &texts {
        engine.add_collection(&parse_sigma_yaml(&text.text).unwrap()).unwrap();
    }
    let mut hits = 0;
    for _ in 0..60 {
        let text = event(&mut chance);
        let record = Record::decode(&text).unwrap();
        let ids = |rules: Vec<&rules::Rule>| rules.iter().map(|rule| rule.id.clone()).collect();
        let with: Vec<String> = ids(matcher.hits(FEED, &record));
        let without: Vec<String> = ids(matcher.hits_without_index(FEED, &record));
        assert_eq!(with, without, "seed {seed}: {text}");
        let json = serde_json::from_str(&text).unwrap();
        let theirs = engine.evaluate(&JsonEvent::owned(json));
        let mut theirs: Vec<_> = theirs.into_iter().filter_map(|hit| hit.header.rule_id).collect();
        theirs.sort();
        assert_eq!(with, theirs, "seed {seed}: {text}");
        hits += with.len();
    }
    hits
}

#[test]
fn the_index_changes_no_answer() {
    #[expect(clippy::disallowed_methods, reason = "the test's own configuration")]
    let seeds = std::env::var("ISOBAR_SEEDS").ok();
    let ends = seeds.as_deref().and_then(|text| text.split_once(".."));
    let (first, end) = ends.map_or((0, 100), |(a, b)| (a.parse().unwrap(), b.parse().unwrap()));
    println!("seeds {first}..{end}");
    let hits: usize = (first..end).map(try_seed).sum();
    assert!(hits > 1_000, "rules and events hardly met: {hits} hits");
}

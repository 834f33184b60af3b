//! Estates, alerts and changes as short texts.

use std::sync::Arc;

use incidents::estate::{Case, Change, Estate, Fixed, Limits, Symptom, Thing};
use schemas::id::RecordId;
use schemas::relations::{relation, thing};
use schemas::signal::{Relation, RelationKind};

pub(crate) const NOW_MS: i64 = 1_767_225_600_000;
pub(crate) const HOUR_MS: i64 = 3_600_000;
pub(crate) const TENANT: u32 = 3;

/// `checkout` is a service, `database/orders` is what it says.
pub(crate) fn named(text: &str) -> Thing {
    let (kind, name) = text.split_once('/').unwrap_or(("service", text));
    Thing::new(kind, name).unwrap()
}

fn how(text: &str) -> RelationKind {
    match text {
        "calls" => RelationKind::Calls,
        "needs" => RelationKind::DependsOn,
        "on" => RelationKind::RunsOn,
        "in" => RelationKind::PartOf,
        "by" => RelationKind::DeployedBy,
        "as" => RelationKind::Assumes,
        "of" => RelationKind::OwnedBy,
        other => panic!("no such relation: {other}"),
    }
}

/// `4m` and `-2h` in milliseconds.
fn lasting_ms(text: &str) -> i64 {
    let (number, unit) = text.split_at(text.len() - 1);
    let unit_ms = match unit {
        "s" => 1_000,
        "m" => 60_000,
        "h" => HOUR_MS,
        "d" => 24 * HOUR_MS,
        other => panic!("no such unit: {other}"),
    };
    number.parse::<i64>().unwrap() * unit_ms
}

/// `a calls b, b on node/n -8d`: each with when it was seen, now where nothing is said.
pub(crate) fn relations(text: &str) -> Vec<(Relation, i64)> {
    let pieces = text.split(',').map(str::trim).filter(|piece| !piece.is_empty());
    let read = |piece: &str| {
        let words: Vec<&str> = piece.split_whitespace().collect();
        let [from, to] = [words[0], words[2]].map(named);
        let [from, to] = [from, to].map(|of| thing(of.kind(), of.name()));
        let at_ms = NOW_MS + words.get(3).map_or(0, |at| lasting_ms(at));
        (relation(from, how(words[1]), to), at_ms)
    };
    pieces.map(read).collect()
}

pub(crate) fn estate(text: &str) -> Estate {
    let mut estate = Estate::default();
    learn(&mut estate, TENANT, text);
    estate
}

pub(crate) fn limited(things: usize, relations: usize) -> Estate {
    Estate::new(Limits { things, relations, ..Limits::default() }, Arc::default())
}

pub(crate) fn fixed(text: &str, tiers: &[(&str, u8)]) -> Arc<Fixed> {
    let relations: Vec<Relation> = relations(text).into_iter().map(|(of, _)| of).collect();
    let tiers: Vec<_> = tiers.iter().map(|(name, tier)| (named(name), *tier)).collect();
    Arc::new(Fixed::new(&relations, &tiers))
}

pub(crate) fn learn(estate: &mut Estate, tenant: u32, text: &str) {
    for (relation, at_ms) in relations(text) {
        estate.learn(tenant, &relation, at_ms);
    }
}

/// Who is touched, nearest first: `1 checkout: checkout calls orders`.
pub(crate) fn affected(estate: &mut Estate, tenant: u32, at: &str) -> Vec<String> {
    let at: Vec<Thing> = at.split_whitespace().map(named).collect();
    let found = estate.affected(tenant, &at.iter().collect::<Vec<_>>(), NOW_MS);
    found.iter().map(|of| format!("{} {}: {}", of.steps, of.name, of.reason)).collect()
}

/// `orders@0m checkout@2m!`: where alerts began and when; `!` is urgent.
pub(crate) fn symptoms(text: &str) -> Vec<Symptom> {
    let read = |piece: &str| {
        let (name, at) = piece.split_once('@').unwrap();
        let (at, urgent) = at.strip_suffix('!').map_or((at, false), |at| (at, true));
        Symptom { thing: named(name), began_ms: NOW_MS + lasting_ms(at), urgent }
    };
    text.split_whitespace().map(read).collect()
}

/// `orders@-4m=deploy 118 by ana; @-2m=flag`: what was changed, when, in which words.
pub(crate) fn changes(text: &str) -> Vec<Change> {
    let pieces = text.split(';').map(str::trim).filter(|piece| !piece.is_empty());
    let read = |piece: &str| {
        let (place, title) = piece.split_once('=').unwrap();
        let (name, at) = place.split_once('@').unwrap();
        let (title, by) = title.split_once(" by ").map_or((title, None), |(a, b)| (a, Some(b)));
        Change {
            record: RecordId::of("change", &[piece]),
            thing: (!name.is_empty()).then(|| named(name)),
            at_ms: NOW_MS + lasting_ms(at),
            runs: !title.starts_with("push"),
            title: title.to_owned(),
            by: by.map(str::to_owned),
            linked: 1.0,
        }
    };
    pieces.map(read).collect()
}

/// Causes, likeliest first: `0.89 orders began first`.
pub(crate) fn causes(estate: &mut Estate, alerts: &str, changed: &str) -> Vec<String> {
    let (symptoms, changes) = (symptoms(alerts), changes(changed));
    let symptoms: Vec<&Symptom> = symptoms.iter().collect();
    let case = Case { tenant: "acme", symptoms: &symptoms, changes: &changes, time_ms: NOW_MS };
    let ranked = estate.causes(TENANT, &case);
    ranked.iter().map(|of| format!("{:.2} {}", of.cause.score.get(), of.cause.reason)).collect()
}

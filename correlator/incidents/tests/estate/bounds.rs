//! Bounds, and the work of an answer.

use incidents::estate::{Estate, Limits};
use schemas::relations::{relation, thing};
use schemas::signal::RelationKind;

use super::support::{HOUR_MS, NOW_MS, TENANT, affected, causes, learn, limited, named};

/// Things of one walk at most.
const LOOKED_AT_MAX: u64 = 500;

fn calls(estate: &mut Estate, from: &str, to: &str, time_ms: i64) {
    let [from, to] = [from, to].map(|name| thing("service", name));
    estate.learn(TENANT, &relation(from, RelationKind::Calls, to), time_ms);
}

#[test]
fn cycles_of_a_hundred_thousand_things_cost_no_more_than_is_allowed() {
    let mut estate = Estate::default();
    let name = |number: u64| format!("s{}", number % 100_000);
    for number in 0..100_000_u64 {
        for next in [number + 1, number * 7_919 + 3, number * 31 + 5, 2 * number + 1] {
            calls(&mut estate, &name(number), &name(next), NOW_MS);
        }
    }
    assert_eq!(estate.len(TENANT).0, 100_000);
    estate.take_counts();
    assert_eq!(affected(&mut estate, TENANT, "s4711").len(), 32);
    assert!(estate.take_counts().looked_at <= LOOKED_AT_MAX);
    let alerts: Vec<_> = (0..200).map(|number| format!("s{number}@{number}s")).collect();
    let found = causes(&mut estate, &alerts.join(" "), "s3@-1m=deploy; s4@-2m=deploy");
    assert!(!found.is_empty() && found.len() <= 5, "{found:?}");
    let looked_at = estate.take_counts().looked_at;
    assert!((64 * 64..=64 * LOOKED_AT_MAX).contains(&looked_at), "{looked_at}");
}

#[test]
fn a_wide_estate_costs_no_more_than_is_allowed() {
    let mut estate = Estate::default();
    for number in 0..60 {
        calls(&mut estate, &format!("a{number}"), "base", NOW_MS);
        for other in 0..60 {
            calls(&mut estate, &format!("b{number}-{other}"), &format!("a{number}"), NOW_MS);
        }
    }
    estate.take_counts();
    assert_eq!(affected(&mut estate, TENANT, "base").len(), 32);
    assert_eq!(estate.take_counts().looked_at, 1, "the first step is enough");
    let found = causes(&mut estate, "base@0s b1-1@1s", "");
    assert_eq!((found.len(), estate.take_counts().looked_at), (1, 1 + 3));
}

#[test]
fn things_not_seen_for_longest_make_room_and_are_counted() {
    let mut estate = limited(100, 1_000);
    for number in 0..1_000_i64 {
        let at_ms = NOW_MS + number * HOUR_MS / 20;
        calls(&mut estate, &format!("a{number}"), &format!("b{number}"), at_ms);
        // One that is seen again and again stays.
        calls(&mut estate, "web", "cart", at_ms);
    }
    let counts = estate.take_counts();
    assert_eq!(estate.len(TENANT).0, 100);
    assert_eq!(counts.things_evicted + counts.things_expired, 2 * 1_000 + 2 - 100);
    let at_ms = NOW_MS + 50 * HOUR_MS;
    let cart = named("cart");
    assert_eq!(estate.affected(TENANT, &[&cart], at_ms).len(), 1);
}

#[test]
fn relations_have_a_bound_of_their_own() {
    let mut estate = limited(1_000, 50);
    (0..200).for_each(|at| learn(&mut estate, TENANT, &format!("a{at} calls b{}", at % 9)));
    let (things, relations) = estate.len(TENANT);
    assert!(relations <= 50 && things < 209, "{things} {relations}");
    assert!(estate.take_counts().things_evicted > 0);
}

#[test]
fn what_is_gone_for_a_week_is_forgotten_though_there_is_room() {
    let mut estate = limited(1_000, 1_000);
    (0..20).for_each(|at| learn(&mut estate, TENANT, &format!("a{at} calls b{at}")));
    (0..20).for_each(|_| learn(&mut estate, TENANT, "web calls cart 169h"));
    assert_eq!(estate.len(TENANT), (2, 1));
    assert_eq!(estate.take_counts().things_expired, 40);
}

#[test]
fn a_hub_takes_no_more_room_than_it_is_told_apart_by() {
    let mut estate = Estate::new(Limits::default(), std::sync::Arc::default());
    (0..1_000).for_each(|at| learn(&mut estate, TENANT, &format!("a{at} calls gate")));
    // Every caller knows whom it calls; the hub knows 65 of them.
    assert_eq!(estate.len(TENANT), (1_001, (1_000_usize + 65).div_ceil(2)));
    assert_eq!(estate.take_counts().relations_left_out, 1_000 - 65);
}

#[test]
fn what_names_nothing_is_refused_and_counted() {
    let mut estate = Estate::default();
    let long = "x".repeat(201);
    for (from, to) in [("a", ""), (" ", "b"), ("a", "A "), ("a", &long)] {
        calls(&mut estate, from, to, NOW_MS);
    }
    for time_ms in [i64::MIN, -1, 0, i64::MAX] {
        calls(&mut estate, "a", "b", time_ms);
    }
    let counts = estate.take_counts();
    assert_eq!((counts.relations_refused, counts.relations_told), (4, 4));
}

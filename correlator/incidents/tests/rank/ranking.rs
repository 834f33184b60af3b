//! From evidence to causes.

use incidents::rank::{Evidence, rank};

use crate::support::{Chance, NOON_MS, changed, graph, names, piece, pieces, ranked, symptom};

const LINE: [(&str, &str); 2] = [("shop", "cart"), ("cart", "store")];
const FORK: [(&str, &str); 4] =
    [("shop", "search"), ("shop", "pay"), ("search", "store"), ("pay", "bank")];

/// A service, how surely each of its nodes is abnormal, and the order of blame.
type Case = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static [(&'static str, f64)],
    &'static [&'static str],
);

const CASES: [Case; 9] = [
    ("a leaf", &LINE, &[("shop", 0.8), ("cart", 0.9), ("store", 0.95)], &["store", "cart", "shop"]),
    ("a middle node", &LINE, &[("shop", 0.8), ("cart", 0.95)], &["cart", "shop"]),
    ("the symptom itself", &LINE, &[("shop", 0.9)], &["shop"]),
    ("a healthy service", &LINE, &[], &[]),
    ("noise only", &LINE, &[("shop", 0.09), ("store", 0.05)], &[]),
    ("behind a node without metrics", &LINE, &[("shop", 0.8), ("store", 0.9)], &["store", "shop"]),
    (
        "two faults at once",
        &FORK,
        &[("shop", 0.9), ("search", 0.95), ("pay", 0.94)],
        &["search", "pay", "shop"],
    ),
    (
        "a weak anomaly below does not clear a strong one",
        &FORK,
        &[("shop", 0.8), ("search", 0.97), ("store", 0.2)],
        &["search", "store", "shop"],
    ),
    (
        "a cycle",
        &[("shop", "a"), ("a", "b"), ("b", "a"), ("b", "shop")],
        &[("shop", 0.6), ("a", 0.7), ("b", 0.97)],
        &["b", "shop", "a"],
    ),
];

#[test]
fn the_node_is_blamed_that_explains_the_others() {
    for (name, edges, scores, expected) in CASES {
        let ranking = ranked(edges, &pieces(scores), &[]);
        assert_eq!(names(&ranking), expected, "{name}: {ranking:#?}");
        assert!(ranking.causes.iter().all(|cause| (0.0..=1.0).contains(&cause.score)), "{name}");
    }
}

#[test]
fn who_explains_more_callers_is_blamed_before_the_view_of_one_of_them() {
    // What shop sees of search through a balancer is worse than what search sees of itself.
    let edges = [("shop", "balancer"), ("shop", "search"), ("list", "search"), ("search", "store")];
    let scores = [("shop", 0.8), ("balancer", 0.99), ("search", 0.95), ("list", 0.6)];
    assert_eq!(names(&ranked(&edges, &pieces(&scores), &[]))[0], "search");
}

#[test]
fn a_hub_is_blamed_when_its_callers_suffer_and_not_when_they_do_not() {
    let callers: Vec<String> = (0..100).map(|number| format!("caller-{number}")).collect();
    let mut edges = vec![("shop", "hub"), ("shop", "pay")];
    edges.extend(callers.iter().map(|caller| (caller.as_str(), "hub")));
    let mut evidence = pieces(&[("shop", 0.8), ("hub", 0.7), ("pay", 0.7)]);
    evidence.extend(callers.iter().map(|caller| piece(caller, 0.5)));
    let ranking = ranked(&edges, &evidence, &[]);
    assert_eq!(ranking.causes[0].node, "hub", "{ranking:#?}");
    assert!(
        ranking.causes[0].reason.contains("caller-0, caller-1, caller-10, caller-11 and 97 more")
    );
    let alone = ranked(&edges, &pieces(&[("shop", 0.8), ("hub", 0.2), ("pay", 0.7)]), &[]);
    assert_eq!(alone.causes[0].node, "pay");
}

#[test]
fn a_change_shortly_before_makes_a_node_likelier_and_an_old_one_does_not() {
    let scores = pieces(&[("shop", 0.8), ("search", 0.8), ("pay", 0.8)]);
    let first = |changes: &[_]| ranked(&FORK, &scores, changes).causes.swap_remove(0);
    // Equal but for their names.
    assert_eq!(first(&[]).node, "pay");
    assert_eq!(first(&[changed("search", 5)]).node, "search");
    assert!(
        first(&[changed("search", 5)]).reason.contains("search was deployed at 2023-11-14T22:08")
    );
    assert_eq!(first(&[changed("search", 31)]).node, "pay");
    assert_eq!(first(&[changed("search", -2)]).node, "pay", "it was changed after the symptom");
    let nearer = first(&[changed("search", 29), changed("search", 1)]);
    assert!(nearer.score > first(&[changed("search", 29)]).score);
}

#[test]
fn a_changed_node_that_nothing_is_known_of_is_a_suspect() {
    let ranking = ranked(&FORK, &pieces(&[("shop", 0.8)]), &[changed("bank", 0)]);
    assert!(names(&ranking).contains(&"bank"), "{ranking:#?}");
    assert!(ranking.causes.iter().any(|cause| cause.reason.starts_with("nothing abnormal")));
}

#[test]
fn what_began_after_the_symptom_and_what_it_does_not_call_count_less() {
    let scores = pieces(&[("shop", 0.8), ("search", 0.8), ("pay", 0.8)]);
    let late = |by_ms: i64| -> Vec<Evidence> {
        let mut evidence = scores.clone();
        evidence[2].since_ms += by_ms;
        evidence
    };
    assert_eq!(names(&ranked(&FORK, &late(60_000), &[]))[0], "pay", "one step is no delay");
    assert_eq!(names(&ranked(&FORK, &late(60_001), &[]))[0], "search");
    let stranger = ranked(&FORK, &pieces(&[("shop", 0.5), ("elsewhere", 0.99)]), &[]);
    assert_eq!(names(&stranger), ["shop", "elsewhere"]);
    assert!(stranger.causes[1].reason.contains("the symptom does not call it"));
}

#[test]
fn a_graph_that_knows_nothing_of_the_symptom_still_answers() {
    let evidence = pieces(&[("shop", 0.5), ("far", 0.9)]);
    assert_eq!(names(&ranked(&[], &evidence, &[])), ["shop", "far"]);
    assert_eq!(names(&ranked(&[("a", "b"), ("a", "a")], &evidence, &[])), ["shop", "far"]);
    assert!(ranked(&[], &[], &[]).causes.is_empty());
}

#[test]
fn scores_that_are_no_chances_do_no_harm() {
    let evidence = pieces(&[("shop", 7.0), ("cart", f64::NAN), ("store", -1.0)]);
    let ranking = ranked(&LINE, &evidence, &[]);
    assert_eq!(names(&ranking), ["shop"]);
    assert!(ranking.causes[0].score <= 1.0);
}

#[test]
fn a_reason_has_the_figures_the_way_and_who_is_blamed_instead() {
    let evidence = pieces(&[("shop", 0.8), ("cart", 0.9), ("store", 0.95)]);
    let ranking = ranked(&LINE, &evidence, &[]);
    let reasons: Vec<&str> = ranking.causes.iter().map(|cause| cause.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "store is off by 0.95; path shop → cart → store; its fault would explain cart, shop",
            "cart is off by 0.9; path shop → cart; its fault would explain shop; \
             store accounts for 95 % of it",
            "shop is off by 0.8; the symptom shows at itself; cart accounts for 90 % of it",
        ]
    );
}

#[test]
fn no_order_of_the_input_reaches_the_output() {
    let edges = [FORK[0], FORK[1], FORK[2], FORK[3], ("bank", "shop"), ("pay", "store"), FORK[0]];
    let scores =
        [("shop", 0.8), ("search", 0.7), ("pay", 0.7), ("store", 0.7), ("bank", 0.7), ("x", 0.7)];
    let changes = [changed("pay", 3), changed("search", 3), changed("x", 9)];
    let expected = ranked(&edges, &pieces(&scores), &changes);
    assert_eq!(expected.causes.len(), 6);
    for seed in 0..200 {
        let mut chance = Chance(seed);
        let (mut edges, mut evidence, mut changes) = (edges, pieces(&scores), changes.clone());
        chance.shuffle(&mut edges);
        chance.shuffle(&mut evidence);
        chance.shuffle(&mut changes);
        let ranking = rank(&graph(&edges), &symptom("shop"), &evidence, &changes);
        assert_eq!(ranking, expected, "seed {seed}");
    }
    assert_eq!(symptom("shop").since_ms, NOON_MS);
}

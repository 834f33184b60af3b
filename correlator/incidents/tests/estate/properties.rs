//! What holds of any estate.

use proptest::prelude::*;
use schemas::signal::Relation;

use super::support::{NOW_MS, TENANT, affected, causes, learn, limited, relations};

const HOWS: [&str; 7] = ["calls", "needs", "on", "in", "by", "as", "of"];

/// Relations among a few things, so that there are cycles, diamonds and hubs.
fn told() -> impl Strategy<Value = Vec<Relation>> {
    let name = prop_oneof![
        3 => (0..12_u8).prop_map(|at| format!("s{at}")),
        1 => (0..4_u8).prop_map(|at| format!("pod/p{at}")),
        1 => (0..90_u8).prop_map(|at| format!("node/n{at}")),
    ];
    let one = (name.clone(), 0..HOWS.len(), name)
        .prop_map(|(from, how, to)| format!("{from} {} {to}", HOWS[how]));
    let text = proptest::collection::vec(one, 1..400).prop_map(|all| all.join(", "));
    text.prop_map(|text| relations(&text).into_iter().map(|(relation, _)| relation).collect())
}

fn answers(told: &[Relation], things_max: usize) -> (Vec<String>, Vec<String>, (usize, usize)) {
    let mut estate = limited(things_max, 1_000_000);
    for relation in told {
        estate.learn(TENANT, relation, NOW_MS);
    }
    let touched = (0..12).flat_map(|at| affected(&mut estate, TENANT, &format!("s{at}"))).collect();
    let alerts = "s0@0m s1@1m s2@2m! s3@0m pod/p1@1m node/n3@2m";
    let changes = "s4@-1m=deploy; node/n1@-5m=drain; pod/p2@-3m=kill";
    (touched, causes(&mut estate, alerts, changes), estate.len(TENANT))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Also where things have to make room.
    #[test]
    fn the_order_of_learning_within_an_hour_changes_no_answer(
        (told, shuffled) in told().prop_flat_map(|told| (Just(told.clone()), Just(told).prop_shuffle())),
        things_max in prop_oneof![Just(1_000_usize), 4..40_usize],
    ) {
        prop_assert_eq!(answers(&told, things_max), answers(&shuffled, things_max));
    }

    /// A hub tells the same of its neighbours apart, whoever came first.
    #[test]
    fn the_order_of_learning_changes_nothing_of_a_hub(
        callers in Just((0..100).collect::<Vec<u8>>()).prop_shuffle(),
    ) {
        let told = |callers: &[u8]| {
            let mut estate = limited(1_000, 1_000);
            for caller in callers {
                learn(&mut estate, TENANT, &format!("s{caller} calls gate"));
            }
            affected(&mut estate, TENANT, "gate")
        };
        let in_order: Vec<u8> = (0..100).collect();
        prop_assert_eq!(told(&callers), told(&in_order));
    }

    /// What is told twice is known once, and scores are between 0 and 1.
    #[test]
    fn telling_again_changes_nothing(told in told()) {
        let twice: Vec<Relation> = told.iter().chain(&told).cloned().collect();
        let once = answers(&told, 1_000);
        prop_assert_eq!(&answers(&twice, 1_000), &once);
        for cause in &once.1 {
            let score: f64 = cause.split(' ').next().unwrap().parse().unwrap();
            prop_assert!((0.05..=1.0).contains(&score), "{}", cause);
        }
    }
}

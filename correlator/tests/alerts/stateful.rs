//! Stateful rules in the service: what several hits mean together becomes alerts.

use std::collections::BTreeMap;

use correlator::CorrelatorConfig;
use correlator::patterns::{Bounds, Figure, Fires, GroupField, Kind, Pattern, Stateful, Step};
use expect_test::expect;
use schemas::alert::Level;

use crate::support::{ONE_ROUTE, Say, World, config};

const MINUTE_MS: i64 = 60_000;

fn rule(id: &str, rules: &[&str], fires: Fires) -> Stateful {
    let group = GroupField { name: "service".to_owned(), of_rule: BTreeMap::new() };
    Stateful {
        id: id.to_owned(),
        version: "v1".to_owned(),
        title: format!("Rule {id}"),
        level: Level::Critical,
        confidence: 0.9,
        rules: rules.iter().map(|rule| ((*rule).to_owned(), (*rule).to_owned())).collect(),
        group_by: vec![group],
        fields: Vec::new(),
        fires,
    }
}

/// Over the hits of random timelines: many of a service, and one that no other follows.
pub(crate) fn rules() -> Vec<Stateful> {
    let within = |kind, minutes| Pattern { kind, within_ms: minutes * MINUTE_MS };
    let many = within(Kind::Threshold(Figure::Count, Bounds::from(2.0)), 30);
    let one = within(Kind::Sequence(vec![Step { rules: vec![0, 2], ..Step::of(0) }]), 1);
    let alone = Fires::Unless { pattern: one, absent: vec![1, 3], for_ms: 5 * MINUTE_MS };
    vec![
        rule("many", &["cpu", "disk", "hit0", "hit1"], Fires::AtOnce(many)),
        rule("alone", &["cpu", "disk", "hit0", "hit1"], alone),
    ]
}

fn world() -> World {
    World::of(&CorrelatorConfig { stateful: rules(), ..config(ONE_ROUTE) })
}

#[test]
fn several_hits_are_an_alert_of_their_own_with_a_reason() {
    let mut world = world();
    world.say(Say::hit(0, "cpu", "shop")).say(Say::hit(60, "disk", "shop"));
    let told = world.alerts.iter().map(|alert| {
        format!("{} {}: {}", alert.data.rule.rule, alert.data.title, alert.data.reason)
    });
    expect![[r#"
        cpu cpu on shop: said
        disk disk on shop: said
        many Rule many: "cpu" and "disk" within 1 min of service shop; confidence 0.90"#]]
    .assert_eq(&told.collect::<Vec<_>>().join("\n"));
}

#[test]
fn what_did_not_follow_is_told_when_time_has_passed_by_marks() {
    let mut world = world();
    world.say(Say::hit(0, "cpu", "shop")).say(Say::hit(0, "cpu", "cart"));
    world.say(Say::hit(120, "disk", "cart")).until(299);
    let alone = |world: &World| {
        let of = world.alerts.iter().filter(|alert| alert.data.rule.rule == "alone");
        of.map(|alert| alert.data.reason.clone()).collect::<Vec<_>>()
    };
    assert!(alone(&world).is_empty());
    world.until(300);
    let told = "\"cpu\" of service shop, and no \"disk\" or \"hit1\" for 5 min; confidence 0.90";
    assert_eq!(alone(&world), [told]);
}

#[test]
fn tenants_have_nothing_together() {
    let mut world = world();
    world.say(Say::hit(0, "cpu", "shop")).say(Say::hit(60, "disk", "shop").tenant("beta"));
    assert!(world.alerts.iter().all(|alert| alert.data.rule.rule != "many"));
}

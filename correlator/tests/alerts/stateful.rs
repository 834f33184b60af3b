//! Stateful rules in the service: what several hits mean together becomes alerts.

use std::collections::BTreeMap;

use correlator::CorrelatorConfig;
use correlator::patterns::{Bounds, Figure, Fires, GroupField, Kind, Pattern, Stateful, Step};
use expect_test::expect;
use schemas::alert::{EvidenceRole, Level};

use crate::support::{ONE_ROUTE, START_MS, Say, World, config};

const MINUTE_MS: i64 = 60_000;

fn rule(id: &str, rules: &[&str], fires: Fires) -> Stateful {
    let group = GroupField { name: "service".to_owned(), of_rule: BTreeMap::new() };
    Stateful {
        id: id.to_owned(),
        version: "v1".to_owned(),
        title: format!("Rule {id}"),
        level: Level::Critical,
        confidence: 0.9,
        runbook: None,
        is_material: false,
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
    world.until(301);
    let told = "\"cpu\" of service shop, and no \"disk\" or \"hit1\" for 5 min; confidence 0.90";
    assert_eq!(alone(&world), [told]);
}

#[test]
fn tenants_have_nothing_together() {
    let mut world = world();
    world.say(Say::hit(0, "cpu", "shop")).say(Say::hit(60, "disk", "shop").tenant("beta"));
    assert!(world.alerts.iter().all(|alert| alert.data.rule.rule != "many"));
}

/// What time alone decides is told by the mark that decides it, and waits for no other.
#[test]
fn what_time_decides_is_told_at_once() {
    let route = "
receivers: [{name: ops, channel: slack}]
routes: [{name: all, receivers: [ops], group_wait: 0s, matchers: ['rule=alone']}]
";
    let mut world = World::of(&CorrelatorConfig { stateful: rules(), ..config(route) });
    world.say(Say::hit(0, "cpu", "shop")).until(299);
    assert_eq!(world.heard(), "");
    assert_eq!(world.until(301).heard(), "301 tell ops firing: #2 firing");
}

#[test]
fn all_hits_of_a_firing_are_its_evidence_and_no_more_than_an_alert_has_room_for() {
    let many = Kind::Threshold(Figure::Count, Bounds::from(30.0));
    let many = Pattern { kind: many, within_ms: 30 * MINUTE_MS };
    let stateful = [rule("many", &["cpu"], Fires::AtOnce(many)), rules().remove(0)];
    let of = |count: i64| {
        let stateful =
            if count == 30 { vec![stateful[0].clone()] } else { vec![stateful[1].clone()] };
        let mut world = World::of(&CorrelatorConfig { stateful, ..config(ONE_ROUTE) });
        for second in 0..count {
            world.say(Say::hit(second, "cpu", "shop"));
        }
        let mut alerts = world.alerts.iter().filter(|alert| alert.data.rule.rule == "many");
        let alert = alerts.next_back().unwrap();
        let seconds = alert.data.evidence.iter().map(|of| (of.time_ms - START_MS) / 1_000);
        (seconds.collect::<Vec<_>>(), alert.data.evidence[0].role)
    };
    assert_eq!(of(2), (vec![1, 0], EvidenceRole::Trigger));
    assert_eq!(of(30), ((10..30).rev().collect(), EvidenceRole::Trigger));
}

//! Limits: what is kept stays bounded, in a fixed order, and what is dropped is told.

use expect_test::expect;

use crate::support::{Say, World};

const TIGHT: &str = "
receivers: [{name: ops, channel: slack}]
routes: [{name: all, receivers: [ops], group_by: [service], group_wait: 0s, group_interval: 0s}]
limits: {open_alerts: 2, groups: 2, silences: 1, remembered: 2, tenants: 2}
";

/// The alert that was quiet for longest makes room, and whoever heard of it hears why.
#[test]
fn the_quietest_alert_is_closed_with_the_reason() {
    let mut world = World::new(TIGHT);
    world.say(Say::hit(0, "a", "s")).say(Say::hit(1, "b", "s")).say(Say::hit(2, "a", "s"));
    world.say(Say::hit(3, "c", "s"));
    expect![[r#"
        0 #1 firing r0 Critical x1
        0 tell ops firing: #1 firing
        1 #2 firing r0 Critical x1
        1 tell ops firing: #2 firing, #1 firing
        2 #1 firing r1 Critical x2
        3 #2 resolved r1 Critical x1 1..1 evicted
        3 #3 firing r0 Critical x1
        3 tell ops firing: #1 firing, #3 firing, #2 resolved"#]]
    .assert_eq(&world.lines());
    assert_eq!(world.count("alerts_evicted"), 1);
    let evicted = world.alerts.iter().find(|alert| alert.data.closed.is_some()).unwrap();
    assert!(evicted.data.reason.contains("not because it ended"));
}

#[test]
fn groups_beyond_the_limit_share_one() {
    let mut world = World::new(&TIGHT.replace("open_alerts: 2", "open_alerts: 9"));
    for (at, service) in ["a", "b", "c", "d"].into_iter().enumerate() {
        world.say(Say::hit(at as i64, "slow", service));
    }
    let labels: Vec<_> = world
        .told
        .iter()
        .map(|told| told.data.group.as_ref().unwrap().labels["service"].clone())
        .collect();
    assert_eq!(labels, ["a", "b", "(other)", "(other)"]);
    assert_eq!(world.count("groups_refused"), 2);
}

#[test]
fn silences_and_tenants_beyond_the_limit_are_refused_with_the_reason() {
    let mut world = World::new(TIGHT);
    world.say(Say::silence(0, 100, &["service=a"])).say(Say::silence(1, 100, &["service=b"]));
    world.say(Say::hit(2, "slow", "a").tenant("two")).say(Say::hit(3, "slow", "a").tenant("three"));
    expect![[r#"
        refused: 1 silences are the limit; end one of them first
        2 #1 firing r0 Critical x1
        2 tell ops firing: #1 firing
        refused: this task has as many tenants as its limit allows; raise alerts.limits.tenants"#]]
    .assert_eq(&world.lines());
}

/// A flood of conditions that never come again.
#[test]
fn state_stays_bounded() {
    let mut world = World::new(TIGHT);
    let mut most = 0;
    for number in 0..3_000 {
        world.say(Say::hit(number, &format!("r{number}"), &format!("s{number}")));
        most = most.max(world.entries());
    }
    // Two open alerts, two remembered conditions, and what each of them needs.
    assert!(most <= 40, "{most} entries");
}

/// A timer of thousands of alerts at once is done in pieces, and the record behind it waits its turn.
#[test]
fn a_record_waits_until_what_is_due_before_it_is_done() {
    let mut world = World::new("others: {resolve_after: 1m}");
    for number in 0..5_000 {
        world.say(Say::hit(0, "slow", &format!("s{number}")));
    }
    world.say(Say::hit(1_000, "slow", "s4999"));
    let last: Vec<_> = world.alerts.iter().rev().take(2).map(|alert| &alert.data).collect();
    assert!(
        last[0].closed.is_none() && last[0].revision == 0,
        "the record comes last: another alert"
    );
    assert_eq!(world.count("alerts_closed"), 5_000);
}

/// A silence over thousands of alerts, in pieces as well.
#[test]
fn a_silence_over_many_alerts_is_whole_before_anything_is_told() {
    let mut world = World::new(
        "
receivers: [{name: ops, channel: slack}]
routes: [{name: all, receivers: [ops], group_wait: 10s}]
others: {resolve_after: 1h}
",
    );
    for number in 0..5_000 {
        world.say(Say::hit(0, "slow", &format!("s{number}")));
    }
    world.say(Say::silence(5, 1_000, &["service=~s.*"])).until(20);
    assert_eq!((world.told.len(), world.alerts.len()), (0, 10_000));
    world.until(1_200);
    assert_eq!(world.told.len(), 1);
    assert_eq!(world.told[0].data.left_out, 4_900);
}

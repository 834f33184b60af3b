//! What users of Grafana's alerting complain of, as timelines.

use expect_test::expect;

use crate::support::{ONE_ROUTE, Say, World, mark_of};

/// Inhibition rules, asked for over years (#68822, #80559).
#[test]
fn grafana_68822_a_critical_alert_keeps_a_warning_quiet() {
    let mut world = World::new(
        "
receivers: [{name: ops, channel: slack}]
routes: [{name: all, receivers: [ops], group_by: [service]}]
inhibitions: [{source: ['level=~critical|emergency'], target: ['level=warning'], equal: [service]}]
rules: {slow: {level: warning}, down: {level: emergency}}
",
    );
    world.say(Say::hit(0, "down", "shop")).say(Say::hit(1, "slow", "shop"));
    world.say(Say::hit(2, "slow", "cart")).until(60);
    expect![[r#"
        0 #1 firing r0 Emergency x1
        1 #2 suppressed r0 Warning x1 inhibited by #1
        2 #3 firing r0 Warning x1
        30 tell ops firing: #1 firing
        32 tell ops firing: #3 firing"#]]
    .assert_eq(&world.lines());
}

/// Two that could keep each other quiet do not.
#[test]
fn grafana_80559_alerts_do_not_keep_each_other_quiet() {
    let mut world = World::new(
        "
receivers: [{name: ops, channel: slack}]
routes: [{name: all, receivers: [ops]}]
inhibitions: [{source: ['service=~.+'], target: ['service=~.+'], equal: [service]}]
",
    );
    world.say(Say::hit(0, "slow", "shop")).say(Say::hit(1, "full", "shop")).until(60);
    expect!["30 tell ops firing: #1 firing, #2 firing"].assert_eq(&world.heard());
}

/// Flap detection (#7886, #63660): ten episodes in twenty minutes are not twenty messages.
#[test]
fn grafana_7886_flapping_is_held() {
    let mut world = World::new(
        "
receivers: [{name: ops, channel: slack}]
routes: [{name: all, receivers: [ops], group_wait: 0s, group_interval: 0s}]
",
    );
    for episode in 0..10 {
        let begun = episode * 120;
        world.say(Say::fires(begun, begun, "Slow", "shop"));
        world.say(Say::resolved(begun + 60, begun, "Slow", "shop"));
    }
    world.until(9_000);
    expect![[r#"
        0 #1 firing r0 Critical x1
        0 tell ops firing: #1 firing
        60 #1 resolved r1 Critical x1 0..60 ended
        60 tell ops resolved: #1 resolved
        120 #2 firing r0 Critical x1
        120 tell ops firing: #2 firing
        180 #2 resolved r1 Critical x1 120..180 ended
        180 tell ops resolved: #2 resolved
        240 #3 firing r0 Critical x1 flapping
        240 tell ops firing: #3 firing
        360 #3 firing r1 Critical x2 flapping
        480 #3 firing r2 Critical x3 flapping
        600 #3 firing r3 Critical x4 flapping
        720 #3 firing r4 Critical x5 flapping
        840 #3 firing r5 Critical x6 flapping
        960 #3 firing r6 Critical x7 flapping
        1080 #3 firing r7 Critical x8 flapping
        2700 #3 resolved r8 Critical x8 240..1140 ended
        2700 tell ops resolved: #3 resolved"#]]
    .assert_eq(&world.lines());
}

/// What flapped and then stays is told to go on, not to be over.
#[test]
fn grafana_63660_what_flapped_and_stays_goes_on() {
    let mut world = World::new(ONE_ROUTE);
    for episode in 0..3 {
        let begun = episode * 120;
        world.say(Say::fires(begun, begun, "Slow", "shop"));
        world.say(Say::resolved(begun + 60, begun, "Slow", "shop"));
    }
    world.say(Say::fires(400, 400, "Slow", "shop"));
    world.lines();
    world.until(4_000);
    let last = &world.alerts.last().unwrap().data;
    assert!(!last.flapping && last.ends_at_ms.is_none(), "{last:?}");
}

/// `keep_firing_for` (PR #100750): a gap shorter than it is no end.
#[test]
fn grafana_100750_keep_firing_for() {
    let mut world = World::new(
        "
receivers: [{name: ops, channel: slack}]
routes: [{name: all, receivers: [ops], group_wait: 0s, group_interval: 0s}]
others: {keep_firing_for: 5m}
",
    );
    world.say(Say::fires(0, 0, "Slow", "shop")).say(Say::resolved(60, 0, "Slow", "shop"));
    world.say(Say::fires(200, 200, "Slow", "shop")).say(Say::resolved(300, 200, "Slow", "shop"));
    world.until(599).until(600);
    expect![[r#"
        0 #1 firing r0 Critical x1
        0 tell ops firing: #1 firing
        200 #1 firing r1 Critical x2
        600 #1 resolved r2 Critical x2 0..300 ended
        600 tell ops resolved: #1 resolved"#]]
    .assert_eq(&world.lines());
}

/// Evaluations that were dropped made alerts flap (#75409). A gap shorter than `resolve_after` is no
/// end, and neither is one because a stage above stands still.
#[test]
fn grafana_75409_a_dropped_tick_is_no_end() {
    let mut world = World::new("others: {resolve_after: 5m}");
    world.take(mark_of(0, 2, 0));
    world.take(mark_of(1, 2, 0));
    for minute in [0, 1, 2, 6, 7] {
        world.say(Say::hit(minute * 60, "slow", "shop"));
        world.take(mark_of(0, 2, minute * 60));
        world.take(mark_of(1, 2, minute * 60));
    }
    // One partition above stands still for an hour.
    world.take(mark_of(0, 2, 4_000));
    world.say(Say::hit(430, "slow", "shop").arrives(4_000));
    assert!(world.alerts.iter().all(|alert| alert.data.ends_at_ms.is_none()));
    world.take(mark_of(1, 2, 4_300));
    world.take(mark_of(0, 2, 4_300));
    let last = &world.alerts.last().unwrap().data;
    assert!(last.closed.is_some() && last.alert == world.alerts[0].data.alert, "{last:?}");
}

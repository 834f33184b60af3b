//! What users of Alertmanager complain of, as timelines. The number in a test's name is the thread's.

use expect_test::expect;

use crate::support::{ONE_ROUTE, Say, World, mark_of};

const INHIBITING: &str = "
receivers: [{name: ops, channel: slack}]
routes: [{name: all, receivers: [ops], group_by: [service]}]
inhibitions: [{source: ['alertname=NodeDown'], target: ['alertname=Slow'], equal: [service]}]
";

/// A resolved was sent of an alert that was never sent as firing: it was over within `group_wait`.
#[test]
fn alertmanager_878_resolved_without_firing() {
    let mut world = World::new(ONE_ROUTE);
    world.say(Say::fires(0, 0, "Slow", "shop")).say(Say::resolved(10, 0, "Slow", "shop"));
    world.until(600);
    expect![[r#"
        0 #1 firing r0 Critical x1
        10 #1 resolved r1 Critical x1 0..10 ended"#]]
    .assert_eq(&world.lines());
}

/// The same where one alert of a group was told and another was not.
#[test]
fn alertmanager_878_resolved_without_firing_beside_one_that_fires() {
    let mut world = World::new(ONE_ROUTE);
    world.say(Say::fires(0, 0, "Slow", "shop")).until(60);
    world.say(Say::fires(70, 70, "Full", "shop")).say(Say::resolved(80, 70, "Full", "shop"));
    world.until(400).say(Say::resolved(410, 0, "Slow", "shop")).until(900);
    expect![[r#"
        30 tell ops firing: #1 firing
        410 tell ops resolved: #1 resolved"#]]
    .assert_eq(&world.heard());
}

/// An acknowledgement that ends when the alert is over, and not before.
#[test]
fn alertmanager_1860_acknowledge_until_resolved() {
    let mut world = World::new(
        "
receivers: [{name: ops, channel: slack}, {name: boss, channel: email}]
routes: [{name: all, receivers: [ops], group_wait: 0s, repeat_interval: 10m,
  escalation: [{after: 5m, receivers: [boss]}]}]
",
    );
    world.say(Say::fires(0, 0, "Slow", "shop"));
    let id = world.id(1);
    world.say(Say::acknowledge(60, id)).until(7_200);
    world.say(Say::resolved(7_210, 0, "Slow", "shop"));
    world.say(Say::fires(9_000, 9_000, "Slow", "shop")).until(9_400);
    expect![[r#"
        0 #1 firing r0 Critical x1
        0 tell ops firing: #1 firing
        60 #1 acknowledged r1 Critical x1 by ana
        7210 #1 resolved r2 Critical x1 0..7210 ended by ana
        7210 tell ops resolved: #1 resolved
        9000 #2 firing r0 Critical x1
        9000 tell ops firing: #2 firing
        9300 tell boss escalated 1: #2 firing"#]]
    .assert_eq(&world.lines());
}

/// Inhibited alerts fired after a reload, because their source had not been heard of again (#4064, #2628,
/// PR #4704). Here the state is restored before anything is taken: `service.rs` kills and compares. What
/// is left is that the target comes first, and the source within `group_wait`.
#[test]
fn alertmanager_4064_inhibited_though_the_source_comes_second() {
    let mut world = World::new(INHIBITING);
    world.say(Say::fires(0, 0, "Slow", "shop")).say(Say::fires(20, 20, "NodeDown", "shop"));
    world.say(Say::fires(21, 21, "Slow", "cart")).until(100);
    world.say(Say::resolved(110, 20, "NodeDown", "shop")).until(600);
    expect![[r#"
        0 #1 firing r0 Critical x1
        20 #2 firing r0 Critical x1
        20 #1 suppressed r1 Critical x1 inhibited by #2
        21 #3 firing r0 Critical x1
        30 tell ops firing: #2 firing
        51 tell ops firing: #3 firing
        110 #2 resolved r1 Critical x1 20..110 ended
        110 #1 firing r2 Critical x1
        330 tell ops firing: #1 firing, #2 resolved"#]]
    .assert_eq(&world.lines());
}

#[test]
fn alertmanager_2628_inhibited_from_the_beginning() {
    let mut world = World::new(INHIBITING);
    world.say(Say::fires(0, 0, "NodeDown", "shop")).say(Say::fires(5, 5, "Slow", "shop"));
    world.until(100).say(Say::resolved(110, 5, "Slow", "shop"));
    world.say(Say::resolved(120, 0, "NodeDown", "shop")).until(1_000);
    expect![[r#"
        30 tell ops firing: #1 firing
        330 tell ops resolved: #1 resolved"#]]
    .assert_eq(&world.heard());
}

/// A reload ignored `group_interval` (#3037, #3407): what comes after something was told waits.
#[test]
fn alertmanager_3037_group_interval_holds() {
    let mut world = World::new(ONE_ROUTE);
    world.say(Say::fires(0, 0, "Slow", "shop")).until(31);
    for second in 32..200 {
        world.say(Say::fires(second, second, &format!("Other{second}"), "shop"));
    }
    world.until(329);
    assert_eq!(world.told.len(), 1, "within the interval nothing more is told");
    world.until(330);
    assert_eq!(world.told.len(), 2);
    assert_eq!((world.told[1].data.members.len(), world.told[1].data.left_out), (100, 69));
}

/// Resolved alerts never left long groups, and were told again and again.
#[test]
fn alertmanager_3329_resolved_leave_their_group() {
    let mut world = World::new(
        "
receivers: [{name: ops, channel: slack}]
routes: [{name: all, receivers: [ops], group_wait: 0s, repeat_interval: 10m}]
",
    );
    world.say(Say::fires(0, 0, "Slow", "shop")).say(Say::fires(10, 10, "Full", "shop"));
    world.until(301).say(Say::resolved(310, 10, "Full", "shop")).until(1_250).until(2_000);
    expect![[r#"
        0 tell ops firing: #1 firing
        300 tell ops firing: #1 firing, #2 firing
        600 tell ops updated: #1 firing, #2 resolved
        1200 tell ops updated: #1 firing
        1800 tell ops updated: #1 firing"#]]
    .assert_eq(&world.heard());
}

/// After hours in which nobody heard anything one reminder is enough.
#[test]
fn reminders_that_time_jumped_over_are_told_once() {
    let mut world = World::new(
        "
receivers: [{name: ops, channel: slack}]
routes: [{name: all, receivers: [ops], group_wait: 0s, repeat_interval: 10m}]
",
    );
    world.say(Say::fires(0, 0, "Slow", "shop")).until(601).until(36_100).until(36_700);
    expect![[r#"
        0 tell ops firing: #1 firing
        600 tell ops updated: #1 firing
        36000 tell ops updated: #1 firing
        36600 tell ops updated: #1 firing"#]]
    .assert_eq(&world.heard());
    assert_eq!(world.counts["reminders_skipped"], 58);
}

/// Who wants to hear only that alerts begin, or only by their status.
#[test]
fn alertmanager_2334_receivers_by_status() {
    let mut world = World::new(
        "
receivers:
  - {name: log, channel: webhook}
  - {name: phone, channel: pagerduty, occasions: [firing]}
routes: [{name: all, receivers: [log, phone], group_wait: 0s, repeat_interval: 10m}]
",
    );
    world.say(Say::fires(0, 0, "Slow", "shop")).until(700);
    world.say(Say::resolved(710, 0, "Slow", "shop")).until(2_000);
    expect![[r#"
        0 tell log firing: #1 firing
        0 tell phone firing: #1 firing
        600 tell log updated: #1 firing
        900 tell log resolved: #1 resolved"#]]
    .assert_eq(&world.heard());
}

/// An overview: what fires, what is quiet and why, without asking a process for its memory. The last
/// record of each alert says all of it.
#[test]
fn alertmanager_5261_the_last_record_of_each_alert_is_an_overview() {
    let mut world = World::new(INHIBITING);
    world.say(Say::fires(0, 0, "NodeDown", "shop")).say(Say::fires(5, 5, "Slow", "shop"));
    world.say(Say::silence(6, 600, &["alertname=Full"])).say(Say::fires(7, 7, "Full", "shop"));
    let mut last = std::collections::BTreeMap::new();
    for envelope in &world.alerts {
        let alert = &envelope.data;
        let before = last.insert(alert.alert, alert.clone());
        assert_eq!(alert.revision, before.map_or(0, |before| before.revision + 1));
    }
    let why = |name: &str| {
        let alert = last.values().find(|alert| alert.labels["alertname"] == name).unwrap();
        (alert.inhibited_by.is_some(), alert.silenced_by.is_some())
    };
    assert_eq!(why("NodeDown"), (false, false));
    assert_eq!((why("Slow"), why("Full")), ((true, false), (false, true)));
}

/// A resolved notification is owed to who heard of the alert, also if it was silenced since (#226, #3664,
/// #2805): a page that was opened would stay open.
#[test]
fn alertmanager_226_resolved_while_silenced() {
    let mut world = World::new(ONE_ROUTE);
    world.say(Say::fires(0, 0, "Slow", "shop")).until(40);
    world.say(Say::silence(50, 5_000, &["service=shop"])).until(400);
    world.say(Say::fires(410, 410, "Full", "shop"));
    world.say(Say::resolved(500, 0, "Slow", "shop"));
    world.say(Say::resolved(510, 410, "Full", "shop")).until(9_000);
    expect![[r#"
        30 tell ops firing: #1 firing
        500 tell ops resolved: #1 resolved"#]]
    .assert_eq(&world.heard());
}

/// A second stalled partition above is no reason to hold back what is known.
#[test]
fn a_stalled_stage_holds_up_no_notification() {
    let mut world = World::new(ONE_ROUTE);
    world.take(mark_of(0, 2, 0));
    world.take(mark_of(1, 2, 0));
    world.say(Say::fires(1, 1, "Slow", "shop"));
    world.take(mark_of(0, 2, 40));
    assert_eq!(world.told.len(), 1);
}

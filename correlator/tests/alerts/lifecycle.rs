//! `for`, quiet, levels, escalation, groups and time.

use expect_test::expect;
use schemas::alert::Level;
use schemas::command::Verdict;

use crate::support::{ONE_ROUTE, Say, World};

#[test]
fn an_alert_fires_when_its_condition_held_for_long_enough() {
    let mut world = World::new(
        "
receivers: [{name: ops, channel: slack}]
routes: [{name: all, receivers: [ops], group_wait: 0s}]
others: {for: 2m, resolve_after: 1m}
",
    );
    // One hit is quiet after a minute; three in a row hold for two.
    world.say(Say::hit(0, "slow", "cart")).until(100);
    for at in [200, 250, 300, 350] {
        world.say(Say::hit(at, "slow", "shop"));
    }
    world.until(500);
    expect![[r#"
        0 #1 pending r0 Critical x1
        60 #1 resolved r1 Critical x1 0..0 quiet
        200 #2 pending r0 Critical x1
        250 #2 pending r1 Critical x2
        300 #2 pending r2 Critical x3
        320 #2 firing r3 Critical x3
        320 tell ops firing: #2 firing
        350 #2 firing r4 Critical x4
        410 #2 resolved r5 Critical x4 200..350 quiet"#]]
    .assert_eq(&world.lines());
}

#[test]
fn steps_of_an_escalation_are_taken_until_somebody_acknowledges() {
    let yaml = "
receivers: [{name: ops, channel: slack}, {name: lead, channel: pagerduty}, {name: boss, channel: email}, {name: ceo, channel: email}]
routes: [{name: all, receivers: [ops], group_wait: 0s, repeat_interval: 24h,
  escalation: [{after: 5m, receivers: [lead]}, {after: 15m, receivers: [boss]}, {after: 30m, receivers: [ceo, lead]}]}]
";
    let mut world = World::new(yaml);
    world.say(Say::fires(0, 0, "Slow", "shop")).until(3_600);
    world.say(Say::resolved(3_700, 0, "Slow", "shop"));
    expect![[r#"
        0 tell ops firing: #1 firing
        300 tell lead escalated 1: #1 firing
        900 tell boss escalated 2: #1 firing
        1800 tell ceo escalated 3: #1 firing
        1800 tell lead escalated 3: #1 firing
        3700 tell ops resolved: #1 resolved
        3700 tell lead resolved: #1 resolved
        3700 tell boss resolved: #1 resolved
        3700 tell ceo resolved: #1 resolved"#]]
    .assert_eq(&world.heard());
    let mut world = World::new(yaml);
    world.say(Say::fires(0, 0, "Slow", "shop")).until(400);
    let id = world.id(1);
    world.say(Say::acknowledge(500, id)).until(3_600);
    world.say(Say::resolved(3_700, 0, "Slow", "shop"));
    expect![[r#"
        0 tell ops firing: #1 firing
        300 tell lead escalated 1: #1 firing
        3700 tell ops resolved: #1 resolved
        3700 tell lead resolved: #1 resolved"#]]
    .assert_eq(&world.heard());
}

/// A receiver of a later step hears of the end of what it was told, and of nothing before.
#[test]
fn who_came_in_late_hears_only_of_what_it_was_told() {
    let mut world = World::new(
        "
receivers: [{name: ops, channel: slack}, {name: lead, channel: pagerduty}]
routes: [{name: all, receivers: [ops], group_wait: 0s, group_interval: 1m, escalation: [{after: 10m, receivers: [lead]}]}]
",
    );
    world.say(Say::fires(0, 0, "Slow", "shop")).say(Say::fires(100, 100, "Full", "shop"));
    world.until(400).say(Say::resolved(410, 100, "Full", "shop")).until(700);
    world.say(Say::resolved(710, 0, "Slow", "shop")).until(900);
    expect![[r#"
        0 tell ops firing: #1 firing
        100 tell ops firing: #1 firing, #2 firing
        410 tell ops updated: #1 firing, #2 resolved
        600 tell lead escalated 1: #1 firing
        710 tell ops resolved: #1 resolved
        710 tell lead resolved: #1 resolved"#]]
    .assert_eq(&world.heard());
}

#[test]
fn a_raised_level_is_told_and_finds_more_routes() {
    let mut world = World::new(
        "
receivers: [{name: ops, channel: slack}, {name: phone, channel: pagerduty}]
routes:
  - {name: urgent, matchers: ['level=~critical|emergency'], receivers: [phone], group_wait: 0s}
  - {name: all, receivers: [ops], group_wait: 0s, group_interval: 1m}
",
    );
    world.say(Say::hit(0, "slow", "shop").level(Level::Warning));
    world.say(Say::hit(5, "slow", "shop").level(Level::Info));
    world.say(Say::hit(10, "slow", "shop").level(Level::Emergency)).until(120);
    world.say(Say::hit(130, "slow", "shop").level(Level::Warning)).until(2_000);
    expect![[r#"
        0 #1 firing r0 Warning x1
        0 tell ops firing: #1 firing
        5 #1 firing r1 Warning x2
        10 #1 firing r2 Emergency x3
        10 tell phone firing: #1 firing
        60 tell ops firing: #1 firing
        130 #1 firing r3 Emergency x4
        1030 #1 resolved r4 Emergency x4 0..130 quiet
        1030 tell ops resolved: #1 resolved
        1030 tell phone resolved: #1 resolved"#]]
    .assert_eq(&world.lines());
}

#[test]
fn routes_go_on_where_they_say_so() {
    let mut world = World::new(
        "
receivers: [{name: log, channel: webhook}, {name: pay, channel: slack}, {name: ops, channel: slack}]
routes:
  - {name: log, receivers: [log], group_wait: 0s, continue: true}
  - {name: pay, matchers: ['service=~pay.*'], receivers: [pay], group_wait: 0s}
  - {name: rest, receivers: [ops], group_wait: 0s}
",
    );
    world.say(Say::hit(0, "slow", "payment")).say(Say::hit(1, "slow", "shop"));
    expect![[r#"
        0 tell log firing: #1 firing
        0 tell pay firing: #1 firing
        1 tell ops firing: #2 firing"#]]
    .assert_eq(&world.heard());
}

/// The record of one event comes by two paths, and a source repeats itself.
#[test]
fn the_same_event_twice_is_one() {
    let mut world = World::new(ONE_ROUTE);
    let hit = Say::hit(0, "slow", "shop");
    world.say(hit.clone()).say(hit.clone().arrives(5)).until(2_000);
    let last = &world.alerts.last().unwrap().data;
    assert_eq!((last.count, world.count("duplicates_full")), (1, 1));
    // Its alert is over by now, and the same event once more opens nothing.
    assert!(last.closed.is_some());
    let alerts = world.alerts.len();
    world.say(hit.arrives(2_001));
    assert_eq!(world.alerts.len(), alerts);
}

/// What another tool says again and again keeps an alert open, and writes few records.
#[test]
fn what_is_said_often_is_told_seldom() {
    let mut world = World::new("others: {resolve_after: 10m}");
    for at in 0..10_000 {
        world.say(Say { id: format!("n{at}"), ..Say::fires(at, 0, "Slow", "shop") });
    }
    let last = &world.alerts.last().unwrap().data;
    assert_eq!((world.alerts.len(), last.count, last.evidence.len()), (18, 8_192, 18));
}

#[test]
fn feedback_is_kept_and_changes_nothing_else() {
    let mut world = World::new(ONE_ROUTE);
    world.say(Say::fires(0, 0, "Slow", "shop"));
    let id = world.id(1);
    world.say(Say::feedback(5, id, Verdict::Noise));
    expect![[r#"
        0 #1 firing r0 Critical x1
        5 #1 firing r1 Critical x1 noise"#]]
    .assert_eq(&world.lines());
}

/// A tool's ends and beginnings overtake each other on the way through several partitions.
#[test]
fn episodes_that_overtake_each_other_are_told_apart() {
    let mut world = World::new(ONE_ROUTE);
    world.say(Say::fires(0, 0, "Slow", "shop"));
    // The end of an episode before this one.
    world.say(Say::resolved(5, -100, "Slow", "shop"));
    world.say(Say::resolved(100, 0, "Slow", "shop"));
    // The first episode is told to go on, by a second sender that is behind.
    world.say(Say { id: "behind".into(), ..Say::fires(101, 0, "Slow", "shop") });
    world.say(Say::fires(200, 200, "Slow", "shop"));
    expect![[r#"
        0 #1 firing r0 Critical x1
        100 #1 resolved r1 Critical x1 0..100 ended
        200 #2 firing r0 Critical x1"#]]
    .assert_eq(
        &world.lines().lines().filter(|l| !l.contains("tell")).collect::<Vec<_>>().join("\n"),
    );
    assert_eq!(world.count("stale"), 2);
}

/// An alert that fires since yesterday is said again now, and is no late record.
#[test]
fn an_old_alert_of_another_tool_is_taken() {
    let mut world = World::new(ONE_ROUTE);
    world.until(90_000).say(Say::fires(90_001, 0, "Slow", "shop")).until(90_060);
    expect![[r#"
        90001 #1 firing r0 Critical x1
        90031 tell ops firing: #1 firing"#]]
    .assert_eq(&world.lines());
    assert_eq!(world.alerts[0].data.starts_at_ms, crate::support::START_MS);
}

/// Quiet for a day is the end of an alert whose tool has gone away.
#[test]
fn a_tool_that_goes_away_leaves_nothing_open_for_ever() {
    let mut world = World::new(ONE_ROUTE);
    world.say(Say::fires(0, 0, "Slow", "shop")).until(86_399);
    assert!(world.alerts.iter().all(|alert| alert.data.closed.is_none()));
    world.until(86_400);
    assert!(world.alerts.last().unwrap().data.closed.is_some());
}

//! Silences: who hears what, and when.

use expect_test::expect;
use schemas::command::CommandAction;

use crate::support::{ONE_ROUTE, Say, World};

#[test]
fn what_a_silence_takes_is_not_told_until_it_ends() {
    let mut world = World::new(ONE_ROUTE);
    world.say(Say::silence(0, 600, &["service=shop"]));
    world.say(Say::fires(10, 10, "Slow", "shop")).say(Say::fires(11, 11, "Slow", "cart"));
    world.until(1_000);
    expect![[r#"
        10 #1 suppressed r0 Critical x1 silenced
        11 #2 firing r0 Critical x1
        41 tell ops firing: #2 firing
        600 #1 firing r1 Critical x1
        630 tell ops firing: #1 firing"#]]
    .assert_eq(&world.lines());
}

#[test]
fn what_comes_and_goes_in_a_silence_is_never_told() {
    let mut world = World::new(ONE_ROUTE);
    world.say(Say::silence(0, 600, &["service=~sh.*", "alertname!=Full"]));
    world.say(Say::fires(10, 10, "Slow", "shop")).until(100);
    world.say(Say::resolved(110, 10, "Slow", "shop")).until(2_000);
    assert_eq!(world.heard(), "");
}

#[test]
fn a_silence_that_begins_stops_reminders_and_steps() {
    let mut world = World::new(
        "
receivers: [{name: ops, channel: slack}, {name: boss, channel: email}]
routes: [{name: all, receivers: [ops], group_wait: 0s, repeat_interval: 5m, escalation: [{after: 10m, receivers: [boss]}]}]
",
    );
    world.say(Say::fires(0, 0, "Slow", "shop")).until(301);
    world.say(Say::silence(310, 2_000, &["alertname=Slow"])).until(1_999);
    expect![[r#"
        0 tell ops firing: #1 firing
        300 tell ops updated: #1 firing"#]]
    .assert_eq(&world.heard());
    // What still fires when the silence ends is told, and counts as not acknowledged from then on.
    world.until(2_601);
    expect![[r#"
        2000 tell ops firing: #1 firing
        2300 tell ops updated: #1 firing
        2600 tell ops updated: #1 firing
        2600 tell boss escalated 1: #1 firing"#]]
    .assert_eq(&world.heard());
}

#[test]
fn a_silence_can_begin_later_and_be_ended_before_its_time() {
    let mut world = World::new(ONE_ROUTE);
    let silence = Say::command(0, CommandAction::Silence, |command| {
        command.matchers = vec![crate::support::matcher("service=shop")];
        command.starts_at_ms = Some(crate::support::START_MS + 100_000);
        command.ends_at_ms = Some(crate::support::START_MS + 900_000);
    });
    let id = silence.record_id();
    world.say(silence).say(Say::fires(10, 10, "Slow", "shop")).until(200);
    let end = Say::command(300, CommandAction::Unsilence, |command| command.silence = Some(id));
    world.say(end).until(400);
    expect![[r#"
        10 #1 firing r0 Critical x1
        40 tell ops firing: #1 firing
        100 #1 suppressed r1 Critical x1 silenced
        300 #1 firing r2 Critical x1
        340 tell ops firing: #1 firing"#]]
    .assert_eq(&world.lines());
}

/// Two silences over one alert: it is quiet until the last of them ends.
#[test]
fn silences_overlap() {
    let mut world = World::new(ONE_ROUTE);
    world.say(Say::silence(0, 300, &["service=shop"]));
    world.say(Say::silence(1, 600, &["alertname=Slow"]));
    world.say(Say::fires(10, 10, "Slow", "shop")).until(599);
    assert_eq!(world.heard(), "");
    world.until(700);
    expect!["630 tell ops firing: #1 firing"].assert_eq(&world.heard());
}

//! What users of Keep complain of, as far as it is about alerts. Those of its threads that are about
//! incidents alone (#2776, #4318, #5115, #2087, #3913, #5212, #2327) wait for incidents.

use expect_test::expect;
use schemas::alert::DuplicateKind;

use crate::support::{ONE_ROUTE, Say, World};

/// What was over took in what came later. Here the same condition later is another alert.
#[test]
fn keep_2481_what_is_over_takes_nothing_in() {
    let mut world = World::new(ONE_ROUTE);
    world.say(Say::fires(0, 0, "Slow", "shop")).say(Say::resolved(100, 0, "Slow", "shop"));
    world.say(Say::fires(4_000, 4_000, "Slow", "shop"));
    expect![[r#"
        0 #1 firing r0 Critical x1
        30 tell ops firing: #1 firing
        100 #1 resolved r1 Critical x1 0..100 ended
        330 tell ops resolved: #1 resolved
        4000 #2 firing r0 Critical x1"#]]
    .assert_eq(&world.lines());
    assert_eq!(world.alerts[0].data.fingerprint, world.alerts[2].data.fingerprint);
}

/// Something was opened by a record that says it is over.
#[test]
fn keep_3418_what_is_over_opens_nothing() {
    let mut world = World::new(ONE_ROUTE);
    world.say(Say::resolved(10, 0, "Slow", "shop")).until(1_000);
    assert_eq!((world.lines().as_str(), world.count("ended_unknown")), ("", 1));
    // And the beginning that it overtook opens nothing either.
    world.say(Say::fires(1_001, 0, "Slow", "shop")).until(2_000);
    assert_eq!((world.lines().as_str(), world.count("stale")), ("", 1));
}

/// Which alerts are one condition is not which alerts belong together: what a rule tells its conditions
/// apart by is apart from what they are grouped by.
#[test]
fn keep_6567_identity_is_apart_from_grouping() {
    let mut world = World::new(
        "
receivers: [{name: ops, channel: slack}]
routes: [{name: all, receivers: [ops], group_by: [rule]}]
rules: {login: {group_labels: [service]}}
",
    );
    world.say(Say::hit(0, "login", "shop")).say(Say::hit(1, "login", "cart")).until(60);
    assert_eq!(world.told.len(), 1, "one group");
    assert_eq!(world.told[0].data.alerts.len(), 2, "two conditions");
}

/// Why a record made no alert of its own is said: `isFullDuplicate`, `isPartialDuplicate` and the reason.
#[test]
fn keep_duplicates_say_why() {
    let mut world = World::new(ONE_ROUTE);
    let other = |at| Say { title: "slower still".into(), ..Say::fires(at, 0, "Slow", "shop") };
    world.say(Say::fires(0, 0, "Slow", "shop"));
    world.say(Say { id: "again".into(), ..Say::fires(10, 0, "Slow", "shop") });
    world.say(Say { id: "other".into(), ..other(20) });
    let told: Vec<_> = world.alerts.iter().map(|alert| alert.data.duplicate.clone()).collect();
    assert_eq!(told[0], None);
    assert_eq!(told[1].as_ref().unwrap().kind, DuplicateKind::Full);
    let partial = told[2].as_ref().unwrap();
    assert_eq!(
        (partial.kind, &partial.changed[..]),
        (DuplicateKind::Partial, &["title".into()][..])
    );
    assert_eq!((world.count("duplicates_full"), world.count("duplicates_partial")), (1, 1));
}

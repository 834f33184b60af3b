//! A receiver that cannot be told is an alert, and never a loop.

use expect_test::expect;
use schemas::delivery::DeliveryOutcome::{Delayed, Delivered, GivenUp, Refused};

use crate::support::{Say, World};

const ROUTE: &str = "
receivers: [{name: ops, channel: slack}]
routes: [{name: all, receivers: [ops], group_wait: 0s}]
";

#[test]
fn a_receiver_that_cannot_be_told_is_an_alert_until_it_is_told_again() {
    let mut world = World::new(ROUTE);
    world.say(Say::delivery(0, "page", Delivered, false));
    world.say(Say::delivery(10, "page", Delayed, false));
    world.say(Say::delivery(20, "page", GivenUp, false));
    world.say(Say::delivery(30, "mail", Refused, false));
    world.say(Say::delivery(40, "page", Delivered, false)).until(400);
    expect![[r#"
        10 #1 firing r0 Critical x1
        10 tell ops firing: #1 firing
        20 #1 firing r1 Critical x2
        30 #2 firing r0 Critical x1
        40 #1 resolved r2 Critical x2 10..40 ended
        310 tell ops firing: #2 firing, #1 resolved"#]]
    .assert_eq(&world.lines());
}

#[test]
fn what_only_tells_of_receivers_raises_nothing_when_it_fails() {
    let mut world = World::new(ROUTE);
    for outcome in [Delayed, GivenUp, Refused] {
        world.say(Say::delivery(10, "ops", outcome, true));
    }
    world.until(400);
    assert_eq!(world.lines(), "");
}

//! One receiver's deliveries, with time as an argument.

use schemas::envelope::Envelope;
use schemas::id::RecordId;
use schemas::notification::Notification;

use super::*;

const POLICY: Policy = Policy { give_up_after_ms: 10_000_000, delayed_after_ms: 300_000 };

fn told(group: &str, number: u32) -> Box<Envelope<Notification>> {
    let (key, life) =
        (RecordId::of("test", &[group, &number.to_string()]), RecordId::of("group", &[group]));
    let text = format!(
        r#"{{"specversion":"1.0","type":"isobar.notification","schemaversion":"1.1","id":"{key}","source":"isobar.correlator","time":"2026-03-01T12:05:00.250Z","arrivaltime":"2026-03-01T12:05:01.000Z","tenant":"acme","sourceclass":"finding","data":{{"delivery_key":"{key}","receiver":"ops","channel":"webhook","what":"firing","step":0,"level":"critical","title":"","text":"","alerts":[],"group":{{"id":"{life}","route":"r","sequence":{number}}}}}}}"#
    );
    Box::new(schemas::codec::decode(text.as_bytes()).unwrap())
}

/// A courier with these notifications, all written at 0.
fn courier(all: &[(&str, u32)]) -> Courier {
    let mut courier = Courier::new(POLICY);
    for (offset, (group, number)) in (0..).zip(all) {
        let input = TopicPartition::new("isobar.notifications", 0);
        courier.queue.push(Job::new((input, 1), Offset(offset), 0, told(group, *number)));
    }
    courier
}

fn again() -> Verdict {
    Verdict::Again { why: "it answers 500".to_owned(), after_ms: None }
}

fn outcome(ended: Option<Ended>) -> Option<(i64, Outcome)> {
    ended.map(|of| (of.offset.0, of.report.delivery.outcome))
}

#[test]
fn of_a_group_only_the_oldest_may_leave_and_other_groups_go_past_it() {
    let mut courier = courier(&[("a", 0), ("a", 1), ("b", 0)]);
    assert_eq!(courier.step(0), Step::Send(0));
    assert_eq!(outcome(courier.sent(0, again(), 0)), None);
    assert_eq!(courier.step(0), Step::Send(2), "the next of `a` waits for the first");
    assert_eq!(outcome(courier.sent(2, Verdict::Delivered, 0)), Some((2, Outcome::Delivered)));
    let Step::Wait(until_ms) = courier.step(0) else { panic!() };
    assert!((500..=1_000).contains(&until_ms), "{until_ms}");
    assert_eq!(courier.step(until_ms), Step::Send(0));
    courier.sent(0, Verdict::Delivered, until_ms);
    assert_eq!(courier.step(until_ms), Step::Send(0), "now the second of `a`");
}

#[test]
fn what_is_old_is_given_up_only_when_the_receiver_has_just_failed() {
    let old_ms = POLICY.give_up_after_ms;
    let mut courier = courier(&[("a", 0), ("a", 1), ("b", 0)]);
    assert_eq!(courier.step(old_ms), Step::Send(0), "whoever was away tries first");
    assert_eq!(outcome(courier.sent(0, again(), old_ms)), None, "no delay of what is given up");
    let mut ended = Vec::new();
    while let Step::GiveUp(place) = courier.step(old_ms) {
        ended.extend(outcome(courier.give_up(place, old_ms)));
    }
    let given_up = |offset| (offset, Outcome::GivenUp);
    assert_eq!(ended, [given_up(0), given_up(1), given_up(2)]);
    assert_eq!(courier.step(old_ms), Step::Idle);
}

#[test]
fn a_receiver_that_asks_for_a_rest_gets_it_and_a_delay_is_told_once() {
    let mut courier = courier(&[("a", 0), ("b", 0)]);
    let late_ms = POLICY.delayed_after_ms;
    let busy = Verdict::Again { why: "it answers 429".to_owned(), after_ms: Some(90_000) };
    assert_eq!(outcome(courier.sent(0, busy, late_ms)), Some((0, Outcome::Delayed)));
    assert_eq!(courier.step(late_ms), Step::Wait(late_ms + 90_000), "the other group as well");
    assert_eq!(courier.step(late_ms + 90_000), Step::Send(0));
    assert_eq!(outcome(courier.sent(0, again(), late_ms + 90_000)), None);
}

#[test]
fn a_refusal_ends_one_and_says_why() {
    let mut courier = courier(&[("a", 0), ("a", 1)]);
    let refused = Verdict::Refused { why: "x".repeat(9_999) };
    let ended = courier.sent(0, refused, 7).unwrap();
    let delivery = ended.report.delivery;
    assert_eq!(
        (delivery.outcome, delivery.attempts, delivery.latency_ms),
        (Outcome::Refused, 1, 7)
    );
    assert_eq!(delivery.error.unwrap().chars().count(), ERROR_CHARACTERS_MAX);
    assert_eq!(courier.step(7), Step::Send(0), "the next one is tried");
}

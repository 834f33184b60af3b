//! The whole notifier on a log in memory, against real receivers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use notifier::config::{Alertmanager, Endpoint, NotifierConfig, Receiver as Configured, Secret};
use schemas::notification::Channel;

use crate::log::{Log, Running, now_ms, until};
use crate::receiver::{Answer, Receiver};
use crate::support::{receiver, told};

fn config(receivers: &[(&str, &Receiver)]) -> NotifierConfig {
    let of = |(name, server): &(&str, &Receiver)| {
        ((*name).to_owned(), receiver(Channel::Webhook, &server.url()))
    };
    let receivers = receivers.iter().map(of).collect();
    NotifierConfig { receivers, timeout_ms: 1_000, ..NotifierConfig::default() }
}

/// Sequence numbers of a group, as the receiver took them first.
fn taken(server: &Receiver, group: &str) -> Vec<u32> {
    let mut seen = BTreeMap::new();
    let mut numbers = Vec::new();
    for request in server.requests().iter().filter(|request| request.is_taken) {
        let before = seen.insert(request.key().to_owned(), request.body.clone());
        assert!(before.as_ref().is_none_or(|body| *body == request.body), "a key has one content");
        if before.is_none() {
            let all = (0..2_000).find(|n| {
                told("a", group, *n).data.delivery_key.to_string() == request.key()
                    || told("b", group, *n).data.delivery_key.to_string() == request.key()
            });
            numbers.extend(all);
        }
    }
    numbers
}

#[test]
fn what_is_in_the_topic_is_told_in_order_and_its_result_is_written() {
    let server = Receiver::start(|_| Answer::of(200, "")).unwrap();
    let log = Log::default();
    (0..20).for_each(|number| log.write(&told("a", "g", number)));
    let running = Running::start(&log, &config(&[("a", &server)]));
    until("all are told", || log.outcomes().len() == 20);
    running.end();
    assert_eq!(taken(&server, "g"), (0..20).collect::<Vec<_>>());
    assert!(log.outcomes().iter().all(|(_, outcome, _)| *outcome == "delivered"));
    assert_eq!(log.kept().committed, Some((stream::Offset(40), "notifier/1 40".to_owned())));
    // Another one has nothing to do.
    let running = Running::start(&log, &config(&[("a", &server)]));
    log.write(&told("a", "g", 20));
    until("the new one is told", || log.outcomes().len() == 21);
    running.end();
    assert_eq!(server.count(), 21);
}

#[test]
fn a_receiver_that_fails_hears_of_a_group_in_order_and_other_groups_pass() {
    // The first of group `bad` fails twice; `good` comes behind it in the topic.
    let bad = told("a", "bad", 0).data.delivery_key.to_string();
    let fails = bad.clone();
    let tries = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counting = Arc::clone(&tries);
    let server = Receiver::start(move |request| {
        let is_bad = request.key() == fails && counting.fetch_add(1, Ordering::Relaxed) < 2;
        Answer::of(if is_bad { 500 } else { 200 }, "")
    });
    let server = server.unwrap();
    let log = Log::default();
    for (group, number) in [("bad", 0), ("bad", 1), ("good", 0)] {
        log.write(&told("a", group, number));
    }
    let running = Running::start(&log, &config(&[("a", &server)]));
    until("all are told", || log.outcomes().len() == 3);
    running.end();
    assert_eq!((taken(&server, "bad"), taken(&server, "good")), (vec![0, 1], vec![0]));
    let first = server.requests().into_iter().find(|request| request.is_taken).unwrap();
    assert_eq!(first.key(), told("a", "good", 0).data.delivery_key.to_string(), "it went past");
    let results = log.kept().results.clone();
    let delivery = results.iter().filter_map(|result| result.data.delivery.as_ref());
    let attempts: BTreeMap<_, _> = delivery.map(|of| (of.key.to_string(), of.attempts)).collect();
    assert_eq!(attempts[&bad], 3);
}

#[test]
fn a_receiver_that_hangs_holds_up_nobody_and_memory_is_bounded() {
    let is_down = Arc::new(AtomicBool::new(true));
    let down = Arc::clone(&is_down);
    let hangs = Receiver::start(move |_| {
        if down.load(Ordering::Relaxed) {
            Answer::Hang(Duration::from_secs(60))
        } else {
            Answer::of(200, "")
        }
    });
    let (hangs, well) = (hangs.unwrap(), Receiver::start(|_| Answer::of(200, "")).unwrap());
    let log = Log::default();
    for number in 0..700 {
        log.write(&told("a", "g", number));
        log.write(&told("b", "g", number));
    }
    let running = Running::start(&log, &config(&[("a", &hangs), ("b", &well)]));
    until("the other one has all", || log.outcomes().len() == 700);
    assert_eq!(taken(&well, "g"), (0..700).collect::<Vec<_>>());
    running.end();
    let (offset, metadata) = log.kept().committed.clone().unwrap();
    assert_eq!((offset.0, metadata.split(' ').nth(1)), (0, Some("2800")), "{metadata}");
    // It comes back; what is told to the other is not told again.
    is_down.store(false, Ordering::Relaxed);
    let running = Running::start(&log, &config(&[("a", &hangs), ("b", &well)]));
    until("all are told", || log.outcomes().len() == 1_400);
    running.end();
    assert_eq!(taken(&hangs, "g"), (0..700).collect::<Vec<_>>());
    assert_eq!(well.count(), 700, "not one was repeated");
    assert_eq!(log.kept().committed, Some((stream::Offset(2_800), "notifier/1 2800".to_owned())));
}

#[test]
fn a_receiver_that_rests_is_tried_until_it_is_given_up_with_a_word() {
    let server = Receiver::start(|_| Answer::of(503, "maintenance")).unwrap();
    let log = Log::default();
    let day_ms = 24 * 3_600_000;
    log.write_at(&told("a", "old", 0), now_ms() - day_ms - 1);
    log.write_at(&told("a", "late", 0), now_ms() - 600_000);
    log.write(&told("a", "new", 0));
    log.write(&told("nobody", "g", 0));
    let running = Running::start(&log, &config(&[("a", &server)]));
    until("the breaker opens", || running.noted("Breaker { receiver: \"a\", state: Open }") > 0);
    until("three are told of", || log.outcomes().len() >= 3);
    running.end();
    let mut outcomes = log.outcomes();
    outcomes.sort();
    let told: Vec<_> = outcomes.iter().map(|(of, outcome, _)| (of.as_str(), *outcome)).collect();
    assert_eq!(told, [("a", "delayed"), ("a", "given_up"), ("nobody", "refused")]);
    let results = log.kept().results.clone();
    let given_up = results.iter().find(|result| result.data.action == "given_up").unwrap();
    assert_eq!(given_up.data.text.as_deref(), Some("it answers 503: maintenance"));
    assert!(server.count() >= 5, "each was tried");
}

#[test]
fn no_position_moves_while_results_cannot_be_written() {
    let server = Receiver::start(|_| Answer::of(200, "")).unwrap();
    let log = Log::default();
    log.kept().is_full = true;
    log.write(&told("a", "g", 0));
    let running = Running::start(&log, &config(&[("a", &server)]));
    until("it is told", || server.count() == 1);
    until("the failure is told", || running.noted("LogAway") > 1);
    let committed = log.kept().committed.clone();
    assert!(committed.is_none_or(|(offset, _)| offset.0 == 0), "nothing is committed");
    log.kept().is_full = false;
    until("the result is written", || log.outcomes().len() == 1);
    until("and committed", || log.kept().committed.as_ref().is_some_and(|of| of.0.0 == 2));
    running.end();
}

/// Whatever the process was doing when it died: here it forgets what it had committed.
#[test]
fn after_a_crash_the_same_keys_have_the_same_content() {
    let server = Receiver::start(|_| Answer::of(200, "")).unwrap();
    let log = Log::default();
    (0..5).for_each(|number| log.write(&told("a", "g", number)));
    for round in 1..=3 {
        let running = Running::start(&log, &config(&[("a", &server)]));
        until("all are told", || log.outcomes().len() == 5 * round);
        running.end();
        log.kept().committed = None;
    }
    assert_eq!(server.count(), 15);
    assert_eq!(taken(&server, "g"), [0, 1, 2, 3, 4]);
    let ids: std::collections::BTreeSet<_> =
        log.kept().results.iter().map(|result| result.attributes.id).collect();
    assert_eq!(ids.len(), 5, "a result that is repeated is known as such");
}

#[test]
fn an_alertmanager_that_forgot_is_told_again_also_by_another_process() {
    let server = Receiver::start(|_| Answer::of(200, "")).unwrap();
    let endpoint = Endpoint { url: Secret::new(server.url()), bearer_token: None };
    let to = Alertmanager { endpoint, resend_every_ms: 50, holds_for_ms: i64::MAX / 4 };
    // The one partition of this log is the receiver's in the real topic too.
    let partitions = i32::try_from(schemas::topic::NOTIFICATIONS.partitions).unwrap();
    let is_home = |name: &String| stream::partition_of(name.as_bytes(), partitions) == 0;
    let name = (0..).map(|n| format!("am{n}")).find(is_home).unwrap();
    let receivers = BTreeMap::from([(name.clone(), Configured::Alertmanager(to))]);
    let config = NotifierConfig { receivers, ..NotifierConfig::default() };
    let mut fires = told(&name, "g", 0);
    let member = r#"{"alert":"ae57cdabcf3cfa91827f60db00b32ae2","fingerprint":"5aef96240bca5582e6fd0468879a2686","state":"firing","level":"critical","rule":"r","title":"t","reason":"","starts_at_ms":1772366400000}"#;
    fires.data.members = vec![serde_json::from_str(member).unwrap()];
    let log = Log::default();
    log.write(&fires);
    for round in 1..=2 {
        let before = server.count();
        let running = Running::start(&log, &config);
        until("it is posted again", || server.count() > before + 3);
        running.end();
        assert_eq!(log.outcomes().len(), 1, "round {round}: told once, posted often");
    }
    let bodies: std::collections::BTreeSet<_> =
        server.requests().into_iter().map(|request| request.body).collect();
    assert_eq!(bodies.len(), 1, "always the same");
    assert!(server.requests().iter().all(|request| request.path == "/api/v2/alerts"));
}

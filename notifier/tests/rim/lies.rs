//! What comes of one attempt, whatever a receiver does.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use notifier::verdict::Verdict;
use schemas::notification::Channel;

use crate::receiver::{Answer, Receiver};
use crate::support::{receiver, send};

const TIMEOUT: Duration = Duration::from_millis(800);

/// The verdict on a receiver that answers like this, in a word with the reason.
fn verdict(channel: Channel, answer: &Answer) -> String {
    let answer = answer.clone();
    let server = Receiver::start(move |_| answer.clone()).unwrap();
    let began = Instant::now();
    let verdict = send(&receiver(channel, &format!("{}/hook-secret", server.url())), TIMEOUT);
    assert!(began.elapsed() < TIMEOUT * 4, "an attempt has a deadline: {:?}", began.elapsed());
    assert_eq!(server.count(), 1, "one attempt is one request, and no redirect is followed");
    told(&verdict)
}

fn told(verdict: &Verdict) -> String {
    let text = match verdict {
        Verdict::Delivered => "delivered".to_owned(),
        Verdict::Again { why, after_ms: None } => format!("again: {why}"),
        Verdict::Again { why, after_ms: Some(after_ms) } => format!("again in {after_ms}: {why}"),
        Verdict::Refused { why } => format!("refused: {why}"),
    };
    assert!(!text.contains("secret"), "{text}");
    text
}

#[test]
fn each_lie_has_its_answer() {
    let page = Answer::of(200, "<!DOCTYPE html><html>Sign in</html>");
    let redirect = |status| {
        let location = "location: http://127.0.0.1:9/elsewhere\r\n".to_owned();
        Answer::Say(status, location, Vec::new())
    };
    let busy = Answer::Say(429, "retry-after: 7\r\n".to_owned(), Vec::new());
    for (channel, answer, expected) in [
        (Channel::Webhook, Answer::of(200, "thanks"), "delivered"),
        (Channel::Webhook, Answer::of(500, "oops"), "again: it answers 500: oops"),
        (Channel::Webhook, busy, "again in 7000: it answers 429"),
        (
            Channel::Webhook,
            Answer::of(404, "no such hook"),
            "refused: it answers 404: no such hook",
        ),
        (Channel::Webhook, page.clone(), "again: it answers 200 with a web page"),
        (Channel::Slack, page, "again: it answers 200 with a web page"),
        (Channel::Slack, Answer::of(200, "ok"), "delivered"),
        (
            Channel::Slack,
            Answer::of(200, r#"{"ok":false,"error":"fatal_error"}"#),
            "again: it answers 200",
        ),
        (Channel::Slack, Answer::of(200, "no_service"), "refused: it answers 200: no_service"),
        (
            Channel::Teams,
            Answer::of(200, "failed with error: HTTP error 429"),
            "again: it answers 200",
        ),
        (Channel::Webhook, redirect(302), "again: it answers 302 and sends us to 127.0.0.1"),
        (Channel::Webhook, redirect(307), "again: it answers 307 and sends us to"),
        (Channel::Webhook, redirect(308), "again: it answers 308 and sends us to"),
        (Channel::Webhook, Answer::Close, "again: 127.0.0.1 cannot be reached"),
        (
            Channel::Webhook,
            Answer::Hang(TIMEOUT * 10),
            "again: 127.0.0.1 cannot be reached: timeout",
        ),
    ] {
        let found = verdict(channel, &answer);
        assert!(found.starts_with(expected), "{channel:?} {answer:?}: {found}");
    }
}

#[test]
fn a_body_without_an_end_and_one_that_drips_end() {
    // Both have said 200: that is taken at its word, and no more is read than has to be.
    assert_eq!(verdict(Channel::Webhook, &Answer::Endless), "delivered");
    assert_eq!(verdict(Channel::Webhook, &Answer::Drip(Duration::from_millis(50))), "delivered");
    let slack = verdict(Channel::Slack, &Answer::Drip(Duration::from_millis(50)));
    assert!(slack.starts_with("again: it answers 200: xx"), "{slack}");
    let slack = verdict(Channel::Slack, &Answer::Endless);
    assert!(slack.starts_with("again: it answers 200: xx") && slack.len() < 300, "{slack}");
}

#[test]
fn what_cannot_be_reached_is_tried_again() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let plain = Receiver::start(|_| Answer::of(200, "")).unwrap();
    let no_tls = plain.url().replace("http://", "https://");
    for (url, expected) in [
        (
            format!("http://{closed}/secret"),
            "again: 127.0.0.1 cannot be reached: io: Connection refused",
        ),
        ("http://no-such-host.invalid/secret".to_owned(), "again: "),
        (format!("{no_tls}/secret"), "again: 127.0.0.1 cannot be reached"),
        ("http:///secret".to_owned(), "refused: the address"),
    ] {
        let found = told(&send(&receiver(Channel::Webhook, &url), TIMEOUT));
        assert!(found.starts_with(expected), "{expected}: {found}");
    }
    assert_eq!(plain.count(), 0, "nothing was said before TLS");
}

#[test]
fn a_request_has_its_key() {
    let server = Receiver::start(|_| Answer::of(200, "")).unwrap();
    let receiver = receiver(Channel::Webhook, &server.url());
    for _ in 0..2 {
        assert_eq!(send(&receiver, TIMEOUT), Verdict::Delivered);
    }
    let [one, two] = &server.requests()[..] else { panic!() };
    assert_eq!((one.key(), &one.body), (two.key(), &two.body));
    assert_eq!(one.key(), crate::support::told("ops", "checkout", 0).data.delivery_key.to_string());
}

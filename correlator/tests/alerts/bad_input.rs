//! What nobody should send, and somebody does.

use std::fmt::Write;

use expect_test::expect;
use schemas::alert::EvidenceRole;
use schemas::command::{Command, CommandAction, Verdict};
use schemas::id::{AlertId, Fingerprint, RecordId};

use crate::support::{ONE_ROUTE, START_MS, Say, World, mark_of, matcher, record};

fn refused(change: impl FnOnce(&mut Command)) -> String {
    let mut world = World::new(ONE_ROUTE);
    world.say(Say::command(0, CommandAction::Silence, |command| {
        command.matchers = vec![matcher("service=shop")];
        command.ends_at_ms = Some(START_MS + 600_000);
        change(command);
    }));
    world.say(Say::fires(10, 10, "Slow", "shop"));
    assert!(world.alerts[0].data.silenced_by.is_none());
    world.lines().lines().next().unwrap().to_owned()
}

#[test]
fn silences_that_cannot_be_meant_are_refused_with_the_reason() {
    let matchers = |texts: &'static [&'static str]| {
        move |command: &mut Command| {
            command.matchers = texts.iter().map(|text| matcher(text)).collect();
        }
    };
    let all = [
        refused(matchers(&[])),
        refused(matchers(&["service=shop", "service=cart"])),
        refused(matchers(&["service=shop", "service!=shop"])),
        refused(matchers(&["service=shop", "service=~c.*"])),
        refused(matchers(&["service=shop", "service!~s.*"])),
        refused(matchers(&["service=~.*", "team!=x"])),
        refused(matchers(&["service=~("])),
        refused(matchers(&["=x"])),
        refused(|command| command.ends_at_ms = Some(START_MS - 1)),
        refused(|command| command.ends_at_ms = Some(i64::MAX)),
        refused(|command| command.ends_at_ms = None),
        refused(|command| command.starts_at_ms = Some(START_MS + 700_000)),
        refused(|command| command.note = Some(" ".into())),
    ];
    expect![[r#"
        refused: a silence without matchers would silence everything; give at least one
        refused: the silence contradicts itself: service has to be `shop`, and another matcher on service with `cart` refuses that; it would never hold
        refused: the silence contradicts itself: service has to be `shop`, and another matcher on service with `shop` refuses that; it would never hold
        refused: the silence contradicts itself: service has to be `shop`, and another matcher on service with `c.*` refuses that; it would never hold
        refused: the silence contradicts itself: service has to be `shop`, and another matcher on service with `s.*` refuses that; it would never hold
        refused: every matcher takes a missing label, so the silence would hold for everything; name a value
        refused: `(` is no regular expression: error: unclosed group
        refused: a matcher names no label; write label=value
        refused: the silence ends before it starts, or is over already; give a later `ends_at_ms`
        refused: a silence lasts at most 366 days; is `ends_at_ms` in milliseconds?
        refused: a silence needs an end, in `ends_at_ms`
        refused: the silence ends before it starts, or is over already; give a later `ends_at_ms`
        refused: a silence needs a word why, in `note`"#]].assert_eq(&all.join("\n"));
}

#[test]
fn commands_on_what_is_not_there_are_refused() {
    let mut world = World::new(ONE_ROUTE);
    let nobody = AlertId::of(
        "acme",
        Fingerprint::of("acme", "x", &Default::default()),
        RecordId::of("x", &[]),
    );
    world.say(Say::acknowledge(0, nobody)).say(Say::feedback(1, nobody, Verdict::Wrong));
    world.say(Say::command(2, CommandAction::Acknowledge, |_| {}));
    world.say(Say::command(3, CommandAction::Unsilence, |_| {}));
    world.say(Say::command(4, CommandAction::Unsilence, |command| {
        command.silence = Some(RecordId::of("x", &[]));
    }));
    // An alert of another tenant is nobody's business.
    world.say(Say::fires(10, 10, "Slow", "shop"));
    let id = world.id(1);
    world.say(Say::acknowledge(11, id).tenant("other"));
    // Neither is one that is over.
    world.say(Say::resolved(20, 10, "Slow", "shop")).say(Say::acknowledge(21, id));
    expect![[r#"
        refused: no alert 9310b2487b8e860c4b6c022164081d4a is open; it may be over, or of another tenant
        refused: no alert 9310b2487b8e860c4b6c022164081d4a is open; it may be over, or of another tenant
        refused: which alert? give its id in `alert`
        refused: which silence? give its id in `silence`
        refused: there is no silence eb8147b09f7e42478e4efffe42ca4f2b; it may be over already
        10 #1 firing r0 Critical x1
        refused: no alert d00c3ac5fb0ba8c58de1975c2c846e49 is open; it may be over, or of another tenant
        20 #1 resolved r1 Critical x1 10..20 ended
        refused: no alert d00c3ac5fb0ba8c58de1975c2c846e49 is open; it may be over, or of another tenant"#]].assert_eq(&world.lines());
}

#[test]
fn records_that_cannot_be_read_are_dead_letters() {
    let mut world = World::new(ONE_ROUTE);
    for value in
        [&b""[..], b"{", b"{\"specversion\":\"1.0\",\"type\":\"isobar.event\"}", b"\xff\xfe"]
    {
        world.take(record(Vec::new(), value.to_vec(), 0));
    }
    world.take(stream::Record { value: None, ..record(Vec::new(), Vec::new(), 0) });
    world.take(record(Vec::new(), [schemas::mark::PREFIX, b"}"].concat(), 0));
    assert_eq!((world.count("dead_letters"), world.alerts.len()), (6, 0));
}

/// The clock of a producer jumps an hour ahead: its record moves nobody's time beyond its arrival.
#[test]
fn a_producer_an_hour_ahead() {
    let mut world = World::new(ONE_ROUTE);
    world.say(Say::hit(0, "slow", "cart"));
    world.say(Say::hit(3_610, "slow", "shop").arrives(10)).say(Say::hit(20, "full", "shop"));
    world.until(60);
    expect![[r#"
        0 #1 firing r0 Critical x1
        10 #2 firing r0 Critical x1
        20 #3 firing r0 Critical x1
        30 tell ops firing: #1 firing
        40 tell ops firing: #3 firing, #2 firing"#]]
    .assert_eq(&world.lines());
    assert_eq!(world.alerts[1].data.starts_at_ms, START_MS + 10_000);
}

/// The clock of a producer jumps an hour back: its records are late; they support what is open and open
/// nothing. Its class may be as late as it is.
#[test]
fn a_producer_an_hour_behind() {
    let mut world = World::new(ONE_ROUTE);
    world.until(3_600).say(Say::hit(3_600, "slow", "shop"));
    world.say(Say::hit(10, "slow", "shop").arrives(3_610));
    world.say(Say::hit(11, "full", "shop").arrives(3_611));
    expect![[r#"
        3600 #1 firing r0 Critical x1
        3610 #1 firing r1 Critical x1
        late"#]]
    .assert_eq(&world.lines());
    let evidence = &world.alerts[1].data.evidence;
    assert_eq!((evidence.len(), evidence[1].role), (2, EvidenceRole::Late));
    // An audit record of ten minutes ago is in time.
    let mut audit = Say::hit(3_020, "login", "shop").arrives(3_620);
    audit.class = schemas::source_class::SourceClass::Audit;
    world.say(audit);
    assert!(world.lines().contains("#2 firing"));
}

/// The broker's clock jumps an hour ahead and back. With marks from above nobody's time goes with it.
#[test]
fn a_broker_an_hour_ahead_and_back() {
    let mut world = World::new(ONE_ROUTE);
    world.until(0).say(Say::fires(1, 1, "Slow", "shop"));
    let jumped = Say::hit(3_602, "jumped", "shop").arrives(3_602);
    world.take(jumped.record());
    world.take(mark_of(0, 1, 3));
    world.say(Say::fires(4, 4, "Slow", "cart")).until(120);
    let heard = world.heard();
    assert_eq!(heard.lines().count(), 2, "{heard}");
    world.say(Say::resolved(130, 1, "Slow", "shop")).until(400);
    assert!(world.alerts.iter().any(|alert| alert.data.closed.is_some()));
}

#[test]
fn absurd_labels_are_bounded_and_stay_apart() {
    let mut world = World::new(ONE_ROUTE);
    let long = "x".repeat(5_000);
    for end in ["a", "b"] {
        let mut say = Say { id: end.into(), ..Say::fires(0, 0, "Slow", "shop") };
        say = say.label("path", &format!("{long}{end}")).label("", "no name").label("no value", "");
        for number in 0..500 {
            say = say.label(&format!("l{number}\u{0}\u{1f600}"), "\u{1f600}");
        }
        world.say(say.label(&"n".repeat(3_000), "x"));
    }
    let [one, other] = [&world.alerts[0].data, &world.alerts[1].data];
    assert_ne!(one.fingerprint, other.fingerprint, "long values that differ at their end");
    assert_eq!(one.labels.len(), 64);
    assert!(one.labels.iter().all(|(name, value)| name.len() <= 256 && value.len() <= 1_024));
    assert!(one.reason.contains("cut or left out") && world.count("labels_dropped") > 0);
}

#[test]
fn absurd_texts_are_cut() {
    let mut world = World::new("routes: []");
    let mut text = String::new();
    (0..50_000).for_each(|number| write!(text, "é{number}").unwrap());
    world.say(Say { title: text.clone(), ..Say::hit(0, "slow", "shop") });
    world.say(Say { title: text, ..Say::hit(1, "slow", "shop") });
    assert!(world.alerts.iter().all(|alert| alert.data.title.len() <= 512));
    assert!(world.outputs.iter().all(|output| output.value.as_ref().unwrap().len() < 16_000));
}

/// Times at both ends of what can be written.
#[test]
fn absurd_times_are_taken() {
    let mut world = World::new(ONE_ROUTE);
    for (number, at) in [-60_000_000_000, 250_000_000_000, 0].into_iter().enumerate() {
        let mut say = Say::hit(at, &format!("r{number}"), "shop");
        say.arrives = 250_000_000_000;
        world.say(say);
    }
    world.until(250_000_000_000);
    assert!(!world.alerts.is_empty());
}

//! Alerts that hold and end, what is told of them and when, and what may have caused them.

use incidents::command::Command;
use incidents::{Asked, Item, Limits};
use schemas::alert::Level;
use schemas::command::Verdict;
use schemas::incident::{IncidentState, MomentKind};

use crate::support::{START_MS, Taking, alert_of, evidence, live, mentions};

const THING: &str = "checkout-service-of-the-shop";

/// An alert that names something.
fn naming(second: i64, rule: &str, place: &str) -> Item {
    Item { mentions: mentions(&[THING]), ..live(second, rule, place) }
}

fn change(second: i64, title: &str) -> Item {
    evidence(second, MomentKind::Change, title, &[THING])
}

fn two_alerts() -> Taking {
    Taking::all(&[live(0, "slow", "web"), live(30, "errors", "web")])
}

#[test]
fn an_incident_holds_as_long_as_one_of_its_alerts_and_is_resolved_five_quiet_minutes_later() {
    let mut taking = two_alerts();
    let told = taking.only();
    assert_eq!((told.holding, told.alerts.len()), (2, 2));
    assert_eq!(told.alerts, [alert_of("slow", "web"), alert_of("errors", "web")]);
    taking.end(60, "slow", "web");
    taking.end(61, "slow", "web");
    taking.advance(30_000);
    assert_eq!((taking.only().state, taking.only().holding), (IncidentState::Open, 1));
    taking.end(30_001, "errors", "web");
    taking.advance(30_300);
    assert_eq!(taking.only().state, IncidentState::Open);
    taking.advance(30_301);
    let told = taking.only();
    assert_eq!((told.state, told.holding), (IncidentState::Resolved, 0));
    assert_eq!(told.resolved_at_ms, Some(START_MS + 30_301_000));
    assert_eq!(told.last_at_ms, Some(START_MS + 30_001_000));
}

#[test]
fn an_alert_that_holds_for_a_week_is_not_waited_for() {
    let mut taking = two_alerts();
    taking.advance(7 * 86_400 - 1);
    assert_eq!(taking.only().state, IncidentState::Open);
    taking.advance(7 * 86_400);
    assert_eq!(taking.only().state, IncidentState::Resolved);
    taking.take(&live(7 * 86_400 + 1, "slow", "web"));
    taking.take(&live(7 * 86_400 + 2, "errors", "web"));
    let told = taking.told();
    let first = told.values().find(|told| told.opened_at_ms == START_MS).unwrap();
    let second = told.values().find(|told| told.opened_at_ms != START_MS).unwrap();
    assert_eq!(told.len(), 2, "and what comes of it later is another incident");
    assert_eq!((first.holding, second.holding), (0, 2));
}

#[test]
fn an_alert_stays_in_its_incident_however_seldom_it_occurs() {
    let mut taking = two_alerts();
    let later = taking.take(&live(5 * 3_600, "slow", "web"));
    assert!(taking.together(0, later));
    let told = taking.only();
    assert_eq!((told.items, told.holding, told.alerts.len()), (3, 2, 2));
    assert_eq!(taking.engine.incident_of("acme", alert_of("slow", "web")), Some(told.incident));
    assert_eq!(taking.engine.incident_of("other", alert_of("slow", "web")), None);
}

#[test]
fn another_alert_of_a_condition_is_another_alert_of_the_incident() {
    let mut taking = two_alerts();
    taking.end(60, "slow", "web");
    let again = alert_of("slow again", "web");
    let item = Item { stands: incidents::Stands::Alert(again), ..live(90, "slow", "web") };
    let at = taking.take(&item);
    assert!(taking.together(0, at));
    let told = taking.only();
    assert_eq!((told.alerts.len(), told.holding), (3, 2));
}

#[test]
fn told_are_two_conditions_or_one_with_evidence_or_an_urgent_one() {
    let urgent = Item { level: Level::Critical, ..live(0, "down", "web") };
    let ticket = evidence(9, MomentKind::Ticket, "it is slow", &[THING]);
    let cases = [
        ("one alert", vec![live(0, "slow", "web"), live(60, "slow", "web")], 0),
        ("two conditions", vec![live(0, "slow", "web"), live(60, "errors", "web")], 1),
        ("with evidence", vec![naming(0, "slow", "web"), ticket.clone()], 1),
        ("evidence first", vec![ticket.clone(), naming(60, "slow", "web")], 1),
        ("evidence alone", vec![ticket, change(20, "deployed"), change(30, "again")], 0),
        ("urgent", vec![urgent], 1),
        (
            "urgent evidence",
            vec![Item { level: Level::Emergency, ..change(0, "deployed") }, change(9, "again")],
            0,
        ),
    ];
    for (what, items, expected) in cases {
        let mut taking = Taking::all(&items);
        assert_eq!(taking.told().len(), expected, "{what}");
        let first = items.iter().find(|item| matches!(item.stands, incidents::Stands::Alert(_)));
        if let (Some(first), 1) = (first, expected) {
            let told = taking.only();
            assert_eq!((told.seed, told.title), (first.alert(), first.title.clone()), "{what}");
            assert_eq!(told.opened_at_ms, first.time_ms, "{what}");
            assert_eq!(taking.of(0), Some(told.incident), "{what}");
        }
    }
}

#[test]
fn what_waits_is_told_within_ten_seconds_and_the_rest_at_once() {
    let mut taking = two_alerts();
    assert_eq!(taking.records.len(), 1, "opened");
    for second in 31..35 {
        taking.take(&live(second, "slow", "web"));
    }
    taking.advance(40);
    assert_eq!(taking.records.len(), 1, "occurrences wait");
    taking.advance(41);
    assert_eq!(taking.records.len(), 2);
    assert_eq!(taking.records[1].items, 6);
    let mut conditions = Vec::new();
    for n in 0..30 {
        let before = taking.records.len();
        let rule = format!("rule-{}", char::from(b'a' + n));
        taking.take(&live(50 + i64::from(n) / 10, &rule, "web"));
        if taking.records.len() > before {
            conditions.push(taking.records[before].alerts.len());
        }
    }
    assert_eq!(conditions, [3, 4, 5, 6, 7, 8, 16, 32], "the first, and then every twice as many");
    taking.take(&Item { level: Level::Critical, ..live(53, "rule-a", "web") });
    assert_eq!(taking.records.last().unwrap().level, Level::Critical, "its level at once");
    let revisions: Vec<u32> = taking.records.iter().map(|record| record.revision).collect();
    assert!((0..).zip(&revisions).all(|(n, revision)| n == *revision), "{revisions:?}");
}

/// How long it takes until what comes at a second of an incident's time is told.
#[test]
fn what_only_counts_waits_for_a_tenth_of_the_age_and_a_minute_at_most() {
    let again: fn(&mut Taking, i64) = |taking, at| {
        taking.take(&live(at, "slow", "web"));
    };
    let ends: fn(&mut Taking, i64) = |taking, at| taking.end(at, "slow", "web");
    let both: fn(&mut Taking, i64) = |taking, at| {
        taking.take(&live(at - 20, "slow", "web"));
        taking.end(at, "slow", "web");
    };
    let urgent: fn(&mut Taking, i64) = |taking, at| {
        taking.take(&Item { level: Level::Critical, ..live(at, "slow", "web") });
    };
    for (what, happens, at, waits) in [
        ("another occurrence of what is young", again, 60, 10),
        ("after five minutes", again, 300, 30),
        ("after an hour", again, 3_600, 60),
        ("the end of an alert after an hour", ends, 3_600, 10),
        ("the same while an occurrence waits", both, 3_600, 10),
        ("its level", urgent, 3_600, 0),
    ] {
        let mut taking = two_alerts();
        happens(&mut taking, at);
        let before = 1 + usize::from(waits == 0);
        taking.advance(at + waits - 1);
        assert_eq!(taking.records.len(), before, "{what}: not yet");
        taking.advance(at + waits);
        assert_eq!(taking.records.len(), 2, "{what}: now");
        taking.advance(at + 3_000);
        assert_eq!(taking.records.len(), 2, "{what}: once");
    }
}

/// An incident that is quiet says so with everything that waited, and is told no more.
#[test]
fn the_last_record_has_all_that_waited() {
    let mut taking = two_alerts();
    taking.end(3_600, "slow", "web");
    taking.take(&live(3_611, "errors", "web"));
    taking.end(3_612, "errors", "web");
    taking.advance(3_612 + 300);
    let last = taking.records.last().unwrap().clone();
    assert_eq!((last.state, last.items, last.holding), (IncidentState::Resolved, 3, 0));
    let records = taking.records.len();
    taking.advance(3_612 + 1_000);
    assert_eq!(taking.records.len(), records);
}

#[test]
fn what_merged_says_into_what_and_is_told_no_more() {
    let mut taking = Taking::all(&[
        live(0, "slow", "web"),
        live(1, "errors", "web"),
        live(2, "disk", "db"),
        live(3, "locks", "db"),
    ]);
    let (a, b) = (taking.of(0).unwrap(), taking.of(2).unwrap());
    assert_ne!(a, b);
    taking.follow(10, &Command::Merge(b, a)).unwrap();
    let last = taking.records.iter().rfind(|record| record.incident == b).unwrap();
    assert_eq!((last.state, last.merged_into), (IncidentState::Merged, Some(a)));
    let told = taking.only();
    assert_eq!((told.incident, told.holding, told.alerts.len()), (a, 4, 4));
    let kinds: Vec<MomentKind> = told.timeline.iter().map(|moment| moment.kind).collect();
    assert!(kinds.contains(&MomentKind::Merged) && kinds.contains(&MomentKind::Command));
    taking.end(20, "disk", "db");
    assert_eq!(taking.only().holding, 3, "its alerts end in the other");
}

#[test]
fn the_first_and_the_last_moments_are_kept() {
    let mut taking = Taking::default();
    for n in 0..100 {
        taking.take(&naming(n, &format!("rule-{n}"), "web"));
    }
    let told = taking.only();
    assert_eq!((told.timeline.len(), told.moments_left_out), (64, 36));
    let seconds: Vec<i64> =
        told.timeline.iter().map(|moment| (moment.at_ms - START_MS) / 1_000).collect();
    let expected: Vec<i64> = (0..48).chain(84..100).collect();
    assert_eq!(seconds, expected);
    assert_eq!((told.alerts.len(), told.alerts_left_out, told.holding), (64, 36, 100));
    for n in 0..100 {
        taking.end(200, &format!("rule-{n}"), "web");
    }
    assert_eq!(taking.only().holding, 0, "also of those that are not named");
}

#[test]
fn what_rules_advise_is_told_once_each() {
    let mut taking = Taking::default();
    for n in 0..12 {
        let advice = Some(format!("runbook {}", n % 10));
        let item = naming(n, &format!("rule-{}", n % 10), "web");
        taking.take(&Item { advice, event: schemas::id::EventId::of("t", &n.to_string()), ..item });
    }
    let told = taking.only().recommendations;
    assert_eq!(told.len(), 8);
    assert!(
        told.iter().all(|advice| advice.text.ends_with(advice.rule.trim_start_matches("rule-"))),
        "{told:?}"
    );
}

#[test]
fn what_begins_again_after_all_was_over_has_causes_of_its_own() {
    let again = |ended_s: i64| {
        let mut taking = Taking::all(&[naming(0, "slow", "web"), naming(30, "errors", "web")]);
        taking.end(ended_s, "slow", "web");
        taking.end(ended_s, "errors", "web");
        for (second, title) in [(250, "looked at it"), (500, "deployed checkout 43")] {
            taking.take(&change(second, title));
        }
        taking.take(&naming(720, "restarts", "web"));
        let told = taking.only();
        told.causes.iter().map(|cause| cause.reason.clone()).collect::<Vec<_>>()
    };
    let causes = again(60);
    assert!(causes.iter().any(|cause| cause.contains("deployed checkout 43")), "{causes:?}");
    assert_eq!(again(710), Vec::<String>::new(), "it held until then");
}

#[test]
fn the_nearest_change_shortly_before_may_be_the_cause() {
    let mut taking = Taking::all(&[
        change(0, "deployed long before"),
        change(1_000, "deployed checkout 41"),
        change(1_800, "deployed checkout 42"),
        naming(1_980, "errors", "web"),
        change(2_000, "rolled back"),
    ]);
    let told = taking.only();
    let causes: Vec<&str> = told.causes.iter().map(|cause| cause.reason.as_str()).collect();
    assert_eq!(causes.len(), 1, "neither what is later nor what is long before: {causes:?}");
    assert!(
        causes[0].contains("3 min before the first alert (deployed checkout 42)"),
        "{causes:?}"
    );
    assert!(causes[0].contains(&format!("both name name {THING}")), "{causes:?}");
    assert!(told.causes.iter().all(|cause| cause.score.get() > 0.0 && cause.score.get() <= 0.5));
    assert!(told.causes[0].record.is_some() && told.causes[0].at_ms.is_some());
    let kinds: Vec<MomentKind> = told.timeline.iter().map(|moment| moment.kind).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == MomentKind::Change).count(), 4);
}

#[test]
fn of_contradictory_commands_the_last_counts_and_the_course_says_who() {
    let mut taking = two_alerts();
    let id = taking.of(0).unwrap();
    for (second, command) in [
        (40, Command::Mitigate(id)),
        (41, Command::Acknowledge(id)),
        (42, Command::Feedback(id, true)),
        (43, Command::Feedback(id, false)),
    ] {
        taking.follow(second, &command).unwrap();
    }
    let told = taking.only();
    assert_eq!(told.state, IncidentState::Acknowledged);
    let said: Vec<Verdict> = told.feedback.iter().map(|feedback| feedback.verdict).collect();
    assert_eq!(said, [Verdict::Wrong]);
    let asked = told.timeline.iter().filter(|moment| moment.kind == MomentKind::Command);
    let asked: Vec<_> = asked.map(|at| (at.at_ms - START_MS, at.by.as_deref())).collect();
    let expected: Vec<_> = (40..44).map(|second| (second * 1_000, Some("ann"))).collect();
    assert_eq!(asked, expected);
    taking.follow(50, &Command::Resolve(id)).unwrap();
    taking.take(&live(51, "slow", "web"));
    assert_eq!((taking.only().state, taking.only().reopened), (IncidentState::Open, 1));
    taking.end(60, "slow", "web");
    taking.end(60, "errors", "web");
    taking.advance(360);
    assert_eq!(taking.only().state, IncidentState::Resolved, "what was reopened settles as well");
}

#[test]
fn what_was_parted_counts_its_own_alerts_and_goes_on_counting_records() {
    let mut taking =
        Taking::all(&[live(0, "slow", "web"), live(1, "errors", "web"), live(2, "disk", "web")]);
    let (id, disk) = (taking.of(0).unwrap(), alert_of("disk", "web"));
    let parted = taking.follow(10, &Command::Split(id, vec![disk])).unwrap().unwrap();
    let told = taking.told();
    assert_eq!((told[&id].holding, told[&id].alerts.len()), (2, 2));
    assert_eq!((told[&parted].holding, &told[&parted].alerts), (1, &vec![disk]));
    taking.follow(11, &Command::Merge(id, parted)).unwrap();
    assert_eq!(taking.follow(12, &Command::Split(id, vec![disk])), Ok(Some(parted)));
    let of_parted = taking.records.iter().filter(|record| record.incident == parted);
    let revisions: Vec<u32> = of_parted.map(|record| record.revision).collect();
    assert_eq!(revisions, [0, 1, 2]);
    taking.end(20, "disk", "web");
    taking.advance(320);
    assert_eq!(taking.told()[&parted].state, IncidentState::Resolved);
}

#[test]
fn ten_thousand_alerts_may_hold_at_once() {
    let mut taking = Taking::default();
    for n in 0..10_000 {
        taking.take(&live(n / 1_000, &format!("rule-{}", n % 2), &format!("host-{}", n / 2)));
    }
    let holding: u64 = taking.told().values().map(|told| told.holding).sum();
    assert_eq!(taking.counts.incidents_evicted, 0);
    assert!(holding > 0 && holding <= 10_000, "{holding}");
    for n in 0..10_000 {
        taking.end(20, &format!("rule-{}", n % 2), &format!("host-{}", n / 2));
    }
    taking.advance(4_000);
    assert!(taking.told().values().all(|told| told.holding == 0));
    assert!(taking.told().values().all(|told| told.state == IncidentState::Resolved));
    taking.advance(2 * 86_400);
    taking.advance(2 * 86_400);
    assert!(taking.told().values().all(|told| told.state == IncidentState::Closed));
}

#[test]
fn others_have_all_the_room_and_nothing_is_lost_but_memory() {
    let limits = Limits { keys_of_all: 40, ..Limits::default() };
    let mut taking = Taking::with(limits);
    for n in 0..40 {
        taking.take(&live(n, &format!("rule-{n}"), "web"));
    }
    assert!(taking.counts.keys_evicted > 0 && taking.counts.keys_refused == 0);
    let before = taking.engine.kept();
    let mut item = live(50, "slow", "db");
    item.tenant = "other".to_owned();
    let taken = taking.take(&item);
    assert!(taking.of(taken).is_some() && taking.counts.keys_refused > 0, "{:?}", taking.counts);
    assert!(taking.engine.kept() <= before + 3, "one more incident, and its session and things");
}

#[test]
fn what_people_and_deployments_add_without_end_is_bounded() {
    let mut taking = Taking::default();
    for n in 0..40 {
        taking.take(&change(n, &format!("deployed checkout {n}")));
    }
    taking.take(&naming(40, "errors", "web"));
    let causes: Vec<i64> =
        taking.only().causes.iter().map(|cause| cause.at_ms.unwrap() - START_MS).collect();
    assert_eq!(causes, [39_000], "the one that happened last");
    let command = Command::Feedback(taking.of(40).unwrap(), true);
    for n in 0..70 {
        let by = format!("person {n}");
        let asked = Asked { command: &command, by: Some(&by), note: None, time_ms: START_MS };
        taking.engine.follow("acme", &asked).unwrap();
    }
    let told = taking.only();
    assert_eq!((told.feedback.len(), told.feedback[0].by.as_str()), (64, "person 6"));
    assert_eq!((told.timeline.len(), told.moments_left_out), (64, 111 - 64));
}

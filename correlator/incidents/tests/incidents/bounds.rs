//! What happens at bounds, and with hostile input.

use incidents::Limits;
use schemas::alert::Level;
use schemas::incident::IncidentState;

use crate::support::{Taking, alert, call};

#[test]
fn what_everybody_names_links_nobody_for_long() {
    let items: Vec<_> = (0..5_000)
        .map(|n| {
            let own = format!("thing-number-of-somebody-{}", letters(n / 5));
            let who = format!("user-{}", letters(n / 5));
            call(n * 20, &who, "Get", &["the-gateway-that-all-use-here", &own])
        })
        .collect();
    let mut taking = Taking::all(&items);
    let largest = taking.told().values().map(|incident| incident.items).max();
    assert!(largest < Some(500), "{largest:?} of 5,000 in one");
    assert!(
        (4_900..4_904).all(|at| taking.together(at, at + 1) == (at % 5 != 4)),
        "and their own things do"
    );
}

/// A number without digits, so that names are no siblings.
fn letters(number: i64) -> String {
    number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
}

#[test]
fn ten_thousand_alerts_in_a_second_stay_within_bounds() {
    let limits = Limits { incidents: 1_000, keys: 5_000, ..Limits::default() };
    let mut taking = Taking::with(limits);
    for n in 0..10_000 {
        taking.take(&alert(0, &format!("rule-{n}"), &format!("host-{n}")));
    }
    let counts = taking.counts;
    assert_eq!((counts.items, counts.opened), (10_000, 10_000));
    assert_eq!(counts.incidents_evicted, 9_000);
    assert!(counts.keys_evicted > 20_000, "{counts:?}");
    assert!(taking.engine.kept() < 20_000, "{}", taking.engine.kept());
    assert!(taking.records.is_empty(), "one alert is no incident");
}

#[test]
fn a_full_incident_opens_a_child_and_the_child_goes_on() {
    let mut taking = Taking::with(Limits { conditions: 10, ..Limits::default() });
    for n in 0..25 {
        taking.take(&alert(n, &format!("rule-{}", letters(n)), "host"));
    }
    assert!(taking.together(0, 9) && !taking.together(0, 10));
    assert!(taking.together(10, 19) && !taking.together(10, 20) && taking.together(20, 24));
    assert_eq!(taking.counts.children, 2);
    let mut told: Vec<_> = taking.told().into_values().collect();
    told.sort_by_key(|incident| incident.opened_at_ms);
    assert_eq!(told[1].part_of, Some(told[0].incident));
    let again = taking.take(&alert(30, "rule-a", "host"));
    assert!(taking.together(9, again), "what it has goes on in it");
}

#[test]
fn quiet_resolves_and_what_comes_back_follows() {
    let mut taking = Taking::default();
    for n in 0..3 {
        taking.take(&alert(n * 60, "disk-full", "host"));
    }
    taking.take(&alert(20_000, "other", "elsewhere"));
    let resolved = taking.only();
    assert_eq!(resolved.state, IncidentState::Resolved);
    assert_eq!(resolved.resolved_at_ms, Some(crate::support::START_MS + 120_000 + 3_600_000));
    let again = taking.take(&alert(20_001, "disk-full", "host"));
    assert!(!taking.together(0, again));
    taking.take(&alert(20_002, "disk-full", "host"));
    let next = taking.told().remove(&taking.of(again).unwrap()).unwrap();
    assert_eq!(next.follows, taking.of(0));
    // A single item so far ahead might be wrong.
    for n in 300_000..300_002 {
        taking.take(&alert(n, "other", "elsewhere"));
    }
    taking.take(&alert(300_002, "last", "nowhere"));
    let first = taking.records.iter().rfind(|record| record.incident == resolved.incident).unwrap();
    assert_eq!(first.state, IncidentState::Closed, "and a day later it is told for the last time");
}

#[test]
fn what_is_urgent_is_an_incident_by_itself() {
    let mut item = alert(0, "break-in", "vault");
    item.level = Level::Critical;
    assert_eq!(Taking::all(&[item]).only().items, 1);
}

#[test]
fn what_comes_late_joins_and_opens_nothing() {
    let mut taking = Taking::default();
    taking.take(&call(0, "ann", "CreateRole", &["role-of-some-application"]));
    taking.take(&call(2_000, "bob", "Get", &["something-else-altogether"]));
    let late = taking.take(&call(5, "ann", "GetRole", &["role-of-some-application"]));
    let stray = taking.take(&call(6, "eve", "GetRole", &["role-that-nobody-else-names"]));
    assert!(taking.together(0, late));
    assert_eq!(taking.of(stray), None);
    assert_eq!(taking.counts.late, 2);
}

#[test]
fn one_wrong_clock_does_not_make_the_rest_late() {
    let mut taking = Taking::default();
    taking.take(&alert(0, "a", "host"));
    let mut wrong = alert(400 * 86_400, "b", "far");
    wrong.arrival_ms = i64::MAX;
    taking.take(&wrong);
    let now = taking.take(&alert(60, "c", "near"));
    assert!(taking.of(now).is_some());
    assert_eq!(taking.counts.late, 0);
}

#[test]
fn times_at_both_ends_break_nothing() {
    for time_ms in [i64::MIN, -1, 0, i64::MAX] {
        let mut taking = Taking::default();
        for at_ms in [time_ms, 0, time_ms, i64::MAX, i64::MIN] {
            let mut item = alert(0, &format!("rule-{at_ms}"), "host");
            (item.time_ms, item.arrival_ms) = (at_ms, at_ms);
            item.event =
                schemas::id::EventId::of("t", &format!("{at_ms}{}", taking.placed().len()));
            taking.take(&item);
        }
        assert_eq!(taking.counts.items, 5);
    }
}

#[test]
fn tenants_beyond_the_bound_are_counted_and_stay_alone() {
    let mut taking = Taking::with(Limits { tenants: 2, ..Limits::default() });
    for n in 0..4 {
        let mut item = alert(n, "rule", "host");
        item.tenant = format!("tenant-{n}");
        taking.take(&item);
    }
    assert_eq!(taking.counts.tenants_refused, 2);
    assert_eq!(taking.of(3), None);
}

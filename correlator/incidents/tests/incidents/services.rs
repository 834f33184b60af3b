//! What is said of a service decides what it ties there.

use incidents::item::Session;
use incidents::{Item, Kind, Mention, Way};
use schemas::incident::MomentKind::{self, Change, Message, Ticket};

use crate::support::{Taking, evidence, live};

fn of_service(item: Item) -> Item {
    let value = "checkout-api".to_owned();
    let mentions = vec![Mention { kind: Kind::Service, value, way: Way::Used }];
    Item { mentions, ..item }
}

fn alert(second: i64) -> Item {
    of_service(live(second, "errors", "checkout-api"))
}

fn said(second: i64, kind: MomentKind, title: &str) -> Item {
    of_service(evidence(second, kind, title, &[]))
}

fn delivery(second: i64) -> Item {
    Item { is_delivery: true, ..said(second, Change, "deployed") }
}

fn in_channel(item: Item) -> Item {
    let session = Session { who: "channel buy".to_owned(), agent: "chat".to_owned() };
    Item { session: Some(session), ..item }
}

#[test]
fn trouble_and_what_is_done_join_what_goes_on_and_deliveries_and_talk_do_not() {
    let cases = [
        (said(300, Ticket, "checkout-api is down"), true),
        (said(300, Message, "payments fail in checkout-api"), true),
        (said(300, Change, "patch deployments"), true),
        (said(300, Ticket, "upgrade the libraries of checkout-api"), false),
        (said(300, Message, "thanks for the demo of checkout-api"), false),
        (delivery(300), false),
    ];
    for (item, joins) in cases {
        let taking = Taking::all(&[alert(0), item.clone()]);
        assert_eq!(taking.of(0) == taking.of(1), joins, "{}", item.title);
    }
}

#[test]
fn a_delivery_is_found_by_the_trouble_that_comes_soon_after_it() {
    for (second, joins) in [(60, true), (840, true), (960, false)] {
        let taking = Taking::all(&[delivery(0), alert(second)]);
        assert_eq!(taking.of(0) == taking.of(1), joins, "after {second} s");
    }
    let taking =
        Taking::all(&[alert(0), delivery(60), of_service(live(120, "slow", "checkout-api"))]);
    assert_eq!(taking.of(0), taking.of(2));
    assert_ne!(taking.of(0), taking.of(1), "it came while that went on");
}

#[test]
fn what_named_nothing_goes_with_the_next_in_its_channel_that_names_trouble() {
    for (after_s, joins) in [(120, true), (600, false)] {
        let first = in_channel(evidence(60, Message, "anybody else?", &[]));
        let next = in_channel(said(60 + after_s, Message, "checkout-api is down"));
        let taking = Taking::all(&[alert(0), first, next]);
        assert_eq!(taking.of(0), taking.of(2));
        assert_eq!(taking.of(0) == taking.of(1), joins, "after {after_s} s");
    }
}

#[test]
fn an_alert_that_comes_and_goes_all_day_ties_nothing_to_its_service() {
    let mut taking = Taking::default();
    let mut last = 0;
    for hour in 0..12 {
        for minute in [0, 20, 40] {
            last = hour * 3_600 + minute * 60;
            taking.take(&alert(last));
            taking.end(last + 120, "errors", "checkout-api");
        }
    }
    let other = taking.take(&of_service(live(last + 60, "certificate", "checkout-api")));
    assert_ne!(taking.of(other - 1), taking.of(other));
}

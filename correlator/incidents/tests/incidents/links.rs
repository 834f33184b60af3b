//! What links and what does not, and what is said about it.

use incidents::{Kind, Mention, Way};
use schemas::incident::Strategy;

use crate::support::{Taking, alert, call};

const ROLE: &str = "reader-of-the-invoices-of-2026";
const OTHER: &str = "writer-of-the-wages-of-today";

#[test]
fn two_jobs_of_one_user_at_once_are_told_apart_by_what_they_name() {
    let items = [
        call(0, "ann", "CreateRole", &[ROLE]),
        call(0, "ann", "CreateBucket", &[OTHER]),
        call(1, "ann", "GetRole", &[ROLE]),
        call(1, "ann", "PutBucketPolicy", &[OTHER]),
        call(2, "ann", "AssumeRole", &[ROLE]),
        call(3, "ann", "PutObject", &[OTHER]),
    ];
    let mut taking = Taking::all(&items);
    assert!(taking.together(0, 2) && taking.together(2, 4));
    assert!(taking.together(1, 3) && taking.together(3, 5));
    assert!(!taking.together(0, 1));
    let said = taking.reasons(0, Strategy::Semantic);
    assert!(said.iter().any(|text| text.contains(&format!("both name name {ROLE}"))), "{said:?}");
}

#[test]
fn a_call_that_names_both_makes_them_one_and_the_older_id_stays() {
    let items = [
        call(0, "ann", "CreateRole", &[ROLE]),
        call(1, "ann", "GetRole", &[ROLE]),
        call(2, "bob", "CreateBucket", &[OTHER]),
        call(3, "bob", "GetBucketAcl", &[OTHER]),
        call(4, "eve", "CreateFlowLogs", &[ROLE, OTHER]),
    ];
    let taking = Taking::all(&items[..4]);
    let first = taking.of(0);
    assert!(!taking.together(0, 2));
    let taking = Taking::all(&items);
    assert!(taking.together(0, 2) && taking.together(0, 4));
    assert_eq!(taking.of(3), first);
}

#[test]
fn time_alone_links_nothing() {
    let items: Vec<_> =
        (0..50).map(|n| alert(n, &format!("rule-{n}"), &format!("host-{n}"))).collect();
    let taking = Taking::all(&items);
    assert!((0..50).all(|a| (0..a).all(|b| !taking.together(a, b))));
}

#[test]
fn a_place_that_seldom_alerts_links_and_one_that_always_does_not() {
    let mut items: Vec<_> =
        (0..2_000).map(|n| alert(n * 30, &format!("noise-{}", n % 9), "busy")).collect();
    items.push(alert(60_000, "scan", "quiet"));
    items.push(alert(60_001, "break-in", "busy"));
    items.push(alert(60_060, "root-shell", "quiet"));
    items.push(alert(60_100, "odd", "busy"));
    let mut taking = Taking::all(&items);
    assert!(taking.together(2_000, 2_002), "a quiet host");
    assert!(!taking.together(2_001, 2_003), "a busy host");
    assert_eq!(
        taking.reasons(2_000, Strategy::Semantic)[0],
        "both at quiet, 60 s apart; by chance 0.1 %"
    );
}

#[test]
fn a_condition_goes_on_and_the_same_rule_elsewhere_at_once_is_part_of_it() {
    let mut items = Vec::new();
    for minute in 0..50 {
        items.push(alert(minute * 60, "tunnel", "gateway"));
        items.push(alert(minute * 60, "tunnel", "share"));
    }
    let mut taking = Taking::all(&items);
    assert!((1..100).all(|at| taking.together(0, at)));
    let said = taking.reasons(0, Strategy::Pattern);
    assert!(said[0].starts_with("tunnel in another place as well, 0 s apart"), "{said:?}");
}

#[test]
fn what_an_answer_gave_out_links_what_uses_it() {
    let mut gives = call(0, "ann", "AssumeRole", &[ROLE]);
    let key =
        |way| Mention { kind: Kind::Credential, value: "ASIAEXAMPLE000000001".to_owned(), way };
    gives.mentions.push(key(Way::Given));
    let mut uses = call(40, "ASIAEXAMPLE000000001", "ListSecrets", &[]);
    uses.mentions.push(key(Way::Used));
    let mut other = call(41, "bob", "ListSecrets", &[]);
    other.mentions.push(Mention { value: "ASIAEXAMPLE000000002".to_owned(), ..key(Way::Used) });
    let taking = Taking::all(&[gives, uses, other]);
    assert!(taking.together(0, 1));
    assert!(!taking.together(0, 2));
}

#[test]
fn what_lasts_links_only_where_something_gave_it_out() {
    let carried = |mut item: incidents::Item, way| {
        let value = "AKIAEXAMPLE000000009".to_owned();
        item.mentions.push(Mention { kind: Kind::Credential, value, way });
        item
    };
    let everybody = [
        carried(call(0, "key@a", "GetA", &[ROLE]), Way::Carried),
        carried(call(1, "key@b", "GetB", &[OTHER]), Way::Carried),
    ];
    assert!(!Taking::all(&everybody).together(0, 1));
    let stolen = [
        carried(call(0, "ann", "CreateAccessKey", &[ROLE]), Way::Made),
        carried(call(9, "key@evil", "ListBuckets", &[]), Way::Carried),
    ];
    assert!(Taking::all(&stolen).together(0, 1));
}

#[test]
fn siblings_come_together() {
    let names: Vec<String> = (0..20).map(|n| format!("parameter-of-some-app-{n}")).collect();
    let items: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(at, name)| call(at as i64 / 4, "ann", "PutParameter", &[name]))
        .collect();
    let taking = Taking::all(&items);
    assert!((1..20).all(|at| taking.together(0, at)));
}

#[test]
fn what_follows_again_and_again_is_said_to() {
    let mut items = Vec::new();
    for round in 0..12 {
        items.push(alert(round * 20_000, "deploy-failed", "shop"));
        items.push(alert(round * 20_000 + 20, "errors-rise", "shop"));
    }
    let last = items.len() - 1;
    let mut taking = Taking::all(&items);
    assert!(taking.together(last - 1, last));
    let said = taking.reasons(last, Strategy::Temporal);
    assert!(said.iter().any(|text| text.contains("followed on it 6 of 6")), "{said:?}");
}

#[test]
fn the_graph_links_what_was_named_together_before() {
    let day_s = 4_000;
    let items = [
        call(0, "ops", "AttachVolume", &["volume-of-the-shop-database", "instance-of-the-shop"]),
        call(1, "ops", "DescribeVolumes", &["volume-of-the-shop-database"]),
        call(day_s, "ann", "StopInstance", &["instance-of-the-shop"]),
        call(day_s + 1, "bob", "GetVolume", &["volume-of-the-shop-database"]),
        call(day_s + 2, "bob", "GetOther", &["something-that-is-elsewhere"]),
    ];
    let taking = Taking::all(&items);
    // By the graph alone it is not enough, and that is said nowhere; the words in common do the rest.
    assert!(!taking.together(2, 4));
}

#[test]
fn one_event_by_two_paths_is_one() {
    let item = call(0, "ann", "CreateRole", &[ROLE]);
    let taking = Taking::all(&[item.clone(), item]);
    assert!(taking.together(0, 1));
    assert_eq!(taking.counts.repeated, 1);
    assert!(taking.records.is_empty(), "one item is no incident");
}

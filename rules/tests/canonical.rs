//! Rules over records of ours: what fields are called, and that the index changes no answer.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use expect_test::expect;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rules::{Canonical, Matcher, RuleSet, Text, own};
use schemas::envelope::{Attributes, Envelope, Extra};
use schemas::event::{Actor, Event, Network, Outcome, Severity};
use schemas::finding::Finding;
use schemas::finite::Finite;
use schemas::id::{Fingerprint, RecordId, ResourceId};
use schemas::kind::Kind;
use schemas::position::Position;
use schemas::resource::{Hints, Resource};
use schemas::source_class::SourceClass;
use schemas::time::Time;
use serde_json::{Value, json};

fn attributes(source: &str) -> Attributes {
    Attributes {
        id: RecordId::of("test", &[source]),
        source: source.to_owned(),
        subject: Some("acme/shop refs/heads/main".to_owned()),
        time: Time::MIN,
        arrival_time: Time::MIN,
        tenant: "acme".to_owned(),
        source_class: SourceClass::Deploy,
        traceparent: None,
    }
}

fn resource(names: &[(&str, &str)]) -> Resource {
    let pairs = names.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Resource { id: ResourceId::of("acme", "r"), attributes: pairs.collect(), extra: Extra::new() }
}

fn event(kind: Kind, action: &str, details: &Value, names: &[(&str, &str)]) -> Envelope<Event> {
    let actor = Actor {
        id: "u-1".to_owned(),
        kind: Some("user".to_owned()),
        name: Some("Ada".to_owned()),
        extra: Extra::new(),
    };
    let network = Network { source_address: Some("192.0.2.1".to_owned()), ..Network::default() };
    let event = Event {
        kind,
        class_uid: 6003,
        action: action.to_owned(),
        outcome: Outcome::Success,
        severity: Severity::High,
        resource: resource(names),
        actor: Some(actor),
        network: Some(network),
        hints: Hints { change_ids: vec!["c-1".to_owned()], ..Hints::default() },
        text: Some("closes SHOP-17".to_owned()),
        age_ms: 0,
        size_bytes: 0,
        raw: None,
        extra: details.as_object().cloned().unwrap_or_default(),
    };
    Envelope::new(attributes("github"), event)
}

fn finding(measure: &str, severity: Severity) -> Envelope<Finding> {
    let finding = Finding {
        detector: "tail.shift".to_owned(),
        fingerprint: Fingerprint::of("acme", "tail.shift", &BTreeMap::new()),
        resource: resource(&[("service.name", "shop")]),
        series: None,
        measure: measure.to_owned(),
        window_start_ms: 0,
        window_size_ms: 60_000,
        position: Position { partition: 0, offset: 0, row: 0 },
        severity,
        score: Finite::new(7.5).unwrap(),
        threshold: Finite::new(5.0).unwrap(),
        observed: Finite::new(0.93).unwrap(),
        expected: None,
        reason: "above all of the last hour".to_owned(),
        labels: BTreeMap::new(),
        evidence: Vec::new(),
        excerpt: None,
        condition: None,
        extra: Extra::new(),
    };
    Envelope::new(attributes("isobar.analytics"), finding)
}

fn told(record: &Canonical<'_>, names: &[&str]) -> String {
    let line =
        |name: &&str| format!("{name}: {}\n", record.text_of(name).as_deref().unwrap_or("-"));
    names.iter().map(line).collect()
}

#[test]
fn fields_have_the_names_people_would_guess() {
    let details = json!({
        "branch_class": "main", "change_lines": 12, "labels": {"severity": "page"},
        "components": ["cart", "till"], "items": [{"name": "a"}, {"name": "b"}], "empty": null,
    });
    let names = [("vcs.repository.name", "shop"), ("cloud.account.id", "42")];
    let event = event(Kind::Code, "push", &details, &names);
    let asked = [
        "kind",
        "source",
        "tenant",
        "subject",
        "action",
        "data.action",
        "outcome",
        "severity",
        "text",
        "user",
        "actor.name",
        "source_address",
        "network.source_address",
        "class_uid",
        "branch_class",
        "data.change_lines",
        "labels.severity",
        "items.name",
        "empty",
        "nothing",
        "vcs.repository.name",
        "resource.vcs.repository.name",
        "repository",
        "component",
        "service",
        "account",
        "resource.account",
        "project",
        "change_ids",
        "detector",
    ];
    expect![[r#"
        kind: code
        source: github
        tenant: acme
        subject: acme/shop refs/heads/main
        action: push
        data.action: push
        outcome: success
        severity: high
        text: closes SHOP-17
        user: u-1
        actor.name: Ada
        source_address: 192.0.2.1
        network.source_address: 192.0.2.1
        class_uid: 6003
        branch_class: main
        data.change_lines: 12
        labels.severity: page
        items.name: a
        empty: -
        nothing: -
        vcs.repository.name: shop
        resource.vcs.repository.name: shop
        repository: shop
        component: cart
        service: -
        account: 42
        resource.account: 42
        project: SHOP
        change_ids: c-1
        detector: -
    "#]]
    .assert_eq(&told(&Canonical::event(&event), &asked));
    let finding = finding("system.cpu.utilization", Severity::Medium);
    let asked = [
        "kind",
        "detector",
        "measure",
        "severity",
        "observed",
        "score",
        "reason",
        "service",
        "component",
        "user",
    ];
    expect![[r#"
        kind: finding
        detector: tail.shift
        measure: system.cpu.utilization
        severity: medium
        observed: 0.93
        score: 7.5
        reason: above all of the last hour
        service: shop
        component: shop
        user: -
    "#]]
    .assert_eq(&told(&Canonical::finding(&finding), &asked));
}

#[test]
fn a_rule_may_name_a_feed_and_need_not_name_a_category() {
    let rule = |number: u8, source: &str| {
        format!(
            "title: t{number}\nid: {number}1111111-1111-4111-8111-111111111111\n\
             logsource: {{product: isobar{source}}}\ndetection: {{s: {{action: push}}, condition: s}}\n---\n"
        )
    };
    let text: String = [
        rule(1, ", category: code"),
        rule(2, ", category: code, service: github"),
        rule(3, ", category: code, service: gitlab"),
        rule(4, ""),
        rule(5, ", category: audit"),
    ]
    .concat();
    let set = RuleSet::load(&[Text { file: "a".into(), text }]);
    assert_eq!(set.problems, []);
    let matcher = Matcher::new(set.rules).unwrap();
    let event = event(Kind::Code, "push", &json!({}), &[]);
    let hits = matcher.canonical_hits(&Canonical::event(&event));
    assert_eq!(hits.iter().map(|rule| &*rule.title).collect::<Vec<_>>(), ["t1", "t2", "t4"]);
    assert!(matcher.is_about("messages"), "a rule without a category is about all");
}

#[test]
fn the_index_changes_no_answer() {
    let set = RuleSet::load(&own::texts());
    let matcher = Matcher::new(set.rules).unwrap();
    let seed = 20_260_302;
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut pick =
        |of: &[&str]| of[usize::try_from(dice.next_u32()).unwrap() % of.len()].to_owned();
    let mut found = 0;
    for number in 0..20_000 {
        let details = json!({
            "branch_class": pick(&["main", "feature"]), "merged": pick(&["true", "false"]) == "true",
            "status": pick(&["firing", "resolved", "7"]), "is_serious": pick(&["true", ""]) == "true",
            "urgency": pick(&["none", "high"]), "characters": pick(&["499", "500"]).parse::<u32>().unwrap(),
            "entity_count": pick(&["4", "5"]).parse::<u32>().unwrap(), "action_class": pick(&["login", "update"]),
            "alert_name": pick(&["HighCpuUsage", "BudgetExceeded", "DiskFull"]),
            "error_code": pick(&["AccessDenied", ""]), "status_changed": true,
        });
        let action = pick(&[
            "push",
            "ListUsers",
            "RunInstances",
            "CreateAccessKey",
            "page_deleted",
            "DEPLOYED",
        ]);
        let kind = Kind::ALL[number % 8];
        let event = event(kind, &action, &details, &[]);
        let measure =
            pick(&["system.cpu.utilization", "jvm_HEAP_used", "p99_latency", "cost", "x"]);
        let finding = finding(&measure, Severity::High);
        for record in [Canonical::event(&event), Canonical::finding(&finding)] {
            let ids =
                |hits: Vec<&rules::Rule>| hits.iter().map(|of| of.id.clone()).collect::<Vec<_>>();
            let hits = ids(matcher.canonical_hits(&record));
            let all = ids(matcher.canonical_hits_without_index(&record));
            assert_eq!(hits, all, "seed {seed}, number {number}");
            found += hits.len();
        }
    }
    assert!(found > 20_000, "{found}");
}

//! Items of events, as processors make them.

use incidents::item::Stands;
use incidents::{Item, Kind, Way, of_event, of_finding, of_signal};
use processors::canonical::Series;
use processors::normalize::{Sample, Taker, normalize};
use processors::service::signal_of;
use processors::tenant::Tenants;
use processors::{Input, Refusal};
use schemas::envelope::{Attributes, Envelope};
use schemas::event::Event;
use schemas::finding::Finding;
use schemas::id::RecordId;
use schemas::incident::MomentKind;
use schemas::source_class::SourceClass;
use schemas::time::Time;

/// Items of events, each beside that of its signal.
struct Items(Vec<(Item, Item)>);

impl Taker for Items {
    fn event(&mut self, event: Envelope<Event>) {
        let signal = signal_of(&event, Vec::new(), true);
        self.0.push((of_event(&event), of_signal(&signal)));
    }
    fn sample(&mut self, _: &Series<'_>, _: i64, _: Sample) {}
    fn filtered(&mut self, _: &'static str) {}
    fn refused(&mut self, refusal: &Refusal, _: &[u8]) {
        panic!("{refusal}");
    }
}

/// The item of a record; that of its signal has to name the same.
fn item(value: &serde_json::Value) -> Item {
    let (of_event, of_signal) = both(value);
    let said = |item: &Item| {
        let Item { event, action, rule, place, session, mentions, fingerprint, .. } = item.clone();
        (event, action, rule, place, session, mentions, fingerprint)
    };
    assert_eq!(said(&of_signal), said(&of_event));
    of_event
}

fn both(value: &serde_json::Value) -> (Item, Item) {
    let (text, mut items) = (value.to_string(), Items(Vec::new()));
    let input = Input::new(text.as_bytes(), Time::from_millis(1_790_000_000_000).unwrap());
    normalize(&input, "row", None, &Tenants::default(), &mut items);
    assert_eq!(items.0.len(), 1);
    items.0.remove(0)
}

fn named(item: &Item, kind: Kind, value: &str) -> Option<Way> {
    let found = item.mentions.iter().find(|mention| mention.kind == kind && mention.value == value);
    found.map(|mention| mention.way)
}

fn record(
    name: &str,
    request: &serde_json::Value,
    response: &serde_json::Value,
) -> serde_json::Value {
    serde_json::json!({
        "eventTime": "2026-07-01T10:00:00Z", "eventSource": "ec2.amazonaws.com", "eventName": name,
        "eventID": name, "requestID": "5b0e1f1e-1111-4111-8111-111111111111", "sourceIPAddress": "192.0.2.7",
        "userAgent": "tool/1.2 (linux)",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/ann",
            "userName": "ann", "accessKeyId": "AKIAEXAMPLE00000000A", "accountId": "123456789012"},
        "requestParameters": request, "responseElements": response,
    })
}

#[test]
fn a_call_names_what_it_asks_for_and_what_it_was_given() {
    let request = serde_json::json!({"cidrBlock": "10.0.0.0/16", "clientToken": "token-of-this-call",
        "filterSet": {"items": [{"name": "vpc-id", "valueSet": {"items": [{"value": "shop-network-of-berlin"}]}}]}});
    let response = serde_json::json!({"requestId": "x-y-z-1-2-3", "vpc": {"vpcId": "vpc-06fe1a64761a0f720",
        "dhcpOptionsId": "dopt-0ef51062810f8ca7b"}});
    let item = item(&record("CreateVpc", &request, &response));
    assert_eq!(named(&item, Kind::Resource, "vpc-06fe1a64761a0f720"), Some(Way::Made));
    assert_eq!(named(&item, Kind::Resource, "dopt-0ef51062810f8ca7b"), Some(Way::Given));
    assert_eq!(named(&item, Kind::Name, "shop-network-of-berlin"), Some(Way::Used));
    assert_eq!(named(&item, Kind::Credential, "AKIAEXAMPLE00000000A"), Some(Way::Carried));
    // What was named may be a service elsewhere, with all of its name or with its beginning.
    let sought = ["shop-network", "shop-network-of", "shop-network-of-berlin"];
    assert_eq!(services(&item, Way::Carried), sought);
    assert_eq!(item.mentions.len(), 4 + sought.len(), "{:?}", item.mentions);
    let session = item.session.as_ref().unwrap();
    assert_eq!(
        (session.who.as_str(), session.agent.as_str()),
        ("AKIAEXAMPLE00000000A@192.0.2.7", "tool")
    );
    assert!(item.makes && item.rule.is_none() && item.place.is_none());
}

#[test]
fn who_asks_is_not_what_it_is_about_and_a_refusal_is() {
    let mut refused = record("AssumeRole", &serde_json::Value::Null, &serde_json::Value::Null);
    refused["errorCode"] = "AccessDenied".into();
    refused["errorMessage"] =
        "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: \
        sts:AssumeRole on resource: arn:aws:iam::123456789012:role/reader-of-invoices"
            .into();
    let item = item(&refused);
    assert_eq!(named(&item, Kind::Name, "reader-of-invoices"), Some(Way::Used));
    assert_eq!(named(&item, Kind::Name, "ann"), None);
}

#[test]
fn an_alert_in_an_envelope_has_its_rule_and_its_place() {
    let alert = serde_json::json!({"specversion": "1.0", "id": "scan-1", "source": "ids", "type": "alert",
        "subject": "web-1", "time": "2026-07-01T10:00:00Z",
        "data": {"rule": "port-scan", "title": "Somebody scans.", "host": "web-1", "count": 3}});
    let item = item(&alert);
    assert_eq!((item.rule.as_deref(), item.place.as_deref()), (Some("port-scan"), Some("web-1")));
    assert_eq!((item.title.as_str(), item.mentions.len()), ("port-scan: Somebody scans.", 0));
    assert!(item.session.is_none());
}

fn services(item: &Item, way: Way) -> Vec<&str> {
    let of = item.mentions.iter().filter(|of| of.kind == Kind::Service && of.way == way);
    of.map(|mention| mention.value.as_str()).collect()
}

#[test]
fn sources_that_know_nothing_of_each_other_name_the_same() {
    let push = serde_json::json!({"ref": "refs/heads/OPS-17-smaller-pool", "before": "0".repeat(40),
        "after": "3f2a91c00123456789abcdef0123456789abcdef", "pusher": {"name": "ann"},
        "repository": {"name": "checkout-api", "full_name": "acme/checkout-api", "owner": {"login": "acme"}},
        "commits": [], "head_commit": {"id": "3f2a91c00123456789abcdef0123456789abcdef",
            "message": "Smaller pool (acme/checkout-api#4)", "timestamp": "2026-07-01T10:00:00Z"}});
    let push = item(&push);
    assert_eq!(services(&push, Way::Used), ["checkout-api"]);
    for change in ["OPS-17", "3f2a91c", "acme/checkout-api#4"] {
        assert_eq!(named(&push, Kind::Change, change), Some(Way::Used), "{change}");
    }
    let alert = serde_json::json!({"version": "4", "groupKey": "g", "receiver": "r", "status": "firing",
        "externalURL": "http://am", "alerts": [{"status": "firing", "fingerprint": "f1",
            "startsAt": "2026-07-01T10:05:00Z", "endsAt": "0001-01-01T00:00:00Z", "annotations": {},
            "labels": {"alertname": "CrashLoop", "pod": "checkout-api-6d5f9c7b8-x2x4z", "severity": "page"}}]});
    let alert = item(&alert);
    assert_eq!(alert.rule.as_deref(), Some("CrashLoop of checkout-api"));
    assert_eq!(services(&alert, Way::Used), ["checkout-api"]);
    let chat = serde_json::json!({"team_id": "T1", "api_app_id": "A1", "type": "event_callback",
        "event_id": "Ev1", "event_time": 1_790_000_000, "event": {"type": "message", "channel": "C1",
            "user": "U1", "ts": "1790000000.000100", "thread_ts": "1789999999.000100",
            "text": "checkout-api-5xx since 3f2a91c0, I roll back (OPS-17)"}});
    let chat = item(&chat);
    assert_eq!(services(&chat, Way::Carried), ["checkout-api", "checkout-api-5xx"]);
    assert_eq!(services(&chat, Way::Used), [""; 0]);
    for (kind, value) in
        [(Kind::Change, "OPS-17"), (Kind::Change, "3f2a91c"), (Kind::Trace, "C1 1789999999.000100")]
    {
        assert_eq!(named(&chat, kind, value), Some(Way::Used), "{value}");
    }
}

#[test]
fn signals_stand_as_evidence_until_the_service_says_otherwise() {
    let note = serde_json::json!({"team_id": "T1", "api_app_id": "A1", "type": "event_callback",
        "event_id": "Ev1", "event": {"type": "message", "channel": "C1", "user": "U1", "text": "hello",
        "ts": "1790000000.000100"}});
    let (of_event, of_signal) = both(&note);
    assert_eq!(of_event.stands, Stands::Event);
    assert_eq!(of_signal.stands, Stands::Evidence(MomentKind::Message));
}

#[test]
fn a_finding_is_a_condition_of_a_measure_at_a_place() {
    let finding: Finding = serde_json::from_value(serde_json::json!({
        "detector": "panel", "fingerprint": "0000000000000000000000000000000b",
        "resource": {"id": "0000000000000000000000000000000c",
            "attributes": {"k8s.pod.name": "checkout-api-6d5f9c7b8-x2x4z"}},
        "measure": "http.server.duration", "window_start_ms": 0, "window_size_ms": 60_000,
        "position": {"partition": 0, "offset": 0, "row": 0}, "severity": "high",
        "score": 9.0, "threshold": 3.0, "observed": 2.0, "reason": "slower than ever"}))
    .unwrap();
    let time = Time::from_millis(1_790_000_000_000).unwrap();
    let attributes = Attributes {
        id: RecordId::of("finding", &["1"]),
        source: "isobar/analytics".to_owned(),
        subject: None,
        time,
        arrival_time: time,
        tenant: "acme".to_owned(),
        source_class: SourceClass::Finding,
        traceparent: None,
    };
    let finding = Envelope::new(attributes, finding);
    let item = of_finding(&finding);
    assert_eq!(item.rule.as_deref(), Some("panel http.server.duration of checkout-api"));
    assert_eq!(item.place.as_deref(), Some("checkout-api-6d5f9c7b8-x2x4z"));
    assert_eq!(services(&item, Way::Used), ["checkout-api"]);
}

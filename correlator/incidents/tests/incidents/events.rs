//! Items of events, as processors make them.

use incidents::{Item, Kind, Way, of_event};
use processors::canonical::Series;
use processors::normalize::{Sample, Taker, normalize};
use processors::tenant::Tenants;
use processors::{Input, Refusal};
use schemas::envelope::Envelope;
use schemas::event::Event;
use schemas::time::Time;

struct Items(Vec<Item>);

impl Taker for Items {
    fn event(&mut self, event: Envelope<Event>) {
        self.0.push(of_event(&event));
    }
    fn sample(&mut self, _: &Series<'_>, _: i64, _: Sample) {}
    fn filtered(&mut self, _: &'static str) {}
    fn refused(&mut self, refusal: &Refusal, _: &[u8]) {
        panic!("{refusal}");
    }
}

fn item(value: &serde_json::Value) -> Item {
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
    assert_eq!(item.mentions.len(), 4, "{:?}", item.mentions);
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

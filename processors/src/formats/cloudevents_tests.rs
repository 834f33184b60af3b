use expect_test::{Expect, expect};
use schemas::time::Time;

use super::{FORMAT, Look};
use crate::formats::recorder::Recorder;
use crate::input::Input;

#[expect(clippy::needless_pass_by_value, reason = "expect! makes values")]
fn check(value: &str, expected: Expect) {
    let (shown, read) = Recorder::record(value, FORMAT.read);
    assert!(read, "{shown}");
    expected.assert_eq(&shown);
}

fn with_headers(value: &str, headers: &[(&str, &str)]) -> (String, bool, bool) {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), value.as_bytes().to_vec());
    let headers: Vec<_> = headers.iter().map(owned).collect();
    let arrival = Time::from_millis(0).unwrap();
    let input = Input { headers: &headers, ..Input::new(value.as_bytes(), arrival) };
    let mut recorder = Recorder::default();
    let read = (FORMAT.read)(&input, &mut recorder).is_ok();
    (recorder.0, read, (FORMAT.sniff)(&Look::at(&input)))
}

const BINARY: [(&str, &str); 5] = [
    ("ce_specversion", "1.0"),
    ("CE_id", "e-1"),
    ("ce-source", "/shop"),
    ("ce_type", "org.example.paid"),
    ("ce_time", "2026-01-01T11:59:59Z"),
];

#[test]
fn structured_batched_and_binary_are_the_same_event() {
    let structured = r#"{"specversion": "1.0", "id": "e-1", "source": "/shop", "type":
 "org.example.paid", "time": "2026-01-01T11:59:59Z", "data": "<x/>", "orderid": 5}"#;
    check(
        structured,
        expect![[r#"
        event cloudevents messages/log 0 `org.example.paid`
          is: Unknown Unknown
          id: /shop/e-1
          time: 2026-01-01T11:59:59.000Z
          subject: /shop
          resource: cloudevents.event_source=/shop
          text: <x/>
          details: {"orderid":"5"}
          raw bytes: 145
    "#]],
    );
    check(
        &format!("[{structured}, {{}}]"),
        expect![[r#"
            event cloudevents messages/log 0 `org.example.paid`
              is: Unknown Unknown
              id: /shop/e-1
              time: 2026-01-01T11:59:59.000Z
              subject: /shop
              resource: cloudevents.event_source=/shop
              text: <x/>
              details: {"orderid":"5"}
              raw bytes: 145
            refused `{}`: this is no object, or one without any field
        "#]],
    );
    let (shown, read, sniffed) = with_headers("<x/>", &BINARY);
    assert!(read && sniffed);
    expect![[r#"
        event cloudevents messages/log 0 `org.example.paid`
          is: Unknown Unknown
          id: /shop/e-1
          time: 2026-01-01T11:59:59.000Z
          subject: /shop
          resource: cloudevents.event_source=/shop
          text: <x/>
          raw bytes: 4
    "#]]
    .assert_eq(&shown);
    assert!(with_headers("", &BINARY).1, "no data is no reason to refuse the event");
}

#[test]
fn data_is_read_in_the_format_it_looks_like() {
    check(
        r#"{"specversion": "1.0", "id": "e-2", "source": "/gateway", "type": "x", "data": {
 "time": "2026-01-01T11:59:58Z", "category": "Policy", "operationName": "audit",
 "resourceId": "/subscriptions/s-1"}}"#,
        expect![[r#"
            event azure.activity audit/audit 6003 `audit`
              is: Unknown Unknown
              id: /gateway/e-2#0
              time: 2026-01-01T11:59:58.000Z
              account: s-1
              subject: /subscriptions/s-1
              resource: cloud.provider=azure cloud.account.id=s-1 cloud.resource_id=/subscriptions/s-1
              details: {"category":"Policy"}
              raw bytes: 119
        "#]],
    );
    let entry = r#"{"logName": "projects/p/logs/l", "textPayload": "boom"}"#;
    let (shown, read, _) = with_headers(entry, &BINARY);
    assert!(read);
    expect![[r#"
        event gcp.logging messages/log 0 `l`
          is: Unknown Unknown
          id: /shop/e-1#0
          time: 2026-01-01T11:59:59.000Z
          account: p
          resource: cloud.provider=gcp cloud.account.id=p
          text: boom
          details: {"log":"l"}
          raw bytes: 55
    "#]]
    .assert_eq(&shown);
}

#[test]
fn one_in_another_is_opened_once() {
    check(
        r#"{"specversion": "1.0", "id": "e-3", "source": "/a", "type": "x",
 "data": {"specversion": "1.0", "id": "e-4", "source": "/b", "type": "y"},
 "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}"#,
        expect![[r#"
            event cloudevents messages/log 0 `x`
              is: Unknown Unknown
              id: /a/e-3
              subject: /a
              resource: cloudevents.event_source=/a
              trace: 0af7651916cd43dd8448eb211c80319c
              raw bytes: 214
        "#]],
    );
}

//! What `decode` refuses and why, what it lets through, and that no bytes make it panic.

use expect_test::{Expect, expect};
use proptest::prelude::*;
use schemas::codec::{self, DecodeError, EncodeError};
use schemas::envelope::Envelope;
use schemas::event::Event;
use schemas::finite::Finite;
use schemas::raw::Raw;
use schemas::signal::Signal;
use serde_json::{Value, json};

use crate::support::samples;

fn sample(name: &str) -> Value {
    samples(name).pop().unwrap().1
}

fn decode(record: &Value) -> Result<Envelope<Event>, DecodeError> {
    codec::decode(record.to_string().as_bytes())
}

fn event() -> Envelope<Event> {
    decode(&sample("event")).unwrap()
}

/// Changes the sample of an event; the error and its cause read as expected.
#[expect(clippy::needless_pass_by_value, reason = "an expectation is written where it is used")]
fn check(change: fn(&mut Value), expected: Expect) {
    let mut record = sample("event");
    change(&mut record);
    let error = decode(&record).unwrap_err();
    let cause = std::error::Error::source(&error).map(|cause| format!("\n{cause}"));
    expected.assert_eq(&format!("{error}{}", cause.unwrap_or_default()));
}

#[test]
fn an_unknown_major_version_is_refused_with_what_to_do() {
    check(
        |record| record["schemaversion"] = "2.0".into(),
        expect![
            "isobar.event has schema version 2.0 and this program reads 1.x: upgrade this program before its writers, or convert the topic"
        ],
    );
    check(
        |record| record["schemaversion"] = "0.9".into(),
        expect![
            "isobar.event has schema version 0.9 and this program reads 1.x: upgrade this program before its writers, or convert the topic"
        ],
    );
}

#[test]
fn an_unknown_major_version_is_refused_before_the_payload_is_read() {
    check(
        |record| {
            record["schemaversion"] = "2.0".into();
            record["data"] = "another form altogether".into();
        },
        expect![
            "isobar.event has schema version 2.0 and this program reads 1.x: upgrade this program before its writers, or convert the topic"
        ],
    );
}

#[test]
fn another_type_is_refused() {
    check(
        |record| record["type"] = "isobar.signal".into(),
        expect![
            "expected a record of type isobar.event, found isobar.signal: check the topic and its reader"
        ],
    );
}

#[test]
fn what_is_no_record_is_refused() {
    check(
        |record| *record = json!({"hello": "world"}),
        expect![[r#"
        cannot tell what record this is: expected JSON with the attributes `type` and `schemaversion` (does something else write to this topic?)
        missing field `type` at line 1 column 17"#]],
    );
    check(
        |record| *record = json!([1, 2]),
        expect![[r#"
        cannot tell what record this is: expected JSON with the attributes `type` and `schemaversion` (does something else write to this topic?)
        invalid type: integer `1`, expected a string at line 1 column 2"#]],
    );
    check(
        |record| record["specversion"] = "0.3".into(),
        expect![[r#"
        cannot read isobar.event of schema version 1.0 (this program knows 1.0): compare it with the published schema
        unknown variant `0.3`, expected `1.0` at line 1 column 1065"#]],
    );
}

#[test]
fn what_does_not_follow_the_schema_is_refused_with_both_versions() {
    check(
        |record| drop(record.as_object_mut().unwrap().remove("tenant")),
        expect![[r#"
        cannot read isobar.event of schema version 1.0 (this program knows 1.0): compare it with the published schema
        missing field `tenant` at line 1 column 1215"#]],
    );
    check(
        |record| {
            record["schemaversion"] = "1.7".into();
            record["sourceclass"] = "telepathy".into();
        },
        expect![[r#"
            cannot read isobar.event of schema version 1.7 (this program knows 1.0): compare it with the published schema
            unknown variant `telepathy`, expected one of `metric`, `log`, `trace`, `deploy`, `change`, `audit`, `alert`, `ticket`, `chat`, `document`, `knowledge`, `finding`, `command` at line 1 column 1049"#]],
    );
    check(
        |record| record["time"] = "yesterday".into(),
        expect![[r#"
        cannot read isobar.event of schema version 1.0 (this program knows 1.0): compare it with the published schema
        `yesterday` is not an RFC 3339 time: write it like 2026-03-01T12:00:00.000Z at line 1 column 1121"#]],
    );
    check(
        |record| record["id"] = "e-1".into(),
        expect![[r#"
        cannot read isobar.event of schema version 1.0 (this program knows 1.0): compare it with the published schema
        `e-1` is not an id: it has 32 lower-case hexadecimal digits at line 1 column 946"#]],
    );
}

#[test]
fn a_record_over_its_limit_is_neither_read_nor_written() {
    let mut event = event();
    event.data.text = Some("x".repeat(1_000_000));
    let error = codec::encode(&event).unwrap_err();
    assert!(matches!(error, EncodeError::TooLong { limit: 1_000_000, .. }), "{error}");
    let error = codec::decode::<Event>(&vec![b' '; 1_000_001]).unwrap_err();
    assert!(matches!(error, DecodeError::TooLong { bytes: 1_000_001, .. }), "{error}");
}

/// The order is what makes `peek` and `is_mark` cheap.
#[test]
fn the_attributes_stand_in_one_order() {
    let mut event = event();
    event.data.raw = Some(Raw::new("{\"kept\": [ 1.0, 1e2 ]}".into()).unwrap());
    let text = String::from_utf8(codec::encode(&event).unwrap()).unwrap();
    expect![[r#"
        {"specversion":"1.0",
        "type":"isobar.event",
        "schemaversion":"1.0",
        "id":"8b5cc4df7eec7d32a7814eca4af047ae",
        "source":"aws.cloudtrail",
        "subject":"checkout",
        "time":"2026-03-01T12:00:00.250Z",
        "arrivaltime":"2026-03-01T12:00:41.007Z",
        "tenant":"acme",
        "sourceclass":"audit",
        "traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "data":{"kind":"audit",
        "class_uid":6003,
        "action":"UpdateService",
        "outcome":"success",
        "severity":"informational",
        "resource":{"id":"4b5e57f6eb2f42b9039b3d1e13929295",
        "attributes":{"cloud.account.id":"000000000042",
        "cloud.provider":"aws",
        "cloud.region":"eu-west-1",
        "deployment.environment.name":"production",
        "service.name":"checkout"}},
        "actor":{"id":"arn:example:iam::000000000042:role/deployer",
        "kind":"role",
        "name":"deployer"},
        "network":{"source_address":"192.0.2.10",
        "source_port":51544,
        "destination_address":"198.51.100.7",
        "destination_port":443,
        "user_agent":"deploy-tool/2.1"},
        "hints":{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736",
        "request_id":"req-77",
        "session_id":"sess-5",
        "change_ids":["9c1f3ab",
        "deploy-118"]},
        "text":"service checkout set to image 9c1f3ab",
        "age_ms":40757,
        "size_bytes":1834,
        "raw":{"kept": [ 1.0, 1e2 ]}}}"#]]
    .assert_eq(&text.replace(",\"", ",\n\""));
}

#[test]
fn the_type_is_told_from_the_first_bytes_or_from_any_order() {
    let in_order = codec::encode(&event()).unwrap();
    let any_order = sample("event").to_string();
    for value in [&in_order[..], any_order.as_bytes()] {
        let head = codec::peek(value).unwrap();
        assert_eq!(
            (head.payload.as_ref(), head.version.to_string().as_str()),
            ("isobar.event", "1.0")
        );
    }
    let escaped = any_order.replace("isobar.event", "isobar.\\u0065vent");
    assert_eq!(codec::peek(escaped.as_bytes()).unwrap().payload, "isobar.event");
    assert!(codec::decode::<Event>(escaped.as_bytes()).is_ok());
    // Only the first bytes are looked at where they suffice.
    assert!(codec::peek(&in_order[..80]).is_ok());
    assert!(codec::peek(&in_order[..40]).is_err());
}

#[test]
fn a_second_type_does_not_slip_in() {
    let text = String::from_utf8(codec::encode(&event()).unwrap()).unwrap();
    let twice = text.replacen('{', "{\"type\":\"isobar.signal\",", 1);
    assert!(codec::decode::<Event>(twice.as_bytes()).is_err());
    assert!(codec::decode::<Signal>(twice.as_bytes()).is_err());
    let later = text.replacen("\"id\":", "\"type\":\"isobar.signal\",\"id\":", 1);
    assert!(codec::decode::<Event>(later.as_bytes()).is_err());
}

#[test]
fn deep_nesting_is_kept_in_raw_and_refused_elsewhere() {
    let deep = "[".repeat(50_000) + &"]".repeat(50_000);
    let text = String::from_utf8(codec::encode(&event()).unwrap()).unwrap();
    let in_raw = text.replacen("\"raw\":{", &format!("\"raw\":{deep},\"later\":{{"), 1);
    assert_eq!(codec::decode::<Event>(in_raw.as_bytes()).unwrap().data.raw.unwrap().text(), deep);
    let elsewhere = text.replacen("\"raw\":{", &format!("\"later\":{deep},\"raw\":{{"), 1);
    assert!(codec::decode::<Event>(elsewhere.as_bytes()).is_err());
}

proptest! {
    #[test]
    fn any_number_is_read_as_it_was_written(number in proptest::num::f64::ANY) {
        prop_assume!(number.is_finite());
        let number = Finite::new(number).unwrap();
        let text = serde_json::to_string(&number).unwrap();
        prop_assert_eq!(serde_json::from_str::<Finite>(&text).unwrap(), number);
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes: Vec<u8>) {
        prop_assert!(codec::decode::<Event>(&bytes).is_err());
    }

    #[test]
    fn damaged_records_do_not_panic_and_what_reads_can_be_written(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut: prop::sample::Index,
    ) {
        let mut value = codec::encode(&event()).unwrap();
        for (place, byte) in changes {
            let place = place.index(value.len());
            value[place] = byte;
        }
        if let Ok(read) = codec::decode::<Event>(&value) {
            let written = codec::encode(&read).unwrap();
            prop_assert_eq!(codec::decode::<Event>(&written).unwrap(), read);
        }
        prop_assert!(codec::decode::<Event>(&value[..cut.index(value.len())]).is_err());
    }
}

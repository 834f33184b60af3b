//! A mark is known by its first bytes, and nothing else is taken for one.

use schemas::envelope::Extra;
use schemas::event::Event;
use schemas::mark::{self, InputProgress, Mark, Writer};
use schemas::{codec, schema};

use crate::support::samples;

fn mark(inputs: u32) -> Mark {
    let input = |partition| InputProgress {
        topic: "isobar.in.knowledge".into(),
        partition,
        partitions: inputs,
        read_until_ms: 1_772_366_441_000,
        extra: Extra::new(),
    };
    let writer = Writer { topology: "processors".into(), slot: "3".into(), extra: Extra::new() };
    Mark { writer, inputs: (0..inputs).map(input).collect(), extra: Extra::new() }
}

#[test]
fn a_mark_survives_and_begins_with_its_prefix() {
    let value = mark::encode(&mark(57)).unwrap();
    assert!(mark::is_mark(&value) && value.starts_with(mark::PREFIX));
    assert_eq!(mark::decode(&value).unwrap(), mark(57));
    assert_eq!(codec::peek(&value).unwrap().payload, mark::TYPE);
}

#[test]
fn no_other_record_is_taken_for_a_mark() {
    let event = samples("event").pop().unwrap().1.to_string();
    let event = codec::encode(&codec::decode::<Event>(event.as_bytes()).unwrap()).unwrap();
    assert!(!mark::is_mark(&event));
    for record in schema::all().into_iter().filter(|record| record.payload != mark::TYPE) {
        let first = format!(r#"{{"specversion":"1.0","type":"{}","#, record.payload);
        assert!(!mark::is_mark(first.as_bytes()));
    }
    for value in ["", "{", r#"{"specversion":"1.0","type":"isobar.market","#] {
        assert!(!mark::is_mark(value.as_bytes()), "{value}");
    }
}

/// A mark with its fields in another order is no mark by its first bytes; the reader of events
/// then says what it found, so it is not lost without a word.
#[test]
fn a_mark_in_another_order_is_refused_by_the_reader_of_events() {
    let mark = samples("mark").pop().unwrap().1.to_string();
    assert!(!mark::is_mark(mark.as_bytes()));
    let error = codec::decode::<Event>(mark.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("expected a record of type isobar.event, found isobar.mark"), "{error}");
}

#[test]
fn other_versions_and_other_bytes_are_refused() {
    let text = String::from_utf8(mark::encode(&mark(1)).unwrap()).unwrap();
    let later = text.replace(r#""schemaversion":"1.0""#, r#""schemaversion":"2.0""#);
    let error = mark::decode(later.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("2.0") && error.contains("reads 1.x"), "{error}");
    assert!(mark::decode(text.trim_end_matches('}').as_bytes()).is_err());
    assert!(mark::encode(&mark(1000)).is_err());
    assert!(mark::decode(&vec![b' '; mark::BYTES_MAX + 1]).is_err());
}

#[test]
fn equal_marks_have_equal_ids_and_others_do_not() {
    assert_eq!(mark::encode(&mark(2)).unwrap(), mark::encode(&mark(2)).unwrap());
    let id = |mark: &Mark| {
        let value = mark::encode(mark).unwrap();
        serde_json::from_slice::<serde_json::Value>(&value).unwrap().get("id").unwrap().clone()
    };
    assert_ne!(id(&mark(2)), id(&mark(3)));
}

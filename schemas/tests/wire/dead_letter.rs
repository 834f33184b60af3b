//! A dead letter fits its topic whatever arrived, and says so when something is missing.

use schemas::codec;
use schemas::dead_letter::{DeadLetter, KEY_BYTES_MAX, Message, VALUE_BYTES_MAX};
use schemas::envelope::Envelope;

use crate::support::samples;

fn letter(message: Message) -> Envelope<DeadLetter> {
    let sample = samples("dead-letter").pop().unwrap().1.to_string();
    let mut letter = codec::decode::<DeadLetter>(sample.as_bytes()).unwrap();
    letter.data.message = message;
    letter
}

fn survives(message: Message) {
    let letter = letter(message);
    let value = codec::encode(&letter).unwrap();
    assert_eq!(codec::decode::<DeadLetter>(&value).unwrap(), letter);
}

#[test]
fn a_message_is_kept_byte_for_byte() {
    let headers = [("a", Some(&[0xff, 0][..])), ("a", None), ("", Some(&[][..]))];
    let message = Message::keep(Some(&[]), &headers, Some(&[0x80, 0, b'"']));
    assert!(!message.cut);
    assert_eq!(message.value_bytes, 3);
    assert_eq!(message.value.as_ref().unwrap().0, [0x80, 0, b'"']);
    assert_eq!(message.headers.len(), 3);
    assert!(message.key.as_ref().unwrap().0.is_empty());
    survives(message);
    survives(Message::keep(None, &[], None));
}

#[test]
fn the_longest_message_of_a_broker_is_kept_whole() {
    let value = vec![7; VALUE_BYTES_MAX];
    let message = Message::keep(None, &[], Some(&value));
    assert!(!message.cut && message.value.as_ref().unwrap().0 == value);
    survives(message);
}

#[test]
fn a_longer_one_is_cut_and_says_so() {
    let huge = vec![0xff; 8 << 20];
    let message = Message::keep(Some(&huge), &[("h", Some(&huge))], Some(&huge));
    assert!(message.cut && message.value_bytes == 8 << 20);
    assert_eq!(message.key.as_ref().unwrap().0.len(), KEY_BYTES_MAX);
    assert!(message.headers.is_empty());
    survives(message);
}

/// Control characters take six bytes each in JSON, and every header has a frame of its own.
#[test]
fn headers_that_grow_in_json_fit_too() {
    let value = vec![0; VALUE_BYTES_MAX];
    let key = vec![0; KEY_BYTES_MAX];
    let name = "\u{1}".repeat(KEY_BYTES_MAX - 32);
    survives(Message::keep(Some(&key), &[(&name, None)], Some(&value)));
    let message = Message::keep(Some(&key), &[("", Some(&[][..])); 10_000], Some(&value));
    assert!(message.cut && !message.headers.is_empty());
    survives(message);
}

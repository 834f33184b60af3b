//! Everything that is known of a letter.

use schemas::dead_letter::{DeadLetter, Message};

use super::letter::Letter;
use super::picture::picture;
use super::text::{plain, thousands};

/// How much of a key or a header is shown.
const SHORT: usize = 200;

/// The letter, for a person.
pub(super) fn describe(letter: &Letter) -> String {
    let (attributes, data) = (&letter.envelope.attributes, &letter.envelope.data);
    let replayed = letter.replayed_from().map(|place| place.to_string());
    let lines = [
        ("message", Some(letter.place().to_string())),
        ("letter", Some(attributes.id.to_string())),
        ("replayed from", replayed),
        ("arrived", Some(attributes.arrival_time.to_string())),
        ("written", Some(format!("{} by {}", letter.written, data.service))),
        ("tenant", Some(attributes.tenant.clone())),
        ("formats", Some(letter.formats())),
        ("reason", Some(data.reason.clone())),
        ("key", Some(short(data.message.key.as_ref().map(|key| &*key.0)))),
        ("headers", data.message.headers.is_empty().then(|| "none".to_owned())),
    ];
    let line = |(name, text): (&str, Option<String>)| {
        text.map(|text| format!("{name:<13}  {}\n", plain(&text)))
    };
    let known: String = lines.into_iter().filter_map(line).collect();
    format!("{known}{}{}", headers(&data.message), value(data))
}

fn headers(message: &Message) -> String {
    let line = |(place, header): (usize, &schemas::dead_letter::Header)| {
        let title = if place == 0 { "headers" } else { "" };
        let text = short(header.value.as_ref().map(|value| &*value.0));
        format!("{title:<13}  {}: {text}\n", plain(&header.name))
    };
    message.headers.iter().enumerate().map(line).collect()
}

fn value(data: &DeadLetter) -> String {
    let Message { value, value_bytes, cut, .. } = &data.message;
    let Some(value) = value else { return format!("{:<13}  none\n", "value") };
    let kept = match thousands(value.0.len() as u64) {
        kept if value.0.len() as u64 != *value_bytes => {
            format!("the first {kept} of {} bytes; the rest is not kept", thousands(*value_bytes))
        }
        kept if *cut => format!("{kept} bytes; of its key or headers not all is kept"),
        kept => format!("{kept} bytes"),
    };
    let picture = picture(&value.0, *cut, data.byte_position);
    format!("{:<13}  {kept}\n\n{picture}", "value")
}

/// A key or a header on one line.
fn short(bytes: Option<&[u8]>) -> String {
    let Some(bytes) = bytes else { return "none".to_owned() };
    let (text, all) = match str::from_utf8(bytes) {
        Ok(text) => {
            let text = plain(text);
            (text.chars().take(SHORT).collect(), text.chars().count() <= SHORT)
        }
        Err(_) => {
            let digits = bytes.iter().take(SHORT / 2).map(|byte| format!("{byte:02x}"));
            (format!("0x{}", digits.collect::<String>()), bytes.len() <= SHORT / 2)
        }
    };
    if all { text } else { format!("{text}…") }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use schemas::dead_letter::VALUE_BYTES_MAX;

    use super::super::samples::{changed, letter, returned};
    use super::*;

    #[test]
    fn everything_is_told() {
        expect![[r#"
            message        isobar.in.audit/1/7
            letter         159ed926e008b9b744b7b49b17c39630
            arrived        2026-03-01T11:59:59.500Z
            written        2026-03-01T12:00:00.000Z by processors
            tenant         acme
            formats        aws-cloudtrail
            reason         expected value at line 1 column 13
            key            k
            headers        h: 1
                           none: none
            value          14 bytes

                1 | {"eventName":}
                  |              ^ byte 13
        "#]]
        .assert_eq(&describe(&letter(7)));
    }

    #[test]
    fn where_it_was_before_is_told_too() {
        expect![[r#"
            message        isobar.in.audit/1/40000
            letter         e0da832f911882a4e922c21f1fa99025
            replayed from  isobar.in.audit/1/7
            arrived        2026-03-01T11:59:59.500Z
            written        2026-03-01T12:00:00.000Z by processors
            tenant         acme
            formats        aws-cloudtrail
            reason         expected value at line 1 column 13
            key            k
            headers        h: 1
                           none: none
                           isobar-replayed-from: isobar.in.audit/1/7
            value          14 bytes

                1 | {"eventName":}
                  |              ^ byte 13
        "#]]
        .assert_eq(&describe(&returned(40_000, &letter(7))));
    }

    #[test]
    fn what_was_cut_says_so() {
        let long = vec![b'x'; VALUE_BYTES_MAX + 1];
        let long = changed(7, |letter| {
            letter.envelope.data.message = Message::keep(Some(b"\xff\x00"), &[], Some(&long));
            letter.envelope.data.byte_position = None;
        });
        let text = describe(&long);
        let (told, _) = text.split_once("\n\n").unwrap();
        expect![[r#"
            message        isobar.in.audit/1/7
            letter         159ed926e008b9b744b7b49b17c39630
            arrived        2026-03-01T11:59:59.500Z
            written        2026-03-01T12:00:00.000Z by processors
            tenant         acme
            formats        aws-cloudtrail
            reason         expected value at line 1 column 13
            key            0xff00
            headers        none
            value          the first 1,048,588 of 1,048,589 bytes; the rest is not kept"#]]
        .assert_eq(told);
    }

    #[test]
    fn keys_and_headers_stay_on_one_line() {
        for (bytes, expected) in [
            (None, "none".to_owned()),
            (Some(&b""[..]), String::new()),
            (Some(b"a\nb"), "a\\nb".to_owned()),
            (Some(b"\xffab"), "0xff6162".to_owned()),
            (Some(&[b'a'; 200]), "a".repeat(200)),
            (Some(&[b'a'; 201]), format!("{}…", "a".repeat(200))),
            (Some(&[b'\xff'; 101]), format!("0x{}…", "f".repeat(200))),
        ] {
            assert_eq!(short(bytes), expected);
        }
    }
}

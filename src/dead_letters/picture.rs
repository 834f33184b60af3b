//! The value of a message so that a person sees what is wrong with it: text with a mark under the
//! byte, or bytes in hexadecimal.
//!
//! **Invariant:** a picture is small, however long the value is, and the mark is in it.

use super::text::{plain, thousands};

/// Characters shown to either side of the mark.
const AROUND: usize = 48;
/// Lines shown before the one with the mark.
const LINES_BEFORE: usize = 3;
/// What is shown where nothing is marked.
const LINES_MAX: usize = 20;
const CHARS_MAX: usize = 2_000;
/// Bytes in a row, and rows to either side of the mark.
const ROW: usize = 16;
const ROWS_AROUND: usize = 8;

/// The value, with the byte at `position` marked. Of one that was cut, the last character may have
/// been, too.
pub(super) fn picture(value: &[u8], cut: bool, position: Option<u64>) -> String {
    let position = position.map(|at| usize::try_from(at).unwrap_or(usize::MAX));
    let here = position.filter(|at| *at <= value.len());
    let picture = match (readable(value, cut), here) {
        (Some(text), Some(at)) => marked_text(text, at),
        (Some(text), None) => beginning(text),
        (None, at) => hexadecimal(value, at),
    };
    match position {
        Some(at) if here.is_none() => {
            let why = if cut {
                "lies behind what is kept"
            } else {
                "is counted in the whole message, of which this is a piece"
            };
            format!("{picture}byte {} {why}\n", thousands(at as u64))
        }
        _ => picture,
    }
}

/// The value as text, if people can read it as such.
fn readable(value: &[u8], cut: bool) -> Option<&str> {
    let text = match str::from_utf8(value) {
        Ok(text) => text,
        Err(error) if cut && error.error_len().is_none() => {
            str::from_utf8(value.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    let is_odd = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{1b}');
    (!text.contains(is_odd)).then_some(text)
}

fn beginning(text: &str) -> String {
    let short = first(text, CHARS_MAX);
    let mut picture = String::new();
    for (number, line) in short.lines().take(LINES_MAX).enumerate() {
        numbered(&mut picture, number + 1, &plain(line));
    }
    if short.len() < text.len() || text.lines().count() > LINES_MAX {
        picture.push_str("      | …\n");
    }
    picture
}

fn marked_text(text: &str, at: usize) -> String {
    let at = text.floor_char_boundary(at);
    let (before, after) = text.split_at(at);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let (lines_before, in_line) = before.split_at(line_start);
    let rest = after.split('\n').next().unwrap_or_default();
    let count = lines_before.lines().count();
    let mut picture = String::new();
    let skipped = count.saturating_sub(LINES_BEFORE);
    for (number, line) in lines_before.lines().enumerate().skip(skipped) {
        numbered(&mut picture, number + 1, &shortened(line, 2 * AROUND));
    }
    let left = last(in_line, AROUND);
    let ellipsis = if left.len() < in_line.len() { "…" } else { "" };
    let left = format!("{ellipsis}{}", plain(left));
    numbered(&mut picture, count + 1, &format!("{left}{}", shortened(rest, AROUND)));
    let indent = " ".repeat(left.chars().count());
    let what = if after.is_empty() { "the end, byte" } else { "byte" };
    let at = thousands(at as u64);
    picture.push_str(&format!("      | {indent}^ {what} {at}\n"));
    picture
}

fn numbered(picture: &mut String, number: usize, line: &str) {
    picture.push_str(&format!("{number:>5} | {line}\n"));
}

fn shortened(line: &str, chars: usize) -> String {
    let short = first(line, chars);
    let ellipsis = if short.len() < line.len() { "…" } else { "" };
    format!("{}{ellipsis}", plain(short))
}

/// The first characters.
fn first(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(at, _)| text.split_at(at).0)
}

/// The last characters.
fn last(text: &str, chars: usize) -> &str {
    let beyond = text.char_indices().rev().nth(chars);
    beyond.map_or(text, |(at, c)| text.split_at(at + c.len_utf8()).1)
}

fn hexadecimal(value: &[u8], at: Option<usize>) -> String {
    let marked = at.unwrap_or(0) / ROW;
    let from = marked.saturating_sub(ROWS_AROUND);
    let rows = value.len().div_ceil(ROW);
    let mut picture = String::new();
    if from > 0 {
        picture.push_str("…\n");
    }
    // The end of a value that fills its last row is marked in an empty one.
    for row in from..rows.max(at.map_or(0, |_| marked + 1)).min(from + 2 * ROWS_AROUND + 1) {
        let start = row * ROW;
        let bytes = value.get(start..value.len().min(start + ROW)).unwrap_or_default();
        let hex = bytes.iter().map(|byte| format!("{byte:02x} ")).collect::<String>();
        let seen = |byte: &u8| if (b' '..=b'~').contains(byte) { char::from(*byte) } else { '.' };
        let text = bytes.iter().map(seen).collect::<String>();
        picture.push_str(&format!("{start:08x}  {hex:<48} |{text}|\n"));
        if let Some(at) = at.filter(|_| row == marked) {
            let indent = " ".repeat(10 + 3 * (at % ROW));
            picture.push_str(&format!("{indent}^^ byte {}\n", thousands(at as u64)));
        }
    }
    if from + 2 * ROWS_AROUND + 1 < rows {
        picture.push_str("…\n");
    }
    picture
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(value: impl AsRef<[u8]>, position: Option<u64>, expected: &Expect) {
        // A line at the margin, as an indent that all lines share is not told apart from the code's.
        expected.assert_eq(&format!("value\n{}", picture(value.as_ref(), false, position)));
    }

    #[test]
    fn the_byte_is_marked_on_its_line() {
        check(
            "{\"a\":}",
            Some(5),
            &expect![[r#"
                value
                    1 | {"a":}
                      |      ^ byte 5
            "#]],
        );
        check(
            "{\n  \"a\": 1,\n\t\"ü\": }\n}\n",
            Some(18),
            &expect![[r#"
                value
                    1 | {
                    2 |   "a": 1,
                    3 | \t"ü": }
                      |       ^ byte 18
            "#]],
        );
        check(
            "{\"a\":",
            Some(5),
            &expect![[r#"
                value
                    1 | {"a":
                      |      ^ the end, byte 5
            "#]],
        );
        check(
            "",
            Some(0),
            &expect![[r#"
                value
                    1 | 
                      | ^ the end, byte 0
            "#]],
        );
        check(
            "a\n\nb\nc\nd\ne",
            Some(9),
            &expect![[r#"
                value
                    3 | b
                    4 | c
                    5 | d
                    6 | e
                      | ^ byte 9
            "#]],
        );
    }

    #[test]
    fn long_values_are_cut_around_the_mark() {
        let long = format!("{}X{}", "abcdefghij".repeat(20), "klmnopqrst".repeat(2_000));
        check(
            &long,
            Some(200),
            &expect![[r#"
                value
                    1 | …cdefghijabcdefghijabcdefghijabcdefghijabcdefghijXklmnopqrstklmnopqrstklmnopqrstklmnopqrstklmnopq…
                      |                                                  ^ byte 200
            "#]],
        );
        check(
            "line\n".repeat(30),
            None,
            &expect![[r#"
                value
                    1 | line
                    2 | line
                    3 | line
                    4 | line
                    5 | line
                    6 | line
                    7 | line
                    8 | line
                    9 | line
                   10 | line
                   11 | line
                   12 | line
                   13 | line
                   14 | line
                   15 | line
                   16 | line
                   17 | line
                   18 | line
                   19 | line
                   20 | line
                      | …
            "#]],
        );
    }

    #[test]
    fn what_is_no_text_is_shown_in_bytes() {
        check(
            b"\x0a\x12caf\xe9 \x00 and so on, and on",
            Some(5),
            &expect![[r#"
                value
                00000000  0a 12 63 61 66 e9 20 00 20 61 6e 64 20 73 6f 20  |..caf. . and so |
                                         ^^ byte 5
                00000010  6f 6e 2c 20 61 6e 64 20 6f 6e                    |on, and on|
            "#]],
        );
        check(
            [b'\x80'; 16],
            Some(16),
            &expect![[r#"
                value
                00000000  80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80  |................|
                00000010                                                   ||
                          ^^ byte 16
            "#]],
        );
        check(
            [b'\x80'; 1000],
            Some(500),
            &expect![[r#"
                value
                …
                00000170  80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80  |................|
                00000180  80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80  |................|
                00000190  80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80  |................|
                000001a0  80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80  |................|
                000001b0  80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80  |................|
                000001c0  80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80  |................|
                000001d0  80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80  |................|
                000001e0  80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80  |................|
                000001f0  80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80  |................|
                                      ^^ byte 500
                00000200  80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80  |................|
                00000210  80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80  |................|
                00000220  80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80  |................|
                00000230  80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80  |................|
                00000240  80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80  |................|
                00000250  80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80  |................|
                00000260  80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80  |................|
                00000270  80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80  |................|
                …
            "#]],
        );
    }

    #[test]
    fn a_mark_outside_is_told_in_words() {
        let cut = picture("aé".as_bytes().split_last().unwrap().1, true, Some(5_000));
        expect![[r#"
                1 | a
            byte 5,000 lies behind what is kept
        "#]]
        .assert_eq(&cut);
        check(
            "piece",
            Some(59),
            &expect![[r#"
                value
                    1 | piece
                byte 59 is counted in the whole message, of which this is a piece
            "#]],
        );
    }
}

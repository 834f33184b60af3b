//! Texts of strangers, made fit for a terminal.
//!
//! **Invariant:** nothing that a message holds reaches a terminal as a control character.

use schemas::time::Time;

/// The text with what would move the cursor, or turn the line around, written out.
pub(super) fn plain(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut plain, c| {
        match is_control(c) {
            true => plain.extend(c.escape_default()),
            false => plain.push(c),
        }
        plain
    })
}

fn is_control(c: char) -> bool {
    let turns_around =
        matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns_around || matches!(c, '\u{2028}' | '\u{2029}')
}

/// A reason with each number as `N`: those that differ in nothing else are one.
pub(super) fn pattern(reason: &str) -> String {
    let mut pattern = String::with_capacity(reason.len());
    let mut in_number = false;
    for c in reason.chars() {
        let is_digit = c.is_ascii_digit();
        match (is_digit, in_number) {
            (true, false) => pattern.push('N'),
            (true, true) => {}
            (false, _) => pattern.push(c),
        }
        in_number = is_digit;
    }
    pattern
}

/// The time to the second.
pub(super) fn seconds(time: Time) -> String {
    let text = time.to_string();
    text.split_once('.').map_or(text.clone(), |(seconds, _)| format!("{seconds}Z"))
}

/// A number with its thousands set apart.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && place % 3 == first {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many dead letters, in words.
pub(super) fn dead_letters(count: u64) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} dead letter{plural}", thousands(count))
}

/// Lines with columns; the last one is as wide as it likes.
pub(super) fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let head = head.map(str::to_owned);
    let rows: Vec<[String; N]> = std::iter::once(&head)
        .chain(rows)
        .map(|row| row.clone().map(|cell| plain(&cell)))
        .collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    rows.iter().map(|row| line(row, &widths)).collect()
}

fn line(row: &[String], widths: &[usize]) -> String {
    let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
    let line = cells.collect::<Vec<_>>().join("  ");
    format!("{}\n", line.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_do_not_tell_reasons_apart() {
        for (reason, expected) in [
            ("", ""),
            ("no number", "no number"),
            ("expected value at line 1 column 13", "expected value at line N column N"),
            ("12 of 345", "N of N"),
            ("1.5e10 is no time, ٣ neither", "N.NeN is no time, ٣ neither"),
        ] {
            assert_eq!(pattern(reason), expected);
        }
    }

    #[test]
    fn a_message_cannot_play_with_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\r\n\tü\u{202e}"), "a\\u{1b}[2Jb\\r\\n\\tü\\u{202e}");
    }

    #[test]
    fn thousands_are_set_apart() {
        let numbers = [0, 12, 123, 1_234, 123_456, 1_234_567];
        let texts = numbers.map(thousands);
        assert_eq!(texts, ["0", "12", "123", "1,234", "123,456", "1,234,567"]);
    }
}

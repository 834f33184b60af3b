//! Instants on the wire: RFC 3339 in UTC with milliseconds, always 24 bytes.
//!
//! `CloudEvents` integers have 32 bits, so unix milliseconds cannot be an attribute that other
//! tools accept; its timestamps are RFC 3339 texts. The fixed width makes the text as cheap to
//! read as a number of the same size (about 10 ns), and people can read it too. It is the only
//! form in the attributes; inside `data` an instant is an integer whose name ends in `_ms`.

use std::fmt;
use std::str::FromStr;

use crate::text::text_form;

const DAY_MS: i64 = 86_400_000;

/// Unix time in milliseconds, within the years 0000 to 9999 that RFC 3339 can write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// Why a number or a text is not a time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// The text is not of the form RFC 3339 describes.
    #[error("`{0}` is not an RFC 3339 time: write it like 2026-03-01T12:00:00.000Z")]
    Malformed(String),
    /// The instant lies outside the years 0000 to 9999.
    #[error("{0} ms is outside the years 0000 to 9999: is it in another unit than milliseconds?")]
    OutOfRange(i64),
}

impl Time {
    /// 0000-01-01T00:00:00.000Z.
    pub const MIN: Self = Self(-62_167_219_200_000);
    /// 9999-12-31T23:59:59.999Z.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// The instant this many milliseconds after the epoch.
    ///
    /// # Errors
    /// `OutOfRange` when RFC 3339 has no text for it, which is a wrong unit rather than a time.
    pub fn from_millis(millis: i64) -> Result<Self, TimeError> {
        let time = Self(millis);
        if (Self::MIN..=Self::MAX).contains(&time) {
            Ok(time)
        } else {
            Err(TimeError::OutOfRange(millis))
        }
    }

    /// Milliseconds since the epoch; negative before it.
    #[must_use]
    pub fn millis(self) -> i64 {
        self.0
    }
}

impl FromStr for Time {
    type Err = TimeError;

    /// Reads any RFC 3339 time; digits below the millisecond are cut off, not rounded.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let millis = parse(text.as_bytes()).ok_or_else(|| TimeError::Malformed(text.to_owned()))?;
        Self::from_millis(millis)
    }
}

fn parse(text: &[u8]) -> Option<i64> {
    let &[
        y1,
        y2,
        y3,
        y4,
        b'-',
        o1,
        o2,
        b'-',
        d1,
        d2,
        b'T' | b't' | b' ',
        h1,
        h2,
        b':',
        m1,
        m2,
        b':',
        s1,
        s2,
        ref rest @ ..,
    ] = text
    else {
        return None;
    };
    let year = number(&[y1, y2, y3, y4])?;
    let day = days_since_epoch(year, number(&[o1, o2])?, number(&[d1, d2])?)?;
    // A leap second is written as second 60 and counts as the first of the next minute.
    let clock = (at_most(number(&[h1, h2])?, 23)? * 60 + at_most(number(&[m1, m2])?, 59)?) * 60
        + at_most(number(&[s1, s2])?, 60)?;
    let (fraction_ms, zone) = parse_fraction(rest)?;
    Some(day * DAY_MS + clock * 1000 + fraction_ms - parse_zone(zone)?)
}

/// The milliseconds of `.digits`, and what follows them.
fn parse_fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let [b'.', digits_and_zone @ ..] = text else { return Some((0, text)) };
    let length = digits_and_zone.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, zone) = digits_and_zone.split_at_checked(length)?;
    let padded = digits.iter().copied().chain(std::iter::repeat(b'0')).take(3);
    let millis = padded.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    (length > 0).then_some((millis, zone))
}

/// How far local time is ahead of UTC, in milliseconds.
fn parse_zone(text: &[u8]) -> Option<i64> {
    match *text {
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let minutes = at_most(number(&[h1, h2])?, 23)? * 60 + at_most(number(&[m1, m2])?, 59)?;
            Some(if sign == b'+' { minutes } else { -minutes } * 60_000)
        }
        _ => None,
    }
}

fn number(digits: &[u8]) -> Option<i64> {
    digits
        .iter()
        .try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
}

fn at_most(value: i64, limit: i64) -> Option<i64> {
    (value <= limit).then_some(value)
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar; the year is counted from March, so
/// that the leap day is its last.
fn days_since_epoch(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year
            - 719_468,
    )
}

fn days_in_month(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The inverse of `days_since_epoch`: year, month and day.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = (shifted_month + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

impl fmt::Display for Time {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.0.div_euclid(DAY_MS));
        let of_day = self.0.rem_euclid(DAY_MS);
        let ([y1, y2], [y3, y4]) = (two_digits(year / 100), two_digits(year));
        let ([o1, o2], [d1, d2]) = (two_digits(month), two_digits(day));
        let [h1, h2] = two_digits(of_day / 3_600_000);
        let [m1, m2] = two_digits(of_day / 60_000 % 60);
        let [s1, s2] = two_digits(of_day / 1000 % 60);
        let ([_, f1], [f2, f3]) = (two_digits(of_day % 1000 / 100), two_digits(of_day % 100));
        let text = [
            y1, y2, y3, y4, b'-', o1, o2, b'-', d1, d2, b'T', h1, h2, b':', m1, m2, b':', s1, s2,
            b'.', f1, f2, f3, b'Z',
        ];
        formatter.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

/// The last two decimal digits of a number that is not negative.
fn two_digits(number: i64) -> [u8; 2] {
    let digit = |value: i64| b'0' + u8::try_from(value.rem_euclid(10)).unwrap_or(0);
    [digit(number / 10), digit(number)]
}

text_form!(Time, r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$");

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, canonical: &str) {
        let time: Time = text.parse().unwrap();
        assert_eq!(time.to_string(), canonical);
        assert_eq!(canonical.parse::<Time>().unwrap(), time);
    }

    #[test]
    fn every_rfc_3339_form_reads_and_one_form_is_written() {
        check("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z");
        check("2026-02-28T23:59:60.25+00:30", "2026-02-28T23:30:00.250Z");
        check("2024-02-29t12:00:00.123456789z", "2024-02-29T12:00:00.123Z");
        check("1969-12-31 23:59:59.9-01:00", "1970-01-01T00:59:59.900Z");
        check("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z");
        check("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn the_ends_of_the_range_are_what_rfc_3339_can_write() {
        assert_eq!(Time::MIN.to_string(), "0000-01-01T00:00:00.000Z");
        assert_eq!(Time::MAX.to_string(), "9999-12-31T23:59:59.999Z");
        assert!(Time::from_millis(Time::MAX.millis() + 1).is_err());
        assert!("0000-01-01T00:00:00+00:01".parse::<Time>().is_err());
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        for text in [
            "",
            "2026-01-01",
            "2026-01-01T00:00:00",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00Z ",
            "2026-01-01T00:00:00+0100",
            "２026-01-01T00:00:00Z",
        ] {
            assert!(text.parse::<Time>().is_err(), "{text}");
        }
    }

    #[test]
    fn each_day_of_eight_centuries_survives() {
        for day in -146_097..=146_097 {
            let time = Time::from_millis(day * DAY_MS + 1).unwrap();
            assert_eq!(time.to_string().parse::<Time>().unwrap(), time);
        }
    }
}

//! Times as producers write them: RFC 3339 and its neighbours, and numbers of any unit.

use schemas::time::Time;

/// Milliseconds since the epoch from a text: RFC 3339, the same without a zone (taken as UTC), with
/// a zone without a colon, or a number.
#[must_use]
pub fn of_text(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(time) = text.parse::<Time>() {
        return Some(time.millis());
    }
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return text.parse().ok().and_then(of_number);
    }
    let spaced = text.strip_suffix(" UTC").or(text.strip_suffix(" utc")).unwrap_or(text);
    let zoned = match spaced.rsplit_once(['+', '-']) {
        // `+0200` and ` +0200`; a date alone has hyphens too, but nothing after a `T` or a space.
        Some((before, zone)) if zone.len() == 4 && before.len() >= 19 => {
            let sign = spaced.as_bytes().get(before.len()).copied().map_or('+', char::from);
            let (hours, minutes) = zone.split_at_checked(2)?;
            format!("{}{sign}{hours}:{minutes}", before.trim_end())
        }
        _ => format!("{spaced}Z"),
    };
    zoned.parse::<Time>().ok().map(Time::millis)
}

/// Milliseconds since the epoch from a number of seconds, milliseconds, microseconds or nanoseconds,
/// told apart by its size: seconds up to the year 5138, milliseconds from 1973 on.
#[must_use]
pub fn of_number(number: f64) -> Option<i64> {
    let size = number.abs();
    let millis = match size {
        _ if !size.is_finite() => return None,
        _ if size < 1e11 => number * 1e3,
        _ if size < 1e14 => number,
        _ if size < 1e17 => number / 1e3,
        _ => number / 1e6,
    };
    #[expect(clippy::cast_possible_truncation, reason = "checked to be within the years 0 to 9999")]
    let millis = millis.round() as i64;
    Time::from_millis(millis).ok().map(Time::millis)
}

/// Milliseconds from nanoseconds since the epoch; `None` for 0, which means not given.
#[must_use]
pub fn of_nanos(nanos: u64) -> Option<i64> {
    i64::try_from(nanos / 1_000_000).ok().filter(|millis| *millis > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_producers_write_is_read() {
        const NOON: i64 = 1_767_268_800_000;
        for text in [
            "2026-01-01T12:00:00Z",
            "2026-01-01T12:00:00.0000000Z",
            "2026-01-01T12:00:00",
            "2026-01-01 12:00:00 UTC",
            "2026-01-01 14:00:00 +0200",
            "2026-01-01T14:00:00+0200",
            "2026-01-01T14:00:00.000+02:00",
            "1767268800",
            "1767268800.000",
            "1767268800000",
            "1767268800000000",
            "1767268800000000000",
        ] {
            assert_eq!(of_text(text), Some(NOON), "{text}");
        }
        for text in ["", "yesterday", "2026-13-01T00:00:00Z", "10000-01-01T00:00:00Z", "2026-01-01"]
        {
            assert_eq!(of_text(text), None, "{text}");
        }
        assert_eq!(of_number(f64::NAN), None);
        assert_eq!(of_number(1e300), None);
    }
}

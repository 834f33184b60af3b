//! Durations as people write them: `90s`, `15m`, `4h`.

use serde::de::{Deserialize, Deserializer, Error as _};

/// A duration in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Lasting(pub i64);

/// Longer ones are mistakes of a unit.
const LASTING_MAX_MS: i64 = 366 * 24 * 3_600_000;

impl Lasting {
    /// So many seconds.
    #[must_use]
    pub const fn seconds(count: i64) -> Self {
        Self(count * 1_000)
    }

    /// So many minutes.
    #[must_use]
    pub const fn minutes(count: i64) -> Self {
        Self(count * 60_000)
    }
}

impl<'de> Deserialize<'de> for Lasting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse(&text).map(Self).map_err(D::Error::custom)
    }
}

fn parse(text: &str) -> Result<i64, String> {
    let wrong = || format!("`{text}` is no duration; give a whole number and ms, s, m, h or d: 5m");
    let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at_checked(digits).ok_or_else(wrong)?;
    let unit_ms: i64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(wrong()),
    };
    let ms = number.parse::<i64>().ok().and_then(|number| number.checked_mul(unit_ms));
    match ms {
        Some(ms) if ms <= LASTING_MAX_MS => Ok(ms),
        Some(_) => Err(format!("`{text}` is longer than 366 days; is the unit right?")),
        None => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units_and_an_end() {
        assert_eq!(parse("90s"), Ok(90_000));
        assert_eq!(parse("2d"), Ok(172_800_000));
        for wrong in ["", "5", "m", "-5m", "5 m", "1w", "367d", "99999999999999999999s"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}

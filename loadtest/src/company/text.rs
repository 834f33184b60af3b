//! Small texts: ids by chance, times, and numbers with decimals.
//!
//! **Invariant:** numbers are kept whole until they are written, so that no machine rounds them
//! differently.

use std::fmt;

use schemas::time::Time;

use crate::dice::Dice;

/// So many hexadecimal digits, 16 at most.
pub(super) fn hex(dice: &mut Dice, digits: usize) -> String {
    let mut text = format!("{:016x}", dice.below(u64::MAX));
    text.truncate(digits);
    text
}

/// A UUID of version 4.
pub(super) fn uuid(dice: &mut Dice) -> String {
    let (high, low) = (dice.below(u64::MAX), dice.below(u64::MAX));
    let (first, second, third) = (high >> 32, high >> 16 & 0xffff, high & 0xfff);
    let (fourth, last) = (low >> 48 & 0x3fff | 0x8000, low & 0xffff_ffff_ffff);
    format!("{first:08x}-{second:04x}-4{third:03x}-{fourth:04x}-{last:012x}")
}

/// RFC 3339 with milliseconds; the epoch for times that cannot be written.
pub(super) fn time(millis: i64) -> String {
    Time::from_millis(millis).map(|time| time.to_string()).unwrap_or_default()
}

/// The same without what is below a second.
pub(super) fn time_in_seconds(millis: i64) -> String {
    let mut text = time(millis);
    text.truncate("2026-01-01T00:00:00".len());
    text + "Z"
}

/// A number with so many decimals.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decimal {
    /// The number without its point.
    pub(super) digits: i64,
    /// How many digits stand behind the point, 6 at most.
    pub(super) places: u8,
}

impl Decimal {
    /// A whole number.
    pub(super) fn whole(digits: i64) -> Self {
        Self { digits, places: 0 }
    }

    /// The value, as reading its text would give it.
    pub(super) fn value(self) -> f64 {
        self.digits as f64 / self.scale() as f64
    }

    fn scale(self) -> i64 {
        10_i64.pow(self.places.into())
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.digits / self.scale(), (self.digits % self.scale()).abs());
        match self.places {
            0 => write!(f, "{whole}"),
            places => write!(f, "{whole}.{rest:0width$}", width = usize::from(places)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_is_worth_what_it_says() {
        for (digits, places, text) in [(1_234, 3, "1.234"), (5, 3, "0.005"), (7, 0, "7")] {
            let decimal = Decimal { digits, places };
            assert_eq!(decimal.to_string(), text);
            assert_eq!(decimal.value().to_bits(), text.parse::<f64>().unwrap().to_bits());
        }
    }

    #[test]
    fn times_are_written_as_clouds_do() {
        assert_eq!(time(1_767_268_800_123), "2026-01-01T12:00:00.123Z");
        assert_eq!(time_in_seconds(1_767_268_800_123), "2026-01-01T12:00:00Z");
    }
}

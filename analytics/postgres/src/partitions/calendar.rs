//! Periods of the UTC calendar: where one begins, and where the next does.

const DAY_MS: i64 = 86_400_000;

/// How much time a partition covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// From midnight.
    Day,
    /// From Monday.
    Week,
    /// From the first.
    Month,
    /// From the first of January.
    Year,
}

impl Period {
    /// Where the period that holds an instant begins.
    #[must_use]
    pub fn floor(self, at_ms: i64) -> i64 {
        let day = at_ms.div_euclid(DAY_MS);
        let (year, month, _) = date(day);
        let first_day = match self {
            Self::Day => day,
            // 1970-01-01 was a Thursday.
            Self::Week => day - (day + 3).rem_euclid(7),
            Self::Month => day_of(year, month),
            Self::Year => day_of(year, 1),
        };
        first_day * DAY_MS
    }

    /// Where the period after the one that begins here begins.
    #[must_use]
    pub fn next(self, from_ms: i64) -> i64 {
        let longest_days = match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 31,
            Self::Year => 366,
        };
        let next = self.floor(from_ms + longest_days * DAY_MS);
        if next > from_ms { next } else { from_ms + longest_days * DAY_MS }
    }

    /// How partitions of this kind are told from each other: the first day, `20260301`.
    #[must_use]
    pub fn name(from_ms: i64) -> String {
        let (year, month, day) = date(from_ms.div_euclid(DAY_MS));
        format!("{year:04}{month:02}{day:02}")
    }
}

/// Year, month and day of a day since 1970: the proleptic Gregorian calendar, whose eras of 400 years have
/// 146,097 days and begin on the first of March.
fn date(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// The first day of a month, in days since 1970.
fn day_of(year: i64, month: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_days_are_the_same_thing() {
        assert_eq!(date(0), (1970, 1, 1));
        assert_eq!(date(20_513), (2026, 3, 1));
        assert_eq!(date(-719_468), (0, 3, 1));
        let mut months = 0;
        for day in -800_000..1_200_000 {
            let (year, month, of_month) = date(day);
            assert_eq!(day_of(year, month) + of_month - 1, day);
            months += i64::from(of_month == 1);
        }
        assert!(months > 65_000);
    }

    #[test]
    fn periods_follow_each_other_without_a_gap() {
        for period in [Period::Day, Period::Week, Period::Month, Period::Year] {
            let mut from = period.floor(-30 * 366 * DAY_MS);
            for _ in 0..2_000 {
                let next = period.next(from);
                assert!(next > from);
                assert_eq!(period.floor(next), next);
                assert_eq!(period.floor(next - 1), from, "{period:?}");
                from = next;
            }
        }
        assert_eq!(Period::name(Period::Week.floor(1_772_366_400_000)), "20260223");
        assert_eq!(Period::name(Period::Year.floor(1_772_366_400_000)), "20260101");
    }
}

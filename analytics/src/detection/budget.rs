//! How many findings a day may have, so that a series or a tenant out of order floods nobody.

use serde::{Deserialize, Serialize};

use crate::windows::Minute;

const DAY_MINUTES: i64 = 1_440;

/// What was spent of one day of stream time, in UTC.
///
/// Classes of sources close their minutes at different times, so a minute of the day before may come
/// after midnight; it is paid for by the later day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Budget {
    day: i64,
    spent: u32,
}

impl Budget {
    /// Whether there is one left; then it is spent.
    pub(super) fn spend(&mut self, minute: Minute, a_day: u32) -> bool {
        let day = minute.div_euclid(DAY_MINUTES);
        if day > self.day {
            *self = Self { day, spent: 0 };
        }
        let has_room = self.spent < a_day;
        self.spent += u32::from(has_room);
        has_room
    }

    /// Gives back what was spent last, where something else forbade it.
    fn refund(&mut self) {
        self.spent = self.spent.saturating_sub(1);
    }
}

/// Whether both have one left; then both are spent, else neither.
pub(super) fn spend_both(
    (series, series_a_day): (&mut Budget, u32),
    (tenant, tenant_a_day): (&mut Budget, u32),
    minute: Minute,
) -> bool {
    let of_series = series.spend(minute, series_a_day);
    let of_both = of_series && tenant.spend(minute, tenant_a_day);
    if of_series && !of_both {
        series.refund();
    }
    of_both
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_day_has_its_own() {
        let mut budget = Budget::default();
        let minutes = [(0, true), (1_439, true), (5, false), (1_440, true), (3, true), (4, false)];
        for (minute, has_room) in minutes {
            assert_eq!(budget.spend(minute, 2), has_room, "{minute}");
        }
    }

    #[test]
    fn what_the_tenant_refuses_costs_the_series_nothing() {
        let (mut series, mut tenant) = (Budget::default(), Budget::default());
        let mut spend = |minute| spend_both((&mut series, 2), (&mut tenant, 1), minute);
        assert_eq!([spend(0), spend(1), spend(2)], [true, false, false]);
        assert_eq!((series.spent, tenant.spent), (1, 1));
    }
}

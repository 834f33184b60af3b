//! The guard against flapping: a condition that began or ended more than [`CHANGES_MAX`] times within
//! [`WINDOW_MS`] flaps, and its alert goes on until that is over.
//!
//! **Invariant:** changes are counted by condition, not by alert, because each episode is an alert of
//! its own. While it flaps, an alert neither ends nor is told anew; what the condition says is kept.

use super::state::Condition;

pub(super) const CHANGES_MAX: usize = 4;
pub(super) const WINDOW_MS: i64 = 30 * 60_000;

impl Condition {
    /// It began or ended.
    pub(super) fn changed(&mut self, at_ms: i64) {
        self.changes_ms.push(at_ms);
        // More than one above the limit is never looked at.
        let surplus = self.changes_ms.len().saturating_sub(CHANGES_MAX + 1);
        self.changes_ms.drain(..surplus);
    }

    /// Until when it flaps, if it does.
    pub(super) fn flaps_until(&self, at_ms: i64) -> Option<i64> {
        let place = self.changes_ms.len().checked_sub(CHANGES_MAX + 1)?;
        let until = self.changes_ms.get(place)?.saturating_add(WINDOW_MS);
        (until > at_ms).then_some(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fifth_change_within_half_an_hour_flaps_until_the_first_of_five_is_old() {
        let mut condition = Condition::default();
        for minute in 0..4 {
            condition.changed(minute * 60_000);
            assert_eq!(condition.flaps_until(minute * 60_000), None);
        }
        condition.changed(240_000);
        assert_eq!(condition.flaps_until(240_000), Some(WINDOW_MS));
        assert_eq!(condition.flaps_until(WINDOW_MS), None);
        condition.changed(WINDOW_MS + 1);
        assert_eq!(condition.flaps_until(WINDOW_MS + 1), Some(WINDOW_MS + 60_000));
    }

    #[test]
    fn slow_changes_do_not_flap_and_take_no_room() {
        let mut condition = Condition::default();
        for hour in 0..1_000 {
            condition.changed(hour * 3_600_000);
            assert_eq!(condition.flaps_until(hour * 3_600_000), None);
        }
        assert_eq!(condition.changes_ms.len(), CHANGES_MAX + 1);
    }
}

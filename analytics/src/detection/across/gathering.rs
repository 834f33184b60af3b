//! Rows of several series, put together by their minutes until all of a minute have come.
//!
//! **Invariant:** a minute is taken out once, in order; a row of a minute that was taken, or is older than
//! the last sixty that wait, is late and changes nothing.

use serde::{Deserialize, Serialize};

use crate::windows::Minute;

/// Minutes that wait, where one mark closes many.
const WAITING_MAX: usize = 60;
/// A member without a row for so long gives its place away.
const IDLE_MINUTES: i64 = 60;

/// Members and the minutes of theirs that wait.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Gathering {
    members: Vec<Option<Member>>,
    waiting: Vec<Gathered>,
    /// The last minute that was taken.
    taken: Option<Minute>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Member {
    series: u64,
    latest: Minute,
}

/// One minute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Gathered {
    pub(super) minute: Minute,
    /// Places and values, as they came.
    values: Vec<(u8, f64)>,
    /// The latest of the rows.
    pub(super) offset: i64,
    pub(super) arrival_ms: i64,
}

/// A place for a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Seated {
    pub(super) place: u8,
    /// Who had it before.
    pub(super) instead_of: Option<u64>,
}

impl Gathering {
    /// The place of a series: its own, a free one, a new one, or that of one that fell silent.
    pub(super) fn seat(&mut self, series: u64, minute: Minute, most: usize) -> Option<Seated> {
        let is_free = |member: &Option<Member>| member.is_none();
        let is_idle = |member: &Option<Member>| {
            member.is_some_and(|member| member.latest.saturating_add(IDLE_MINUTES) < minute)
        };
        let room = (self.members.len() < most).then_some(self.members.len());
        let at = self.place_where(is_free).or(room).or_else(|| self.place_where(is_idle))?;
        if at == self.members.len() {
            self.members.reserve_exact(1);
            self.members.push(None);
        }
        let place = u8::try_from(at).ok()?;
        let instead_of = self.series(at);
        self.leave(place);
        if let Some(member) = self.members.get_mut(at) {
            *member = Some(Member { series, latest: minute });
        }
        Some(Seated { place, instead_of })
    }

    fn place_where(&self, is: impl Fn(&Option<Member>) -> bool) -> Option<usize> {
        self.members.iter().position(is)
    }

    /// A member leaves; its values of minutes that wait are left out.
    pub(super) fn leave(&mut self, place: u8) {
        if let Some(member) = self.members.get_mut(usize::from(place)) {
            *member = None;
        }
        for gathered in &mut self.waiting {
            gathered.values.retain(|(of, _)| *of != place);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.iter().all(Option::is_none)
    }

    /// The series in a place.
    pub(super) fn series(&self, place: usize) -> Option<u64> {
        self.members.get(place).copied().flatten().map(|member| member.series)
    }

    /// Takes a value of a minute, and the input it came with; false where it is late.
    pub(super) fn put(
        &mut self,
        minute: Minute,
        (place, value): (u8, f64),
        came: (i64, i64),
    ) -> bool {
        if self.taken.is_some_and(|taken| minute <= taken) {
            return false;
        }
        if let Some(member) = self.members.get_mut(usize::from(place)).and_then(Option::as_mut) {
            member.latest = member.latest.max(minute);
        }
        let at = self.waiting.partition_point(|gathered| gathered.minute < minute);
        if self.waiting.get(at).is_none_or(|gathered| gathered.minute != minute) {
            let (offset, arrival_ms) = came;
            let values = Vec::with_capacity(self.members.len());
            self.waiting.insert(at, Gathered { minute, values, offset, arrival_ms });
        }
        if let Some(gathered) = self.waiting.get_mut(at) {
            gathered.values.push((place, value));
            gathered.offset = gathered.offset.max(came.0);
            gathered.arrival_ms = gathered.arrival_ms.max(came.1);
        }
        if self.waiting.len() > WAITING_MAX {
            self.taken = Some(self.waiting.remove(0).minute);
        }
        true
    }

    /// All minutes that wait, in order: nothing more of them comes.
    pub(super) fn take(&mut self) -> Vec<Gathered> {
        let waiting = std::mem::take(&mut self.waiting);
        self.taken = waiting.last().map(|last| last.minute).or(self.taken);
        waiting
    }

    /// The values of a minute by their places.
    pub(super) fn row(&self, gathered: &Gathered) -> Vec<Option<f64>> {
        let mut row = vec![None; self.members.len()];
        for (place, value) in &gathered.values {
            if let Some(entry) = row.get_mut(usize::from(*place)) {
                *entry = Some(*value);
            }
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(gathering: &mut Gathering) -> Vec<(Minute, Vec<Option<f64>>)> {
        let minutes = gathering.take();
        minutes.iter().map(|of| (of.minute, gathering.row(of))).collect()
    }

    #[test]
    fn a_minute_is_taken_once_and_in_order() {
        let mut gathering = Gathering::default();
        for series in [7, 8] {
            gathering.seat(series, 0, 2).unwrap();
        }
        for (minute, place, value) in [(5, 0, 1.0), (4, 1, 2.0), (5, 1, 3.0)] {
            assert!(gathering.put(minute, (place, value), (minute, 0)));
        }
        let expected = [(4, vec![None, Some(2.0)]), (5, vec![Some(1.0), Some(3.0)])];
        assert_eq!(taken(&mut gathering), expected);
        assert!(!gathering.put(5, (0, 9.0), (9, 0)), "it was taken");
        assert!(taken(&mut gathering).is_empty());
    }

    #[test]
    fn of_too_many_minutes_the_last_wait() {
        let mut gathering = Gathering::default();
        gathering.seat(7, 0, 2).unwrap();
        (0..100).for_each(|minute| assert!(gathering.put(minute, (0, 1.0), (0, 0))));
        assert!(!gathering.put(39, (0, 1.0), (0, 0)));
        let minutes: Vec<Minute> = gathering.take().iter().map(|of| of.minute).collect();
        assert_eq!(minutes, (40..100).collect::<Vec<_>>());
    }

    #[test]
    fn places_are_given_to_the_first_and_then_to_who_replaces_the_silent() {
        let mut gathering = Gathering::default();
        let place = |seated: Option<Seated>| seated.map(|seated| (seated.place, seated.instead_of));
        assert_eq!(place(gathering.seat(7, 0, 2)), Some((0, None)));
        assert_eq!(place(gathering.seat(8, 0, 2)), Some((1, None)));
        gathering.put(30, (0, 1.0), (0, 0));
        assert_eq!(place(gathering.seat(9, 60, 2)), None);
        assert_eq!(place(gathering.seat(9, 61, 2)), Some((1, Some(8))));
        gathering.leave(0);
        assert_eq!(place(gathering.seat(8, 61, 2)), Some((0, None)));
    }
}

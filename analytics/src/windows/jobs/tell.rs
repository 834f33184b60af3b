//! Telling the windows of one slot.

use schemas::aggregate::WindowState;
use schemas::source_class::SourceClass;

use crate::summary::Before;
use crate::windows::part::Part;
use crate::windows::slot::{Series, Slot};
use crate::windows::told::Told;
use crate::windows::{Clock, LONGER, Minute, Row, Windows};

/// Who takes what is told.
pub type Teller<'t> = dyn FnMut(&Series, &Row<'_>) + 't;

/// Provisional rows of one series come at most this often, in seconds: of a minute, of the next two
/// sizes, of the last two.
const EVERY_S: [i64; 3] = [3, 60, 300];

/// Tells rows, and counts them.
pub(super) struct Telling<'a, 't> {
    windows: &'a mut Windows,
    clock: &'a Clock,
    offset: i64,
    teller: &'a mut Teller<'t>,
    rows: usize,
}

/// Slots are visited twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Round {
    /// Series.
    Series,
    /// Shares of groups, some of which are made of these series' minutes.
    Shares,
}

/// A window of a slot: a minute, or a longer one by the place of its size.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Window {
    Minute(Minute),
    Longer(u8, Minute),
}

impl Window {
    fn end(self) -> Minute {
        match self {
            Self::Minute(minute) => minute + 1,
            Self::Longer(place, start) => start + size_of(place),
        }
    }
}

fn size_of(place: u8) -> i64 {
    LONGER.get(usize::from(place)).copied().unwrap_or(1)
}

impl<'a, 't> Telling<'a, 't> {
    pub(super) fn new(
        windows: &'a mut Windows,
        clock: &'a Clock,
        offset: i64,
        teller: &'a mut Teller<'t>,
    ) -> Self {
        Self { windows, clock, offset, teller, rows: 0 }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn slots(&self) -> u32 {
        self.windows.slots()
    }

    fn bounds(&self, class: SourceClass) -> (Minute, Minute) {
        (self.clock.closed(class), self.clock.settled(class))
    }

    /// Whether a slot has its turn in a round: shares come after what they are made of.
    fn has_turn(&self, at: u32, round: Round) -> bool {
        let is_share = self.windows.slot(at).map(|slot| slot.series.is_share);
        is_share == Some(round == Round::Shares)
    }

    /// Tells what is closed and was not told as such, and settles what takes no more points.
    pub(super) fn close(&mut self, at: u32, round: Round) {
        let Some(slot) = self.windows.slot(at).filter(|_| self.has_turn(at, round)) else { return };
        let (closed, settled) = self.bounds(slot.series.class);
        for window in due(slot, closed) {
            self.tell(at, window, true);
        }
        let Some(slot) = self.windows.slot(at) else { return };
        if slot.is_over(closed) {
            self.windows.remove(at);
        } else if slot.has_settled(settled)
            && let Some(slot) = self.windows.slot_mut(at)
        {
            slot.settle(settled);
        }
    }

    /// Tells what changed and is not closed, if it is this slot's turn in the seconds `(after, until]`.
    pub(super) fn tick(&mut self, at: u32, round: Round, (after, until): (i64, i64)) {
        let is_due = |every: i64| {
            let turns =
                |second: i64| second.saturating_sub(i64::from(at) % every).div_euclid(every);
            turns(after) < turns(until)
        };
        let [minute, mid, long] = EVERY_S.map(is_due);
        if !(minute || mid || long) || !self.has_turn(at, round) {
            return;
        }
        let Some(slot) = self.windows.slot(at) else { return };
        let (closed, _) = self.bounds(slot.series.class);
        let places = [(0_u8, mid), (1, mid), (2, long), (3, long)];
        let mut behind: Vec<Window> = Vec::new();
        if minute {
            let open = slot.minutes.iter().filter(|open| open.minute >= closed);
            let open = open.filter(|open| open.told.is_behind(open.part.touched));
            behind.extend(open.map(|open| Window::Minute(open.minute)));
        }
        for (place, _) in places.into_iter().filter(|(_, due)| *due && !slot.series.is_share) {
            let starts = slot.starts(place).into_iter();
            let open = starts.filter(|start| start + size_of(place) > closed);
            let open = open.filter(|start| slot.is_behind(place, *start, slot.told(place, *start)));
            behind.extend(open.map(|start| Window::Longer(place, start)));
        }
        behind.into_iter().for_each(|window| self.tell(at, window, false));
    }

    /// Tells the closed windows that these minutes are in; where the last of a total's minute is new, the next
    /// minute as well, whose first step is from there.
    pub(super) fn revised(&mut self, at: u32, minutes: &[(Minute, i64)]) {
        let Some(slot) = self.windows.slot(at) else { return };
        let (closed, _) = self.bounds(slot.series.class);
        let mut changed: Vec<Minute> = minutes.iter().map(|(minute, _)| *minute).collect();
        if slot.is_total() {
            changed.extend(
                minutes.iter().filter_map(|(minute, time)| slot.stepped_from(*minute, *time)),
            );
        }
        let mut windows: Vec<Window> = Vec::new();
        for minute in changed {
            let places = (0_u8..).zip(LONGER).filter(|_| !slot.series.is_share);
            let longer = places.map(|(place, size)| {
                Window::Longer(place, crate::windows::window_of(minute, size))
            });
            for window in std::iter::once(Window::Minute(minute)).chain(longer) {
                if window.end() <= closed && !windows.contains(&window) {
                    windows.push(window);
                }
            }
        }
        let groups = slot.series.groups.clone();
        windows.into_iter().for_each(|window| self.tell(at, window, true));
        for group in groups {
            if let Some((of, _)) = self.windows.find(group.id) {
                minutes.iter().for_each(|(minute, _)| self.tell(of, Window::Minute(*minute), true));
            }
        }
    }

    /// Gives a minute as it is now to the groups it is part of.
    fn share(&mut self, at: u32, minute: Minute, before: Before) {
        let offset = self.offset;
        let Some(slot) = self.windows.slot(at) else { return };
        let (member, groups) = (slot.series.id.as_u64(), slot.series.groups.clone());
        let open = slot.minutes.iter().find(|open| open.minute == minute);
        let Some(share) = open.map(|open| open.part.as_share(&before, minute, offset)) else {
            return;
        };
        for group in groups {
            // A group is one among those it stands for, which are limited.
            if let Ok(of) = self.windows.define((*group).clone(), minute, usize::MAX) {
                self.windows.share(of, minute, member, share.clone());
            }
        }
    }

    fn tell(&mut self, at: u32, window: Window, is_closed: bool) {
        let offset = self.offset;
        let Some(slot) = self.windows.slot_mut(at) else { return };
        match window {
            Window::Minute(minute) => {
                let before = slot.before(minute);
                let Some(open) = slot.minutes.iter_mut().find(|open| open.minute == minute) else {
                    return;
                };
                let said = say(&mut open.told, offset, is_closed);
                self.rows += 1;
                (self.teller)(&slot.series, &row((minute, 1), said, (&open.part, before), offset));
                if !slot.series.groups.is_empty() {
                    self.share(at, minute, before);
                }
            }
            Window::Longer(place, start) => {
                let Some((part, before)) = slot.longer(place, start) else { return };
                let said = say(slot.told_mut(place, start), offset, is_closed);
                self.rows += 1;
                let window = (start, size_of(place));
                (self.teller)(&slot.series, &row(window, said, (&part, before), offset));
            }
        }
    }
}

/// Windows that are closed, and were not told as such.
fn due(slot: &Slot, closed: Minute) -> Vec<Window> {
    let minutes = slot.minutes.iter().filter(|open| open.minute < closed && !open.told.is_final);
    let mut due: Vec<Window> = minutes.map(|open| Window::Minute(open.minute)).collect();
    if slot.series.is_share {
        return due;
    }
    for (place, size) in (0_u8..).zip(LONGER) {
        // Most sweeps end no longer window, and most slots have nothing else to look at.
        let starts = slot.starts(place).into_iter();
        let ended =
            starts.filter(|start| start + size <= closed && !slot.told(place, *start).is_final);
        due.extend(ended.map(|start| Window::Longer(place, start)));
    }
    due
}

fn say(told: &mut Told, offset: i64, is_closed: bool) -> (u32, WindowState) {
    let state = match (is_closed, told.is_final) {
        (false, _) => WindowState::Provisional,
        (true, false) => WindowState::Final,
        (true, true) => WindowState::Correction,
    };
    (told.tell(offset, is_closed), state)
}

fn row(
    (start, minutes): (Minute, i64),
    (revision, state): (u32, WindowState),
    (part, before): (&Part, Before),
    offset: i64,
) -> Row<'_> {
    Row { start, minutes, state, revision, part, before, offset }
}

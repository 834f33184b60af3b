//! What became due, done in bounded pieces: corrections, closings, provisional rows.
//!
//! **Invariant:** all that a record makes due is done before the next record is taken, in the order
//! of slots and minutes. So no window is told twice for one record, and no provisional row comes after
//! the final one.

mod tell;

use std::ops::Bound;

use serde::{Deserialize, Serialize};
use stream::{Bound as MarkBound, EventTime, KeyedStore, Progress, Store};

use super::{Clock, Minute, Windows};
pub use tell::Teller;
use tell::{Round, Telling};

/// Rows that one piece tells at most, so that a transaction stays small.
const ROWS_A_PIECE: usize = 2_000;
/// Slots that one piece looks at.
const SLOTS_A_PIECE: u32 = 50_000;

/// What is due.
#[derive(Debug, Default)]
pub struct Jobs {
    /// One entry; a store, because an abort has to undo it.
    state: KeyedStore<(), State>,
    /// Minutes that changed after closing, and the latest time of what came.
    revised: KeyedStore<(u32, Minute), i64>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    /// The record at hand.
    offset: i64,
    /// Which minutes were closed and settled at the last sweep, by class.
    swept: Vec<(Minute, Minute)>,
    /// The next slot to close windows of.
    closing: Option<u32>,
    /// The last second that provisional rows were told for, and the one before it.
    ticks: Option<(i64, i64)>,
    /// The next slot to tell provisional rows of.
    ticking: Option<u32>,
    /// Up to which mark all is done.
    done: Option<EventTime>,
}

impl Jobs {
    /// Its stores.
    pub fn stores(&mut self) -> [&mut dyn Store; 2] {
        [&mut self.state, &mut self.revised]
    }

    /// A record is taken.
    pub fn begin(&mut self, offset: i64) {
        self.state_mut().offset = offset;
    }

    /// The record at hand.
    pub(crate) fn offset(&self) -> i64 {
        self.state.get(&()).map_or(0, |state| state.offset)
    }

    /// A point came for a minute that is closed.
    pub fn revise(&mut self, at: u32, minute: Minute, time_ms: i64) {
        let latest = self.revised.get_or_insert_with(&(at, minute), || time_ms);
        *latest = time_ms.max(*latest);
    }

    /// A mark was taken.
    pub fn time_passed(&mut self, clock: &Clock) {
        let bounds = clock.bounds();
        let second = clock.now().map(|now| now.0.div_euclid(1_000));
        let state = self.state_mut();
        if state.swept != bounds {
            state.swept = bounds;
            state.closing = Some(0);
        }
        let told = state.ticks.map_or(i64::MIN, |(_, told)| told);
        if let Some(second) = second.filter(|second| *second > told) {
            state.ticks = Some((told, second));
            state.ticking = Some(0);
        }
        if state.closing.is_none() && state.ticking.is_none() {
            state.done = clock.least();
        }
    }

    /// What progress marks of this task may say.
    #[must_use]
    pub fn done_until(&self) -> MarkBound {
        let done = self.state.get(&()).and_then(|state| state.done);
        done.map_or(MarkBound::Unknown, MarkBound::Until)
    }

    /// Does the next piece of what is due.
    pub fn advance(
        &mut self,
        windows: &mut Windows,
        clock: &Clock,
        teller: &mut Teller<'_>,
    ) -> Progress {
        let state = self.state.get(&()).cloned().unwrap_or_default();
        let is_idle = state.closing.is_none() && state.ticking.is_none();
        if is_idle && self.revised.is_empty() {
            return Progress::Done;
        }
        windows.catch_up();
        let mut telling = Telling::new(windows, clock, state.offset, teller);
        if !self.revised.is_empty() {
            self.tell_revised(&mut telling);
        } else if let Some(from) = state.closing {
            let next = sweep(from, &mut telling, Telling::close);
            self.state_mut().closing = next;
        } else if let (Some(from), Some(ticks)) = (state.ticking, state.ticks) {
            let next = sweep(from, &mut telling, |telling, at, round| {
                telling.tick(at, round, ticks);
            });
            self.state_mut().ticking = next;
        }
        self.finish(clock)
    }

    /// Whether anything is left.
    fn finish(&mut self, clock: &Clock) -> Progress {
        let revised = !self.revised.is_empty();
        let state = self.state_mut();
        if revised || state.closing.is_some() || state.ticking.is_some() {
            return Progress::Pending;
        }
        state.done = clock.least();
        Progress::Done
    }

    /// Tells closed windows that changed, slot by slot.
    fn tell_revised(&mut self, telling: &mut Telling<'_, '_>) {
        while telling.rows() < ROWS_A_PIECE {
            let Some(((at, _), _)) = self.revised.iter().next() else { return };
            let at = *at;
            let (from, to) =
                (Bound::Included(&(at, Minute::MIN)), Bound::Included(&(at, Minute::MAX)));
            let minutes: Vec<(Minute, i64)> =
                self.revised.range(from, to).map(|((_, minute), time)| (*minute, *time)).collect();
            for (minute, _) in &minutes {
                self.revised.remove(&(at, *minute));
            }
            telling.revised(at, &minutes);
        }
    }

    fn state_mut(&mut self) -> &mut State {
        self.state.get_or_insert_with(&(), State::default)
    }
}

/// Visits all slots for series, then all for shares, from a place on until a piece is done; the next
/// place, if there are more.
fn sweep<'a, 'b>(
    from: u32,
    telling: &mut Telling<'a, 'b>,
    visit: impl Fn(&mut Telling<'a, 'b>, u32, Round),
) -> Option<u32> {
    let slots = telling.slots();
    let end = slots.saturating_mul(2);
    let piece_end = end.min(from.saturating_add(SLOTS_A_PIECE));
    let mut next = from;
    while next < piece_end && telling.rows() < ROWS_A_PIECE {
        if next < slots {
            visit(telling, next, Round::Series);
        } else {
            visit(telling, next - slots, Round::Shares);
        }
        next += 1;
    }
    (next < end).then_some(next)
}

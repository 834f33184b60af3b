//! Series that are compared with each other: the metrics of one resource, or one metric of peers.
//!
//! **Invariant:** what is known of a place is of the series that has it: it is forgotten with it.

use detect::{Apart, Broken, MEMBERS_MAX, METRICS_MAX, Peers, Relations};
use serde::{Deserialize, Serialize};

use super::gathering::Gathering;
use crate::windows::{MINUTE_MS, Minute};

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Kind {
    /// The metrics of a resource.
    Relations,
    /// One metric of peers.
    Peers,
}

impl Kind {
    pub(super) const ALL: [Self; 2] = [Self::Relations, Self::Peers];

    /// How many series are compared.
    pub(super) fn members_max(self) -> usize {
        match self {
            Self::Relations => METRICS_MAX,
            Self::Peers => MEMBERS_MAX,
        }
    }

    /// How rows of series without a place are counted.
    pub(super) fn refused(self) -> &'static str {
        match self {
            Self::Relations => "relations_refused",
            Self::Peers => "peers_refused",
        }
    }
}

/// Series, the minutes of theirs that wait, and what is known of them together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Panel {
    pub(super) gathering: Gathering,
    /// Nothing while there is only one series.
    state: Option<Box<State>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum State {
    Relations(Relations),
    Peers(Peers),
}

/// What was found in one minute of a panel, and the series that it is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Compared {
    pub(crate) minute: Minute,
    pub(crate) offset: i64,
    pub(crate) arrival_ms: i64,
    pub(crate) found: Found,
}

/// An alarm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Found {
    /// Two metrics no longer move together.
    Broken(Broken, u64, u64),
    /// A member went away from its peers.
    Apart(Apart, u64),
}

impl Panel {
    /// A series leaves its place.
    pub(super) fn leave(&mut self, place: u8) {
        self.gathering.leave(place);
        self.forget(place);
    }

    /// Another series has the place.
    pub(super) fn forget(&mut self, place: u8) {
        match self.state.as_deref_mut() {
            Some(State::Relations(relations)) => relations.forget(usize::from(place)),
            Some(State::Peers(peers)) => peers.forget(usize::from(place)),
            None => {}
        }
    }

    /// Judges the minutes that wait; how many were judged, and the alarms.
    pub(super) fn judge(&mut self, kind: Kind, sensitivity: f64) -> (u64, Vec<Compared>) {
        let (mut judged, mut alarms) = (0, Vec::new());
        for gathered in self.gathering.take() {
            let row = self.gathering.row(&gathered);
            if row.len() < 2 {
                continue;
            }
            judged += 1;
            let found = self.step(kind, gathered.minute, &row, sensitivity);
            let (minute, offset, arrival_ms) =
                (gathered.minute, gathered.offset, gathered.arrival_ms);
            alarms.extend(found.map(|found| Compared { minute, offset, arrival_ms, found }));
        }
        (judged, alarms)
    }

    fn step(
        &mut self,
        kind: Kind,
        minute: Minute,
        row: &[Option<f64>],
        sensitivity: f64,
    ) -> Option<Found> {
        let time_ms = minute.saturating_mul(MINUTE_MS);
        let state = self.state.get_or_insert_with(|| Box::new(State::of(kind)));
        match &mut **state {
            State::Relations(relations) => {
                let broken = relations.step(time_ms, row, sensitivity)?;
                let (first, second) = broken.pair;
                let (first, second) =
                    (self.gathering.series(first)?, self.gathering.series(second)?);
                broken.alarm.then_some(Found::Broken(broken, first, second))
            }
            State::Peers(peers) => {
                let apart = peers.step(time_ms, row, sensitivity)?;
                let member = self.gathering.series(apart.member)?;
                apart.alarm.then_some(Found::Apart(apart, member))
            }
        }
    }
}

impl State {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Relations => Self::Relations(Relations::default()),
            Kind::Peers => Self::Peers(Peers::default()),
        }
    }
}

//! Event-time windows over many series: the state under `metric-windows`, `event-windows` and
//! `group-windows`. `docs/windows.md` says what every figure is.
//!
//! A series keeps the minutes that still take points, and for each longer size one summary of what
//! is settled. A window of any size is the merge of those of its parts, made when it is told; so a late
//! point, and one that replaces another, changes only its minute.
//!
//! **Invariant:** a series' settled parts are disjoint and in order: the day holds hours that ended,
//! the hour quarters of it that ended, and so on down to the minutes, each of which is merged once.
//! State is a function of the input alone, slots and their numbers included: the order of work
//! follows them.

mod clock;
mod config;
mod jobs;
mod levels;
mod minute;
mod part;
mod row;
mod slot;
mod store;
mod told;
mod work;
mod write;

pub use clock::Clock;
pub use config::{ConfigError, Disorder, WindowsConfig};
pub use jobs::{Jobs, Teller};
pub use minute::Point;
pub use part::Part;
pub use row::Row;
pub use slot::{Flow, Series};
pub use store::{IdHasher, Identity, Refused, Windows};
pub(crate) use work::Work;
pub use write::{LatePoint, Writer, definition_of, series_id};
pub(crate) use write::{growth_of, time_of};

/// A minute, counted from 1970.
pub type Minute = i64;
/// The length of a minute.
pub const MINUTE_MS: i64 = 60_000;
/// The sizes of windows longer than a minute, in minutes; each divides the next.
pub const LONGER: [i64; 4] = [5, 15, 60, 1_440];

/// The minute of a time.
#[must_use]
pub fn minute_of(time_ms: i64) -> Minute {
    time_ms.div_euclid(MINUTE_MS)
}

/// The first minute of the window of `size` minutes that holds a minute.
#[must_use]
pub fn window_of(minute: Minute, size: i64) -> Minute {
    minute - minute.rem_euclid(size)
}

//! Event time: when something happened, in milliseconds since 1970, UTC.
//!
//! There is no "no time yet" value: where time may be missing the type is `Option<EventTime>`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A moment on the producers' clocks, or an arrival on the broker's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventTime(pub i64);

impl EventTime {
    /// The moment `ms` later; saturates at the ends of time instead of wrapping.
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// The moment `ms` earlier; saturates at the ends of time instead of wrapping.
    pub fn minus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_sub(ms))
    }
}

impl fmt::Display for EventTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A kind of source with its own disorder: metrics arrive within seconds, audit logs within
/// minutes. The topology gives the numbers their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceClass(pub u8);

/// The rim's clock as the worker sees it. Nothing that a task decides may depend on it.
pub trait Clock {
    /// Wall time, in microseconds since 1970; it never goes back.
    fn now_us(&self) -> i64;
}

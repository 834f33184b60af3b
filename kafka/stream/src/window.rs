//! Tumbling windows: half-open `[start, start + size)`, aligned to 1970, so that a day is a UTC day.

use serde::{Deserialize, Serialize};

use crate::time::EventTime;

/// The length of a window; always positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WindowSize {
    size_ms: i64,
}

/// A window size that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a window of {size_ms} ms is not possible; give a positive length")]
pub struct InvalidWindowSize {
    size_ms: i64,
}

impl WindowSize {
    /// One minute.
    pub const MINUTE: Self = Self { size_ms: 60_000 };

    /// Checks and makes a window size.
    ///
    /// # Errors
    /// When the length is not positive.
    pub fn try_new(size_ms: i64) -> Result<Self, InvalidWindowSize> {
        if size_ms > 0 { Ok(Self { size_ms }) } else { Err(InvalidWindowSize { size_ms }) }
    }

    /// The length in milliseconds.
    pub fn as_ms(self) -> i64 {
        self.size_ms
    }

    /// Start of the window that holds `time`.
    pub fn start_of(self, time: EventTime) -> EventTime {
        // rem_euclid, not %: a time before 1970 must round down, too.
        time.minus_ms(time.0.rem_euclid(self.size_ms))
    }

    /// First moment after the window that starts at `start`.
    pub fn end_of(self, start: EventTime) -> EventTime {
        start.plus_ms(self.size_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_half_open_and_round_down_before_1970() {
        let minute = WindowSize::MINUTE;
        for (time, start) in
            [(0, 0), (59_999, 0), (60_000, 60_000), (-1, -60_000), (-60_000, -60_000)]
        {
            assert_eq!(minute.start_of(EventTime(time)), EventTime(start), "{time}");
        }
    }

    #[test]
    fn an_empty_window_is_refused() {
        assert_eq!(WindowSize::try_new(0), Err(InvalidWindowSize { size_ms: 0 }));
    }
}

//! The rim's clock: wall time that never goes back.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Wall time at one moment, and how much has passed since by a clock that nobody sets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WallClock {
    anchor_us: i64,
    since: Instant,
}

impl WallClock {
    /// A clock set by the machine's.
    pub(crate) fn start() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let anchor_us = i64::try_from(wall.as_micros()).unwrap_or(i64::MAX);
        Self { anchor_us, since: Instant::now() }
    }
}

/// The machine's time, for commands that ask once.
pub(crate) fn now() -> schemas::time::Time {
    let now_ms = stream::Clock::now_us(&WallClock::start()) / 1000;
    schemas::time::Time::from_millis(now_ms).unwrap_or(schemas::time::Time::MAX)
}

/// A clock that starts now and goes faster: for a world in which minutes pass in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FastClock {
    start_us: i64,
    wall: WallClock,
    speed: u16,
}

impl FastClock {
    /// A clock that is so many times faster.
    pub(crate) fn start(speed: u16) -> Self {
        let wall = WallClock::start();
        Self { start_us: stream::Clock::now_us(&wall), wall, speed }
    }
}

impl stream::Clock for FastClock {
    fn now_us(&self) -> i64 {
        let passed_us = stream::Clock::now_us(&self.wall) - self.start_us;
        self.start_us.saturating_add(passed_us.saturating_mul(self.speed.into()))
    }
}

impl stream::Clock for WallClock {
    fn now_us(&self) -> i64 {
        let passed_us = i64::try_from(self.since.elapsed().as_micros()).unwrap_or(i64::MAX);
        self.anchor_us.saturating_add(passed_us)
    }
}

//! Notifications out to people and tools: at least once, each with a key that stays the same.
//!
//! **Invariants:** what is sent is a function of the notification and the configuration, so no key ever
//! stands for two contents. What is over is never told before what began: notifications of one group
//! leave one after the other. A position is committed only up to what was delivered, refused or given
//! up, with the result written before. Only `rim` reads a clock, waits, or talks to anybody.

mod backoff;
mod breaker;
pub mod channel;
pub mod config;
mod courier;
mod firing;
mod partition;
mod positions;
mod queue;
pub mod result;
mod rim;
mod text;
pub mod verdict;

pub use courier::{Ended, Policy};
pub use partition::Partition;
pub use positions::Positions;
pub use rim::{
    BreakerState, Came, Control, Event, Observe, Reader, Results, Settings, Work, send_once,
};

/// The service's name, and its consumer group.
pub const NAME: &str = "notifier";

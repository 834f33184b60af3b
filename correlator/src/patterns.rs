//! Stateful rules: what several hits mean together.
//!
//! **Invariant:** a pattern sees the hits of one tenant and one group, in the order of their own times
//! however they arrive, and `within` bounds all of them. So a late hit is in the window it belongs to,
//! nothing fires from hits that lie further apart, and steps in order are strictly in order.

mod condition;
mod engine;
mod entry;
mod firing;
mod group;
mod own;
mod pattern;
mod sequence;
mod sigma;
mod stateful;
mod window;

pub use condition::Condition;
pub use engine::{Counts, Limits, Patterns};
pub use entry::{Entry, Value};
pub use firing::{Firing, Hit};
pub use group::ENTRIES_MAX;
pub use own::own;
pub use pattern::{Bounds, Figure, Kind, Pattern, Step};
pub use sigma::stateful;
pub use stateful::{Fires, GroupField, Plan, Stateful};
pub use window::{Found, find};

//! Mergeable summaries: the panes of event-time windows over series.
//!
//! A window of any length is the merge of its panes, and what it reports is the same in whatever
//! order the points came and the panes were merged. Nothing here reads a clock or chance, and no
//! function whose rounding differs between machines decides what is kept.
//!
//! | state | bytes in memory |
//! |---|---|
//! | [`Pane`] with n ≤ 64 values | 64, and 12 for each with room for half as many again |
//! | [`Pane`] with more | 264, and 12 for each bucket of its sketch |
//! | its growth, in a series of totals | 32, and 48 for each of at most 1,024 stretches of points; one once it is settled |
//! | its statistic sets | 80, and 72 for each of the latest 64 |
//! | [`Sketch`] | 120, and 12 for each bucket: some 36 for each doubling in the values' range |
//! | [`Distinct`] | 24, and 4 for each value; 4,120 beyond 1,024 values |
//!
//! On the wire a value takes 9 to 10 bytes with its time, and a bucket 2 to 3.

mod before;
mod buckets;
mod distinct;
mod growth;
mod mapping;
mod moments;
mod pane;
mod sets;
mod singles;
mod sketch;
mod sum;
mod summed;
mod wire;

pub use before::Before;
pub use distinct::Distinct;
pub use moments::Dated;
pub use pane::{Increase, Pane, Statistics};
pub use sketch::Sketch;
pub use wire::{SummaryError, from_bytes, to_bytes};

//! Topologies over events and metrics.
//!
//! **Invariant:** this crate reads no clock, no environment and no chance. What a task publishes
//! follows from its input partition alone.

pub mod detection;
pub mod event_counts;
pub mod event_windows;
pub mod group_windows;
mod marks;
pub mod metric_windows;
pub mod summary;
pub mod thresholds;
pub mod windows;

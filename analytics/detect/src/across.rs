//! Series judged beside each other: the metrics of one resource ([`Relations`]), and one metric of many
//! resources ([`Peers`]).
//!
//! **Invariant:** as for a single series: a row is judged by rows before it only, a state that was kept
//! and read judges alike, and digits come from the statistic's own past. A value that is missing says
//! nothing, and is nobody's fault.

mod clock;
mod matrix;
mod peers;
mod relations;
mod strength;

pub use peers::{Apart, MEMBERS_MAX, Peers};
pub use relations::{Broken, METRICS_MAX, Relations};

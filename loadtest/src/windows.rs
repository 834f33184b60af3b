//! The windows of metrics, tried from outside: inputs by seed, what has to become of them by
//! `docs/windows.md`, and how what was published differs from it.
//!
//! **Invariant:** the oracle shares no code with the service. It keeps every value and computes
//! each figure from all of them; sketches, panes and stores of the kernel are what it checks. Detectors
//! are those of the service: that they say the same of the same minutes, told once, is what is checked.

pub mod compare;
pub mod figures;
pub mod findings;
pub mod found;
pub mod freshness;
pub mod generate;
pub mod kafka;
pub mod oracle;
pub mod rows;
mod rules;
mod sequence;
mod series;
mod totals;

pub use rules::Rules;

//! Seeded generator, oracle, kill harness and load drivers.
pub mod commit_cost;
pub mod passthrough;

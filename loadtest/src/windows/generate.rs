//! Inputs of `metric-windows` by seed: points of a small company as its processors would write them,
//! with what goes wrong on the way.
//!
//! **Invariants:** a seed and a configuration mean the same records for ever, byte by byte; nothing
//! here reads a clock. A series is defined in its partition before its first point. A mark says `t`
//! for an input partition only after everything that had arrived in it by `t` was written.

mod config;
mod journey;
mod samples;
mod stage;
mod write;

use std::collections::BTreeMap;

use crate::dice::{Dice, Stream};

pub use config::{Config, Kind};

/// One record of `isobar.metrics`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// When it is written.
    pub written_ms: i64,
    /// A definition, a batch or a mark.
    pub value: Vec<u8>,
}

/// The records of each partition, in order.
pub type Partitions = BTreeMap<u32, Vec<Item>>;

/// Generates a scenario.
///
/// # Errors
/// When a record cannot be written: the configuration lies outside of what records hold.
pub fn generate(seed: u64, config: &Config) -> anyhow::Result<Partitions> {
    let mut dice = Dice::new(seed, Stream::Records);
    let world = samples::World::new(config, &mut dice);
    let journeys = journey::plan(&world, config, &mut dice);
    stage::run(&world, &journeys, config, dice)
}

#[cfg(test)]
mod tests;

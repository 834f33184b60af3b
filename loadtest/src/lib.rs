//! The load test: records by seed, what they have to become, and what is done to the workers on
//! the way.

pub mod cluster;
pub mod commit_cost;
pub mod company;
pub mod database;
mod dice;
pub mod drain;
pub mod generate;
pub mod kill;
pub mod oracle;
pub mod output;
pub mod passthrough;
pub mod receiver;
pub mod recovery;
pub mod signals;
pub mod stories;
pub mod subject;
pub mod windows;
pub mod wire;
pub mod workers;

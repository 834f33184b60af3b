//! A log in memory, with everything of Kafka that exactly-once rests on: transactions, fencing,
//! read-committed readers, offset gaps at commits and aborts, a consumer group, and seeded faults.
//!
//! It is the embedded log of `isobar up` and the place where crash tests run by the thousand. It
//! keeps nothing on disk and is no substitute for Kafka's replication.

mod cluster;
mod faults;
mod group;
mod handle;
mod partition;

pub use cluster::Cluster;
pub use faults::{Dice, Faults};
pub use handle::MemoryLog;

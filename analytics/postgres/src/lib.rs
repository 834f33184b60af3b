//! What analytics and correlation came to, in Postgres.
//!
//! **Invariant:** the rows of a batch and the position behind it are written in one SQL transaction, and
//! that transaction only commits if the position before it is the one this sink stored last. So each record
//! counts once, whoever dies when, and a sink that was taken for dead changes nothing.
//!
//! This is the only crate that links sqlx. It reads no clock but to wait: what time it is, is told to it.

pub mod audit;
pub mod batch;
pub mod connect;
pub mod copy;
pub mod error;
pub mod fold;
pub mod migrate;
pub mod partitions;
pub mod reader;
pub mod rows;
pub mod sink;
pub mod source;
pub mod store;
mod storing;
mod tables;

pub use connect::Database;
pub use error::{Reaction, SinkError};

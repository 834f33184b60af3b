//! The kernel's log on Apache Kafka, and topics as code.
//!
//! **Invariant:** this is the only crate that knows librdkafka. Everything it tells the kernel is a
//! record, a change of the assignment, or an error that names its reaction.

pub mod bounded;
pub mod client;
mod context;
mod gather;
mod log;
pub mod plain;
pub mod positioned;
mod reaction;
pub mod resend;
mod state;
pub mod topics;
mod transaction;
mod trim;
mod wait;

pub use client::{KafkaSettings, ProtectedSetting, check_settings};
pub use log::KafkaLog;
pub use positioned::PositionedReader;

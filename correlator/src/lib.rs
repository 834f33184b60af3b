//! What becomes of signals: alerts, from their first firing until they are over, and who is told.
//!
//! `patterns` are stateful rules over hits of stateless ones. `alert` is the lifecycle; it takes
//! [`alert::Occurrence`]s, wherever they come from. `service` is the topology around both.
//!
//! **Invariant:** this crate reads no clock, no environment and no chance. What it publishes is a
//! function of the records of one partition of `isobar.signals` and of the configuration.

pub mod alert;
pub mod patterns;
pub mod service;

pub use service::{CorrelatorConfig, IncidentsConfig, NAME, topology};

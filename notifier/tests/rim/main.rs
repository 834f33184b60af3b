//! The rim against receivers that lie, hang and come back, over real connections.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests wait, and a panic is how they fail"
)]

#[path = "../../../loadtest/src/receiver.rs"]
#[allow(dead_code, unreachable_pub, reason = "what the load test has besides")]
mod receiver;

mod lies;
mod log;
mod mail;
mod support;
mod work;

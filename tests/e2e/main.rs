//! End to end: the real binary, real Kafka, real Postgres. One test binary, so that it links once
//! and shares its servers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a panic is how a test fails"
)]

mod bad_input;
mod bench;
mod conformance;
mod dead_letters;
mod grafana;
mod kill;
mod notifier;
mod postgres;
mod processors;
mod rules;
mod sink;
mod support;
mod tls;
mod topics;
mod window_rows;

//! Alerts as timelines: records in, lines out, through the processor that runs in the service.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::needless_pass_by_value,
    reason = "a panic is how a test fails"
)]

mod alertmanager;
mod bad_input;
mod bounds;
mod conditions;
mod configuration;
mod deliveries;
mod editions;
mod grafana;
mod keep;
mod lifecycle;
mod properties;
mod random;
mod service;
mod silences;
mod stateful;
mod support;

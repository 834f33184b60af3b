//! The oracle of metric windows against figures computed by hand, the comparison against planted
//! faults, and the service against both.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a panic is how a test fails"
)]

mod faults;
mod hand;
mod script;
mod service;

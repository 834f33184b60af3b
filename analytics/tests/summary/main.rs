//! What summaries promise, against values that were all kept.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a panic is how a test fails"
)]

mod distinct;
mod growth;
mod pane;
mod sets;
mod sketch;
mod support;
mod wire;

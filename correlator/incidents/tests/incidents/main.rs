//! What the engine decides, at its bounds and between them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::print_stdout,
    reason = "tests may fail loudly, and print what they measure"
)]

mod bounds;
mod commands;
mod events;
mod links;
mod live;
mod properties;
mod services;
mod support;
mod undo;

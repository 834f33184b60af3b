//! What depends on what, and what may have been the cause, on small estates made by hand.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]

mod bounds;
mod cases;
mod properties;
mod state;
mod support;
mod touched;

//! The ranking of causes, on small services made by hand.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]

mod judging;
mod large;
mod ranking;
mod support;

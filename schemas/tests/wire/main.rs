//! The wire forms as their readers and writers see them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]

mod breaks;
mod codec;
mod compatibility;
mod dead_letter;
mod generated;
mod golden;
mod mark;
mod metric;
mod support;
mod topics;

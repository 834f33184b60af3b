//! Stateful rules: windows against brute force, and what fires, when and why.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]

mod engine;
mod windows;

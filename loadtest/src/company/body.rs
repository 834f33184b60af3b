//! One event as its source writes it; envelopes are put around it elsewhere.
//!
//! **Invariant:** whoever sends the event again, in whatever envelope, sends this very text.

use super::world::{Host, Person, Service};

/// One event as text, and what it is known by.
#[derive(Clone, Debug, Default)]
pub(super) struct Body {
    /// The format of the text when it comes alone.
    pub(super) format: &'static str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) text: String,
    pub(super) source: &'static str,
    pub(super) native_id: String,
    pub(super) time_ms: i64,
}

/// What an event is about, and who did it when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene<'a> {
    pub(super) service: &'a Service,
    pub(super) host: &'a Host,
    pub(super) person: &'a Person,
    pub(super) time_ms: i64,
}

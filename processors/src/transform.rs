//! What only events of one of the eight kinds have: derived once, here, so that rules, windows and
//! correlation need not.
//!
//! **Invariant:** what the source said is never overwritten, what cannot be known is left out, and
//! applying it twice changes nothing. Only the beginning of long texts and lists is looked at, each
//! byte a bounded number of times; the bounds stand beside their use and in `docs/kinds.md`.

use schemas::event::Event;
use schemas::kind::Kind;

mod alerts;
mod audit;
mod audit_words;
mod code;
mod code_paths;
mod documents;
mod entities;
mod given;
mod knowledge;
mod message_words;
mod messages;
mod phrases;
mod projects;
mod requests;
mod stages;
mod text;
mod urgency;

/// Adds to an event what its kind lets one derive.
pub fn apply(event: &mut Event) {
    match event.kind {
        Kind::Code => code::apply(event),
        Kind::Documents => documents::apply(event),
        Kind::Projects => projects::apply(event),
        Kind::Messages => messages::apply(event),
        // Their trend needs the points before: that is for the windows to say.
        Kind::Metrics => {}
        Kind::Alerts => alerts::apply(event),
        Kind::Knowledge => knowledge::apply(event),
        Kind::Audit => audit::apply(event),
    }
}

#[cfg(test)]
pub(crate) mod testing;

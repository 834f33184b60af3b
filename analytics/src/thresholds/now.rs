//! The time of a task, for who has to say when something was decided.

use schemas::source_class::SourceClass;

use crate::windows::{Clock, Minute};

/// How far time has come, for who has to say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Now {
    /// Minutes before these are closed, by class.
    pub(super) closed: Vec<Minute>,
    /// Up to when everything was heard.
    pub(super) said_ms: i64,
    /// The record at hand.
    pub(super) offset: i64,
}

impl Now {
    /// As a task's clock has it; nothing before anything was heard.
    pub(crate) fn of(clock: &Clock, offset: i64) -> Option<Self> {
        let said_ms = clock.least()?.0;
        let closed = SourceClass::ALL.map(|class| clock.closed(class)).to_vec();
        Some(Self { closed, said_ms, offset })
    }

    pub(super) fn closed(&self, class: SourceClass) -> Minute {
        let place = SourceClass::ALL.iter().position(|of| *of == class);
        place.and_then(|place| self.closed.get(place)).copied().unwrap_or(Minute::MIN)
    }
}

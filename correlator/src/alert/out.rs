//! What the lifecycle has to say to the world, gathered while one record or one piece of work is done.

use std::collections::BTreeMap;

use schemas::alert::Alert;
use schemas::envelope::Envelope;
use schemas::notification::Notification;

/// Records to write, in order, and what was counted.
#[derive(Debug, Default)]
pub struct Out {
    /// What was said, in order.
    pub said: Vec<Said>,
    /// Why the record at hand was refused, where it was.
    pub refused: Vec<Refused>,
    /// The record at hand is too late for any alert.
    pub is_late: bool,
    /// What was counted.
    pub counts: BTreeMap<&'static str, u64>,
    /// Somebody waits for it.
    pub urgent: bool,
}

/// One record to write.
#[derive(Debug)]
pub enum Said {
    /// A revision of an alert.
    Alert(Box<Envelope<Alert>>),
    /// What is to be said to whom.
    Notification(Box<Envelope<Notification>>),
}

/// Why a record was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(pub String);

impl Out {
    pub(super) fn count(&mut self, what: &'static str, amount: u64) {
        if amount > 0 {
            *self.counts.entry(what).or_default() += amount;
        }
    }

    pub(super) fn refuse(&mut self, reason: impl Into<String>) {
        self.refused.push(Refused(reason.into()));
    }
}

//! Messages that will be sent again.
//!
//! **Invariant:** a message is sent again within a minute or not at all, so that whoever keeps ids for
//! longer knows it for what it is.

use std::collections::BTreeMap;

use super::Message;
use super::telling::Telling;
use crate::dice::Dice;

const WITHIN_MS: i64 = 60_000;

/// A message that was sent, and what was in it.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) message: Message,
    pub(super) telling: Telling,
}

/// What is to be sent again, by time.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    waiting: BTreeMap<(i64, u64), Sent>,
    noted: u64,
}

impl Agenda {
    /// Sends it again some time within the next minute.
    pub(super) fn note(&mut self, sent: Sent, dice: &mut Dice) {
        let due_ms = sent.message.arrival.0 + dice.between(0, WITHIN_MS);
        self.noted += 1;
        self.waiting.insert((due_ms, self.noted), sent);
    }

    /// The next that is due. Those that nobody asked for within their minute are dropped.
    pub(super) fn due(&mut self, now_ms: i64) -> Option<Sent> {
        loop {
            let first = self.waiting.first_entry().filter(|first| first.key().0 <= now_ms)?;
            let sent = first.remove();
            if sent.message.arrival.0 + WITHIN_MS >= now_ms {
                return Some(sent);
            }
        }
    }
}

//! What was told of a window, so that each record of it is told once and in order.

use serde::{Deserialize, Serialize};

/// The records of one window so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told {
    /// The revision that the next record gets.
    pub(super) revision: u32,
    pub(super) is_final: bool,
    /// The input offset at which it was told last.
    at: i64,
}

impl Default for Told {
    fn default() -> Self {
        Self { revision: 0, is_final: false, at: i64::MIN }
    }
}

impl Told {
    /// Whether what was touched then is not told yet.
    pub(super) fn is_behind(&self, touched: i64) -> bool {
        self.at < touched
    }

    /// Notes that it is told now; the revision of the record.
    pub(super) fn tell(&mut self, at: i64, is_final: bool) -> u32 {
        let revision = self.revision;
        self.revision += 1;
        self.is_final |= is_final;
        self.at = at;
        revision
    }
}

//! The time of rows, as far as a decision asks for it.

use serde::{Deserialize, Serialize};

/// A longer silence counts as this long.
const ELAPSED_MS_MAX: i64 = 90 * 86_400_000;

/// When the last row was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Clock {
    last_ms: Option<i64>,
}

impl Clock {
    /// How long after the last row this one is; nothing if it is not later.
    #[allow(clippy::cast_precision_loss, reason = "at most 90 days in milliseconds")]
    pub(super) fn step(&mut self, time_ms: i64) -> Option<f64> {
        let last_ms = self.last_ms.unwrap_or(time_ms);
        if self.last_ms.is_some() && time_ms <= last_ms {
            return None;
        }
        self.last_ms = Some(time_ms);
        Some(time_ms.saturating_sub(last_ms).min(ELAPSED_MS_MAX) as f64)
    }
}

//! What a session was at in the last seconds.

use serde::{Deserialize, Serialize};

/// So many incidents of one session are told apart.
const ACTIVE_MAX: usize = 16;

/// The incidents that calls of a session went to, with when they last did.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(crate) struct Active(Vec<(u64, i64)>);

impl Active {
    /// What it is at now, when incidents are called by their present names.
    pub(crate) fn now(
        &mut self,
        (time_ms, lasts_ms): (i64, i64),
        name: impl Fn(u64) -> Option<u64>,
    ) -> Vec<u64> {
        let mut now: Vec<(u64, i64)> = Vec::new();
        for (incident, last_ms) in std::mem::take(&mut self.0) {
            let Some(incident) = name(incident).filter(|_| time_ms - last_ms <= lasts_ms) else {
                continue;
            };
            match now.iter_mut().find(|(known, _)| *known == incident) {
                Some((_, last)) => *last = last_ms.max(*last),
                None => now.push((incident, last_ms)),
            }
        }
        self.0 = now;
        self.0.iter().map(|(incident, _)| *incident).collect()
    }

    pub(crate) fn note(&mut self, incident: u64, time_ms: i64) {
        self.0.retain(|(known, _)| *known != incident);
        if self.0.len() == ACTIVE_MAX {
            self.0.remove(0);
        }
        self.0.push((incident, time_ms));
    }
}

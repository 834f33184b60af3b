//! What fires at an Alertmanager, to be posted again: one that restarts knows of no alerts.
//!
//! **Invariant:** what is posted again is what was posted last, with the same end, so a forgotten alert
//! comes back and nothing lasts longer than it was said to. An alert beyond [`ALERTS_MAX`] is not posted
//! again, and holds all the same until its end.

use std::collections::BTreeMap;

use schemas::alert::AlertState;
use schemas::envelope::Envelope;
use schemas::id::AlertId;
use schemas::notification::Notification;
use serde_json::Value;

use crate::channel::{HttpRequest, Telling, alert_of, post};
use crate::config::Alertmanager;

/// About 20 MB.
const ALERTS_MAX: usize = 20_000;
const POSTED_AT_ONCE: usize = 200;

#[derive(Debug)]
struct Posted {
    alert: Value,
    until_ms: i64,
}

/// The alerts of one Alertmanager.
#[derive(Debug)]
pub(crate) struct Firing {
    to: Alertmanager,
    external_url: Option<String>,
    alerts: BTreeMap<AlertId, Posted>,
    due_ms: Option<i64>,
}

impl Firing {
    pub(crate) fn new(to: &Alertmanager, external_url: Option<&str>) -> Self {
        let (to, external_url) = (to.clone(), external_url.map(str::to_owned));
        Self { to, external_url, alerts: BTreeMap::new(), due_ms: None }
    }

    /// A notification that the Alertmanager knows.
    pub(crate) fn learn(&mut self, told: &Envelope<Notification>, now_ms: i64) {
        let telling = Telling { told, external_url: self.external_url.as_deref() };
        let until_ms = told.attributes.time.millis().saturating_add(self.to.holds_for_ms);
        for member in &told.data.members {
            if member.state == AlertState::Resolved {
                self.alerts.remove(&member.alert);
            } else if self.alerts.len() < ALERTS_MAX || self.alerts.contains_key(&member.alert) {
                let alert = alert_of(telling, member, until_ms);
                self.alerts.insert(member.alert, Posted { alert, until_ms });
            }
        }
        self.due_ms.get_or_insert(now_ms + self.to.resend_every_ms);
    }

    /// When it is posted again, if anything is.
    pub(crate) fn due_ms(&self) -> Option<i64> {
        self.due_ms.filter(|_| !self.alerts.is_empty())
    }

    pub(crate) fn len(&self) -> usize {
        self.alerts.len()
    }

    /// What is to be posted again now.
    pub(crate) fn posts(&mut self, now_ms: i64) -> Vec<HttpRequest> {
        if self.due_ms().is_none_or(|due_ms| due_ms > now_ms) {
            return Vec::new();
        }
        self.due_ms = Some(now_ms + self.to.resend_every_ms);
        self.alerts.retain(|_, posted| posted.until_ms > now_ms);
        let all: Vec<_> = self.alerts.values().map(|posted| posted.alert.clone()).collect();
        all.chunks(POSTED_AT_ONCE).map(|some| post(&self.to, "again", some)).collect()
    }
}

//! Notifications: who is to be told what.
//!
//! **Invariant:** there is exactly one record for each thing to be said, because it commits
//! together with the state that decided it. Its delivery outside is at least once; `delivery_key`
//! stays the same, so that a receiver which knows keys drops the second.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::alert::{AlertState, Level};
use crate::envelope::{Extra, Payload};
use crate::id::{AlertId, Fingerprint, IncidentId, RecordId};
use crate::version::Version;

/// One thing to be said to one receiver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Notification {
    /// The same however often it is delivered.
    pub delivery_key: RecordId,
    /// The receiver, by its name in the configuration.
    pub receiver: String,
    /// How the receiver is reached.
    pub channel: Channel,
    /// What there is to say.
    pub what: Occasion,
    /// The step of the escalation, from 0.
    pub step: u32,
    /// How urgent it is.
    pub level: Level,
    /// One line for people.
    pub title: String,
    /// The message.
    pub text: String,
    /// The incident it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// The alerts it is about.
    pub alerts: Vec<AlertId>,
    /// The group of alerts it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Group>,
    /// The same alerts as they are now: those that fire first, then those that are over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Member>,
    /// How many more there are than are named here.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u64,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Alerts that are told together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Group {
    /// The same from the first alert of the group until all of them are over.
    pub id: RecordId,
    /// The route that put them together.
    pub route: String,
    /// What they have in common.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Counts what was told of the group, from 1.
    pub sequence: u32,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// One alert, as it is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Member {
    /// Which alert.
    pub alert: AlertId,
    /// Which condition.
    pub fingerprint: Fingerprint,
    /// Whether it goes on.
    pub state: AlertState,
    /// How urgent it is.
    pub level: Level,
    /// The rule or detector that raised it.
    pub rule: String,
    /// One line for people.
    pub title: String,
    /// Why, in a sentence.
    pub reason: String,
    /// What it is grouped, routed and silenced by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// When the condition began.
    pub starts_at_ms: i64,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at_ms: Option<i64>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Payload for Notification {
    const TYPE: &'static str = "isobar.notification";
    const VERSION: Version = Version::new(1, 1);
}

/// How a receiver is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// By mail.
    Email,
    /// By a Slack message.
    Slack,
    /// By a `PagerDuty` event.
    PagerDuty,
    /// By an HTTP request.
    Webhook,
    /// By a Microsoft Teams message.
    Teams,
    /// By alerts posted to an Alertmanager.
    Alertmanager,
}

/// What there is to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Occasion {
    /// It has begun.
    Firing,
    /// It goes on, and nobody has taken it on.
    Escalated,
    /// It has changed.
    Updated,
    /// It is over.
    Resolved,
}

//! Notifications: who is to be told what.
//!
//! **Invariant:** there is exactly one record for each thing to be said, because it commits
//! together with the state that decided it. Its delivery outside is at least once; `delivery_key`
//! stays the same, so that a receiver which knows keys drops the second.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::alert::Level;
use crate::envelope::{Extra, Payload};
use crate::id::{AlertId, IncidentId, RecordId};
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
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Payload for Notification {
    const TYPE: &'static str = "isobar.notification";
    const VERSION: Version = Version::new(1, 0);
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

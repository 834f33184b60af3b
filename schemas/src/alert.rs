//! Alerts: a condition, from its first firing until it is resolved.
//!
//! **Invariant:** all records of one alert carry its id, and `revision` rises by one with each;
//! the greatest is the truth. A resolved alert does not fire again: the same condition later is
//! another alert with the same fingerprint.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::envelope::{Extra, Payload};
use crate::finite::Finite;
use crate::id::{AlertId, Fingerprint, IncidentId, RecordId};
use crate::resource::Resource;
use crate::signal::RuleHit;
use crate::version::Version;

/// One revision of one alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alert {
    /// Which alert.
    pub alert: AlertId,
    /// Counts the records of this alert from 0.
    pub revision: u32,
    /// Which condition.
    pub fingerprint: Fingerprint,
    /// Whether it goes on.
    pub state: AlertState,
    /// How urgent it is.
    pub level: Level,
    /// One line for people.
    pub title: String,
    /// Why, in a sentence.
    pub reason: String,
    /// The rule or detector that raised it.
    pub rule: RuleHit,
    /// What it is grouped, routed and silenced by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Resource>,
    /// When the condition began.
    pub starts_at_ms: i64,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at_ms: Option<i64>,
    /// How many records it was seen in.
    pub count: u64,
    /// Some of them.
    pub evidence: Vec<Evidence>,
    /// The incident it has joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Payload for Alert {
    const TYPE: &'static str = "isobar.alert";
    const VERSION: Version = Version::new(1, 0);
}

/// Whether an alert goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AlertState {
    /// The condition holds, but not yet for long enough.
    Pending,
    /// The condition holds.
    Firing,
    /// The condition holds, and somebody has taken it on.
    Acknowledged,
    /// The condition holds, and nobody is told, by a silence or another alert.
    Suppressed,
    /// The condition no longer holds.
    Resolved,
}

/// How urgent an alert is; a later step is more urgent.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// To know.
    Info,
    /// To look at.
    Warning,
    /// To act on now.
    Critical,
    /// To wake everybody for.
    Emergency,
}

/// A record that supports an alert or an incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// The event, finding or signal.
    pub record: RecordId,
    /// What it is evidence of.
    pub role: EvidenceRole,
    /// When it happened.
    pub time_ms: i64,
    /// How much it weighs, from 0 to 1.
    pub weight: Finite,
    /// One sentence for people.
    pub reason: String,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What a record is evidence of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EvidenceRole {
    /// It raised the alert.
    Trigger,
    /// It shows the effect.
    Symptom,
    /// It may be why.
    Cause,
    /// It happened nearby.
    Context,
    /// It came too late to decide anything.
    Late,
}

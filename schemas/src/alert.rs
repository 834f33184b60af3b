//! Alerts: a condition, from its first firing until it is resolved.
//!
//! **Invariant:** all records of one alert carry its id, and `revision` rises by one with each;
//! the greatest is the truth. A resolved alert does not fire again: the same condition later is
//! another alert with the same fingerprint.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::command::Verdict;
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
    /// Why the last record that was counted made no alert of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate: Option<Duplicate>,
    /// Whether it begins and ends so often that nobody is told each time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub flapping: bool,
    /// Who has taken it on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Acknowledgement>,
    /// The silence that keeps it quiet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silenced_by: Option<RecordId>,
    /// The alert that keeps it quiet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inhibited_by: Option<AlertId>,
    /// What a person says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback: Option<Feedback>,
    /// Why it is over, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closing>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Why a record made no alert of its own: it has the fingerprint of an open one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Duplicate {
    /// Whether it told anything new.
    pub kind: DuplicateKind,
    /// What was different.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Whether a duplicate told anything new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DuplicateKind {
    /// It says what the alert says.
    Full,
    /// It differs from what the alert said, and the alert now says it.
    Partial,
}

/// Who has taken an alert on; it ends with the alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Acknowledgement {
    /// The person.
    pub by: String,
    /// When.
    pub at_ms: i64,
    /// What they wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What a person says of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Feedback {
    /// The person.
    pub by: String,
    /// Whether it was right to raise it.
    pub verdict: Verdict,
    /// What they wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Why an alert is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Closing {
    /// Its source says so.
    Ended,
    /// Nothing was heard of it for as long as its rule says.
    Quiet,
    /// There were too many open alerts, and it was the one that had been quiet for longest.
    Evicted,
}

impl Payload for Alert {
    const TYPE: &'static str = "isobar.alert";
    const VERSION: Version = Version::new(1, 1);
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

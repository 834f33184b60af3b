//! What people ask of us: the body of a signal of kind `command`.
//!
//! A command is one record in the partition of its tenant, so it has a place in the order of
//! everything else and is replayed with it. Who asks stands in the signal's actor, when in its
//! envelope.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::envelope::Extra;
use crate::id::{AlertId, IncidentId, RecordId};

/// One thing that a person asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Command {
    /// What is to be done.
    pub action: CommandAction,
    /// The alert, to acknowledge it or to give feedback on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<AlertId>,
    /// The incident, to move it on, to merge or part it, or to give feedback on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// The incident that it is part of, where it is to be merged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into: Option<IncidentId>,
    /// The alerts that are to be an incident of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<AlertId>,
    /// The silence that is to end: the id of the record that began it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence: Option<RecordId>,
    /// Which alerts a silence is for: those that match all of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matchers: Vec<LabelMatcher>,
    /// When a silence begins; at once where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at_ms: Option<i64>,
    /// When a silence ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at_ms: Option<i64>,
    /// Whether it was right to raise the alert.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Why, in the person's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CommandAction {
    /// Take an alert or an incident on, until it is over.
    Acknowledge,
    /// Say that somebody is at an incident.
    Mitigate,
    /// Say that an incident is over.
    Resolve,
    /// Make two incidents one.
    Merge,
    /// Make an incident of its own of some alerts of an incident.
    Split,
    /// Keep alerts quiet for a time.
    Silence,
    /// End a silence before its time.
    Unsilence,
    /// Say whether an alert, or putting an incident together, was right.
    Feedback,
}

/// A condition on one label; a label that is missing counts as empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LabelMatcher {
    /// The name of the label.
    pub label: String,
    /// How it is compared.
    pub operator: Operator,
    /// What with: a text, or a regular expression that has to match all of the value.
    pub value: String,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How a label is compared, written as Alertmanager writes it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum Operator {
    /// It is the text.
    #[serde(rename = "=")]
    Equal,
    /// It is not the text.
    #[serde(rename = "!=")]
    NotEqual,
    /// The expression matches all of it.
    #[serde(rename = "=~")]
    Matches,
    /// The expression does not match all of it.
    #[serde(rename = "!~")]
    MatchesNot,
}

/// What a person says of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It was right to raise it.
    Useful,
    /// It was true, and nobody had to act.
    Noise,
    /// It was not true.
    Wrong,
}

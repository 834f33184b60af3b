//! Incidents: alerts that belong together, each link with its reason.
//!
//! **Invariant:** all records of one incident carry its id, which its first alert decides, and
//! `revision` rises by one with each; the greatest is the truth. An incident that was merged into
//! another stays, and says into which.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::alert::Level;
use crate::envelope::{Extra, Payload};
use crate::finite::Finite;
use crate::id::{AlertId, IncidentId};
use crate::resource::{Entity, Resource};
use crate::version::Version;

/// One revision of one incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Incident {
    /// Which incident.
    pub incident: IncidentId,
    /// Counts the records of this incident from 0.
    pub revision: u32,
    /// The alert that opened it.
    pub seed: AlertId,
    /// How far it has come.
    pub state: IncidentState,
    /// How urgent it is: the most urgent of its alerts.
    pub level: Level,
    /// One line for people.
    pub title: String,
    /// When it began.
    pub opened_at_ms: i64,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at_ms: Option<i64>,
    /// Its alerts, the seed among them.
    pub alerts: Vec<AlertId>,
    /// Why they are together.
    pub links: Vec<Link>,
    /// What they mention in common.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<Entity>,
    /// What may have caused it, the likeliest first; empty where nothing speaks for a cause.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    /// The incident that took over its alerts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<IncidentId>,
    /// The resolved incident whose condition came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<IncidentId>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Payload for Incident {
    const TYPE: &'static str = "isobar.incident";
    const VERSION: Version = Version::new(1, 0);
}

/// How far an incident has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IncidentState {
    /// Nobody has taken it on.
    Open,
    /// Somebody has.
    Acknowledged,
    /// Its alerts are resolved.
    Resolved,
    /// A person has said it is over.
    Closed,
    /// Another incident has taken over its alerts.
    Merged,
}

/// Why two alerts are together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// The earlier alert.
    pub from: AlertId,
    /// The later alert.
    pub to: AlertId,
    /// How sure it is, from 0 to 1.
    pub score: Finite,
    /// What speaks for it.
    pub reasons: Vec<LinkReason>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// One thing that speaks for a link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LinkReason {
    /// What kind of thing.
    pub strategy: Strategy,
    /// How much it weighs, from 0 to 1.
    pub score: Finite,
    /// One sentence for people.
    pub reason: String,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A way to see that alerts belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// One follows the other more often than by chance.
    Temporal,
    /// They mention the same things.
    Semantic,
    /// A rule says so.
    Pattern,
    /// Their resources depend on one another.
    Graph,
}

/// What may have caused an incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// Where.
    pub resource: Resource,
    /// How sure it is, from 0 to 1.
    pub score: Finite,
    /// One sentence for people.
    pub reason: String,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

//! Incidents: alerts that belong together, each link with its reason.
//!
//! **Invariant:** all records of one incident carry its id, which its first alert decides, and
//! `revision` rises by one with each; the greatest is the truth. An incident that was merged into
//! another stays, and says into which. What a record has no room for is counted, never left out in
//! silence.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::alert::{Feedback, Level};
use crate::envelope::{Extra, Payload};
use crate::finite::Finite;
use crate::id::{AlertId, IncidentId, RecordId};
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
    /// When the last of what belongs to it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_at_ms: Option<i64>,
    /// Its alerts, the seed among them.
    pub alerts: Vec<AlertId>,
    /// How many of its alerts still hold.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub holding: u64,
    /// How many alerts it has beside those that are named.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub alerts_left_out: u64,
    /// How many records belong to it, occurrences of its alerts among them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub items: u64,
    /// Why they are together.
    pub links: Vec<Link>,
    /// What they mention in common.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<Entity>,
    /// What may have caused it, the likeliest first; empty where nothing speaks for a cause.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    /// What happened, in order: what began, what changed, what people said and did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timeline: Vec<Moment>,
    /// How many moments there were beside those that are told.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub moments_left_out: u64,
    /// What may be touched by it, the nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub affected: Vec<Affected>,
    /// What to do, as the rules of its alerts say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recommendations: Vec<Recommendation>,
    /// What people say of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub feedback: Vec<Feedback>,
    /// How often it was reopened.
    #[serde(default, skip_serializing_if = "is_none")]
    pub reopened: u32,
    /// The incident that was full, or too old, to take what belongs to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<IncidentId>,
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
    const VERSION: Version = Version::new(1, 1);
}

/// How far an incident has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IncidentState {
    /// Nobody has taken it on.
    Open,
    /// Somebody has.
    Acknowledged,
    /// Somebody is at it.
    Mitigating,
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
    /// The change, where it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordId>,
    /// When that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<i64>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Something that happened in the course of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Moment {
    /// When.
    pub at_ms: i64,
    /// What kind of thing.
    pub kind: MomentKind,
    /// One line for people.
    pub title: String,
    /// The event, finding or signal that shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordId>,
    /// The alert that began or ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<AlertId>,
    /// Who did it, where it was a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MomentKind {
    /// An alert began.
    Alert,
    /// An alert was over.
    Ended,
    /// Something was deployed or configured.
    Change,
    /// A ticket was opened or moved on.
    Ticket,
    /// People wrote about it.
    Message,
    /// Another event that belongs to it.
    Event,
    /// Another incident was found to be this one.
    Merged,
    /// A person asked for something.
    Command,
    /// It was resolved, or opened again.
    State,
}

/// Something that depends on what is at fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Affected {
    /// What kind of thing: a service, a host, a queue.
    pub kind: String,
    /// What it is called.
    pub name: String,
    /// How many steps away it is; 0 where an alert holds.
    pub steps: u8,
    /// One sentence for people.
    pub reason: String,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What a rule says is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Recommendation {
    /// The rule.
    pub rule: String,
    /// Its words.
    pub text: String,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

fn is_none(count: &u32) -> bool {
    *count == 0
}

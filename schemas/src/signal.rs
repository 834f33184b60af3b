//! What correlation needs of the flow, a small share of it: hits of stateless rules, changes,
//! alerts of other tools, tickets, messages, commands of people, and what came of telling them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::alert::Level;
use crate::command::Command;
use crate::delivery::Delivery;
use crate::envelope::{Extra, Payload};
use crate::event::{Actor, Outcome, Severity};
use crate::id::{EventId, RecordId};
use crate::kind::Kind;
use crate::resource::{Entity, Hints, Resource};
use crate::version::Version;

/// A reason to look whether things belong together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Signal {
    /// Why it was let through.
    pub kind: SignalKind,
    /// The event it was made from.
    pub event: EventId,
    /// The kind of input that event was.
    pub event_kind: Kind,
    /// What was done, in the source's words.
    pub action: String,
    /// Whether it worked.
    pub outcome: Outcome,
    /// How serious it is.
    pub severity: Severity,
    /// One line for people.
    pub title: String,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Resource>,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    /// Ids by which other records mention the same work.
    #[serde(default, skip_serializing_if = "Hints::is_empty")]
    pub hints: Hints,
    /// What it mentions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<Entity>,
    /// The stateless rules it matched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleHit>,
    /// How things were seen to depend on one another.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relations: Vec<Relation>,
    /// Words for people, redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What a person asks of us, where the kind is `command`; who asks is the actor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Command>,
    /// What came of telling a receiver, where the kind is `delivery`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Payload for Signal {
    const TYPE: &'static str = "isobar.signal";
    const VERSION: Version = Version::new(1, 3);
}

impl Signal {
    /// The record that carries the signal of an event, by which alerts and incidents name it.
    #[must_use]
    pub fn record_of(event: EventId) -> RecordId {
        RecordId::of(Self::TYPE, &[&event.0.to_string()])
    }
}

/// Why a signal was let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignalKind {
    /// A stateless rule matched.
    RuleHit,
    /// Something was deployed or configured.
    Change,
    /// Another tool raised or resolved an alert.
    Alert,
    /// A ticket was opened or moved on.
    Ticket,
    /// People wrote about it.
    Message,
    /// A person asked us to acknowledge, silence, split or close.
    Command,
    /// A notification was delivered, or could not be.
    Delivery,
    /// Things were seen to depend on one another.
    Relation,
}

/// One thing depends on another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Relation {
    /// What depends.
    pub from: Entity,
    /// How.
    pub how: RelationKind,
    /// On what.
    pub to: Entity,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How one thing depends on another.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum RelationKind {
    /// It asks it for something.
    Calls,
    /// It needs it, however.
    DependsOn,
    /// It is carried out on it: a service on a pod, a pod on a node.
    RunsOn,
    /// It is a part of it: a pod of a deployment, a queue of an account.
    PartOf,
    /// It was brought there by it: a service by a pipeline or a repository.
    DeployedBy,
    /// It takes on its rights.
    Assumes,
    /// It is looked after by it.
    OwnedBy,
}

/// One rule, as it was when it matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleHit {
    /// The id of the rule, which stays when the rule is changed.
    pub rule: String,
    /// The hash of the rule's text.
    pub version: String,
    /// How urgent the rule says it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// What the rule is called by people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Whether it is material for other rules and says nothing by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub building_block: bool,
    /// What other rules ask of the event: its own fields, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

//! The canonical event: one form for what two dozen sources say, so that rules, windows and
//! correlation are written once. Who, when and whose it is stand in the envelope.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::envelope::{Extra, Payload};
use crate::kind::Kind;
use crate::raw::Raw;
use crate::resource::{Hints, Resource};
use crate::version::Version;

/// Something that happened. The id of its envelope is that of the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// Which of the eight kinds of input it is.
    pub kind: Kind,
    /// The OCSF class of the event, such as 6003 for API activity; 0 where none fits.
    pub class_uid: u32,
    /// What was done, in the source's words: `CreateAccessKey`, `push`, `issue_closed`.
    pub action: String,
    /// Whether it worked.
    pub outcome: Outcome,
    /// How serious the source says it is.
    pub severity: Severity,
    /// What it was done to.
    pub resource: Resource,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    /// Where from, and where to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
    /// Ids by which other records mention the same work.
    #[serde(default, skip_serializing_if = "Hints::is_empty")]
    pub hints: Hints,
    /// Words for people, redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Arrival time less event time; negative when the source's clock is ahead.
    pub age_ms: i64,
    /// The length of what the producer sent.
    pub size_bytes: u64,
    /// What the producer sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Raw>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Payload for Event {
    const TYPE: &'static str = "isobar.event";
    const VERSION: Version = Version::new(1, 0);

    fn bytes_hint(&self) -> usize {
        1_280 + self.raw.as_ref().map_or(0, |raw| raw.text().len())
    }
}

/// Whether what was tried was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was refused or went wrong.
    Failure,
    /// The source does not say.
    Unknown,
}

/// How serious something is, in the steps of OCSF; a later step is more serious.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The source does not say.
    Unknown,
    /// Nothing to act on.
    Informational,
    /// To be looked at some day.
    Low,
    /// To be looked at.
    Medium,
    /// To be acted on soon.
    High,
    /// To be acted on now.
    Critical,
    /// Too late to prevent.
    Fatal,
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Actor {
    /// The name that tells it from others: an ARN, a login.
    pub id: String,
    /// What it is: `user`, `role`, `service`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The name people know it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Where it came from, and where it went.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Network {
    /// The address it came from; some sources put a service's name here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_address: Option<String>,
    /// The port it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_port: Option<u16>,
    /// The address it went to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination_address: Option<String>,
    /// The port it went to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination_port: Option<u16>,
    /// The program that sent it, as it calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

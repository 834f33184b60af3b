//! What came of telling a receiver.
//!
//! **Invariant:** the record's id is a hash of the notification's key and the outcome, so one that is
//! written again after a crash is known as the same; attempts and latency may differ then.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::envelope::Extra;
use crate::id::{AlertId, RecordId};
use crate::notification::Channel;

/// The way of one notification, so far or to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Delivery {
    /// The notification, by its `delivery_key`.
    pub key: RecordId,
    /// The receiver, by its name in the configuration.
    pub receiver: String,
    /// How it is reached.
    pub channel: Channel,
    /// What came of it.
    pub outcome: DeliveryOutcome,
    /// How often it was tried, by the process that says so.
    pub attempts: u32,
    /// From the moment the notification was written until now.
    pub latency_ms: u64,
    /// What went wrong last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The alerts that were to be told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<AlertId>,
    /// Whether all it had to tell was that receivers cannot be reached. Such a failure raises nothing, or
    /// two receivers that are down would raise alerts of each other for ever.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub about_deliveries: bool,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What came of telling a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryOutcome {
    /// The receiver took it.
    Delivered,
    /// It has waited for long, and is tried again.
    Delayed,
    /// The receiver could not be reached for so long that it is not tried any more.
    GivenUp,
    /// The receiver does not take it, and never will.
    Refused,
}

/// The rule of alerts that are raised because a receiver cannot be told.
pub const DELIVERY_RULE: &str = "isobar.delivery";

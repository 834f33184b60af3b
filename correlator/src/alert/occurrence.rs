//! What the lifecycle takes, wherever it comes from: hits of stateless rules, firings of stateful ones,
//! alerts of other tools, findings.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemas::alert::Level;
use schemas::id::{RecordId, ResourceId};
use schemas::source_class::SourceClass;
use serde::{Deserialize, Serialize};

/// A condition was seen, or seen to be over.
#[derive(Debug, Clone, PartialEq)]
pub struct Occurrence {
    /// Whose it is.
    pub tenant: String,
    /// The rule, detector or alert of another tool, by an id that stays when it is changed.
    pub rule: String,
    /// The version of the rule.
    pub version: String,
    /// What the rule is called by people.
    pub rule_title: Option<String>,
    /// How urgent it is.
    pub level: Level,
    /// What it is routed, grouped and silenced by.
    pub labels: BTreeMap<String, String>,
    /// Which labels tell conditions of one rule apart, unless the configuration says so.
    pub identity: Identity,
    /// Whether it holds or has ended.
    pub says: Says,
    /// When it happened, on the source's clock.
    pub time_ms: i64,
    /// When its first message reached one of our topics.
    pub arrival_ms: i64,
    /// When it was said. For most the time at which it happened; an alert of another tool is said again
    /// as long as it lasts.
    pub said_ms: i64,
    /// When this episode began on the source's clock, where the source tells episodes apart.
    pub episode_ms: Option<i64>,
    /// How its source behaves in time.
    pub class: SourceClass,
    /// The event, finding or signal that shows it.
    pub record: RecordId,
    /// Records before it that show it too, and when they happened; the latest first.
    pub before: Vec<(RecordId, i64)>,
    /// One line for people.
    pub title: String,
    /// Why, in a sentence.
    pub text: String,
    /// What to do about it, as whoever wrote the rule says.
    pub advice: Option<String>,
    /// What it is about.
    pub place: Option<Place>,
    /// After so long without another it counts as ended, unless the configuration says otherwise.
    pub quiet_ms: i64,
}

/// Which labels tell conditions of one rule apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// All of them.
    Every,
    /// Those of these names.
    Named(Arc<[String]>),
}

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Says {
    /// It holds.
    Holds,
    /// It has ended.
    Ended,
}

/// What an alert is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The resource.
    pub id: ResourceId,
    /// What is known of it.
    pub attributes: BTreeMap<String, String>,
}

//! What people configure of alerts. [`AlertsConfig::check`] says whether it can be meant.

use std::collections::{BTreeMap, BTreeSet};

use schemas::alert::Level;
use schemas::notification::{Channel, Occasion};
use schemas::source_class::SourceClass;
use serde::Deserialize;

use super::duration::Lasting;

/// The section `alerts`. Without routes nobody is told; alerts are kept all the same.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlertsConfig {
    /// Who can be told, and how.
    pub receivers: Vec<ReceiverConfig>,
    /// Who is told what: the first route that takes an alert, and those after it while they `continue`.
    pub routes: Vec<RouteConfig>,
    /// Which alerts keep others quiet.
    pub inhibitions: Vec<InhibitionConfig>,
    /// How alerts of single rules behave, by rule id.
    pub rules: BTreeMap<String, RulePolicy>,
    /// How alerts of all other rules behave.
    pub others: RulePolicy,
    /// Events that are older than this when they come open and close nothing, by class.
    pub late: BTreeMap<SourceClass, Lasting>,
    /// How much is kept.
    pub limits: Limits,
}

/// Who can be told.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiverConfig {
    /// The name.
    pub name: String,
    /// How they are reached.
    pub channel: Channel,
    /// What they are told; everything unless given.
    #[serde(default = "all_occasions")]
    pub occasions: BTreeSet<OccasionName>,
}

/// An occasion by its name, in an order of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OccasionName {
    /// It has begun.
    Firing,
    /// It goes on, and nobody has taken it on.
    Escalated,
    /// It has changed.
    Updated,
    /// It is over.
    Resolved,
}

impl From<Occasion> for OccasionName {
    fn from(occasion: Occasion) -> Self {
        match occasion {
            Occasion::Firing => Self::Firing,
            Occasion::Escalated => Self::Escalated,
            Occasion::Updated => Self::Updated,
            Occasion::Resolved => Self::Resolved,
        }
    }
}

pub(super) fn all_occasions() -> BTreeSet<OccasionName> {
    use OccasionName::{Escalated, Firing, Resolved, Updated};
    BTreeSet::from([Firing, Escalated, Updated, Resolved])
}

/// Who is told of which alerts, when, and together with what.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RouteConfig {
    /// The name; groups are known by it, so a new name begins new groups.
    pub name: String,
    /// Which alerts: those that all of these take. None takes every alert.
    pub matchers: Vec<String>,
    /// Who is told.
    pub receivers: Vec<String>,
    /// Alerts with the same values of these labels are told together.
    pub group_by: Vec<String>,
    /// How long the first alert of a group waits for others.
    pub group_wait: Lasting,
    /// How long after something was told the next change of the group waits.
    pub group_interval: Lasting,
    /// How long after something was told it is told again while alerts fire.
    pub repeat_interval: Lasting,
    /// Whether the routes after this one are asked as well.
    #[serde(rename = "continue")]
    pub goes_on: bool,
    /// Who is told as well when nobody acknowledges.
    pub escalation: Vec<StepConfig>,
}

impl Default for RouteConfig {
    fn default() -> Self {
        Self {
            name: String::new(),
            matchers: Vec::new(),
            receivers: Vec::new(),
            group_by: Vec::new(),
            group_wait: Lasting::seconds(30),
            group_interval: Lasting::minutes(5),
            repeat_interval: Lasting::minutes(240),
            goes_on: false,
            escalation: Vec::new(),
        }
    }
}

/// One step of an escalation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepConfig {
    /// How long after the first notification without acknowledgement.
    pub after: Lasting,
    /// Who is told.
    pub receivers: Vec<String>,
}

/// Alerts that keep others quiet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InhibitionConfig {
    /// While one of these fires...
    pub source: Vec<String>,
    /// ...these are quiet...
    pub target: Vec<String>,
    /// ...where the two have the same values of these labels. A missing label counts as empty.
    pub equal: Vec<String>,
}

/// How alerts of a rule behave.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RulePolicy {
    /// How urgent they are, whatever the rule itself says.
    pub level: Option<Level>,
    /// How long the condition has to hold before the alert fires.
    #[serde(rename = "for")]
    pub holds_for: Lasting,
    /// How long the alert goes on after the condition has ended.
    pub keep_firing_for: Lasting,
    /// After so long without a record the condition counts as ended. Hits of rules have no end of
    /// their own: 15 min unless given, for findings twice their window and 5 min, for alerts of other
    /// tools a day.
    pub resolve_after: Option<Lasting>,
    /// Labels that tell conditions of this rule apart.
    pub group_labels: Option<Vec<String>>,
}

/// How much is kept of one tenant in one task.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Open alerts; beyond it the one that was quiet for longest is closed.
    pub open_alerts: usize,
    /// Alerts that are over and not yet told; beyond it the oldest is dropped untold.
    pub closing_alerts: usize,
    /// Conditions remembered after their alert is over, for flapping and repeated records.
    pub remembered: usize,
    /// Groups; beyond it alerts of a route share one group.
    pub groups: usize,
    /// Silences; beyond it new ones are refused.
    pub silences: usize,
    /// Tenants of a task; records of more are refused.
    pub tenants: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            open_alerts: 20_000,
            closing_alerts: 20_000,
            remembered: 40_000,
            groups: 10_000,
            silences: 1_000,
            tenants: 10_000,
        }
    }
}

impl Default for AlertsConfig {
    fn default() -> Self {
        use SourceClass::{Audit, Change, Deploy, Finding};
        // A finding in audit trails is told when these are waited for no longer, which takes 15 minutes.
        let late = [(Audit, 15), (Finding, 20), (Deploy, 2), (Change, 2)];
        Self {
            receivers: Vec::new(),
            routes: Vec::new(),
            inhibitions: Vec::new(),
            rules: BTreeMap::new(),
            others: RulePolicy::default(),
            late: late.map(|(class, minutes)| (class, Lasting::minutes(minutes))).into(),
            limits: Limits::default(),
        }
    }
}

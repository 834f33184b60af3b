//! What is kept: of tenants, conditions, alerts, groups and silences.
//!
//! What changes with every record is small and copied into the undo of a transaction; what rarely
//! changes is shared ([`Alert::body`]).

use std::collections::BTreeMap;
use std::sync::Arc;

use schemas::alert::{Closing, DuplicateKind, EvidenceRole, Level};
use schemas::command::{Operator, Verdict};
use schemas::id::{AlertId, Fingerprint, RecordId};
use serde::{Deserialize, Serialize};

use super::matcher::View;
use super::occurrence::Place;

/// A tenant by its number in this task, in the order in which tenants came.
pub(super) type TenantNumber = u32;

/// A tenant: its time, and how much is kept of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Tenant {
    pub(super) name: Arc<str>,
    /// The foremost time heard of.
    pub(super) now_ms: i64,
    /// Up to when it was worked off.
    pub(super) at_ms: i64,
    pub(super) open: u32,
    pub(super) closing: u32,
    pub(super) remembered: u32,
    pub(super) groups: u32,
    pub(super) silences: u32,
}

/// One condition, by its fingerprint: open, or remembered for a while.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Condition {
    pub(super) open: Option<AlertId>,
    pub(super) past: Option<Past>,
    /// When it last began and ended, the latest last.
    pub(super) changes_ms: Vec<i64>,
    /// When it is forgotten, where nothing is open.
    pub(super) forget_ms: Option<i64>,
}

/// The episode before.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Past {
    /// Its alert, where there was one.
    pub(super) alert: Option<AlertId>,
    /// When the source says it began, where the source also said that it ended.
    pub(super) episode_ended_ms: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Phase {
    Pending,
    Firing,
    /// Over; kept until those who heard of it have heard that.
    Closed(Closing),
}

/// An alert.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Alert {
    pub(super) body: Arc<Body>,
    pub(super) fingerprint: Fingerprint,
    pub(super) phase: Phase,
    /// The revision of its next record.
    pub(super) revision: u32,
    pub(super) count: u64,
    pub(super) starts_ms: i64,
    pub(super) ends_ms: Option<i64>,
    /// When it was opened, and when it was last heard of, by the tenant's time.
    pub(super) opened_ms: i64,
    pub(super) heard_ms: i64,
    pub(super) arrival_ms: i64,
    /// When it last happened: the order in which alerts are evicted.
    pub(super) happened_ms: i64,
    /// Under which time it stands in that order; never later than `happened_ms`.
    pub(super) ordered_ms: i64,
    pub(super) last_record: RecordId,
    pub(super) episode_ms: Option<i64>,
    /// The condition has ended: when, and when that was heard. The alert goes on for a while.
    pub(super) ended: Option<(i64, i64)>,
    /// It flaps, until then.
    pub(super) flaps_until_ms: Option<i64>,
    pub(super) silenced_by: Option<RecordId>,
    pub(super) inhibited_by: Option<AlertId>,
    pub(super) waits: Waits,
    /// When it is looked at next.
    pub(super) armed_ms: Option<i64>,
    /// In how many groups it is.
    pub(super) memberships: u32,
}

/// How long it waits for what.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Waits {
    pub(super) holds_for_ms: i64,
    pub(super) keep_firing_ms: i64,
    pub(super) quiet_ms: i64,
}

/// What rarely changes of an alert.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Body {
    pub(super) rule: String,
    pub(super) version: String,
    pub(super) rule_title: Option<String>,
    pub(super) level: Level,
    pub(super) title: String,
    pub(super) reason: String,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) place: Option<Place>,
    pub(super) evidence: Vec<Proof>,
    pub(super) duplicate: Option<(DuplicateKind, Vec<String>)>,
    pub(super) acknowledged: Option<Taken>,
    pub(super) feedback: Option<(String, Verdict, Option<String>)>,
    pub(super) groups: Vec<RecordId>,
    /// The inhibitions it takes part in.
    pub(super) scopes: Vec<(RecordId, Side)>,
}

/// Who has taken an alert on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Taken {
    pub(super) by: String,
    pub(super) at_ms: i64,
    pub(super) note: Option<String>,
}

/// A record that shows an alert.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Proof {
    pub(super) record: RecordId,
    pub(super) role: EvidenceRole,
    pub(super) time_ms: i64,
    pub(super) reason: String,
}

/// Which side of an inhibition an alert is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Side {
    /// It keeps others quiet.
    Source,
    /// It keeps others quiet and is kept quiet, but not by one that is both as well.
    Both,
    /// It is kept quiet.
    Target,
}

impl Alert {
    pub(super) fn view(&self) -> View<'_> {
        let Body { rule, level, labels, .. } = &*self.body;
        View { rule, level: *level, labels }
    }

    pub(super) fn is_open(&self) -> bool {
        !matches!(self.phase, Phase::Closed(_))
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.silenced_by.is_some() || self.inhibited_by.is_some()
    }

    /// It fires, and nobody has silenced it. One that another alert keeps quiet is a symptom of that.
    pub(super) fn is_heard(&self) -> bool {
        self.phase == Phase::Firing && self.silenced_by.is_none()
    }

    /// It fires, and may be told.
    pub(super) fn is_loud(&self) -> bool {
        self.phase == Phase::Firing && !self.is_quiet()
    }

    /// What rarely changes, to be changed.
    pub(super) fn body_mut(&mut self) -> &mut Body {
        Arc::make_mut(&mut self.body)
    }
}

/// Alerts that are told together.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Group {
    pub(super) route: String,
    pub(super) labels: BTreeMap<String, String>,
    /// Tells this life of the group from those before it.
    pub(super) life: RecordId,
    pub(super) members: u32,
    pub(super) sequence: u32,
    pub(super) last_told_ms: Option<i64>,
    pub(super) flush_due_ms: Option<i64>,
    pub(super) repeat_due_ms: Option<i64>,
    /// Since when nobody has acknowledged, and how many steps were taken.
    pub(super) unanswered_since_ms: Option<i64>,
    pub(super) steps_taken: u32,
    /// The latest step ever taken: whose receivers hear the end.
    pub(super) steps_reached: u32,
    pub(super) arrival_ms: i64,
    pub(super) armed_ms: Option<i64>,
}

/// One alert in one group.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Member {
    /// Which of the route's receivers heard that it fires, a bit each.
    pub(super) told: u64,
    /// It has something to say.
    pub(super) fresh: bool,
}

/// A silence.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Silence {
    pub(super) matchers: Vec<(String, Operator, String)>,
    pub(super) starts_ms: i64,
    pub(super) ends_ms: i64,
    pub(super) by: String,
    pub(super) note: String,
    pub(super) is_active: bool,
}

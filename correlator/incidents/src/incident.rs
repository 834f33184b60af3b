//! An incident: how far it has come, and the entries of what it has many of.
//!
//! **Invariant:** an item changes one small [`Incident`], and of everything that an incident has many of
//! the entries that it is about.

use schemas::alert::Level;
use schemas::id::{AlertId, IncidentId, RecordId};
use serde::{Deserialize, Serialize};

use crate::estate::Thing;
use crate::item::{Item, Mention};
use crate::key::Key;

/// How far an incident has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// Not enough to wake anybody for: it is no incident yet.
    Candidate,
    /// Nobody has taken it on.
    Open,
    /// Somebody has.
    Acknowledged,
    /// Somebody is at it.
    Mitigating,
    /// It was quiet for long, or a person said it is over.
    Resolved,
}

/// One incident, or what may become one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Incident {
    /// Its number among those of its tenant: an older one has a smaller one.
    pub(crate) number: u64,
    /// What it is called for ever; that of evidence alone changes with the first alert.
    pub(crate) id: IncidentId,
    /// The alert that opened it.
    pub(crate) seed: AlertId,
    pub(crate) stage: Stage,
    /// How urgent the most urgent of its alerts is.
    pub(crate) level: Level,
    /// When its first alert happened; as long as it has none, its first item.
    pub(crate) opened_ms: i64,
    /// When its last item happened.
    pub(crate) last_ms: i64,
    /// When the last of its alerts was over.
    pub(crate) ended_ms: Option<i64>,
    pub(crate) resolved_ms: Option<i64>,
    /// Whether a person resolved it: then it can be reopened.
    pub(crate) by_person: bool,
    pub(crate) items: u64,
    /// How many conditions its alerts are occurrences of.
    pub(crate) conditions: u64,
    /// How many of its items raise nothing.
    pub(crate) evidence: u64,
    pub(crate) alerts: u64,
    /// Whether it has alerts whose end is told.
    pub(crate) live: bool,
    /// How many of them hold.
    pub(crate) holding: u64,
    pub(crate) last_kind: Key,
    pub(crate) last_alert: AlertId,
    /// Whether none of its items named anything.
    pub(crate) bare: bool,
    pub(crate) reopened: u32,
    /// The resolved incident whose condition came back.
    pub(crate) follows: Option<IncidentId>,
    /// The incident that was full, or too old, to take this one's items.
    pub(crate) part_of: Option<IncidentId>,
    /// How many incidents went into it.
    pub(crate) merges: u64,
    /// When it is looked at again.
    pub(crate) due_ms: i64,
    /// How many of its alerts, its links and what it names are kept.
    pub(crate) named: NamedCounts,
    pub(crate) moments: u64,
    /// The place of the next entry of any of its lists.
    pub(crate) places: u64,
    /// The number of its next record.
    pub(crate) revision: u32,
    pub(crate) told_conditions: u64,
    /// When what has changed since the last record is told.
    pub(crate) tell_ms: Option<i64>,
}

/// How much of what has a bound is kept.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct NamedCounts {
    pub(crate) alerts: usize,
    pub(crate) links: usize,
    pub(crate) things: usize,
}

/// An alert of an incident.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Raised {
    pub(crate) alert: AlertId,
    /// Its condition.
    pub(crate) own: Key,
    pub(crate) holds: bool,
    /// Whether records name it; what they do not name is forgotten when it is over.
    pub(crate) named: bool,
}

/// Something that items of an incident name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Named {
    pub(crate) mention: Mention,
    pub(crate) items: u32,
    /// Its place among what the incident names.
    pub(crate) place: u64,
}

/// A change that belongs to an incident.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) at_ms: i64,
    pub(crate) record: RecordId,
    /// Whether it changed what runs.
    pub(crate) runs: bool,
    pub(crate) title: String,
    /// What was changed, where it is known, and who did it.
    pub(crate) thing: Option<Thing>,
    pub(crate) by: Option<String>,
    /// How sure it is that it belongs to the incident, and the best reason; none as long as nothing
    /// else does.
    pub(crate) why: Option<(f64, String)>,
}

/// What a person says of an incident.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Judged {
    pub(crate) by: String,
    pub(crate) right: bool,
    pub(crate) note: Option<String>,
}

impl Incident {
    pub(crate) fn new(number: u64, id: IncidentId, item: &Item) -> Self {
        Self {
            number,
            id,
            seed: item.alert(),
            stage: Stage::Candidate,
            level: item.level,
            opened_ms: item.time_ms,
            last_ms: item.time_ms,
            ended_ms: None,
            resolved_ms: None,
            by_person: false,
            items: 0,
            conditions: 0,
            evidence: 0,
            alerts: 0,
            live: false,
            holding: 0,
            last_kind: 0,
            last_alert: item.alert(),
            bare: true,
            reopened: 0,
            follows: None,
            part_of: None,
            merges: 0,
            due_ms: 0,
            named: NamedCounts::default(),
            moments: 0,
            places: 0,
            revision: 0,
            told_conditions: 0,
            tell_ms: None,
        }
    }

    /// A place behind all others.
    pub(crate) fn place(&mut self) -> u64 {
        self.places += 1;
        self.places
    }

    /// Whether it is an incident to be told.
    pub(crate) fn is_told(&self) -> bool {
        self.stage > Stage::Candidate
    }

    /// A candidate becomes an incident by a second item, where its alerts are those of events; by a
    /// second condition or by evidence, where they are of our own; and by being urgent.
    pub(crate) fn rise(&mut self) {
        let urgent = self.level >= Level::Critical;
        let enough =
            if self.live { self.conditions > 1 || self.evidence > 0 } else { self.items > 1 };
        if self.stage == Stage::Candidate && self.alerts > 0 && (enough || urgent) {
            self.stage = Stage::Open;
        }
    }

    /// What happened last: an item, or the end of an alert.
    pub(crate) fn last_at_ms(&self) -> i64 {
        self.last_ms.max(self.ended_ms.unwrap_or(i64::MIN))
    }
}

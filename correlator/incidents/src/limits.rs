//! Bounds, and what was counted at them.

/// The bounds of one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Tenants with a state of their own; what comes of others is counted and stays alone.
    pub tenants: usize,
    /// Things that are remembered with the incidents that name them.
    pub keys: usize,
    /// Things of one kind that are remembered of all tenants together: at it a tenant forgets things of
    /// its own, and one that has none is refused.
    pub keys_of_all: usize,
    /// Sessions whose last calls are remembered.
    pub sessions: usize,
    /// Ordered pairs of kinds with statistics.
    pub pairs: usize,
    /// Things in the graph; each has at most 16 neighbours.
    pub nodes: usize,
    /// Incidents that are not closed.
    pub incidents: usize,
    /// Conditions of one incident; beyond it a child is opened.
    pub conditions: usize,
    /// Alerts, links and entities that an incident names; the rest is counted.
    pub named: usize,
    /// How long without an item until an incident is resolved.
    pub quiet_ms: i64,
    /// How long without an item until an incident is resolved all of whose alerts are over.
    pub settle_ms: i64,
    /// How long it may be reopened after that.
    pub reopen_ms: i64,
    /// How long an incident lasts at most; beyond it a child is opened.
    pub lasting_ms: i64,
    /// How far behind the time of its tenant an item may come and still open or merge.
    pub disorder_ms: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tenants: 10_000,
            keys: 400_000,
            keys_of_all: 2_000_000,
            sessions: 20_000,
            pairs: 50_000,
            nodes: 100_000,
            incidents: 25_000,
            conditions: 500,
            named: 64,
            quiet_ms: 3_600_000,
            settle_ms: 300_000,
            reopen_ms: 1_800_000,
            lasting_ms: 7 * 86_400_000,
            disorder_ms: 900_000,
        }
    }
}

/// What was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Items taken.
    pub items: u64,
    /// Items of an event that was known.
    pub repeated: u64,
    /// Items too late to open or merge anything.
    pub late: u64,
    /// Items of tenants for which there was no room.
    pub tenants_refused: u64,
    /// Incidents opened, candidates of one condition among them.
    pub opened: u64,
    /// Incidents that went into another.
    pub merged: u64,
    /// Merges that the bounds on an incident or a person's split forbade.
    pub merges_refused: u64,
    /// Children opened because an incident was full or too old.
    pub children: u64,
    /// Incidents closed for want of room.
    pub incidents_evicted: u64,
    /// Things forgotten for want of room.
    pub keys_evicted: u64,
    /// Things not remembered, because other tenants have all the room.
    pub keys_refused: u64,
    /// Commands that could not be followed.
    pub commands_refused: u64,
}

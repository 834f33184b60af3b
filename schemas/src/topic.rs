//! The topics of the flow, for programs; `kafka/topics.yaml` says the same to operators, and a
//! test holds the two together.
//!
//! **Invariant:** keyed topics have 16 partitions, or another divisor of 256, so that a task's
//! partition in one topic is that of its neighbour in the next.

use crate::kind::Kind;

/// A topic, and what a producer or a subscriber has to know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    /// Its name in Kafka.
    pub name: &'static str,
    /// What the key of its records is, and so what is in order.
    pub key: &'static str,
    /// The types of its records; none where producers send what they have.
    pub payloads: &'static [&'static str],
    /// How many partitions it has.
    pub partitions: u32,
    /// How long its records stay.
    pub cleanup: Cleanup,
    /// The longest batch a broker takes (`max.message.bytes`): more than the longest record.
    pub message_bytes_max: u32,
    /// The services that write to it.
    pub writers: &'static [&'static str],
    /// What it is for.
    pub description: &'static str,
}

/// How long records stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cleanup {
    /// They are deleted after so many days.
    Delete {
        /// The days.
        retention_days: u32,
    },
    /// The latest of each key stays.
    Compact,
}

const KEYED_PARTITIONS: u32 = 16;
/// What brokers take by default.
const MESSAGE_BYTES_MAX: u32 = 1_048_588;

const fn input(
    name: &'static str,
    partitions: u32,
    retention_days: u32,
    description: &'static str,
) -> Topic {
    Topic {
        name,
        key: "any: producers choose",
        payloads: &[],
        partitions,
        cleanup: Cleanup::Delete { retention_days },
        message_bytes_max: MESSAGE_BYTES_MAX,
        writers: &["producers"],
        description,
    }
}

/// What the eight kinds of input come in by, in the order of [`Kind::ALL`].
pub const INPUTS: [Topic; 8] = [
    input("isobar.in.code", 12, 7, "code changes, in the format of their source"),
    input("isobar.in.documents", 8, 30, "documentation updates, in the format of their source"),
    input("isobar.in.projects", 6, 30, "project updates, in the format of their source"),
    input("isobar.in.messages", 10, 14, "communication messages, in the format of their source"),
    input("isobar.in.metrics", 4, 3, "system metrics, in the format of their source"),
    input("isobar.in.alerts", 3, 30, "quality alerts, in the format of their source"),
    input("isobar.in.knowledge", 8, 60, "knowledge extractions, in the format of their source"),
    input("isobar.in.audit", 6, 14, "user and audit actions, in the format of their source"),
];

/// Every canonical event.
pub const EVENTS: Topic = Topic {
    name: "isobar.events",
    key: "tenant and resource",
    payloads: &["isobar.event", "isobar.mark"],
    partitions: KEYED_PARTITIONS,
    cleanup: Cleanup::Delete { retention_days: 7 },
    message_bytes_max: MESSAGE_BYTES_MAX,
    writers: &["processors"],
    description: "every canonical event, redacted and enriched",
};

/// Points of series, and what the series are.
pub const METRICS: Topic = Topic {
    name: "isobar.metrics",
    key: "none: the writer chooses the partition of tenant and resource",
    payloads: &["isobar.metric-batch", "isobar.series", "isobar.mark"],
    partitions: KEYED_PARTITIONS,
    cleanup: Cleanup::Delete { retention_days: 3 },
    message_bytes_max: MESSAGE_BYTES_MAX,
    writers: &["processors"],
    description: "batches of points, each series defined before its first point",
};

/// What correlation needs.
pub const SIGNALS: Topic = Topic {
    name: "isobar.signals",
    key: "correlation domain: the tenant",
    payloads: &["isobar.signal", "isobar.finding", "isobar.mark", "isobar.rules"],
    partitions: KEYED_PARTITIONS,
    cleanup: Cleanup::Delete { retention_days: 7 },
    message_bytes_max: MESSAGE_BYTES_MAX,
    writers: &["processors", "analytics", "gateway", "rules apply", "notifier"],
    description: "hits of stateless rules, changes, alerts, tickets, messages, findings, commands, deliveries",
};

/// Shares of groups that span partitions.
pub const PARTIALS: Topic = Topic {
    name: "isobar.partials",
    key: "tenant, measure and group",
    payloads: &["isobar.partial", "isobar.mark"],
    partitions: KEYED_PARTITIONS,
    cleanup: Cleanup::Delete { retention_days: 3 },
    message_bytes_max: MESSAGE_BYTES_MAX,
    writers: &["analytics"],
    description: "panes of groups coarser than the key, to be merged",
};

/// What windows came to.
pub const AGGREGATES: Topic = Topic {
    name: "isobar.aggregates",
    key: "tenant and resource, or tenant and group",
    payloads: &["isobar.aggregate"],
    partitions: KEYED_PARTITIONS,
    cleanup: Cleanup::Delete { retention_days: 7 },
    message_bytes_max: MESSAGE_BYTES_MAX,
    writers: &["analytics"],
    description: "what windows came to: provisional, final and corrected",
};

/// The definitions of all series.
pub const SERIES: Topic = Topic {
    name: "isobar.series",
    key: "series id",
    payloads: &["isobar.series"],
    partitions: KEYED_PARTITIONS,
    cleanup: Cleanup::Compact,
    message_bytes_max: MESSAGE_BYTES_MAX,
    writers: &["processors", "analytics"],
    description: "the definition of every series, the latest of each",
};

/// What fires and what is resolved.
pub const ALERTS: Topic = Topic {
    name: "isobar.alerts",
    key: "alert id",
    payloads: &["isobar.alert"],
    partitions: KEYED_PARTITIONS,
    cleanup: Cleanup::Delete { retention_days: 30 },
    message_bytes_max: MESSAGE_BYTES_MAX,
    writers: &["correlator"],
    description: "alerts, every revision of each",
};

/// What belongs together.
pub const INCIDENTS: Topic = Topic {
    name: "isobar.incidents",
    key: "incident id",
    payloads: &["isobar.incident"],
    partitions: KEYED_PARTITIONS,
    cleanup: Cleanup::Compact,
    message_bytes_max: MESSAGE_BYTES_MAX,
    writers: &["correlator"],
    description: "incidents, the latest revision of each",
};

/// What is to be said to whom.
pub const NOTIFICATIONS: Topic = Topic {
    name: "isobar.notifications",
    key: "receiver",
    payloads: &["isobar.notification"],
    partitions: KEYED_PARTITIONS,
    cleanup: Cleanup::Delete { retention_days: 14 },
    message_bytes_max: MESSAGE_BYTES_MAX,
    writers: &["correlator"],
    description: "who is to be told what, each exactly once",
};

/// What came after its windows were settled.
pub const LATE: Topic = Topic {
    name: "isobar.late",
    key: "tenant and resource",
    payloads: &["isobar.late"],
    partitions: KEYED_PARTITIONS,
    cleanup: Cleanup::Delete { retention_days: 14 },
    message_bytes_max: MESSAGE_BYTES_MAX,
    writers: &["processors", "analytics", "correlator"],
    description: "points and events beyond the grace of their windows",
};

/// What could not be read.
pub const DEAD_LETTER: Topic = Topic {
    name: "isobar.dead-letter",
    key: "topic and partition it came from",
    payloads: &["isobar.dead-letter"],
    partitions: KEYED_PARTITIONS,
    cleanup: Cleanup::Delete { retention_days: 30 },
    message_bytes_max: 3 << 20,
    writers: &["processors", "analytics", "correlator"],
    description: "messages that could not be read, with their bytes and the reason",
};

/// Where everything went.
pub const BALANCE: Topic = Topic {
    name: "isobar.balance",
    key: "service and the topic and partition it read",
    payloads: &["isobar.balance"],
    partitions: 1,
    cleanup: Cleanup::Compact,
    message_bytes_max: MESSAGE_BYTES_MAX,
    writers: &["processors"],
    description: "what came in and where all of it went, by topic, partition and format, exactly",
};

/// Every topic but those of state.
pub const ALL: [Topic; 20] = {
    let [code, documents, projects, messages, metrics, alerts, knowledge, audit] = INPUTS;
    [
        code,
        documents,
        projects,
        messages,
        metrics,
        alerts,
        knowledge,
        audit,
        EVENTS,
        METRICS,
        SIGNALS,
        PARTIALS,
        AGGREGATES,
        SERIES,
        ALERTS,
        INCIDENTS,
        NOTIFICATIONS,
        LATE,
        DEAD_LETTER,
        BALANCE,
    ]
};

/// The topic that this kind of input comes in by.
#[must_use]
pub const fn input_of(kind: Kind) -> Topic {
    let [code, documents, projects, messages, metrics, alerts, knowledge, audit] = INPUTS;
    match kind {
        Kind::Code => code,
        Kind::Documents => documents,
        Kind::Projects => projects,
        Kind::Messages => messages,
        Kind::Metrics => metrics,
        Kind::Alerts => alerts,
        Kind::Knowledge => knowledge,
        Kind::Audit => audit,
    }
}

/// The topic that holds the state of a topology's tasks on an input topic, task by partition.
#[must_use]
pub fn state_topic(topology: &str, input: &str) -> String {
    format!("{topology}.{input}.state")
}

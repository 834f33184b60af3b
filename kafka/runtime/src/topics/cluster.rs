//! A cluster's topics as they were found.

use std::collections::BTreeMap;

/// A cluster as it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// How many brokers there are.
    pub brokers: usize,
    /// Its topics by name.
    pub topics: BTreeMap<String, ClusterTopic>,
}

/// A topic as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterTopic {
    /// How many partitions it has.
    pub partitions: u32,
    /// How many replicas its partitions have, at least.
    pub replicas: u16,
    /// Partitions that nobody leads, so that they cannot be used yet.
    pub leaderless: u32,
    /// Its settings, also those it has from its broker.
    pub settings: BTreeMap<String, Setting>,
}

/// A setting's value, and whether it was set for this topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The value in force.
    pub value: String,
    /// True when it was set for this topic, false when it is the broker's default.
    pub own: bool,
}

//! One topic as the file declares it.

use std::collections::BTreeMap;

use super::document::Document;

pub(super) const KEY: &str = "isobar.io/key";
pub(super) const SCHEMA: &str = "isobar.io/schema";
pub(super) const OWNER: &str = "isobar.io/owner";
pub(super) const DESCRIPTION: &str = "isobar.io/description";
pub(super) const COPARTITION: &str = "isobar.io/copartition";
/// Annotations that are ours begin with this.
pub(super) const OURS: &str = "isobar.io/";

/// A topic as declared.
#[derive(Clone, Debug)]
pub struct Topic {
    /// Its name in Kafka.
    pub name: String,
    /// How many partitions it has.
    pub partitions: u32,
    /// How many brokers hold each of them.
    pub replicas: u16,
    /// Its settings, in Kafka's words.
    pub settings: BTreeMap<String, String>,
    /// What its key is, who owns it, and whatever else was noted.
    pub annotations: BTreeMap<String, String>,
    /// Labels for Kubernetes.
    pub labels: BTreeMap<String, String>,
    /// Its name in Kubernetes.
    pub(super) resource: String,
    pub(super) document: Document,
}

/// What becomes of old records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleanup {
    /// They are deleted after the retention.
    Delete,
    /// The latest of each key stays.
    Compact,
    /// The latest of each key stays, until it is deleted too.
    CompactAndDelete,
}

impl Topic {
    /// A setting, where the file has it.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(String::as_str)
    }

    /// A setting that is a number.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.setting(name)?.parse().ok()
    }

    /// What becomes of old records.
    pub fn cleanup(&self) -> Cleanup {
        match self.setting("cleanup.policy") {
            Some("compact") => Cleanup::Compact,
            Some("compact,delete") => Cleanup::CompactAndDelete,
            _ => Cleanup::Delete,
        }
    }

    /// For how long records stay: `None` for ever, and where compaction alone decides.
    pub fn retention_ms(&self) -> Option<u64> {
        if self.cleanup() == Cleanup::Compact {
            return None;
        }
        self.number("retention.ms").and_then(|ms| u64::try_from(ms).ok())
    }

    /// The longest batch that a broker takes.
    pub fn message_bytes_max(&self) -> Option<u32> {
        self.setting("max.message.bytes")?.parse().ok()
    }

    /// What chooses the partition of a record.
    pub fn key(&self) -> &str {
        self.annotation(KEY)
    }

    /// The types of its records; none where producers send what they have, and for state.
    pub fn schemas(&self) -> Vec<&str> {
        let all = self.annotation(SCHEMA).split(',').map(str::trim);
        all.filter(|name| !matches!(*name, "any" | "internal" | "")).collect()
    }

    /// Who writes it.
    pub fn owners(&self) -> Vec<&str> {
        self.annotation(OWNER).split(',').map(str::trim).collect()
    }

    /// What it is for.
    pub fn description(&self) -> &str {
        self.annotation(DESCRIPTION)
    }

    /// True when a record's partition means something, so that it has to stay the same for a key.
    pub fn is_keyed(&self) -> bool {
        let word = self.key().split([':', ' ']).next();
        word != Some("any")
    }

    fn annotation(&self, name: &str) -> &str {
        self.annotations.get(name).map_or("", String::as_str)
    }

    pub(super) fn line_of(&self, path: &[&str]) -> usize {
        self.document.line_of(path)
    }
}

/// The names of topology and input in the name of a state topic, `<topology>.<input>.state`.
pub(super) fn state_parts(name: &str) -> Option<(&str, &str)> {
    name.strip_suffix(".state")?.split_once('.')
}

//! Client settings: what the operator gives, and what exactly-once needs and nobody may change.

use std::collections::BTreeMap;
use std::fmt;

use rdkafka::ClientConfig;

/// How to reach Kafka, and this slot's patience with it.
#[derive(Clone)]
pub struct KafkaSettings {
    /// `host:port`, comma separated.
    pub brokers: String,
    /// Settings passed on to librdkafka: TLS, SASL, socket buffers.
    pub client: BTreeMap<String, String>,
    /// A worker that is silent for this long has lost its partitions.
    pub session_timeout_ms: u32,
    /// A transaction open for longer is aborted by the broker.
    pub transaction_timeout_ms: u32,
}

impl KafkaSettings {
    /// Settings with the defaults that the delivery tests run with.
    pub fn new(brokers: impl Into<String>) -> Self {
        Self {
            brokers: brokers.into(),
            client: BTreeMap::new(),
            session_timeout_ms: 6_000,
            transaction_timeout_ms: 4_000,
        }
    }
}

impl fmt::Debug for KafkaSettings {
    /// Without the client's settings: some of them are secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaSettings").field("brokers", &self.brokers).finish_non_exhaustive()
    }
}

/// A setting that would undo a guarantee.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the client setting {name} cannot be changed: {why}")]
pub struct ProtectedSetting {
    name: String,
    why: &'static str,
}

const PROTECTED: [(&str, &str); 14] = [
    ("bootstrap.servers", "give the brokers themselves"),
    ("group.id", "the group is named after the topology"),
    ("group.instance.id", "it is the worker's slot"),
    ("group.protocol", "transactions are tested with the classic protocol only"),
    ("transactional.id", "it is the worker's slot, and fences its predecessor"),
    ("transaction.timeout.ms", "it has a setting of its own"),
    ("session.timeout.ms", "it has a setting of its own"),
    ("isolation.level", "what is not committed must not be read"),
    ("enable.auto.commit", "positions commit with their outputs"),
    ("enable.auto.offset.store", "positions commit with their outputs"),
    ("enable.partition.eof", "the end of a partition is looked for where it matters"),
    ("enable.idempotence", "transactions need it"),
    ("auto.offset.reset", "a missing offset is an error, never skipped"),
    ("partition.assignment.strategy", "members of one group have to agree on it"),
];

/// Refuses settings that would undo a guarantee; all of them at once.
///
/// # Errors
/// One error for each such setting.
pub fn check_settings(client: &BTreeMap<String, String>) -> Result<(), Vec<ProtectedSetting>> {
    let refused: Vec<_> = PROTECTED
        .iter()
        .filter(|(name, _)| client.contains_key(*name))
        .map(|(name, why)| ProtectedSetting { name: (*name).to_owned(), why })
        .collect();
    if refused.is_empty() { Ok(()) } else { Err(refused) }
}

/// A client that only reaches the brokers: for topics, watermarks and deletions.
pub fn base(settings: &KafkaSettings) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &settings.brokers);
    config.set("client.id", "isobar");
    // Our errors say it once and better than librdkafka's log, which repeats them every second.
    config.set("log.connection.close", "false");
    config.set("reconnect.backoff.ms", "50");
    config.set("reconnect.backoff.max.ms", "1000");
    config.set("allow.auto.create.topics", "false");
    for (name, value) in &settings.client {
        config.set(name, value);
    }
    config
}

/// The member of the group.
pub(crate) fn consumer(settings: &KafkaSettings, group: &str, slot: &str) -> ClientConfig {
    let mut config = reader(settings, group);
    config.set("group.instance.id", format!("{group}.{slot}"));
    config.set("session.timeout.ms", settings.session_timeout_ms.to_string());
    // A member hears of a rebalance with its next heartbeat.
    config.set("heartbeat.interval.ms", (settings.session_timeout_ms / 12).max(100).to_string());
    config.set("max.poll.interval.ms", settings.session_timeout_ms.max(60_000).to_string());
    config.set("partition.assignment.strategy", "cooperative-sticky");
    config.set("statistics.interval.ms", "500");
    config.set("fetch.wait.max.ms", "100");
    // The default pauses a partition for a whole second once the local queue is full.
    config.set("fetch.queue.backoff.ms", "5");
    config.set("queued.min.messages", "20000");
    config.set("queued.max.messages.kbytes", "32768");
    config
}

/// A reader of committed records that belongs to no group.
pub(crate) fn reader(settings: &KafkaSettings, group: &str) -> ClientConfig {
    let mut config = base(settings);
    config.set("group.id", group);
    config.set("isolation.level", "read_committed");
    config.set("enable.auto.commit", "false");
    config.set("enable.auto.offset.store", "false");
    // Offsets are always given; one that does not exist any more is reported, never skipped.
    config.set("auto.offset.reset", "error");
    config.set("check.crcs", "true");
    config
}

/// The slot's transactional producer.
pub(crate) fn producer(settings: &KafkaSettings, group: &str, slot: &str) -> ClientConfig {
    let mut config = base(settings);
    config.set("transactional.id", format!("{group}.{slot}"));
    config.set("transaction.timeout.ms", settings.transaction_timeout_ms.to_string());
    // What AddOffsetsToTxn waits when the last transaction's markers are still being written.
    config.set("retry.backoff.ms", "10");
    // A batch is handed over as a whole, so waiting for more to come only costs time.
    config.set("linger.ms", "1");
    config.set("batch.size", "1000000");
    config.set("compression.type", "lz4");
    config.set("queue.buffering.max.messages", "1000000");
    config.set("queue.buffering.max.kbytes", "262144");
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_would_undo_a_guarantee_are_all_named() {
        let given = ["isolation.level", "security.protocol", "group.id"];
        let client = given.iter().map(|name| ((*name).to_owned(), String::new())).collect();
        let refused: Vec<_> =
            check_settings(&client).unwrap_err().into_iter().map(|e| e.name).collect();
        assert_eq!(refused, ["group.id", "isolation.level"]);
    }
}

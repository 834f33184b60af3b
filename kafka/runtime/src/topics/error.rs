//! What can go wrong between a plan and a cluster.

use rdkafka::error::KafkaError;

/// Why topics could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum TopicsError {
    /// A client setting is unknown or has a wrong value.
    #[error("cannot use the client settings; mend them as librdkafka's CONFIGURATION.md says")]
    Settings(#[source] KafkaError),
    /// No broker answers.
    #[error(
        "cannot reach Kafka at {brokers} within {seconds} s ({reason}); check the address and the security settings"
    )]
    Unreachable {
        /// The addresses that were tried.
        brokers: String,
        /// For how long.
        seconds: u64,
        /// What the last attempt came to.
        reason: String,
    },
    /// A request failed as a whole.
    #[error("cannot {what}")]
    Request {
        /// What was asked for.
        what: &'static str,
        /// The failure.
        source: KafkaError,
    },
    /// The broker does not say how a topic is configured.
    #[error(
        "cannot read the settings of {topic}: the broker shows none; grant DescribeConfigs on it"
    )]
    NoSettings {
        /// The topic.
        topic: String,
    },
    /// The broker refused some of the changes; the others are done.
    #[error("the broker refused to {}", .0.join(", to "))]
    Rejected(Vec<String>),
    /// The changes were sent and cannot be seen.
    #[error(
        "after {seconds} s the cluster does not show: {what}; the broker's log says why (a refused value, a missing AlterConfigs right)"
    )]
    NotShown {
        /// How long it was waited for.
        seconds: u64,
        /// What cannot be seen.
        what: String,
    },
    /// The cluster differs in what no plan may change.
    #[error("cannot make the topics what the file says: {}", .0.join("; "))]
    Refused(Vec<String>),
}

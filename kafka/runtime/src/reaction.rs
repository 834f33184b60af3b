//! Which reaction an error of librdkafka asks for: one table.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use stream::{LogError, Reaction};

/// What an error during a commit means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommitFault {
    /// The transaction has to be aborted; the producer stays good.
    Abort,
    /// The group has gone on without this member; abort, and forget the tasks.
    Gone,
    /// Nobody knows what happened: only a new producer with the same id finds out.
    Unclear,
    /// Another process uses this slot, or a record can never be written.
    Hopeless,
}

/// Sorts an error of `send_offsets_to_transaction`, `commit_transaction` or a delivery.
pub(crate) fn commit_fault(error: &KafkaError) -> CommitFault {
    use RDKafkaErrorCode as Code;
    match error.rdkafka_error_code() {
        Some(Code::ProducerFenced | Code::Fenced) => CommitFault::Hopeless,
        Some(
            Code::MessageSizeTooLarge
            | Code::InvalidMessageSize
            | Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::TransactionalIdAuthorizationFailed
            | Code::UnknownTopicOrPartition
            | Code::UnknownTopic
            | Code::UnknownPartition,
        ) => CommitFault::Hopeless,
        // Who has the slot is found out by joining again: see `KafkaLog::rejoin`.
        Some(Code::UnknownMemberId | Code::FencedInstanceId) => CommitFault::Gone,
        _ if requires_abort(error) => CommitFault::Abort,
        _ => CommitFault::Unclear,
    }
}

fn requires_abort(error: &KafkaError) -> bool {
    matches!(error, KafkaError::Transaction(cause) if cause.txn_requires_abort())
}

/// True when the same call may simply be made again.
pub(crate) fn is_retriable(error: &KafkaError) -> bool {
    matches!(error, KafkaError::Transaction(cause) if cause.is_retriable())
}

/// True for an error of a poll after which librdkafka goes on by itself.
pub(crate) fn is_passing(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::AllBrokersDown
                | Code::BrokerTransportFailure
                | Code::Resolve
                | Code::OperationTimedOut
                | Code::NotCoordinator
                | Code::CoordinatorNotAvailable
                | Code::CoordinatorLoadInProgress,
        )
    )
}

/// How a person mends what cannot be retried.
pub(crate) fn advice(error: &KafkaError) -> &'static str {
    use RDKafkaErrorCode as Code;
    match error.rdkafka_error_code() {
        Some(Code::FencedInstanceId | Code::ProducerFenced | Code::Fenced) => {
            "another process uses this slot; give each process its own --slot"
        }
        Some(Code::MessageSizeTooLarge | Code::InvalidMessageSize) => {
            "raise max.message.bytes of the topic, or make the record smaller"
        }
        Some(
            Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::TransactionalIdAuthorizationFailed
            | Code::ClusterAuthorizationFailed,
        ) => "grant this user the access that docs/delivery.md lists",
        Some(Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition) => {
            "make the topic with `isobar topics apply`"
        }
        Some(Code::Authentication | Code::SaslAuthenticationFailed) => {
            "check the security.protocol and sasl.* settings"
        }
        Some(
            Code::BadMessage | Code::InvalidMessage | Code::BadCompression | Code::NotImplemented,
        ) => {
            "the records that came are damaged: start again to read them once more; when that does not help, the broker's disk is to be looked at"
        }
        Some(Code::AutoOffsetReset | Code::OffsetOutOfRange) => {
            "records were deleted before they were read; raise the topic's retention, and delete the \
             group's offset and the state topic to start anew without them"
        }
        _ => "see the cause",
    }
}

/// An error outside of a commit: wait for the broker, unless a person has to act.
pub(crate) fn general(what: impl Into<String>, error: KafkaError) -> LogError {
    use RDKafkaErrorCode as Code;
    let stop = matches!(
        error.rdkafka_error_code(),
        Some(
            Code::TopicAuthorizationFailed
                | Code::GroupAuthorizationFailed
                | Code::TransactionalIdAuthorizationFailed
                | Code::ClusterAuthorizationFailed
                | Code::SaslAuthenticationFailed
                | Code::Authentication
                | Code::FencedInstanceId
                | Code::ProducerFenced
                | Code::Fenced
                | Code::AutoOffsetReset
                | Code::OffsetOutOfRange
                // The client goes on behind what it could not read: only a new start reads it again.
                | Code::BadMessage
                | Code::InvalidMessage
                | Code::BadCompression
                | Code::NotImplemented
        )
    ) || matches!(error, KafkaError::ClientConfig(..) | KafkaError::ClientCreation(..));
    let what = what.into();
    if stop {
        let what = format!("{what}; {}", advice(&error));
        LogError::caused(Reaction::Stop, what, error)
    } else {
        LogError::caused(Reaction::Retry, what, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_code_has_its_reaction() {
        use RDKafkaErrorCode as Code;
        let cases = [
            (Code::FencedInstanceId, CommitFault::Gone),
            (Code::ProducerFenced, CommitFault::Hopeless),
            (Code::MessageSizeTooLarge, CommitFault::Hopeless),
            (Code::UnknownMemberId, CommitFault::Gone),
            (Code::OperationTimedOut, CommitFault::Unclear),
            (Code::BrokerTransportFailure, CommitFault::Unclear),
            (Code::MessageTimedOut, CommitFault::Unclear),
        ];
        for (code, expected) in cases {
            assert_eq!(commit_fault(&KafkaError::MessageProduction(code)), expected, "{code:?}");
        }
    }

    #[test]
    fn a_broker_that_is_away_is_waited_for_and_a_refused_user_is_not() {
        use RDKafkaErrorCode as Code;
        let of = |code| general("cannot read", KafkaError::MetadataFetch(code)).reaction;
        assert_eq!(of(Code::BrokerTransportFailure), Reaction::Retry);
        assert_eq!(of(Code::AllBrokersDown), Reaction::Retry);
        assert_eq!(of(Code::TopicAuthorizationFailed), Reaction::Stop);
    }
}

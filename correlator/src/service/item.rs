//! Records, as they came and as they were understood.

use schemas::codec;
use schemas::envelope::{Attributes, Envelope, Payload as _};
use schemas::finding::Finding;
use schemas::id::RecordId;
use schemas::signal::{RuleHit, Signal};
use serde::{Deserialize, Serialize};
use stream::{EventTime, Offset, Record};

use super::ask;
use crate::alert::{Occurrence, occurrences_of_signal};

/// A record as it came.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Waiting {
    offset: Offset,
    arrival: EventTime,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
}

impl Waiting {
    pub(super) fn of(record: &Record) -> Self {
        let Record { offset, arrival, key, value, .. } = record.clone();
        Self { offset, arrival, key, value }
    }

    pub(super) fn into_record(self) -> Record {
        let Self { offset, arrival, key, value } = self;
        Record { offset, arrival, key, value, headers: Vec::new() }
    }
}

/// A record as it was understood.
pub(super) enum Item {
    Signal(Box<Envelope<Signal>>),
    /// A finding, and the rules it meets.
    Finding(Box<Envelope<Finding>>, Vec<RuleHit>),
}

impl Item {
    pub(super) fn read(value: &[u8]) -> Result<Self, codec::DecodeError> {
        if codec::peek(value)?.payload == Finding::TYPE {
            return codec::decode(value).map(|found| Self::Finding(Box::new(found), Vec::new()));
        }
        codec::decode(value).map(Box::new).map(Self::Signal)
    }

    pub(super) fn attributes(&self) -> &Attributes {
        match self {
            Self::Signal(signal) => &signal.attributes,
            Self::Finding(finding, _) => &finding.attributes,
        }
    }

    pub(super) fn occurrences(&self) -> Vec<Occurrence> {
        match self {
            Self::Signal(signal) => occurrences_of_signal(signal),
            Self::Finding(finding, hits) => ask::occurrences(finding, hits),
        }
    }

    /// What shows it: the event of a signal, the finding itself.
    pub(super) fn record(&self) -> RecordId {
        match self {
            Self::Signal(signal) => signal.data.event.into(),
            Self::Finding(finding, _) => finding.attributes.id,
        }
    }

    /// When it was said, as far as time goes: a command when it came.
    pub(super) fn time_ms(&self) -> i64 {
        let attributes = self.attributes();
        match self {
            Self::Signal(signal)
                if signal.data.command.is_some() || signal.data.delivery.is_some() =>
            {
                attributes.arrival_time.millis()
            }
            _ => attributes.time.millis(),
        }
    }
}

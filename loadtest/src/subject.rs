//! The services that are disturbed and measured, and the topics they need.

use clap::ValueEnum;
use schemas::topic::{self, Topic};
use serde::Serialize;
use stream::TopicPartition;

/// A service under test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ValueEnum)]
pub enum Subject {
    /// Windows over generated events.
    #[default]
    EventCounts,
    /// Wire formats in, events and points out.
    Processors,
    /// Points in, windows of every series out.
    MetricWindows,
    /// Signals in; alerts, notifications and incidents out.
    Correlator,
}

impl Subject {
    /// Its name on the command line of the binary, and its consumer group.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EventCounts => "event-counts",
            Self::Processors => "processors",
            Self::MetricWindows => "metric-windows",
            Self::Correlator => "correlator",
        }
    }

    fn inputs(self) -> Vec<Topic> {
        match self {
            Self::EventCounts => vec![topic::EVENTS],
            Self::Processors => topic::INPUTS.to_vec(),
            Self::MetricWindows => vec![topic::METRICS],
            Self::Correlator => vec![topic::SIGNALS],
        }
    }

    fn outputs(self) -> Vec<Topic> {
        match self {
            Self::EventCounts => vec![topic::AGGREGATES, topic::LATE, topic::DEAD_LETTER],
            Self::Processors => vec![
                topic::EVENTS,
                topic::METRICS,
                topic::SIGNALS,
                topic::SERIES,
                topic::LATE,
                topic::DEAD_LETTER,
                topic::BALANCE,
            ],
            // Definitions of series are written beside its input, as the processors do.
            Self::MetricWindows => vec![
                topic::SERIES,
                topic::AGGREGATES,
                topic::PARTIALS,
                topic::SIGNALS,
                topic::LATE,
                topic::DEAD_LETTER,
            ],
            Self::Correlator => vec![
                topic::ALERTS,
                topic::NOTIFICATIONS,
                topic::INCIDENTS,
                topic::LATE,
                topic::DEAD_LETTER,
            ],
        }
    }

    /// Every partition it reads.
    #[must_use]
    pub fn input_partitions(self) -> Vec<TopicPartition> {
        let of = |topic: Topic| {
            (0..partitions(&topic)).map(move |partition| TopicPartition::new(topic.name, partition))
        };
        self.inputs().into_iter().flat_map(of).collect()
    }

    /// Every topic it needs, with the number of its partitions.
    #[must_use]
    pub fn topics(self) -> Vec<(String, i32)> {
        let plain = |topic: Topic| (topic.name.to_owned(), partitions(&topic));
        let state =
            |topic: Topic| (topic::state_topic(self.name(), topic.name), partitions(&topic));
        let inputs = self.inputs().into_iter();
        let states = self.inputs().into_iter().map(state);
        inputs.chain(self.outputs()).map(plain).chain(states).collect()
    }
}

fn partitions(topic: &Topic) -> i32 {
    i32::try_from(topic.partitions).unwrap_or(1)
}

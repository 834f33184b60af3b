//! The services this binary can run: a name, what it is for, and the function that makes it.

use anyhow::Context;
use stream::Topology;

use crate::config::Services;
use crate::{notifier, sink};

/// A service as the command line knows it. Its inputs and outputs stand in its topology.
pub(crate) struct Service {
    /// Its name on the command line, and its consumer group.
    pub(crate) name: &'static str,
    /// What it is for, in one sentence.
    pub(crate) description: &'static str,
    /// Whether `isobar up` shows it.
    pub(crate) is_shown: bool,
    /// Makes it.
    pub(crate) topology: fn(&Services) -> anyhow::Result<Topology>,
}

/// All of them.
pub(crate) static SERVICES: [Service; 6] = [
    Service {
        name: processors::service::NAME,
        description: "reads what producers send: events, metric batches and signals, each once",
        is_shown: true,
        topology: |of| Ok(processors::service::topology(of.processors.clone())),
    },
    Service {
        name: analytics::event_counts::NAME,
        description: "counts events by key, each once: the smallest service, for tests of delivery",
        is_shown: false,
        topology: event_counts,
    },
    Service {
        name: analytics::metric_windows::NAME,
        description: "windows of 1 min to 1 d over every series of metrics",
        is_shown: true,
        topology: |of| Ok(analytics::metric_windows::topology(of.metrics.clone())?),
    },
    Service {
        name: analytics::event_windows::NAME,
        description: "windows of measures over events: counts, shares, distinct values",
        is_shown: true,
        topology: |of| Ok(analytics::event_windows::topology(of.events.clone())?),
    },
    Service {
        name: analytics::group_windows::NAME,
        description: "windows of groups that span tasks, merged from their shares",
        is_shown: true,
        topology: |of| {
            Ok(analytics::group_windows::topology(&[&of.metrics.windows, &of.events.windows])?)
        },
    },
    Service {
        name: correlator::NAME,
        description: "alerts from signals: opened, grouped, silenced, told, each change once",
        is_shown: true,
        topology: |of| Ok(correlator::topology(&of.correlator)?),
    },
];

fn event_counts(_: &Services) -> anyhow::Result<Topology> {
    let config = analytics::event_counts::EventCountsConfig::default();
    analytics::event_counts::topology(config).context("cannot make event-counts")
}

/// The names of all services, also of those that are no topologies.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    SERVICES.iter().map(|service| service.name).chain([sink::NAME, notifier::NAME])
}

/// The services as a list for `--help`.
pub(crate) fn listing() -> String {
    let services = SERVICES.iter().map(|service| (service.name, service.description));
    let all =
        services.chain([(sink::NAME, sink::DESCRIPTION), (notifier::NAME, notifier::DESCRIPTION)]);
    all.map(|(name, description)| format!("\n  {name:<14}{description}")).collect()
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_called_what_its_topology_is_called_and_uses_known_topics() {
        let known = |name: &str| schemas::topic::ALL.iter().any(|topic| topic.name == name);
        for service in &SERVICES {
            let topology = (service.topology)(&Services::default()).unwrap();
            assert_eq!(*topology.name, *service.name);
            for topic in topology.inputs.iter().chain(&topology.outputs) {
                assert!(known(topic), "{topic}");
            }
        }
    }
}

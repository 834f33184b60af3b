//! The services that run, and how far behind their input they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use stream::memory::Cluster;
use stream::{Offset, TopicPartition, Topology};

use super::tally::{Sums, Tally};

/// What runs here.
#[derive(Debug)]
pub(super) struct Services {
    cluster: Cluster,
    running: BTreeMap<String, Running>,
}

/// Service, input, and where that ended.
#[derive(Debug)]
pub(super) struct Ends(Vec<(String, TopicPartition, Offset)>);

#[derive(Debug)]
struct Running {
    inputs: Vec<TopicPartition>,
    tally: Arc<Tally>,
}

impl Services {
    /// None yet.
    pub(super) fn new(cluster: &Cluster) -> Self {
        Self { cluster: cluster.clone(), running: BTreeMap::new() }
    }

    /// One more; what its workers do is to be told to the tally.
    ///
    /// # Errors
    /// As for [`Tally::new`].
    pub(super) fn add(&mut self, topology: &Topology, speed: u16) -> anyhow::Result<Arc<Tally>> {
        let tally = Arc::new(Tally::new(speed)?);
        let partitions = |topic: &Arc<str>| {
            let count = i32::try_from(self.cluster.partitions(topic)).unwrap_or(0);
            let topic = Arc::clone(topic);
            (0..count).map(move |partition| TopicPartition { topic: Arc::clone(&topic), partition })
        };
        let inputs = topology.inputs.iter().flat_map(partitions).collect();
        let running = Running { inputs, tally: Arc::clone(&tally) };
        self.running.insert(topology.name.to_string(), running);
        Ok(tally)
    }

    /// Records that the slowest of the services has not committed yet.
    pub(super) fn lag(&self) -> u64 {
        self.running.iter().map(|(name, running)| self.lag_of(name, running)).max().unwrap_or(0)
    }

    fn lag_of(&self, name: &str, running: &Running) -> u64 {
        let behind = |input: &TopicPartition| {
            let committed = self.cluster.committed(name, input);
            let Offset(done) = committed.map_or(Offset(0), |(resume_at, _)| resume_at);
            u64::try_from(self.cluster.end(input).0 - done).unwrap_or(0)
        };
        running.inputs.iter().map(behind).sum()
    }

    /// Where the inputs of all services end now.
    pub(super) fn ends(&self) -> Ends {
        let of = |(name, running): (&String, &Running)| {
            let name = name.clone();
            let ends = running.inputs.iter().map(|input| (input.clone(), self.cluster.end(input)));
            ends.map(move |(input, end)| (name.clone(), input, end)).collect::<Vec<_>>()
        };
        Ends(self.running.iter().flat_map(of).collect())
    }

    /// Whether all services have committed up to there. Marks go on for ever, so the ends themselves
    /// are never reached.
    pub(super) fn have_passed(&self, Ends(ends): &Ends) -> bool {
        ends.iter().all(|(name, input, end)| {
            let committed = self.cluster.committed(name, input);
            committed.map_or(Offset(0), |(resume_at, _)| resume_at) >= *end
        })
    }

    /// What the workers of a service did so far.
    pub(super) fn sums(&self, service: &str) -> Option<Sums> {
        self.running.get(service).map(|running| running.tally.sums())
    }

    /// What all services but processors counted under a name: what came too late for windows.
    pub(super) fn counted(&self, what: &str) -> u64 {
        let sums = self.running.iter().filter(|(name, _)| **name != processors::service::NAME);
        sums.map(|(_, running)| running.tally.sums().counted(what)).sum()
    }

    /// Transactions of all services.
    pub(super) fn commits(&self) -> u64 {
        self.running.values().map(|running| running.tally.sums().commits).sum()
    }
}

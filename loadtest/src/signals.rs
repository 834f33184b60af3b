//! Signals for the correlator, and what has to become of them.
//!
//! **Invariants:** what is due is one undisturbed reading of the very records that lie on the topic, so a
//! run under kills has to publish the same bytes. What that reading cannot know to be right, the generator
//! knows: whose alerts nobody may be told of.

mod config;
mod expect;
mod generate;
pub mod latency;
mod say;

use std::path::Path;
use std::time::{Duration, Instant};

use schemas::topic;

use crate::cluster::Cluster;
pub use expect::{Outcome, is_to_be_quiet};
pub use generate::generate;

/// Writes the rules into a folder; the configuration that names them.
///
/// # Errors
/// When they cannot be written.
pub fn write_rules(dir: &Path) -> anyhow::Result<String> {
    let rules = dir.join("rules.yaml");
    std::fs::write(&rules, config::RULES)?;
    Ok(config::text(&rules))
}

/// Whom the rules know to tell.
///
/// # Errors
/// When they are none.
pub fn receivers() -> anyhow::Result<Vec<String>> {
    Ok(config::meant()?.alerts.receivers.into_iter().map(|of| of.name).collect())
}

/// What has to come of the signals of a cluster.
///
/// # Errors
/// When they cannot be read.
pub fn due(cluster: &Cluster) -> anyhow::Result<Outcome> {
    Outcome::due(&config::meant()?, &cluster.partitions(topic::SIGNALS.name)?)
}

/// Waits until as much is published as is due, and no longer than `patience`: what time has made due may
/// take more transactions than the one that commits the last of the input. What is missing after that is
/// for the comparison to tell.
///
/// # Errors
/// When a topic cannot be read.
pub fn await_all(cluster: &Cluster, patience: Duration) -> anyhow::Result<()> {
    let (due, deadline) = (due(cluster)?.counts(), Instant::now() + patience);
    while Outcome::published(cluster)?.counts() != due && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(500));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use stream::Record;

    use super::*;

    fn topic_of(seed: u64, signals: u64) -> BTreeMap<i32, Vec<Record>> {
        let mut partitions: BTreeMap<i32, Vec<Record>> = BTreeMap::new();
        for (partition, record) in generate(seed, signals).unwrap() {
            partitions.entry(partition).or_default().push(record);
        }
        partitions
    }

    #[test]
    fn a_run_has_everything_in_it_and_a_change_is_told() {
        let config = config::meant().unwrap();
        let topic = topic_of(1, 8_000);
        let due = Outcome::due(&config, &topic).unwrap();
        due.check_quiet().unwrap();
        assert!(due.counts().values().all(|count| *count > 10), "{:?}", due.counts());
        assert!(due.differences(&Outcome::due(&config, &topic).unwrap()).is_empty());
        let other = Outcome::due(&config, &topic_of(2, 8_000)).unwrap();
        assert!(!due.differences(&other).is_empty());
    }
}

//! Metric windows on real Kafka: what goes in, and what has been published.

use std::time::{Duration, Instant};

use anyhow::ensure;
use schemas::topic;

use super::Rules;
use super::found::Published;
use super::generate::{Config, Item, generate};
use super::oracle::{Expected, Window, WindowName};
use crate::cluster::Cluster;

/// What goes in, in the order in which it is written, and what has to become of it.
///
/// # Errors
/// When a record cannot be generated.
pub fn input(seed: u64, records: u64) -> anyhow::Result<(Vec<(u32, Item)>, Expected)> {
    let partitions = generate(seed, &Config::of_records(records))?;
    let rules = Rules::default_of_metric_windows();
    let mut expected = Expected::default();
    for (partition, items) in &partitions {
        let values = items.iter().map(|item| item.value.as_slice());
        expected.add_partition(*partition, values, &rules)?;
    }
    let of =
        |(partition, items): (u32, Vec<Item>)| items.into_iter().map(move |item| (partition, item));
    let mut input: Vec<(u32, Item)> = partitions.into_iter().flat_map(of).collect();
    // Stable: the order within a partition stays.
    input.sort_by_key(|(_, item)| item.written_ms);
    Ok((input, expected))
}

/// What a read-committed reader sees of the outputs.
///
/// # Errors
/// When a topic cannot be read, or holds what cannot be understood.
pub fn published(cluster: &Cluster) -> anyhow::Result<Published> {
    let mut published = Published::default();
    let topics = [topic::AGGREGATES, topic::SIGNALS, topic::LATE, topic::DEAD_LETTER];
    for of in topics.map(|topic| topic.name) {
        for record in cluster.partitions(of)?.into_values().flatten() {
            let (key, value) = (record.key.unwrap_or_default(), record.value.unwrap_or_default());
            published.take(of, &key, &value)?;
        }
    }
    Ok(published)
}

/// Waits until every closed window has a record, and no longer than `patience`: closings may take
/// more transactions than the one that commits the last of the input. What is missing after that
/// is for the comparison to tell.
///
/// # Errors
/// When what was published cannot be read.
pub fn await_closings(
    cluster: &Cluster,
    expected: &Expected,
    patience: Duration,
) -> anyhow::Result<()> {
    ensure!(!expected.windows.is_empty(), "no window is due: the run would prove nothing");
    let deadline = Instant::now() + patience;
    let is_due = |(_, window): &(&WindowName, &Window)| window.is_closed && !window.is_bare;
    loop {
        let published = published(cluster)?;
        let mut due = expected.windows.iter().filter(is_due);
        let is_told = due.all(|(name, _)| published.windows.contains_key(name));
        if is_told || Instant::now() > deadline {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

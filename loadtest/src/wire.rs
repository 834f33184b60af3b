//! What `processors` has to publish of the company's messages, and what it has published.
//!
//! **Invariant:** what is due is known before any worker starts: events, duplicates, filtered pieces and
//! dead letters from the generator's own knowledge, points from one undisturbed reading, which has to
//! agree with that knowledge.

mod reading;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use processors::service::Routes;
use schemas::balance::{Balance, Tally};
use schemas::dead_letter::DeadLetter;
use schemas::event::Event;
use schemas::id::EventId;
use schemas::metric::{MetricBatch, is_batch};
use schemas::series::SeriesDefinition;
use schemas::signal::Signal;
use schemas::{codec, mark, topic};
use stream::{Record, TopicPartition};

use crate::cluster::Cluster;
use crate::company::Message;
use crate::oracle::Differences;
use reading::Reading;

/// Series, time, bits of the value, kind.
type PointName = (u64, i64, u64, u8);

/// Everything that comes out, counted.
#[derive(Debug, Default)]
pub struct Outcome {
    events: BTreeMap<u128, u64>,
    signals: BTreeMap<u128, u64>,
    points: BTreeMap<PointName, u64>,
    /// By topic, partition and offset.
    dead_letters: BTreeMap<(String, u32, u64), u64>,
    /// By partition and format.
    balance: BTreeMap<(TopicPartition, String), Tally>,
    /// Points whose series was not defined before them.
    undefined: u64,
    /// Events by the partition that they have come in by.
    seen: BTreeSet<(TopicPartition, u128)>,
}

impl Outcome {
    /// Adds what has to become of a message.
    ///
    /// # Errors
    /// When one undisturbed reading does not find what the generator says is in it.
    pub fn expect(
        &mut self,
        input: &TopicPartition,
        offset: i64,
        message: &Message,
    ) -> anyhow::Result<()> {
        let mut read = Reading::default();
        let format = read.message(message)?;
        let truth = &message.truth;
        let ids: Vec<u128> =
            truth.events.iter().map(|event| id_of(&event.source, &event.native_id)).collect();
        let found: Vec<u128> = read.events.iter().map(|(id, _)| *id).collect();
        let agrees = ids == found
            && (read.samples, read.filtered, read.refused)
                == (truth.points, truth.filtered, truth.dead_letters);
        ensure!(agrees, "the generator says {truth:?}, a reading of it as {format} gave {read:?}");
        let routes = Routes::default();
        let mut tally = Tally {
            read: 1,
            found: truth.points + truth.filtered + truth.dead_letters + ids.len() as u64,
            points: truth.points,
            filtered: truth.filtered,
            dead_letters: truth.dead_letters,
            ..Tally::default()
        };
        for (id, event) in read.events {
            if !self.seen.insert((input.clone(), id)) {
                tally.duplicates += 1;
                continue;
            }
            tally.events += 1;
            *self.events.entry(id).or_default() += 1;
            if routes.signals.contains(&event) {
                *self.signals.entry(id).or_default() += 1;
            }
        }
        for point in read.points {
            *self.points.entry(point).or_default() += 1;
        }
        if truth.dead_letters > 0 {
            let place =
                (input.topic.to_string(), u32::try_from(input.partition)?, u64::try_from(offset)?);
            self.dead_letters.insert(place, truth.dead_letters);
        }
        self.balance.entry((input.clone(), format.to_owned())).or_default().add(&tally);
        Ok(())
    }

    /// What a read-committed reader sees.
    ///
    /// # Errors
    /// When a topic cannot be read, or holds what cannot be understood.
    pub fn published(cluster: &Cluster) -> anyhow::Result<Self> {
        let mut published = Self::default();
        for value in values(cluster, topic::EVENTS.name)? {
            let event = codec::decode::<Event>(&value)?;
            *published.events.entry(event.attributes.id.0.as_u128()).or_default() += 1;
        }
        for value in values(cluster, topic::SIGNALS.name)? {
            let signal = codec::decode::<Signal>(&value)?;
            *published.signals.entry(signal.data.event.0.as_u128()).or_default() += 1;
        }
        for records in cluster.partitions(topic::METRICS.name)?.values() {
            published.metrics(records)?;
        }
        for value in values(cluster, topic::DEAD_LETTER.name)? {
            let DeadLetter { topic, partition, offset, .. } =
                codec::decode::<DeadLetter>(&value)?.data;
            *published.dead_letters.entry((topic, partition, offset)).or_default() += 1;
        }
        let late = values(cluster, topic::LATE.name)?.len();
        ensure!(late == 0, "{late} late events where none is older than any horizon");
        for balance in balances(cluster)?.into_values() {
            let input = TopicPartition::new(&*balance.topic, i32::try_from(balance.partition)?);
            for (format, tally) in balance.formats {
                ensure!(tally.open() == 0, "{input} {format} does not close: {tally:?}");
                published.balance.insert((input.clone(), format), tally);
            }
        }
        Ok(published)
    }

    fn metrics(&mut self, records: &[Record]) -> anyhow::Result<()> {
        let mut defined = BTreeSet::new();
        for value in records.iter().filter_map(|record| record.value.as_deref()) {
            if mark::is_mark(value) {
                continue;
            }
            if !is_batch(value) {
                defined.insert(codec::decode::<SeriesDefinition>(value)?.data.series);
                continue;
            }
            for point in MetricBatch::decode(value)?.points() {
                self.undefined += u64::from(!defined.contains(&point.series));
                let name =
                    (point.series.as_u64(), point.time_ms, point.value.to_bits(), point.kind as u8);
                *self.points.entry(name).or_default() += 1;
            }
        }
        Ok(())
    }

    /// How much there is of each.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        let duplicates = self.balance.values().map(|tally| tally.duplicates);
        BTreeMap::from([
            ("events", self.events.values().sum()),
            ("points", self.points.values().sum()),
            ("signals", self.signals.values().sum()),
            ("dead_letters", self.dead_letters.values().sum()),
            ("duplicates", duplicates.sum()),
        ])
    }

    /// How what was published differs from this, the balance included.
    #[must_use]
    pub fn differences(&self, published: &Self) -> Differences {
        let mut differences = Differences::default();
        differences.counted("event", &self.events, &published.events);
        differences.counted("signal", &self.signals, &published.signals);
        differences.counted("point", &self.points, &published.points);
        differences.counted("dead letter of", &self.dead_letters, &published.dead_letters);
        differences.same("balance of", &self.balance, &published.balance);
        let undefined = BTreeMap::from([("points before their series", published.undefined)]);
        differences.counted("", &BTreeMap::new(), &undefined);
        differences
    }
}

/// Waits until the balance tells of all of the input.
///
/// # Errors
/// When it does not within `patience`.
pub fn await_balance(
    cluster: &Cluster,
    ends: &BTreeMap<TopicPartition, i64>,
    patience: Duration,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + patience;
    loop {
        let balances = balances(cluster)?;
        let told = |(input, end): (&TopicPartition, &i64)| {
            let balance = balances.get(&format!("processors/{input}"));
            balance.is_some_and(|balance| i64::try_from(balance.next_offset) == Ok(*end))
        };
        if ends.iter().all(told) {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!(
                "the balance does not tell of all of the input within {patience:?}: {balances:?}"
            );
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The latest of each partition.
fn balances(cluster: &Cluster) -> anyhow::Result<BTreeMap<String, Balance>> {
    let mut latest = BTreeMap::new();
    for value in values(cluster, topic::BALANCE.name)? {
        let envelope = codec::decode::<Balance>(&value)?;
        latest.insert(envelope.attributes.subject.unwrap_or_default(), envelope.data);
    }
    Ok(latest)
}

/// The values of a topic, without marks.
fn values(cluster: &Cluster, topic: &str) -> anyhow::Result<Vec<Vec<u8>>> {
    let records = cluster.partitions(topic)?.into_values().flatten();
    let values = records.filter_map(|record| record.value);
    Ok(values.filter(|value| !mark::is_mark(value)).collect())
}

fn id_of(source: &str, native_id: &str) -> u128 {
    EventId::of(source, native_id).0.as_u128()
}

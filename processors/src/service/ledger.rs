//! The balance of one input partition, in its own words: what came in and where all of it went.
//!
//! **Invariant:** the counts are state. They commit with the offset they count up to, so a crash neither
//! loses nor repeats any, and whoever takes the partition over counts on.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemas::balance::{Balance, Tally};
use schemas::codec;
use schemas::envelope::{Attributes, Envelope, Extra, Payload};
use schemas::id::RecordId;
use schemas::source_class::SourceClass;
use schemas::topic;
use stream::{Context, EventTime, Gathered, KeyedStore, Output, Record, Store, TopicPartition};

use super::{NAME, time_of};
use crate::tenant;

/// What became of one record.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) format: &'static str,
    pub(super) tally: Tally,
}

/// How far the counts go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Progress {
    next_offset: u64,
    arrival_ms: i64,
}

/// The counts of one input partition.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    entries: Gathered<(Progress, Entry)>,
    formats: KeyedStore<String, Counts>,
    progress: KeyedStore<u8, Progress>,
    /// How far the counts went that were told last; it decides nothing else.
    told: KeyedStore<u8, Progress>,
}

/// The counts of a format, in the order in which [`Tally`] has them.
type Counts = [u64; 8];

impl Ledger {
    pub(super) fn enter(&mut self, record: &Record, entry: Entry) {
        let next_offset = u64::try_from(record.offset.next().0).unwrap_or_default();
        let arrival_ms = record.arrival.0;
        self.entries.push((Progress { next_offset, arrival_ms }, entry));
    }

    /// Adds up what was entered since the last commit.
    pub(super) fn flush(&mut self) {
        let mut by_format: BTreeMap<&'static str, Tally> = BTreeMap::new();
        let mut last = None;
        for (progress, Entry { format, tally }) in self.entries.take() {
            by_format.entry(format).or_default().add(&tally);
            last = Some(progress);
        }
        for (format, tally) in by_format {
            let format = format.to_owned();
            let mut sum = tally_of(self.formats.get(&format).copied().unwrap_or_default());
            sum.add(&tally);
            self.formats.insert(&format, counts_of(&sum));
        }
        if let Some(progress) = last {
            self.progress.insert(&0, progress);
        }
    }

    /// Writes the balance, where it has changed since it was told last.
    pub(super) fn report(&mut self, input: &TopicPartition, context: &mut Context<'_>) {
        self.flush();
        let Some(progress) = self.progress.get(&0).copied() else { return };
        if self.told.get(&0) == Some(&progress) {
            return;
        }
        self.told.insert(&0, progress);
        let balance = self.balance(input, progress);
        let key = format!("{NAME}/{input}");
        match codec::encode(&envelope(&key, progress, balance)) {
            Ok(value) => context.forward(Output::keyed(
                &Arc::from(topic::BALANCE.name),
                key.into_bytes(),
                value,
                EventTime(progress.arrival_ms),
            )),
            // Some dozens of formats are far from the limit; a breach is counted, not hidden.
            Err(_) => context.count("unwritable", 1),
        }
    }

    fn balance(&self, input: &TopicPartition, progress: Progress) -> Balance {
        let formats = self.formats.iter();
        Balance {
            service: NAME.to_owned(),
            topic: input.topic.to_string(),
            partition: u32::try_from(input.partition).unwrap_or_default(),
            next_offset: progress.next_offset,
            formats: formats.map(|(name, counts)| (name.clone(), tally_of(*counts))).collect(),
            extra: Extra::new(),
        }
    }

    pub(super) fn stores(&mut self) -> Vec<&mut dyn Store> {
        vec![&mut self.entries, &mut self.formats, &mut self.progress, &mut self.told]
    }
}

fn envelope(key: &str, progress: Progress, balance: Balance) -> Envelope<Balance> {
    let time = time_of(progress.arrival_ms);
    let next_offset = progress.next_offset.to_string();
    let attributes = Attributes {
        id: RecordId::of(Balance::TYPE, &[key, &next_offset]),
        source: format!("isobar.{NAME}"),
        subject: Some(key.to_owned()),
        time,
        arrival_time: time,
        tenant: tenant::DEFAULT.to_owned(),
        source_class: SourceClass::Log,
        traceparent: None,
    };
    Envelope::new(attributes, balance)
}

fn counts_of(tally: &Tally) -> Counts {
    let Tally { read, found, events, points, duplicates, late, filtered, dead_letters, .. } = tally;
    [*read, *found, *events, *points, *duplicates, *late, *filtered, *dead_letters]
}

fn tally_of(counts: Counts) -> Tally {
    let [read, found, events, points, duplicates, late, filtered, dead_letters] = counts;
    let extra = Extra::new();
    Tally { read, found, events, points, duplicates, late, filtered, dead_letters, extra }
}

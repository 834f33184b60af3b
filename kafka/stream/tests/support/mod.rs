//! A processor with everything that can go wrong: dedup that gates counts, windows by watermark,
//! late records, and an `advance` that takes many pieces.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::missing_docs_in_private_items,
    missing_docs,
    unreachable_pub,
    reason = "a panic is how a test fails, and its numbers are small"
)]

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use stream::memory::Dice;
use stream::testing::Scenario;
use stream::watermark::{Patience, Source};
use stream::{
    Context, EventTime, KeyedStore, Output, Processor, Progress, Record, SeenStore, SourceClass,
    Store, TopicPartition, Topology, Versions, Watermarks, WindowSize,
};

const CLASS: SourceClass = SourceClass(1);
const CLOSINGS_A_PIECE: usize = 3;

/// Which part of the state a planted fault spoils.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    Nothing,
    /// Watermarks are missing from images.
    StreamTimeForgotten,
    /// Seen ids are cut when their turn comes, not when the image is cut.
    CutAtAnotherOffset,
}

pub struct Windows {
    planted: Planted,
    size: WindowSize,
    watermarks: Watermarks,
    seen: Late<SeenStore>,
    /// (window start, key) → count. Big-endian starts keep them in order.
    panes: KeyedStore<Vec<u8>, u64>,
}

impl Windows {
    fn new(planted: Planted) -> Self {
        let patience =
            Patience { disorder_ms: BTreeMap::new(), disorder_default_ms: 300, idle_ms: 1000 };
        Self {
            planted,
            size: WindowSize::try_new(1000).unwrap(),
            watermarks: Watermarks::new(patience),
            seen: Late {
                store: SeenStore::default(),
                late: planted == Planted::CutAtAnotherOffset,
                begun: false,
            },
            panes: KeyedStore::default(),
        }
    }

    fn watermark(&self) -> i64 {
        self.watermarks.of(&Source::new(CLASS, "")).map_or(i64::MIN, |time| time.0)
    }
}

impl Processor for Windows {
    fn process(&mut self, record: &Record, context: &mut Context<'_>) {
        let (key, time, id) = decode(record);
        let start = self.size.start_of(EventTime(time)).0;
        if start + 1000 <= self.watermark() {
            context.count("late", 1);
            context.forward(Output::keyed(
                &Arc::from("late"),
                key,
                id.to_be_bytes().to_vec(),
                EventTime(time),
            ));
            return;
        }
        self.watermarks.observe(&Source::new(CLASS, ""), EventTime(time), EventTime(time));
        if self.seen.store.insert(&start.to_be_bytes(), u128::from(id)) {
            let at = [&start.to_be_bytes()[..], &key].concat();
            *self.panes.get_or_insert_with(&at[..], || 0) += 1;
        }
    }

    fn advance(&mut self, context: &mut Context<'_>) -> Progress {
        let due = (self.watermark() - 1000).to_be_bytes();
        let due: Vec<(Vec<u8>, u64)> = self
            .panes
            .range::<[u8]>(Bound::Unbounded, Bound::Excluded(&due[..]))
            .filter(|(at, _)| {
                i64::from_be_bytes(at[..8].try_into().unwrap()) + 1000 <= self.watermark()
            })
            .take(CLOSINGS_A_PIECE + 1)
            .map(|(at, count)| (at.clone(), *count))
            .collect();
        for (at, count) in due.iter().take(CLOSINGS_A_PIECE) {
            self.panes.remove(&at[..]);
            self.seen.store.drop_bucket(&at[..8]);
            let value = [&at[..8], &count.to_be_bytes()[..]].concat();
            let time = EventTime(i64::from_be_bytes(at[..8].try_into().unwrap()));
            context.forward(Output::keyed(&Arc::from("counts"), at[8..].to_vec(), value, time));
        }
        if due.len() > CLOSINGS_A_PIECE { Progress::Pending } else { Progress::Done }
    }

    fn stores(&mut self) -> Vec<&mut dyn Store> {
        let mut stores: Vec<&mut dyn Store> = vec![&mut self.panes];
        if self.planted != Planted::StreamTimeForgotten {
            stores.extend(self.watermarks.stores());
        }
        stores.push(&mut self.seen);
        stores
    }
}

/// A store whose cut may begin late: the planted "image of parts taken at different offsets".
pub struct Late<S> {
    store: S,
    late: bool,
    begun: bool,
}

impl<S: Store> Store for Late<S> {
    fn len(&self) -> usize {
        self.store.len()
    }
    fn commit(&mut self) {
        self.store.commit();
    }
    fn rollback(&mut self) {
        self.store.rollback();
    }
    fn begin_cut(&mut self) {
        self.begun = !self.late;
        if self.begun {
            self.store.begin_cut();
        }
    }
    fn write_cut(&mut self, room: &mut stream::image::EntryWriter<'_>) -> bool {
        if !self.begun {
            self.begun = true;
            self.store.begin_cut();
        }
        self.store.write_cut(room)
    }
    fn abandon_cut(&mut self) {
        self.store.abandon_cut();
    }
    fn restore(&mut self, entry: &[u8]) -> Result<(), stream::EntryError> {
        self.store.restore(entry)
    }
}

fn decode(record: &Record) -> (Vec<u8>, i64, u64) {
    let value = record.value.as_deref().unwrap();
    let time = i64::from_be_bytes(value[..8].try_into().unwrap());
    let id = u64::from_be_bytes(value[8..16].try_into().unwrap());
    (record.key.clone().unwrap(), time, id)
}

pub fn topology(planted: Planted) -> Topology {
    Topology {
        name: Arc::from("windows"),
        inputs: vec![Arc::from("in")],
        outputs: vec![Arc::from("counts"), Arc::from("late")],
        versions: Versions { schema: 1, logic: 1 },
        compatible_logic: Vec::new(),
        stateful: true,
        marks: None,
        make: Arc::new(move |_| Box::new(Windows::new(planted))),
    }
}

/// Records of three partitions: out of order, some late, some sent twice.
pub fn scenario(seed: u64, planted: Planted, records_a_partition: usize) -> Scenario {
    let mut dice = Dice::new(seed);
    let mut inputs = BTreeMap::new();
    for partition in 0..3 {
        let mut records: Vec<Record> = Vec::new();
        for n in 0..records_a_partition as i64 {
            let disorder = if dice.chance(50) { 3000 } else { 500 };
            let time = n * 20 - dice.below(disorder) as i64;
            let key = format!("{partition}-{}", dice.below(12)).into_bytes();
            let value = [time.to_be_bytes(), n.to_be_bytes()].concat();
            records.push(record(key, value));
            if dice.chance(100) {
                let again = dice.below(records.len() as u64) as usize;
                let again = records[records.len().saturating_sub(again.min(30) + 1)].clone();
                records.push(again);
            }
        }
        inputs.insert(TopicPartition::new("in", partition), records);
    }
    Scenario { topology: topology(planted), inputs, output_partitions: 4 }
}

fn record(key: Vec<u8>, value: Vec<u8>) -> Record {
    Record {
        offset: stream::Offset(0),
        arrival: EventTime(0),
        key: Some(key),
        value: Some(value),
        headers: Vec::new(),
    }
}

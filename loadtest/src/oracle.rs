//! What `event-counts` has to publish, by brute force from what was generated.
//!
//! **Invariant:** nothing here is shared with the service: no watermarks, no stores, no windows of
//! the kernel. It walks each partition record by record with plain maps.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use schemas::event::Event;
use schemas::source_class::SourceClass;
use schemas::{codec, mark};

/// What a record of the input means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// An event.
    Event {
        /// Whose it is.
        tenant: String,
        /// How its source behaves in time.
        class: SourceClass,
        /// Its id.
        id: u128,
        /// When it happened.
        event_ms: i64,
        /// When it arrived.
        arrival_ms: i64,
    },
    /// How far the stage above has read.
    Mark(Vec<ReadAbove>),
}

/// How far one partition of the stage above was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadAbove {
    /// Its topic and partition.
    pub input: (String, u32),
    /// How many partitions that topic has.
    pub partitions: u32,
    /// Everything that had arrived by then has come.
    pub until_ms: i64,
}

/// A record of the input, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its partition.
    pub partition: i32,
    /// Its key; empty for a mark.
    pub key: Vec<u8>,
    /// What it means.
    pub fact: Fact,
}

impl Fact {
    /// What these bytes mean.
    ///
    /// # Errors
    /// When they are neither an event nor a mark.
    pub fn read(value: &[u8]) -> anyhow::Result<Self> {
        if mark::is_mark(value) {
            let inputs = mark::decode(value)?.inputs.into_iter();
            let read = |progress: mark::InputProgress| ReadAbove {
                input: (progress.topic, progress.partition),
                partitions: progress.partitions,
                until_ms: progress.read_until_ms,
            };
            return Ok(Self::Mark(inputs.map(read).collect()));
        }
        let attributes = codec::decode::<Event>(value).context("a generated event")?.attributes;
        Ok(Self::Event {
            class: attributes.source_class,
            id: attributes.id.0.as_u128(),
            event_ms: attributes.time.millis(),
            arrival_ms: attributes.arrival_time.millis(),
            tenant: attributes.tenant,
        })
    }
}

/// The numbers the service was started with.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Length of a window.
    pub window_ms: i64,
    /// How long after its end a window takes events.
    pub grace_ms: i64,
    /// Silence for this long, as marks tell it, is idleness.
    pub idle_ms: i64,
    /// How late events of a class may be.
    pub disorder_ms: fn(SourceClass) -> i64,
}

impl Rules {
    /// What the service does unless it is told otherwise.
    pub fn default_of_event_counts() -> Self {
        fn disorder_ms(class: SourceClass) -> i64 {
            match class {
                SourceClass::Deploy | SourceClass::Change => 60_000,
                SourceClass::Audit => 900_000,
                _ => 30_000,
            }
        }
        Self { window_ms: 60_000, grace_ms: 60_000, idle_ms: 10_000, disorder_ms }
    }
}

/// One window of one key and class, as people tell them apart.
pub type WindowName = (Vec<u8>, SourceClass, i64);

/// What is published: for each window its revisions with their counts, ids of late events, and how
/// many were sent twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// Revision and count, in order.
    pub windows: BTreeMap<WindowName, Vec<(u32, u64)>>,
    /// Late events, each as often as it came.
    pub late: BTreeMap<u128, u64>,
    /// Events that were sent again.
    pub duplicates: u64,
}

type SourceName = (SourceClass, String);

#[derive(Default)]
struct Source {
    watermark_ms: Option<i64>,
    last_arrival_ms: i64,
    /// By window start: ids seen, and the count of each key.
    open: BTreeMap<i64, OpenWindow>,
}

#[derive(Default)]
struct OpenWindow {
    ids: BTreeSet<u128>,
    counts: BTreeMap<Vec<u8>, u64>,
    emitted: BTreeMap<Vec<u8>, u32>,
}

/// Walks one partition.
struct Walk<'a> {
    rules: Rules,
    sources: BTreeMap<SourceName, Source>,
    /// How far each partition above was read.
    above: BTreeMap<(String, u32), i64>,
    /// How many partitions each topic above has.
    topics: BTreeMap<String, u32>,
    expected: &'a mut Expected,
}

impl Expected {
    /// Takes the records of all partitions, in the order they were produced.
    pub fn of<'r>(records: impl IntoIterator<Item = &'r Known>, rules: Rules) -> Self {
        let mut partitions: BTreeMap<i32, Vec<&Known>> = BTreeMap::new();
        for record in records {
            partitions.entry(record.partition).or_default().push(record);
        }
        let mut expected = Self::default();
        for records in partitions.into_values() {
            let mut walk = Walk {
                rules,
                sources: BTreeMap::new(),
                above: BTreeMap::new(),
                topics: BTreeMap::new(),
                expected: &mut expected,
            };
            records.into_iter().for_each(|record| walk.step(record));
        }
        expected
    }
}

impl Walk<'_> {
    fn step(&mut self, record: &Known) {
        match &record.fact {
            Fact::Mark(reads) => self.mark(reads),
            Fact::Event { tenant, class, id, event_ms, arrival_ms } => {
                self.event(&(*class, tenant.clone()), &record.key, *id, (*event_ms, *arrival_ms));
            }
        }
    }

    fn mark(&mut self, reads: &[ReadAbove]) {
        for read in reads {
            let until_ms = self.above.entry(read.input.clone()).or_insert(read.until_ms);
            *until_ms = read.until_ms.max(*until_ms);
            self.topics.insert(read.input.0.clone(), read.partitions);
        }
        let all: u32 = self.topics.values().sum();
        if self.above.len() < all as usize {
            return;
        }
        let Some(until_ms) = self.above.values().min().copied() else { return };
        let rules = self.rules;
        let idle = self
            .sources
            .iter()
            .filter(|(_, source)| source.last_arrival_ms <= until_ms - rules.idle_ms);
        let idle: Vec<SourceName> = idle.map(|(name, _)| name.clone()).collect();
        for name in idle {
            self.raise(&name, until_ms - (rules.disorder_ms)(name.0));
        }
    }

    fn event(
        &mut self,
        name: &SourceName,
        key: &[u8],
        id: u128,
        (event_ms, arrival_ms): (i64, i64),
    ) {
        let rules = self.rules;
        let start = event_ms.div_euclid(rules.window_ms) * rules.window_ms;
        let end = start + rules.window_ms;
        let source = self.sources.entry(name.clone()).or_default();
        let watermark_ms = source.watermark_ms;
        if watermark_ms.is_some_and(|watermark_ms| end + rules.grace_ms <= watermark_ms) {
            *self.expected.late.entry(id).or_default() += 1;
            return;
        }
        source.last_arrival_ms = source.last_arrival_ms.max(arrival_ms);
        let window = source.open.entry(start).or_default();
        if window.ids.insert(id) {
            let count = window.counts.entry(key.to_vec()).or_default();
            *count += 1;
            if watermark_ms.is_some_and(|watermark_ms| end <= watermark_ms) {
                let revision = window.emitted.entry(key.to_vec()).or_default();
                let revisions =
                    self.expected.windows.entry((key.to_vec(), name.0, start)).or_default();
                revisions.push((*revision, *count));
                *revision += 1;
            }
        } else {
            self.expected.duplicates += 1;
        }
        self.raise(name, event_ms.min(arrival_ms) - (rules.disorder_ms)(name.0));
    }

    /// Moves a watermark, and emits what it passes.
    fn raise(&mut self, name: &SourceName, to_ms: i64) {
        let Some(source) = self.sources.get_mut(name) else { return };
        if source.watermark_ms.is_some_and(|watermark_ms| watermark_ms >= to_ms) {
            return;
        }
        source.watermark_ms = Some(to_ms);
        for (start, window) in &mut source.open {
            if start + self.rules.window_ms > to_ms {
                break;
            }
            for (key, count) in &window.counts {
                if !window.emitted.contains_key(key) {
                    window.emitted.insert(key.clone(), 1);
                    let name = (key.clone(), name.0, *start);
                    self.expected.windows.entry(name).or_default().push((0, *count));
                }
            }
        }
        let rules = self.rules;
        source.open.retain(|start, _| start + rules.window_ms + rules.grace_ms > to_ms);
    }
}

/// How what was published differs from what had to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Differences {
    /// Records that are missing.
    pub lost: u64,
    /// Records that are there more than once, or should not be there.
    pub duplicated: u64,
    /// Records that say something else.
    pub different: u64,
    /// The first few, in words.
    pub examples: Vec<String>,
}

impl Differences {
    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.lost + self.duplicated + self.different == 0
    }

    /// Compares how often each thing is there with how often it has to be.
    pub(crate) fn counted<K: Ord + std::fmt::Debug>(
        &mut self,
        what: &str,
        due: &BTreeMap<K, u64>,
        found: &BTreeMap<K, u64>,
    ) {
        let names: BTreeSet<&K> = due.keys().chain(found.keys()).collect();
        for name in names {
            let of = |side: &BTreeMap<K, u64>| side.get(name).copied().unwrap_or_default();
            let (due, found) = (of(due), of(found));
            self.lost += due.saturating_sub(found);
            self.duplicated += found.saturating_sub(due);
            if due != found {
                self.note(|| format!("{what} {name:x?}: {due} times due, {found} found"));
            }
        }
    }

    /// Compares what is said of each thing.
    pub(crate) fn same<K: Ord + std::fmt::Debug, V: PartialEq + std::fmt::Debug>(
        &mut self,
        what: &str,
        due: &BTreeMap<K, V>,
        found: &BTreeMap<K, V>,
    ) {
        let names: BTreeSet<&K> = due.keys().chain(found.keys()).collect();
        for name in names {
            let (due, found) = (due.get(name), found.get(name));
            if due != found {
                self.different += 1;
                self.note(|| format!("{what} {name:?}: due {due:?}, found {found:?}"));
            }
        }
    }

    fn note(&mut self, what: impl FnOnce() -> String) {
        const EXAMPLES: usize = 10;
        if self.examples.len() < EXAMPLES {
            self.examples.push(what());
        }
    }

    /// Compares windows and late events; what was published has no duplicates to compare.
    pub fn between(expected: &Expected, published: &Expected) -> Self {
        let mut differences = Self::default();
        let names: BTreeSet<&WindowName> =
            expected.windows.keys().chain(published.windows.keys()).collect();
        for name in names {
            let of = |side: &Expected| side.windows.get(name).cloned().unwrap_or_default();
            differences.window(name, &of(expected), &of(published));
        }
        differences.counted("late event", &expected.late, &published.late);
        differences
    }

    fn window(&mut self, name: &WindowName, due: &[(u32, u64)], found: &[(u32, u64)]) {
        if due == found {
            return;
        }
        let revisions: BTreeSet<u32> =
            due.iter().chain(found).map(|(revision, _)| *revision).collect();
        for revision in revisions {
            let counts = |side: &[(u32, u64)]| -> Vec<u64> {
                side.iter().filter(|(of, _)| *of == revision).map(|(_, count)| *count).collect()
            };
            let (due, found) = (counts(due), counts(found));
            match (due.first(), found.first()) {
                (Some(_), None) => self.lost += 1,
                (Some(due), Some(first)) if due != first => self.different += 1,
                _ => {}
            }
            self.duplicated += (found.len() as u64).saturating_sub(due.len() as u64);
        }
        let (key, class, start) = name;
        let key = String::from_utf8_lossy(key).into_owned();
        self.note(|| {
            format!("window {key} {} from {start}: due {due:?}, found {found:?}", class.as_str())
        });
        if self.is_empty() {
            // The same records in another order.
            self.different += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: u128, event_ms: i64) -> Known {
        let fact = Fact::Event {
            tenant: "a".into(),
            class: SourceClass::Log,
            id,
            event_ms,
            arrival_ms: event_ms + 1000,
        };
        Known { partition: 0, key: b"k".to_vec(), fact }
    }

    fn expected(events: &[(u128, i64)]) -> Expected {
        let records: Vec<_> =
            events.iter().map(|(id, seconds)| event(*id, seconds * 1000)).collect();
        Expected::of(&records, Rules::default_of_event_counts())
    }

    #[test]
    fn a_hand_made_timeline_gives_what_a_person_expects() {
        let told = expected(&[(1, 10), (1, 10), (2, 100), (3, 20), (5, 150), (6, 30)]);
        let name = |start: i64| (b"k".to_vec(), SourceClass::Log, start * 1000);
        let windows = BTreeMap::from([(name(0), vec![(0, 1), (1, 2)]), (name(60), vec![(0, 1)])]);
        assert_eq!(told, Expected { windows, late: BTreeMap::from([(6, 1)]), duplicates: 1 });
    }

    #[test]
    fn lost_duplicated_and_different_records_are_each_told() {
        let due = expected(&[(1, 10), (2, 100), (3, 20), (6, -500)]);
        let change = |with: fn(&mut Vec<(u32, u64)>)| {
            let mut found = due.clone();
            found.windows.values_mut().next().map(with).unwrap();
            let Differences { lost, duplicated, different, .. } =
                Differences::between(&due, &found);
            (lost, duplicated, different)
        };
        assert_eq!(change(|_| {}), (0, 0, 0));
        assert_eq!(change(|revisions| revisions.truncate(1)), (1, 0, 0));
        assert_eq!(change(|revisions| revisions.push((1, 2))), (0, 1, 0));
        assert_eq!(change(|revisions| revisions[0].1 = 7), (0, 0, 1));
        assert_eq!(change(|revisions| revisions.swap(0, 1)), (0, 0, 1));
    }
}

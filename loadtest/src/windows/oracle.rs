//! What `metric-windows` has to publish, by brute force from the records of `isobar.metrics`.
//!
//! **Invariant:** only marks move time, and a batch is judged by the watermark before it. Where the
//! input ends, every window is known: whether it is closed, and what it came to.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use schemas::mark::Mark;
use schemas::metric::{MetricBatch, Point, is_batch};
use schemas::series::SeriesDefinition;
use schemas::source_class::SourceClass;
use schemas::{codec, mark};

use super::figures::{Figures, Teller};
use super::rules::{MINUTE_MS, Rules, start_of};
use super::series::{Identity, Series};

/// A window of a series: what its records are told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WindowName {
    /// The series.
    pub series: u64,
    /// The length of the window.
    pub size_ms: i64,
    /// Its first millisecond.
    pub start_ms: i64,
}

/// What has to be told of a window after all input.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// The partition of `isobar.metrics` with its points.
    pub partition: u32,
    /// What the series is.
    pub identity: Identity,
    /// Whether the watermark has passed its end.
    pub is_closed: bool,
    /// Whether it has nothing but markers and unusable points: then it may be told or not.
    pub is_bare: bool,
    /// More corrections than this cannot be: so many batches came after it was closed.
    pub corrections_max: usize,
    /// What it came to.
    pub figures: Figures,
}

/// A late point: its series, its time, and the bits of its value if JSON can write it.
pub type LateName = (u64, i64, Option<u64>);

/// What has to be published.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expected {
    /// Every window that holds something.
    pub windows: BTreeMap<WindowName, Window>,
    /// Late points, each as often as it came.
    pub late: BTreeMap<LateName, u64>,
    /// Points sent again to minutes that no longer replace.
    pub duplicates: u64,
    /// Points without a definition before them.
    pub undefined: u64,
}

impl Expected {
    /// Takes the records of one partition in their order.
    ///
    /// # Errors
    /// When a record is neither a definition nor a batch nor a mark.
    pub fn add_partition<'r>(
        &mut self,
        partition: u32,
        values: impl IntoIterator<Item = &'r [u8]>,
        rules: &Rules,
    ) -> anyhow::Result<()> {
        let mut walk =
            Walk { rules, above: Above::default(), series: BTreeMap::new(), expected: self };
        for (number, value) in values.into_iter().enumerate() {
            walk.take(value)
                .with_context(|| format!("record {number} of partition {partition}"))?;
        }
        walk.tell(partition);
        Ok(())
    }
}

/// What marks have told.
#[derive(Debug, Default)]
struct Above {
    read_until_ms: BTreeMap<(String, u32), i64>,
    partitions: BTreeMap<String, u32>,
}

impl Above {
    fn take(&mut self, mark: Mark) {
        for input in mark.inputs {
            self.partitions.insert(input.topic.clone(), input.partitions);
            let known = self.read_until_ms.entry((input.topic, input.partition));
            let until_ms = known.or_insert(input.read_until_ms);
            *until_ms = input.read_until_ms.max(*until_ms);
        }
    }

    /// The least, once every promised partition was heard of.
    fn least_ms(&self) -> Option<i64> {
        let promised: u32 = self.partitions.values().sum();
        let all = self.read_until_ms.len() >= promised as usize;
        self.read_until_ms.values().min().copied().filter(|_| all)
    }
}

/// One partition, record by record.
struct Walk<'a> {
    rules: &'a Rules,
    above: Above,
    series: BTreeMap<u64, Series>,
    expected: &'a mut Expected,
}

impl Walk<'_> {
    fn take(&mut self, value: &[u8]) -> anyhow::Result<()> {
        if mark::is_mark(value) {
            self.above.take(mark::decode(value)?);
        } else if is_batch(value) {
            self.take_batch(&MetricBatch::decode(value)?);
        } else {
            let definition = codec::decode::<SeriesDefinition>(value)?;
            let attributes = definition.attributes;
            let data = definition.data;
            let identity = Identity {
                tenant: attributes.tenant,
                class: attributes.source_class,
                measure: data.metric,
                resource: data.resource.id.to_string(),
                temporality: data.temporality,
            };
            let series = data.series.as_u64();
            self.series.entry(series).or_insert_with(|| Series::new(identity));
        }
        Ok(())
    }

    fn watermark_ms(&self, class: SourceClass) -> Option<i64> {
        self.above.least_ms().map(|least_ms| least_ms - (self.rules.disorder_ms)(class))
    }

    fn take_batch(&mut self, batch: &MetricBatch) {
        let mut touched = BTreeSet::new();
        for point in batch.points() {
            let series = point.series.as_u64();
            let Some(class) = self.series.get(&series).map(|series| series.identity.class) else {
                self.expected.undefined += 1;
                continue;
            };
            let watermark_ms = self.watermark_ms(class);
            let end_ms = start_of(point.time_ms, MINUTE_MS) + MINUTE_MS;
            let settled_ms = end_ms + self.rules.grace_ms;
            if watermark_ms.is_some_and(|watermark_ms| settled_ms <= watermark_ms) {
                *self.expected.late.entry(late_name(point)).or_default() += 1;
            } else if let Some(known) = self.series.get_mut(&series) {
                known.take(point);
                touched.insert((series, watermark_ms.unwrap_or(i64::MIN)));
            }
        }
        for (series, watermark_ms) in touched {
            if let Some(series) = self.series.get_mut(&series) {
                series.batches.push(watermark_ms);
            }
        }
    }

    /// Tells every window of the partition.
    fn tell(self, partition: u32) {
        for (id, series) in &self.series {
            let teller = Teller::new(series);
            self.expected.duplicates += series.duplicates;
            let watermark_ms = self.watermark_ms(series.identity.class);
            for (size_ms, start_ms) in windows_of(series, &self.rules.sizes_ms) {
                let end_ms = start_ms + size_ms;
                let figures = teller.figures(start_ms, size_ms);
                let after = series.batches.iter().filter(|watermark_ms| end_ms <= **watermark_ms);
                let window = Window {
                    partition,
                    identity: series.identity.clone(),
                    is_closed: watermark_ms.is_some_and(|watermark_ms| end_ms <= watermark_ms),
                    is_bare: figures.count == 0,
                    corrections_max: after.count(),
                    figures,
                };
                let name = WindowName { series: *id, size_ms, start_ms };
                self.expected.windows.insert(name, window);
            }
        }
    }
}

/// The windows that hold something of a series, by size and start.
fn windows_of(series: &Series, sizes_ms: &[i64]) -> BTreeSet<(i64, i64)> {
    let minutes: BTreeSet<i64> = series.times().map(|time| start_of(time, MINUTE_MS)).collect();
    let of = |minute: i64| sizes_ms.iter().map(move |size| (*size, start_of(minute, *size)));
    minutes.into_iter().flat_map(of).collect()
}

/// The name of a late point.
#[must_use]
pub fn late_name(point: &Point) -> LateName {
    let value = Some(point.value).filter(|value| value.is_finite());
    (point.series.as_u64(), point.time_ms, value.map(f64::to_bits))
}

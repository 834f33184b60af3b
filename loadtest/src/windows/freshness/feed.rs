//! Writes batches and marks on a schedule, as the processors would, without waiting for anybody.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use kafka_runtime::KafkaSettings;
use kafka_runtime::plain::PlainProducer;
use schemas::envelope::{Attributes, Envelope, Extra, Payload};
use schemas::id::{RecordId, ResourceId, SeriesId};
use schemas::mark::{self, InputProgress, Mark, Writer};
use schemas::metric::{MetricBatch, Point, PointKind};
use schemas::resource::Resource;
use schemas::series::{SeriesDefinition, Temporality};
use schemas::source_class::SourceClass;
use schemas::time::Time;
use schemas::{codec, key, topic};
use stream::partition_of;

use super::ledger::{Ledger, now_ms};
use super::report::FreshnessArgs;

const TENANT: &str = "freshness";
/// Series of one resource.
const SERIES_A_RESOURCE: u32 = 10;
/// Batches are written this often.
const TICK_MS: i64 = 100;
const TICKS_A_SECOND: i64 = 1_000 / TICK_MS;
/// The input partitions of the stage above, as its marks name them.
const UPSTREAM: u32 = 4;

/// What the generator has to say for itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fed {
    pub(super) points: u64,
    /// How far it was behind its own schedule at worst.
    pub(super) behind_max_ms: i64,
}

/// The generator at work.
pub(super) struct Feed {
    thread: JoinHandle<anyhow::Result<Fed>>,
}

impl Feed {
    pub(super) fn start(
        settings: &KafkaSettings,
        arguments: &FreshnessArgs,
        ledger: &Arc<Ledger>,
    ) -> anyhow::Result<Self> {
        let producer = PlainProducer::new(settings)?;
        let (arguments, ledger) = (arguments.clone(), Arc::clone(ledger));
        let thread = std::thread::spawn(move || {
            let mut generator = Generator::new(producer, &arguments, ledger);
            generator.define_all()?;
            generator.run(&arguments)?;
            Ok(generator.fed)
        });
        Ok(Self { thread })
    }

    pub(super) fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    pub(super) fn join(self) -> anyhow::Result<Fed> {
        self.thread.join().map_err(|_| anyhow::anyhow!("the generator panicked"))?
    }
}

struct Generator {
    producer: PlainProducer,
    ledger: Arc<Ledger>,
    /// Each series and its partition.
    series: Vec<(SeriesId, i32)>,
    /// The series whose turn is next.
    next: usize,
    fed: Fed,
}

/// The id of a series by its number.
pub(super) fn series_id(number: u32) -> SeriesId {
    SeriesId::of(resource(number), &metric(number), &BTreeMap::new())
}

fn resource(number: u32) -> ResourceId {
    ResourceId::of(TENANT, &format!("host-{}", number / SERIES_A_RESOURCE))
}

fn metric(number: u32) -> String {
    format!("metric.{}", number % SERIES_A_RESOURCE)
}

fn partitions() -> i32 {
    i32::try_from(topic::METRICS.partitions).unwrap_or(1)
}

impl Generator {
    fn new(producer: PlainProducer, arguments: &FreshnessArgs, ledger: Arc<Ledger>) -> Self {
        let partition =
            |number| partition_of(key::resource(TENANT, resource(number)).as_bytes(), partitions());
        let series =
            (0..arguments.series).map(|number| (series_id(number), partition(number))).collect();
        Self { producer, ledger, series, next: 0, fed: Fed::default() }
    }

    fn define_all(&self) -> anyhow::Result<()> {
        let now = Time::from_millis(now_ms())?;
        for (number, (_, partition)) in (0..).zip(&self.series) {
            self.send(*partition, &codec::encode(&definition(number, now))?)?;
        }
        Ok(())
    }

    fn send(&self, partition: i32, value: &[u8]) -> anyhow::Result<()> {
        Ok(self.producer.send((topic::METRICS.name, partition), None, value, None)?)
    }

    /// Open loop: each tick is written when it is due, however far behind everything else is.
    fn run(&mut self, arguments: &FreshnessArgs) -> anyhow::Result<()> {
        let lasting_s = arguments.seconds + super::WARM_UP.as_secs();
        let ticks = i64::try_from(lasting_s)? * TICKS_A_SECOND;
        let began_ms = now_ms();
        for tick in 0..ticks {
            let due_ms = began_ms + tick * TICK_MS;
            let early_ms = due_ms - now_ms();
            std::thread::sleep(Duration::from_millis(u64::try_from(early_ms).unwrap_or(0)));
            self.fed.behind_max_ms = self.fed.behind_max_ms.max(-early_ms);
            let points = arguments.rate / TICKS_A_SECOND.unsigned_abs();
            self.batches(due_ms, points)?;
            if tick % TICKS_A_SECOND == TICKS_A_SECOND - 1 {
                self.marks(due_ms)?;
            }
            self.producer.serve();
        }
        Ok(self.producer.flush(Duration::from_secs(60))?)
    }

    fn batches(&mut self, due_ms: i64, points: u64) -> anyhow::Result<()> {
        let arrival = Time::from_millis(due_ms)?;
        let mut batches: BTreeMap<i32, MetricBatch> = BTreeMap::new();
        for _ in 0..points {
            let Some(&(series, partition)) = self.series.get(self.next) else { break };
            let value = f64::from(u32::try_from(self.fed.points % 1_000)?);
            let point = Point { series, time_ms: due_ms, value, kind: PointKind::Value };
            batches.entry(partition).or_insert_with(|| MetricBatch::new(arrival)).push(point)?;
            self.ledger.point(u32::try_from(self.next)?, due_ms);
            self.next = (self.next + 1) % self.series.len();
            self.fed.points += 1;
        }
        for (partition, batch) in batches {
            self.send(partition, &batch.encode()?)?;
        }
        Ok(())
    }

    fn marks(&self, until_ms: i64) -> anyhow::Result<()> {
        let value = mark::encode(&mark_of(until_ms))?;
        self.ledger.mark(until_ms, now_ms());
        (0..partitions()).try_for_each(|partition| self.send(partition, &value))
    }
}

fn mark_of(read_until_ms: i64) -> Mark {
    let input = topic::INPUTS.get(4).map_or("", |topic| topic.name);
    let progress = |partition| InputProgress {
        topic: input.to_owned(),
        partition,
        partitions: UPSTREAM,
        read_until_ms,
        extra: Extra::new(),
    };
    let writer =
        Writer { topology: "processors".into(), slot: "generator".into(), extra: Extra::new() };
    Mark { writer, inputs: (0..UPSTREAM).map(progress).collect(), extra: Extra::new() }
}

fn definition(number: u32, now: Time) -> Envelope<SeriesDefinition> {
    let series = series_id(number);
    let attributes = Attributes {
        id: RecordId::of(SeriesDefinition::TYPE, &[TENANT, &series.to_string()]),
        source: "isobar.processors".to_owned(),
        subject: Some(metric(number)),
        time: now,
        arrival_time: now,
        tenant: TENANT.to_owned(),
        source_class: SourceClass::Metric,
        traceparent: None,
    };
    let resource =
        Resource { id: resource(number), attributes: BTreeMap::new(), extra: Extra::new() };
    let data = SeriesDefinition {
        series,
        resource,
        metric: metric(number),
        unit: None,
        temporality: Temporality::Gauge,
        labels: BTreeMap::new(),
        extra: Extra::new(),
    };
    Envelope::new(attributes, data)
}

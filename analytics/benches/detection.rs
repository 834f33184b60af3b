//! What judging costs inside of a task: the service `metric-windows` with and without detection, a point a
//! minute and series. CPU time of this thread; each case in a process of its own, for its memory.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    reason = "a benchmark reads the clock, prints, and may fail loudly"
)]

use std::collections::BTreeMap;
use std::process::Command;

use analytics::detection::DetectionConfig;
use analytics::metric_windows::{MetricWindowsConfig, topology};
use analytics::windows::WindowsConfig;
use schemas::codec;
use schemas::envelope::{Attributes, Envelope, Payload};
use schemas::id::{RecordId, ResourceId, SeriesId};
use schemas::mark::{self, InputProgress, Mark, Writer};
use schemas::metric::{MetricBatch, Point, PointKind};
use schemas::resource::Resource;
use schemas::series::{SeriesDefinition, Temporality};
use schemas::source_class::SourceClass;
use schemas::time::Time;
use stream::image::{ChunkHeader, EntryWriter};
use stream::{Context, Effects, EventTime, Offset, Processor, Progress, Record, TopicPartition};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const START_MS: i64 = 1_790_000_040_000;
const BATCH: usize = 1_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, case, count, minutes, judged] = &*arguments
        && case == "case"
    {
        return measure(count.parse().unwrap(), minutes.parse().unwrap(), judged);
    }
    // `cargo test` starts benchmarks, too; they are not tests.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    println!(" series           us a minute told   bytes a series in memory, in an image");
    for (count, minutes) in [("10000", "120"), ("100000", "40")] {
        for judged in ["windows", "judged", "compared"] {
            let case = Command::new(std::env::current_exe().unwrap())
                .args(["case", count, minutes, judged])
                .status();
            assert!(case.unwrap().success());
        }
    }
}

/// A task, and what it did.
struct Task {
    processor: Box<dyn Processor>,
    effects: Effects,
    offset: i64,
    rows: u64,
    found: usize,
}

impl Task {
    /// Takes a record and does what it made due; what is told is dropped with each piece.
    fn take(&mut self, value: Vec<u8>) {
        let (offset, arrival) = (Offset(self.offset), EventTime(0));
        let record = Record { offset, arrival, key: None, value: Some(value), headers: Vec::new() };
        self.offset += 1;
        self.processor.process(&record, &mut Context::new(&mut self.effects, false));
        while self.processor.advance(&mut Context::new(&mut self.effects, false))
            == Progress::Pending
        {
            self.commit();
        }
        self.commit();
    }

    fn commit(&mut self) {
        let told = self.effects.outputs.drain(..);
        for output in told {
            self.rows += u64::from(&*output.topic == "isobar.aggregates");
            self.found += usize::from(&*output.topic == "isobar.signals");
        }
        self.effects.counts.clear();
        self.processor.stores().into_iter().for_each(|store| store.commit());
    }

    fn image_bytes(&mut self) -> usize {
        let mut all = 0;
        for store in self.processor.stores() {
            store.begin_cut();
            loop {
                let mut bytes = ChunkHeader::begin();
                let done = store.write_cut(&mut EntryWriter::new(&mut bytes, 0, usize::MAX));
                all += bytes.len();
                if done {
                    break;
                }
            }
        }
        all
    }
}

fn measure(count: usize, minutes: i64, judged: &str) {
    let compared = if judged == "compared" { count } else { 0 };
    let detection = DetectionConfig {
        enabled: judged != "windows",
        series_max: count,
        resources_max: compared,
        peer_groups_max: compared,
        ..DetectionConfig::default()
    };
    let windows = WindowsConfig { detection, ..WindowsConfig::default() };
    let topology = topology(MetricWindowsConfig { windows, groups: Vec::new() }).unwrap();
    let processor = (topology.make)(&TopicPartition::new("isobar.metrics", 0));
    let before = resident_bytes();
    let mut task = Task { processor, effects: Effects::default(), offset: 0, rows: 0, found: 0 };
    (0..count).for_each(|number| task.take(definition(number)));
    let (mut spent_s, warm) = (0.0, minutes * 3 / 4);
    for minute in 0..minutes {
        let from_ms = START_MS + minute * 60_000;
        for first in (0..count).step_by(BATCH) {
            task.take(batch(first..(first + BATCH).min(count), from_ms, minute));
        }
        if minute == warm {
            task.rows = 0;
        }
        let began = cpu_s();
        task.take(mark_at(from_ms + 90_000));
        spent_s += if minute >= warm { cpu_s() - began } else { 0.0 };
    }
    let bytes = resident_bytes().saturating_sub(before) / count;
    println!(
        "{count:>7}  {judged:8} {:>10.2} {bytes:>22} {:>10}   ({} rows, {} findings)",
        spent_s * 1e6 / (count as i64 * (minutes - warm)) as f64,
        task.image_bytes() / count,
        task.rows,
        task.found
    );
}

/// Five series a host, and fifty hosts a service, so each series has 49 peers.
fn id_of(number: usize) -> SeriesId {
    SeriesId::of(ResourceId::of("acme", &host_of(number)), "load", &labels_of(number))
}

fn host_of(number: usize) -> String {
    format!("host-{}", number / 5)
}

fn labels_of(number: usize) -> BTreeMap<String, String> {
    BTreeMap::from([("n".to_owned(), (number % 5).to_string())])
}

fn definition(number: usize) -> Vec<u8> {
    let (host, service) = (host_of(number), format!("service-{}", number / 250));
    let time = Time::from_millis(START_MS).unwrap();
    let attributes = Attributes {
        id: RecordId::of(SeriesDefinition::TYPE, &[&number.to_string()]),
        source: "bench".to_owned(),
        subject: None,
        time,
        arrival_time: time,
        tenant: "acme".to_owned(),
        source_class: SourceClass::Metric,
        traceparent: None,
    };
    let named = [
        ("host.name", &*host),
        ("service.name", &*service),
        ("cloud.provider", "aws"),
        ("cloud.region", "eu-central-1"),
        ("cloud.account.id", "000000000042"),
    ];
    let named = named.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let id = ResourceId::of("acme", &host);
    let definition = SeriesDefinition {
        series: id_of(number),
        resource: Resource { id, attributes: named.into(), extra: Default::default() },
        metric: "load".to_owned(),
        unit: None,
        temporality: Temporality::Gauge,
        labels: labels_of(number),
        extra: Default::default(),
    };
    codec::encode(&Envelope::new(attributes, definition)).unwrap()
}

fn batch(numbers: std::ops::Range<usize>, from_ms: i64, minute: i64) -> Vec<u8> {
    let mut batch = MetricBatch::new(Time::from_millis(from_ms + 30_000).unwrap());
    for number in numbers {
        let mixed =
            (number as u64 ^ (minute.unsigned_abs() << 20)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let value = 100.0 + 10.0 * ((mixed >> 40) as f64 / f64::from(1 << 24));
        let (series, time_ms) = (id_of(number), from_ms + 20_000);
        batch.push(Point { series, time_ms, value, kind: PointKind::Value }).unwrap();
    }
    batch.encode().unwrap()
}

fn mark_at(until_ms: i64) -> Vec<u8> {
    let progress = InputProgress {
        topic: "isobar.in.metrics".into(),
        partition: 0,
        partitions: 1,
        read_until_ms: until_ms,
        extra: Default::default(),
    };
    let writer = Writer { topology: "p".into(), slot: "0".into(), extra: Default::default() };
    let mark = Mark { writer, inputs: vec![progress], extra: Default::default() };
    mark::encode(&mark).unwrap()
}

fn cpu_s() -> f64 {
    // The first number is nanoseconds on the processor.
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

fn resident_bytes() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4_096
}

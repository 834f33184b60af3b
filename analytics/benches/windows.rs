//! What it costs to take points from Arrow batches into the panes of 50,000 series, to tell windows,
//! and to keep series. CPU time of this thread; medians over several runs.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "a benchmark reads the clock, prints, and may fail loudly"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use analytics::windows::{Clock, Flow, Jobs, Series, Windows, WindowsConfig};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use schemas::id::{ResourceId, SeriesId};
use schemas::mark::{self, InputProgress, Mark, Writer};
use schemas::metric::{MetricBatch, Point, PointKind};
use schemas::source_class::SourceClass;
use schemas::time::Time;
use stream::Store;
use stream::image::{ChunkHeader, EntryWriter};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const START_MS: i64 = 1_790_000_040_000;
const BATCH: usize = 1_000;

fn series(number: usize, flow: Flow) -> Series {
    let resource = ResourceId::of("acme", &format!("host-{}", number / 20));
    let measure = format!("metric.{}", number % 20);
    Series {
        id: SeriesId::of(resource, &measure, &BTreeMap::from([("n".into(), number.to_string())])),
        tenant: Arc::from("acme"),
        class: SourceClass::Metric,
        measure: Arc::from(measure),
        unit: None,
        resource: Some(resource),
        group: BTreeMap::new(),
        flow,
        is_share: false,
        groups: Vec::new(),
    }
}

fn filled(count: usize) -> (Windows, Vec<SeriesId>) {
    let mut windows = Windows::default();
    let flow = |number: usize| if number.is_multiple_of(3) { Flow::Total } else { Flow::Gauge };
    let ids = (0..count).map(|number| {
        let series = series(number, flow(number));
        let id = series.id;
        windows.define(series, START_MS / 60_000, usize::MAX).unwrap();
        id
    });
    let ids: Vec<_> = ids.collect();
    windows.commit();
    (windows, ids)
}

/// One point of each series every `step_ms`, as the encoded batches of one scrape after the other.
fn batches(
    ids: &[SeriesId],
    from_ms: i64,
    scrapes: usize,
    step_ms: i64,
    dice: &mut ChaCha8Rng,
) -> Vec<Vec<u8>> {
    let mut written = Vec::new();
    for scrape in 0..scrapes {
        let time_ms = from_ms + scrape as i64 * step_ms;
        let arrival = Time::from_millis(time_ms + 500).unwrap();
        for (chunk, ids) in ids.chunks(BATCH).enumerate() {
            let mut batch = MetricBatch::new(arrival);
            for (number, id) in ids.iter().enumerate() {
                let total = (chunk * BATCH + number).is_multiple_of(3);
                let noise = (dice.next_u64() % 1_000) as f64;
                let value =
                    if total { time_ms as f64 / 1_000.0 + noise / 1e6 } else { 100.0 + noise };
                // Hosts are not scraped at the same millisecond.
                let time_ms = time_ms + (number % 997) as i64;
                batch.push(Point { series: *id, time_ms, value, kind: PointKind::Value }).unwrap();
            }
            written.push(batch.encode().unwrap());
        }
    }
    written
}

fn take(windows: &mut Windows, value: &[u8], offset: i64) -> usize {
    let batch = MetricBatch::decode(value).unwrap();
    let points = batch.points().iter().filter_map(|point| {
        let (at, _) = windows.find(point.series)?;
        Some((at, point.kind, point.time_ms, point.value))
    });
    let points: Vec<_> = points.collect();
    let count = points.len();
    windows.add(batch.arrival.millis(), offset, points.into_iter());
    count
}

fn cpu_s() -> f64 {
    // The first number is nanoseconds on the processor.
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

fn mark_at(clock: &mut Clock, jobs: &mut Jobs, until_ms: i64, offset: i64) {
    let progress = InputProgress {
        topic: "isobar.in.metrics".into(),
        partition: 0,
        partitions: 1,
        read_until_ms: until_ms,
        extra: Default::default(),
    };
    let writer = Writer { topology: "p".into(), slot: "0".into(), extra: Default::default() };
    let mark = Mark { writer, inputs: vec![progress], extra: Default::default() };
    clock.mark(&mark::encode(&mark).unwrap()).unwrap();
    jobs.begin(offset);
    jobs.time_passed(clock);
}

/// Points a second into panes: batches are decoded, series found, instants deduplicated.
fn points_a_second(name: &str, count: usize, scrapes: usize, step_ms: i64) {
    let mut rates = Vec::new();
    for run in 0..5 {
        let mut dice = ChaCha8Rng::seed_from_u64(run);
        let (mut windows, ids) = filled(count);
        let written = batches(&ids, START_MS, scrapes, step_ms, &mut dice);
        let (began, mut points) = (cpu_s(), 0);
        for (number, value) in written.iter().enumerate() {
            points += take(&mut windows, value, number as i64);
            // As many batches as a worker that is behind takes in one transaction.
            if number % 20 == 19 {
                windows.commit();
            }
        }
        windows.commit();
        rates.push(points as f64 / (cpu_s() - began));
        assert_eq!(windows.take_duplicates(), 0);
    }
    rates.sort_by(f64::total_cmp);
    println!("{name:<60} {:>12.0} points/s", rates[2]);
}

/// What two hours and a half of points cost in memory and in rows, with all five windows open.
fn memory(count: usize, step_ms: i64) {
    let mut dice = ChaCha8Rng::seed_from_u64(1);
    let before = resident_bytes();
    let (mut windows, ids) = filled(count);
    let config = WindowsConfig::default();
    let (mut clock, mut jobs) = (Clock::new(config), Jobs::default());
    let (mut rows, mut telling_s, mut offset) = (0_u64, 0.0, 0);
    for minute in 0..150 {
        let from_ms = START_MS + minute * 60_000;
        let scrapes = usize::try_from(60_000 / step_ms).unwrap();
        for value in batches(&ids, from_ms, scrapes, step_ms, &mut dice) {
            offset += 1;
            take(&mut windows, &value, offset);
            windows.commit();
        }
        offset += 1;
        mark_at(&mut clock, &mut jobs, from_ms + 60_000, offset);
        let began = cpu_s();
        while jobs.advance(&mut windows, &clock, &mut |_, _| rows += 1) == stream::Progress::Pending
        {
            commit(&mut windows, &mut jobs);
        }
        commit(&mut windows, &mut jobs);
        telling_s += cpu_s() - began;
    }
    let bytes = resident_bytes().saturating_sub(before);
    let image = image_bytes(&mut windows);
    println!(
        "{count:>9} series, a point each {:>2} s: {:>6.0} bytes a series in memory, {:>5.0} in an image; a row merged and settled in {:>5.2} us ({rows} rows)",
        step_ms / 1_000,
        bytes as f64 / count as f64,
        image as f64 / count as f64,
        telling_s * 1e6 / rows as f64
    );
}

fn commit(windows: &mut Windows, jobs: &mut Jobs) {
    windows.commit();
    jobs.stores().into_iter().for_each(Store::commit);
}

fn image_bytes(windows: &mut Windows) -> usize {
    windows.begin_cut();
    let mut all = 0;
    loop {
        let mut bytes = ChunkHeader::begin();
        let done = windows.write_cut(&mut EntryWriter::new(&mut bytes, 0, usize::MAX));
        all += bytes.len();
        if done {
            return all;
        }
    }
}

fn resident_bytes() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4_096
}

fn main() {
    let began = Instant::now();
    points_a_second("50,000 series, a point each 10 s (6 a pane)", 50_000, 6, 10_000);
    points_a_second("50,000 series, a point a second (60 a pane)", 50_000, 60, 1_000);
    points_a_second("5,000 series, 10 points a second (600 a pane)", 5_000, 600, 100);
    let most: usize = std::env::var("ISOBAR_BENCH_SERIES").map_or(100_000, |n| n.parse().unwrap());
    for count in [1_000, 10_000, 100_000, 1_000_000].into_iter().filter(|count| *count <= most) {
        memory(count, 10_000);
    }
    println!("took {:.0} s", began.elapsed().as_secs_f64());
}

//! How fast each format is read, on one core, beside what it costs only to parse the same bytes.
//!
//! `ISOBAR_BENCH_DATA` names a folder with one folder a format, which holds values as `isobar normalize`
//! reads them; `own` is a sample of the repository's, in protobuf. CPU time, the median of several runs. The floor of JSON is a parser that passes over the
//! value without keeping anything; that of other bytes is a checksum over them.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark prints, and may fail loudly"
)]

use std::io::Read as _;
use std::path::{Path, PathBuf};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use processors::canonical::Series;
use processors::draft::{Draft, DraftSeries, StatisticSet};
use processors::normalize::{Sample, Taker, normalize};
use processors::tenant::Tenants;
use processors::{Catalog, Input, Known, Refusal, Sink};
use schemas::envelope::Envelope;
use schemas::event::Event;
use schemas::metric::PointKind;
use schemas::time::Time;
use serde::de::IgnoredAny;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RUNS: usize = 5;
const RUN_SECONDS: f64 = 0.3;

/// Counts what comes, so that nothing can be left out by the compiler.
#[derive(Default)]
struct Count {
    found: u64,
    refused: u64,
}

impl Sink for Count {
    fn event(&mut self, event: &Draft<'_>) {
        self.found += u64::from(!event.action.is_empty());
    }

    fn point(&mut self, _: &DraftSeries<'_>, time_ms: i64, _: f64, _: PointKind) {
        self.found += u64::from(time_ms != 0);
    }

    fn set(&mut self, _: &DraftSeries<'_>, time_ms: i64, _: &StatisticSet) {
        self.found += u64::from(time_ms != 0);
    }

    fn filtered(&mut self, _: &'static str) {}

    fn refused(&mut self, _: Refusal, _: &[u8]) {
        self.refused += 1;
    }
}

impl Taker for Count {
    fn event(&mut self, event: Envelope<Event>) {
        self.found += u64::from(!event.data.action.is_empty());
    }

    fn sample(&mut self, series: &Series<'_>, _: i64, _: Sample) {
        self.found += u64::from(series.id.as_u64() != 0);
    }

    fn filtered(&mut self, _: &'static str) {}

    fn refused(&mut self, _: &Refusal, _: &[u8]) {
        self.refused += 1;
    }
}

fn main() {
    println!(
        "{:<30}{:<6}{:>7}{:>9}{:>11}{:>11}{:>11}{:>11}{:>8}",
        "format", "", "values", "bytes", "floor/s", "decode/s", "events/s", "sniffed/s", "x floor"
    );
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/otlp-metrics.bin");
    let otlp = Catalog::built_in().named("otlp-metrics").unwrap();
    measure(otlp, "own", &[std::fs::read(own).unwrap()]);
    let Some(data) = std::env::var_os("ISOBAR_BENCH_DATA").map(PathBuf::from) else {
        println!("ISOBAR_BENCH_DATA names no folder of samples; nothing else was measured");
        return;
    };
    for folder in sorted(&data) {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        if let Some(known) = Catalog::built_in().named(&name) {
            let (json, binary): (Vec<_>, Vec<_>) =
                values(&folder).into_iter().partition(|value| is_json(value));
            [("json", json), ("other", binary)].iter().for_each(|(form, values)| {
                if !values.is_empty() {
                    measure(known, form, values);
                }
            });
        }
    }
}

/// All rates are those of the events and points that the values hold.
fn measure(known: Known, form: &str, values: &[Vec<u8>]) {
    let arrival = Time::from_millis(1_767_225_600_000).unwrap();
    let tenants = Tenants::default();
    let mut count = Count::default();
    let all = values.iter().map(|value| Input::new(value, arrival)).collect::<Vec<_>>();
    all.iter().for_each(|input| known.read(input, &mut count).unwrap_or_default());
    let found = count.found.max(1) as f64;
    let floor = rate(|| values.iter().filter(|value| passes(value)).count() as u64) * found;
    let decode = rate(|| {
        let mut count = Count::default();
        all.iter().for_each(|input| known.read(input, &mut count).unwrap_or_default());
        count.found
    }) * found;
    let taken = |named: Option<Known>| {
        rate(|| {
            let mut count = Count::default();
            for input in &all {
                normalize(input, "topic/0/0", named, &tenants, &mut count);
            }
            count.found
        }) * found
    };
    let (canonical, sniffed) = (taken(Some(known)), taken(None));
    let bytes: usize = values.iter().map(Vec::len).sum();
    println!(
        "{:<30}{form:<6}{:>7}{:>9}{floor:>11.0}{decode:>11.0}{canonical:>11.0}{sniffed:>11.0}{:>8.1}",
        known.name(),
        values.len(),
        bytes / values.len().max(1),
        floor / decode,
    );
}

fn passes(value: &[u8]) -> bool {
    if is_json(value) {
        serde_json::Deserializer::from_slice(value)
            .into_iter::<IgnoredAny>()
            .all(|piece| piece.is_ok())
    } else {
        checksum(value) != 0
    }
}

fn is_json(value: &[u8]) -> bool {
    matches!(value.trim_ascii_start().first(), Some(b'{' | b'[')) && str::from_utf8(value).is_ok()
}

fn checksum(value: &[u8]) -> u64 {
    value.chunks(8).fold(1, |sum, chunk| {
        let word = chunk.iter().fold(0_u64, |word, byte| word << 8 | u64::from(*byte));
        (sum ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    })
}

/// How often a second of CPU time it can be done: the median.
fn rate(mut work: impl FnMut() -> u64) -> f64 {
    let mut rates: Vec<f64> = (0..RUNS).map(|_| once(&mut work)).collect();
    rates.sort_by(f64::total_cmp);
    rates.get(RUNS / 2).copied().unwrap_or_default()
}

fn once(work: &mut impl FnMut() -> u64) -> f64 {
    let began = cpu_seconds();
    let mut times = 0.0;
    loop {
        std::hint::black_box(work());
        times += 1.0;
        let passed = cpu_seconds() - began;
        if passed > RUN_SECONDS {
            return times / passed;
        }
    }
}

fn cpu_seconds() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    (usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) as f64 / 1e6
}

fn values(folder: &Path) -> Vec<Vec<u8>> {
    sorted(folder).into_iter().flat_map(|path| values_of(&path)).collect()
}

fn values_of(path: &Path) -> Vec<Vec<u8>> {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let stem = name.strip_suffix(".gz").unwrap_or(&name);
    let is_told =
        ["README", "LICENSE", "NOTICE", "PROVENANCE"].iter().any(|of| stem.starts_with(of));
    if path.is_dir() || is_told {
        return if path.is_dir() { values(path) } else { Vec::new() };
    }
    let bytes = std::fs::read(path).unwrap();
    let is_lines = stem.ends_with(".ndjson") || stem.ends_with(".jsonl");
    if !is_lines {
        return vec![bytes];
    }
    let bytes = if stem == name { bytes } else { unpacked(&bytes) };
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    lines.map(<[u8]>::to_vec).collect()
}

fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut out).unwrap();
    out
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

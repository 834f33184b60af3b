//! Correlates a file and writes the incident of each row, as `isobar correlate` does: for trying
//! changes of the engine without building the program.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    reason = "an example may fail loudly and read the clock"
)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};

use incidents::{Engine, Item, Limits, of_event};
use processors::canonical::Series;
use processors::normalize::{Sample, Taker, normalize};
use processors::tenant::Tenants;
use processors::{Input, Refusal};
use schemas::envelope::Envelope;
use schemas::event::Event;
use schemas::id::IncidentId;
use schemas::incident::Incident;
use schemas::time::Time;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Default)]
struct Events(Vec<Item>);

impl Taker for Events {
    fn event(&mut self, event: Envelope<Event>) {
        self.0.push(of_event(&event));
    }
    fn sample(&mut self, _: &Series<'_>, _: i64, _: Sample) {}
    fn filtered(&mut self, _: &'static str) {}
    fn refused(&mut self, _: &Refusal, _: &[u8]) {}
}

/// Keeps the last record of each incident that is not part of another.
fn collect(engine: &mut Engine, told: &mut BTreeMap<IncidentId, Incident>) {
    for (_, record) in engine.told() {
        if record.merged_into.is_some() {
            told.remove(&record.incident);
        } else {
            told.insert(record.incident, record);
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let file = std::fs::File::open(&arguments[1]).unwrap();
    let arrival = Time::from_millis(1_790_000_000_000).unwrap();
    let (mut engine, tenants) =
        (Engine::new(Limits { named: 100_000, ..Limits::default() }), Tenants::default());
    let (mut rows, mut into, mut told) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
    let mut spent = 0.0;
    for line in BufReader::new(flate2::read::MultiGzDecoder::new(file)).lines() {
        let line = line.unwrap();
        let mut events = Events::default();
        normalize(&Input::new(line.as_bytes(), arrival), "row", None, &tenants, &mut events);
        let mut of_row = None;
        for item in events.0 {
            let start = std::time::Instant::now();
            let taken = engine.take(&item);
            spent += start.elapsed().as_secs_f64();
            of_row = of_row.or(taken.incident);
            into.extend(taken.merged);
        }
        rows.push(of_row);
        collect(&mut engine, &mut told);
    }
    engine.tell_all();
    collect(&mut engine, &mut told);
    let last = |mut id: IncidentId| {
        while let Some(next) = into.get(&id) {
            id = *next;
        }
        id
    };
    let mut out = std::io::BufWriter::new(std::fs::File::create(&arguments[2]).unwrap());
    for (row, id) in rows.iter().enumerate() {
        match id.map(last).filter(|id| told.contains_key(id)) {
            Some(id) => writeln!(out, "{row}\t{id}").unwrap(),
            None => writeln!(out, "{row}\t-").unwrap(),
        }
    }
    if let Some(path) = arguments.get(3) {
        let mut out = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
        for incident in told.values() {
            serde_json::to_writer(&mut out, incident).unwrap();
            writeln!(out).unwrap();
        }
    }
    println!(
        "{} rows, {:.0} items/s, {:?}, kept {}",
        rows.len(),
        rows.len() as f64 / spent,
        engine.take_counts(),
        engine.kept()
    );
}

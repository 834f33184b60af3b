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

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let file = std::fs::File::open(&arguments[1]).unwrap();
    let arrival = Time::from_millis(1_790_000_000_000).unwrap();
    let (mut engine, tenants) =
        (Engine::new(Limits { named: 100_000, ..Limits::default() }), Tenants::default());
    let (mut rows, mut into) = (Vec::new(), BTreeMap::new());
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
    }
    let mut told = BTreeMap::new();
    let closed = engine.closed();
    for incident in
        closed.iter().map(|(_, incident)| incident).chain(engine.incidents().map(|(_, i)| i))
    {
        told.insert(incident.id, incident.is_told());
    }
    let last = |mut id: IncidentId| {
        while let Some(next) = into.get(&id) {
            id = *next;
        }
        id
    };
    let mut out = std::io::BufWriter::new(std::fs::File::create(&arguments[2]).unwrap());
    for (row, id) in rows.iter().enumerate() {
        match id.map(last).filter(|id| told.get(id) == Some(&true)) {
            Some(id) => writeln!(out, "{row}\t{id}").unwrap(),
            None => writeln!(out, "{row}\t-").unwrap(),
        }
    }
    if let Some(path) = arguments.get(3) {
        let mut out = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
        for incident in
            closed.iter().map(|(_, incident)| incident).chain(engine.incidents().map(|(_, i)| i))
        {
            if incident.is_told() {
                serde_json::to_writer(&mut out, &incident.told(0)).unwrap();
                writeln!(out).unwrap();
            }
        }
    }
    println!(
        "{} rows, {:.0} items/s, {:?}, kept {}",
        rows.len(),
        rows.len() as f64 / spent,
        engine.counts(),
        engine.kept()
    );
}

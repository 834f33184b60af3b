//! What the lifecycle costs while 20,000 alerts are open, and where memory stands after many signals. CPU time
//! of this thread. `ISOBAR_BENCH_MILLIONS` sets how many signals the test of memory takes.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "a benchmark reads the clock, prints, and may fail loudly"
)]

mod common;

use std::sync::Arc;

use common::{BATCH, OPEN, START_MS, config, cpu_s, labels, mixed};
use correlator::alert::{Alerts, Identity, Occurrence, Out, Says};
use schemas::alert::Level;
use schemas::id::EventId;
use schemas::source_class::SourceClass;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn occurrence(number: u64, condition: u64, at_ms: i64, names: &Arc<[String]>) -> Occurrence {
    Occurrence {
        tenant: "acme".to_owned(),
        rule: format!("rule-{}", condition % 20),
        version: "83b3abd500346963664821c5f3a02fa9".to_owned(),
        rule_title: None,
        level: if condition.is_multiple_of(3) { Level::Critical } else { Level::Warning },
        labels: labels(condition),
        identity: Identity::Named(Arc::clone(names)),
        says: Says::Holds,
        time_ms: at_ms,
        arrival_ms: at_ms,
        said_ms: at_ms,
        episode_ms: None,
        class: SourceClass::Log,
        record: EventId::of("bench", &number.to_string()).into(),
        before: Vec::new(),
        title: "Somebody attached a policy".to_owned(),
        text: "AttachUserPolicy by arn:example:iam::000000000042:role/deployer".to_owned(),
        place: None,
        advice: None,
        quiet_ms: 15 * 60_000,
    }
}

struct Engine {
    alerts: Alerts,
    out: Out,
    said: u64,
    names: Arc<[String]>,
}

impl Engine {
    fn new() -> Self {
        let alerts = Alerts::new(Arc::new(config().check().unwrap()));
        Self { alerts, out: Out::default(), said: 0, names: Arc::from(["resource".to_owned()]) }
    }

    fn take(&mut self, occurrence: Occurrence) {
        let Self { alerts, out, .. } = self;
        let tenant = alerts.observe("acme", occurrence.time_ms, occurrence.arrival_ms).unwrap();
        while !alerts.catch_up(tenant, out) {}
        alerts.occur(tenant, occurrence, out);
        while !alerts.catch_up(tenant, out) {}
        self.said += self.out.said.drain(..).len() as u64;
    }

    fn commit(&mut self) {
        self.alerts.stores().into_iter().for_each(|store| store.commit());
    }

    /// So many signals of these conditions, `rate` of them in a second of event time.
    fn run(&mut self, from: u64, count: u64, rate: u64, condition: fn(u64) -> u64) -> f64 {
        let mut spent = 0.0;
        for batch in 0..count / BATCH {
            let first = from + batch * BATCH;
            let made: Vec<_> = (first..first + BATCH)
                .map(|number| {
                    let at_ms = START_MS + (number * 1_000 / rate) as i64;
                    occurrence(number, condition(number), at_ms, &self.names)
                })
                .collect();
            let began = cpu_s();
            made.into_iter().for_each(|occurrence| self.take(occurrence));
            self.commit();
            spent += cpu_s() - began;
        }
        count as f64 / spent
    }
}

fn open(number: u64) -> u64 {
    mixed(number) % OPEN
}

fn often_new(number: u64) -> u64 {
    if mixed(number).is_multiple_of(20) { OPEN + number } else { open(number) }
}

fn lifecycle() {
    let mut engine = Engine::new();
    engine.run(0, 200_000, 50_000, open);
    let before = engine.said;
    let rate = engine.run(200_000, 2_000_000, 50_000, open);
    let kept = engine.alerts.kept();
    println!(
        "lifecycle, {} open: {:.0} signals/s, {} records said of 2,000,000 signals",
        kept.open,
        rate,
        engine.said - before
    );
    let mut engine = Engine::new();
    engine.run(0, 100_000, 50_000, mixed);
    let rate = engine.run(100_000, 300_000, 50_000, mixed);
    println!(
        "lifecycle, each signal another condition, at the limit of open alerts: {rate:.0} signals/s"
    );
}

/// Signals of which one in twenty is of another condition: opening, closing and evicting all along.
fn memory(millions: u64) {
    let mut engine = Engine::new();
    println!("signals     open closing remembered groups entries   resident");
    for million in 0..millions {
        let rate = engine.run(million * 1_000_000, 1_000_000, 10_000, often_new);
        if million.is_multiple_of((millions / 10).max(1)) || million + 1 == millions {
            let kept = engine.alerts.kept();
            println!(
                "{:>6} M {:>8} {:>7} {:>10} {:>6} {:>7} {:>7} MiB {rate:.0}/s",
                million + 1,
                kept.open,
                kept.closing,
                kept.remembered,
                kept.groups,
                kept.entries,
                resident_mib()
            );
        }
    }
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * 4_096 / (1 << 20)
}

fn main() {
    lifecycle();
    let millions = std::env::var("ISOBAR_BENCH_MILLIONS").ok().and_then(|text| text.parse().ok());
    memory(millions.unwrap_or(3));
}

//! What it costs to take items while 1,000 incidents and 20,000 alerts are open: throughput, how long
//! single items take, and whether memory stays flat. The stores commit every 1,000 items, as in a task,
//! and that is part of the time; the making of items is not. Single items are measured in wall time, with
//! the records they let go; 90 and 99 of 100 items are not slower than the figures named so.
//! `ISOBAR_BENCH_MILLIONS` sets how many items the test of memory takes, each with new names.

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
use std::time::Instant;

use incidents::item::Session;
use incidents::{Engine, Item, Kind, Limits, Mention, Stands, Way};
use schemas::alert::Level;
use schemas::id::{AlertId, EventId, Fingerprint, IncidentId};
use schemas::incident::IncidentState;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const START_MS: i64 = 1_790_000_000_000;
/// So many things go on at once, of which more than 1,000 incidents are made; each has twenty alerts.
const GROUPS: u64 = 1_400;
const ALERTS_OF_EACH: u64 = 20;
/// The fewer rules there are, the more of these things are taken for one while they are new.
const RULES: u64 = 800;
const ITEMS_OF_TRANSACTION: u64 = 1_000;
/// The rates take turns, so that what else the machine does meets both.
const ROUNDS: u64 = 5;
const ITEMS_OF_ROUND: u64 = 60_000;

fn mixed(number: u64) -> u64 {
    (number ^ (number >> 29)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 7
}

fn mention(kind: Kind, value: String) -> Mention {
    Mention { kind, value, way: Way::Used }
}

/// Two of three are alerts of a place; the third is a call that names three things.
fn item(number: u64, at_ms: i64) -> Item {
    let drawn = mixed(number);
    let (group, of_group) = (drawn % GROUPS, drawn / GROUPS % ALERTS_OF_EACH);
    let alert = !number.is_multiple_of(3);
    let rule = format!("rule-{}", (group * 7 + of_group) % RULES);
    let place = format!("service-{group}-{}", of_group % 5);
    let named = vec![
        mention(Kind::Name, format!("deployment-of-service-{group}-in-production")),
        mention(Kind::Resource, format!("i-{:016x}", group * 100 + of_group % 8)),
        mention(Kind::Resource, format!("eni-{:016x}", mixed(number))),
    ];
    let session = Session {
        who: format!("key-{}@10.0.0.{}", group % 40, group % 9),
        agent: "tool".to_owned(),
    };
    let fingerprint = Fingerprint::of("acme", &rule, &[("place".to_owned(), place.clone())].into());
    let event = EventId::of("bench", &number.to_string());
    // Alerts hold: the first record of a condition stands for all of its occurrences.
    let first = EventId::of("first", &rule);
    let stands = if alert {
        Stands::Alert(AlertId::of("acme", fingerprint, first.into()))
    } else {
        Stands::Event
    };
    Item {
        tenant: "acme".to_owned(),
        event,
        time_ms: at_ms,
        arrival_ms: at_ms,
        action: format!("audit Call{}", of_group % 30),
        rule: Some(rule.clone()).filter(|_| alert),
        place: Some(place).filter(|_| alert),
        session: Some(session).filter(|_| !alert),
        mentions: if alert { Vec::new() } else { named },
        is_delivery: false,
        makes: false,
        level: Level::Warning,
        title: format!("{rule}: something is slow at service {group}"),
        fingerprint,
        stands,
        record: event.into(),
        because: Vec::new(),
        advice: Some("Look at the last deployment.".to_owned()).filter(|_| alert),
        resource: None,
    }
}

/// What items cost, without what it takes to make them up.
#[derive(Default)]
struct Spent {
    cpu_s: f64,
    /// Microseconds of each item and of each commit.
    each_us: Vec<f64>,
}

fn timed_us(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e6
}

struct Run {
    engine: Engine,
    number: u64,
    /// Microseconds of event time since the start.
    passed_us: u64,
    /// Incidents that are told and not over, with how many alerts hold in each.
    open: BTreeMap<IncidentId, u64>,
    records: usize,
}

impl Run {
    fn new() -> Self {
        let engine = Engine::new(Limits::default());
        Self { engine, number: 0, passed_us: 0, open: BTreeMap::new(), records: 0 }
    }

    /// Takes so many items, so many a second of event time; gives what that cost.
    fn take(&mut self, count: u64, rate: u64) -> Spent {
        let mut spent = Spent::default();
        for _ in 0..count / ITEMS_OF_TRANSACTION {
            let items: Vec<Item> = (0..ITEMS_OF_TRANSACTION).map(|_| self.next(rate)).collect();
            let began_s = spent_s();
            items.iter().for_each(|item| spent.each_us.push(timed_us(|| self.work(item))));
            spent.each_us.push(timed_us(|| self.commit()));
            spent.cpu_s += spent_s() - began_s;
        }
        spent
    }

    fn next(&mut self, rate: u64) -> Item {
        self.number += 1;
        self.passed_us += 1_000_000 / rate;
        item(self.number, START_MS + (self.passed_us / 1_000) as i64)
    }

    fn work(&mut self, item: &Item) {
        std::hint::black_box(self.engine.take(item));
        self.hand_over();
    }

    fn commit(&mut self) {
        self.engine.stores().into_iter().for_each(stream::Store::commit);
    }

    /// The records of each item are handed over before the next one, as in the service.
    fn hand_over(&mut self) {
        for (_, record) in self.engine.told() {
            self.records += 1;
            let over = record.resolved_at_ms.is_some() || record.state == IncidentState::Merged;
            if over {
                self.open.remove(&record.incident);
            } else {
                self.open.insert(record.incident, record.holding);
            }
        }
    }

    /// What is open; fewer would be another measurement than the one that is named here.
    fn state(&self) -> String {
        let (incidents, alerts) = (self.open.len(), self.open.values().sum::<u64>());
        assert!(incidents >= 1_000, "{incidents} incidents are open");
        assert!(alerts >= 20_000, "{alerts} alerts are open");
        let entries = self.engine.kept();
        format!("{incidents} incidents with {alerts} alerts open, {entries} entries")
    }
}

/// CPU time of this thread.
fn spent_s() -> f64 {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    spent.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1e9
}

fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

/// What items cost that came at a rate.
struct Cost {
    rate: u64,
    /// Items in a second of CPU time, of each round.
    throughputs: Vec<f64>,
    /// Microseconds of each item of all rounds.
    each: Vec<f64>,
    records: usize,
}

impl Cost {
    fn of(rate: u64) -> Self {
        Self { rate, throughputs: Vec::new(), each: Vec::new(), records: 0 }
    }

    fn measure(&mut self, run: &mut Run) {
        let before = run.records;
        let spent = run.take(ITEMS_OF_ROUND, self.rate);
        self.each.extend(spent.each_us);
        self.throughputs.push(ITEMS_OF_ROUND as f64 / spent.cpu_s);
        self.records += run.records - before;
    }

    fn print(mut self) {
        let Self { rate, records, .. } = self;
        self.throughputs.sort_by(f64::total_cmp);
        self.each.sort_by(f64::total_cmp);
        let at = |share: f64| self.each[(self.each.len() as f64 * share) as usize];
        println!(
            "{rate} items in a second of event time: {:.0} items/s of CPU time (median of {ROUNDS}, {:.0} to {:.0}); each: p50 {:.1} us, p90 {:.1} us, p99 {:.1} us, max {:.0} us; {records} records for {} items",
            self.throughputs[self.throughputs.len() / 2],
            self.throughputs[0],
            self.throughputs[self.throughputs.len() - 1],
            at(0.5),
            at(0.9),
            at(0.99),
            self.each[self.each.len() - 1],
            ITEMS_OF_ROUND * ROUNDS,
        );
    }
}

fn main() {
    let mut run = Run::new();
    run.take(300_000, 100);
    println!("{}", run.state());
    // A task that catches up takes as many in a second as it can: most of that time nothing is due.
    let mut costs = [100, 10_000].map(Cost::of);
    for _ in 0..ROUNDS {
        costs.iter_mut().for_each(|cost| cost.measure(&mut run));
    }
    println!("{}", run.state());
    costs.into_iter().for_each(Cost::print);
    remember(&mut run);
}

/// Takes items with ever new names, and prints what is resident after every tenth.
fn remember(run: &mut Run) {
    let millions = std::env::var("ISOBAR_BENCH_MILLIONS").map_or(3, |text| text.parse().unwrap());
    for tenth in 1..=if millions > 0 { 10 } else { 0 } {
        run.take(millions * 100_000, 2_000);
        println!(
            "after {tenth} tenths of {millions} million more: {:.0} MiB, {}, {:?}",
            resident_mib(),
            run.state(),
            run.engine.take_counts()
        );
    }
}

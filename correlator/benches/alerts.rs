//! What it costs to take signals while 20,000 alerts are open: the lifecycle alone, and the processor
//! with the reading of JSON. CPU time of this thread. `ISOBAR_BENCH_MILLIONS` sets how many signals the
//! test of memory takes.

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

use std::collections::BTreeMap;
use std::sync::Arc;

use correlator::alert::{Alerts, AlertsConfig, Identity, Occurrence, Out, Says};
use correlator::{CorrelatorConfig, topology};
use schemas::alert::Level;
use schemas::codec;
use schemas::envelope::{Attributes, Envelope, Extra};
use schemas::event::{Outcome, Severity};
use schemas::id::{EventId, RecordId, ResourceId};
use schemas::kind::Kind;
use schemas::resource::{Hints, Resource};
use schemas::signal::{RuleHit, Signal, SignalKind};
use schemas::source_class::SourceClass;
use schemas::time::Time;
use stream::{Context, Effects, EventTime, Offset, Record, TopicPartition};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const START_MS: i64 = 1_790_000_000_000;
const OPEN: u64 = 20_000;
/// As many signals as a transaction of 20 ms holds at 50,000 a second.
const BATCH: u64 = 1_000;

fn config() -> AlertsConfig {
    let yaml = "
receivers: [{name: ops, channel: slack}, {name: lead, channel: pagerduty}]
routes:
  - {name: urgent, matchers: ['level=~critical|emergency'], receivers: [lead], group_by: [service.name], continue: true,
     escalation: [{after: 30m, receivers: [ops]}]}
  - {name: all, receivers: [ops], group_by: [rule, cloud.region]}
inhibitions: [{source: ['rule=rule-0'], target: ['rule=~rule-[1-9]'], equal: [service.name]}]
";
    serde_yaml_ng::from_str(yaml).unwrap()
}

fn labels(condition: u64) -> BTreeMap<String, String> {
    let pairs = [
        ("resource", format!("{:032x}", condition / 20)),
        ("service.name", format!("service-{}", condition / 20 % 400)),
        ("cloud.region", format!("region-{}", condition % 7)),
        ("deployment.environment.name", "production".to_owned()),
        ("actor", "arn:example:iam::000000000042:role/deployer".to_owned()),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

fn occurrence(number: u64, conditions: u64, at_ms: i64, names: &Arc<[String]>) -> Occurrence {
    let condition = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % conditions;
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

    /// So many signals over so many conditions, `rate` of them in a second of event time.
    fn run(&mut self, from: u64, count: u64, conditions: u64, rate: u64) -> f64 {
        let mut spent = 0.0;
        for batch in 0..count / BATCH {
            let first = from + batch * BATCH;
            let made: Vec<_> = (first..first + BATCH)
                .map(|number| {
                    let at_ms = START_MS + (number * 1_000 / rate) as i64;
                    occurrence(number, conditions, at_ms, &self.names)
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

fn lifecycle() {
    let mut engine = Engine::new();
    engine.run(0, 200_000, OPEN, 50_000);
    let before = engine.said;
    let rate = engine.run(200_000, 2_000_000, OPEN, 50_000);
    let kept = engine.alerts.kept();
    println!(
        "lifecycle, {} open: {:.0} signals/s, {} records said of 2,000,000 signals",
        kept.open,
        rate,
        engine.said - before
    );
    let mut engine = Engine::new();
    engine.run(0, 100_000, u64::MAX, 50_000);
    let rate = engine.run(100_000, 300_000, u64::MAX, 50_000);
    println!(
        "lifecycle, each signal another condition, at the limit of open alerts: {rate:.0} signals/s"
    );
}

/// Signals over ten times as many conditions as may be open: opening, closing and evicting all along.
fn memory(millions: u64) {
    let mut engine = Engine::new();
    println!("signals     open closing remembered groups entries   resident");
    for million in 0..millions {
        let rate = engine.run(million * 1_000_000, 1_000_000, 10 * OPEN, 10_000);
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

/// CPU time of this thread: whoever else works on the machine does not count.
fn cpu_s() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * 4_096 / (1 << 20)
}

fn record(number: u64) -> Record {
    let condition = number % OPEN;
    let at_ms = START_MS + (number / 50) as i64;
    let attributes = Attributes {
        id: RecordId::of("bench", &[&number.to_string()]),
        source: "aws.cloudtrail".to_owned(),
        subject: None,
        time: Time::from_millis(at_ms).unwrap(),
        arrival_time: Time::from_millis(at_ms).unwrap(),
        tenant: "acme".to_owned(),
        source_class: SourceClass::Audit,
        traceparent: None,
    };
    let resource = Resource {
        id: ResourceId::of("acme", &(condition / 20).to_string()),
        attributes: labels(condition),
        extra: Extra::new(),
    };
    let hit = RuleHit {
        rule: format!("rule-{}", condition % 20),
        version: "83b3abd500346963664821c5f3a02fa9".to_owned(),
        level: Some(Level::Warning),
        title: None,
        building_block: false,
        fields: BTreeMap::new(),
        extra: Extra::new(),
    };
    let signal = Signal {
        kind: SignalKind::RuleHit,
        event: EventId::of("bench", &number.to_string()),
        event_kind: Kind::Audit,
        action: "AttachUserPolicy".to_owned(),
        outcome: Outcome::Success,
        severity: Severity::Medium,
        title: "Somebody attached a policy".to_owned(),
        resource: Some(resource),
        actor: None,
        hints: Hints::default(),
        entities: Vec::new(),
        rules: vec![hit],
        text: None,
        command: None,
        delivery: None,
        extra: Extra::new(),
    };
    let value = codec::encode(&Envelope::new(attributes, signal)).unwrap();
    let arrival = EventTime(at_ms);
    Record {
        offset: Offset(number as i64),
        arrival,
        key: None,
        value: Some(value),
        headers: Vec::new(),
    }
}

fn processor() {
    let topology =
        topology(&CorrelatorConfig { alerts: config(), ..CorrelatorConfig::default() }).unwrap();
    let mut processor = (topology.make)(&TopicPartition::new("isobar.signals", 0));
    let (mut spent, mut measured) = (0.0, 0);
    for batch in 0..600 {
        let records: Vec<_> = (batch * BATCH..(batch + 1) * BATCH).map(record).collect();
        let began = cpu_s();
        let mut effects = Effects::default();
        for record in &records {
            processor.process(record, &mut Context::new(&mut effects, false));
            processor.advance(&mut Context::new(&mut effects, false));
        }
        processor.stores().into_iter().for_each(|store| store.commit());
        if batch >= 200 {
            spent += cpu_s() - began;
            measured += BATCH;
        }
    }
    println!("processor with JSON, 20000 open: {:.0} signals/s", measured as f64 / spent);
}

fn main() {
    lifecycle();
    processor();
    let millions = std::env::var("ISOBAR_BENCH_MILLIONS").ok().and_then(|text| text.parse().ok());
    memory(millions.unwrap_or(3));
}

//! How long the correlator takes from a poll to a batch that is ready: JSON read, alerts and stateful rules
//! done, outputs encoded. CPU time of this thread, batches of a thousand signals.

#![allow(
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "a benchmark reads the clock, prints, and may fail loudly"
)]

mod common;

use std::collections::BTreeMap;

use common::{BATCH, OPEN, START_MS, config, cpu_s, labels, mixed};
use correlator::patterns::stateful;
use correlator::{CorrelatorConfig, topology};
use rules::{RuleSet, Text};
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

/// Rules over one record, and as many over several hits of them.
const RULES: u64 = 300;

fn hit_id(number: u64) -> String {
    format!("10000000-0000-4000-8000-{number:012}")
}

/// Counts and distinct values over one rule each and sequences of three, in equal parts: a hit belongs to
/// one or two of them.
fn rules() -> String {
    let mut text = String::new();
    for number in 0..RULES {
        let id = hit_id(number);
        text.push_str(&format!(
            "title: Hit {number}\nid: {id}\nname: hit-{number}\nlogsource: {{product: aws, service: cloudtrail}}\n\
             detection: {{s: {{eventName: never}}, condition: s}}\n---\n"
        ));
    }
    for number in 0..RULES {
        let (kind, of, condition) = match number % 3 {
            0 => ("event_count", 1, "timespan: 5m, condition: {gte: 50}"),
            1 => ("value_count", 1, "timespan: 5m, condition: {field: address, gte: 30}"),
            _ => ("temporal_ordered", 3, "timespan: 1s"),
        };
        let names = (0..of).map(|more| format!("hit-{}", (number + more) % RULES));
        let names = names.collect::<Vec<_>>().join(", ");
        let is_last = number + 1 == RULES;
        text.push_str(&format!(
            "title: Several {number}\nid: 20000000-0000-4000-8000-{number:012}\nlevel: high\n\
             correlation: {{type: {kind}, rules: [{names}], group-by: [user], {condition}}}\n{}",
            if is_last { "" } else { "---\n" }
        ));
    }
    text
}

fn with_rules() -> CorrelatorConfig {
    let set = RuleSet::load(&[Text { file: "rules.yaml".to_owned(), text: rules() }]);
    assert!(!set.has_errors(), "{:?}", set.problems);
    let title = |id: &str| set.title(id).map(str::to_owned);
    let stateful: Vec<_> =
        set.correlations.iter().map(|of| stateful(of, &title).unwrap()).collect();
    CorrelatorConfig { alerts: config(), stateful, ..CorrelatorConfig::default() }
}

/// Users and addresses that have nothing to do with the condition.
fn fields(number: u64) -> BTreeMap<String, String> {
    let other = mixed(number.wrapping_mul(0xD134_2543_DE82_EF95));
    let fields = [
        ("user", format!("user-{}", other % 500)),
        ("address", format!("192.0.2.{}", other / 500 % 250)),
    ];
    fields.map(|(name, value)| (name.to_owned(), value)).into()
}

fn record(number: u64) -> Record {
    let condition = mixed(number) % OPEN;
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
        rule: hit_id(condition % RULES),
        version: "83b3abd500346963664821c5f3a02fa9".to_owned(),
        level: Some(Level::Warning),
        title: None,
        building_block: false,
        fields: fields(number),
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
        relations: Vec::new(),
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

/// Batches until the alerts are open and repeated more often than is told, then those that are measured.
fn measure(name: &str, config: &CorrelatorConfig) {
    let topology = topology(config).unwrap();
    let mut processor = (topology.make)(&TopicPartition::new("isobar.signals", 0));
    let (mut spent_ms, mut said) = (Vec::new(), 0);
    for batch in 0..800 {
        let records: Vec<_> = (batch * BATCH..(batch + 1) * BATCH).map(record).collect();
        let began = cpu_s();
        let mut effects = Effects::default();
        for record in &records {
            processor.process(record, &mut Context::new(&mut effects, false));
            processor.advance(&mut Context::new(&mut effects, false));
        }
        processor.flush(&mut Context::new(&mut effects, false));
        let took_ms = (cpu_s() - began) * 1_000.0;
        processor.stores().into_iter().for_each(|store| store.commit());
        if batch >= 300 {
            spent_ms.push(took_ms);
            said += effects.outputs.len();
        }
    }
    spent_ms.sort_by(f64::total_cmp);
    let at = |share: usize| spent_ms[spent_ms.len() * share / 100];
    let rate = (spent_ms.len() as u64 * BATCH) as f64 / spent_ms.iter().sum::<f64>() * 1_000.0;
    println!(
        "{name}: a batch of {BATCH} signals in p50 {:.1} ms, p90 {:.1} ms, p99 {:.1} ms; {rate:.0} signals/s, {said} records said",
        at(50),
        at(90),
        at(99)
    );
}

fn main() {
    let none = CorrelatorConfig { alerts: config(), ..CorrelatorConfig::default() };
    measure("no stateful rules", &none);
    measure("300 stateful rules", &with_rules());
}

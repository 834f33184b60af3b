//! The way from a message to an alert, as in the services: processors, then the correlator.
//!
//! **Invariant:** the topologies are those of the services, one partition each; time passes by marks, as
//! far as the last message has arrived.

use std::sync::Arc;

use anyhow::Context as _;
use correlator::patterns::Stateful;
use correlator::{CorrelatorConfig, topology as correlator_topology};
use processors::service::{ProcessorsConfig, topology as processors_topology};
use processors::tenant::HEADER;
use rules::Asked;
use rules::timeline::Sent;
use schemas::alert::{Alert, EvidenceRole};
use schemas::envelope::{Envelope, Extra};
use schemas::id::AlertId;
use schemas::mark::{self, InputProgress, Mark, Writer};
use schemas::{codec, topic};
use stream::{
    Context, Effects, EventTime, Offset, Output, Processor, Progress, Record, TopicPartition,
};

use super::finding;

/// A stateful rule fired.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fired {
    /// The rule.
    pub(super) rule: String,
    /// Whose hits.
    pub(super) tenant: String,
    /// The time of the last hit.
    pub(super) at_ms: i64,
    /// The labels of the alert.
    pub(super) labels: Vec<(String, String)>,
}

/// Both services, at one partition each.
pub(super) struct Stage {
    processors: Box<dyn Processor>,
    correlator: Box<dyn Processor>,
    offset: i64,
    fired: Vec<Fired>,
    /// Alerts, and how often each was counted.
    known: Vec<(AlertId, u64)>,
    /// Why messages could not be read.
    unread: Vec<String>,
}

impl Stage {
    /// Both services with these rules, and nothing seen.
    pub(super) fn new(asked: &Arc<Asked>, stateful: &[Stateful]) -> anyhow::Result<Self> {
        let asked = Some(Arc::clone(asked));
        let processors = processors_topology(ProcessorsConfig {
            rules: asked.clone(),
            ..ProcessorsConfig::default()
        });
        let config =
            CorrelatorConfig { stateful: stateful.to_vec(), asked, ..CorrelatorConfig::default() };
        let correlator = correlator_topology(&config)
            .map_err(|problems| anyhow::anyhow!("the correlator cannot start: {problems}"))?;
        Ok(Self {
            processors: (processors.make)(&TopicPartition::new("isobar.in.audit", 0)),
            correlator: (correlator.make)(&TopicPartition::new(topic::SIGNALS.name, 0)),
            offset: 0,
            fired: Vec::new(),
            known: Vec::new(),
            unread: Vec::new(),
        })
    }

    /// A message arrives, after all that arrived before.
    pub(super) fn send(&mut self, sent: &Sent) -> anyhow::Result<()> {
        self.pass_until(sent.arrives_ms)?;
        if let Some(found) = finding::read(sent)? {
            let value = codec::encode(&found).context("a finding that cannot be written")?;
            return self.correlate(record(sent.arrives_ms, value));
        }
        let mut message = record(sent.arrives_ms, sent.json.clone().into_bytes());
        message.headers = vec![(HEADER.to_owned(), sent.tenant.clone().into_bytes())];
        for output in take(&mut *self.processors, &mut self.offset, message) {
            let value = output.value.unwrap_or_default();
            match &*output.topic {
                name if name == topic::SIGNALS.name => {
                    self.correlate(record(sent.arrives_ms, value))?;
                }
                name if name == topic::DEAD_LETTER.name => {
                    let letter = codec::decode::<schemas::dead_letter::DeadLetter>(&value)?;
                    self.unread.push(letter.data.reason);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Time passes for all tenants, as the processors would mark it.
    pub(super) fn pass_until(&mut self, until_ms: i64) -> anyhow::Result<()> {
        let progress = InputProgress {
            topic: "isobar.in.audit".to_owned(),
            partition: 0,
            partitions: 1,
            read_until_ms: until_ms,
            extra: Extra::new(),
        };
        let writer =
            Writer { topology: "processors".into(), slot: "0".into(), extra: Extra::new() };
        let mark = Mark { writer, inputs: vec![progress], extra: Extra::new() };
        self.correlate(record(until_ms, mark::encode(&mark)?))
    }

    /// What fired, and why messages could not be read.
    pub(super) fn end(self) -> (Vec<Fired>, Vec<String>) {
        (self.fired, self.unread)
    }

    fn correlate(&mut self, record: Record) -> anyhow::Result<()> {
        for output in take(&mut *self.correlator, &mut self.offset, record) {
            let value = output.value.unwrap_or_default();
            if &*output.topic == topic::ALERTS.name {
                self.note(&codec::decode::<Alert>(&value)?);
            } else if &*output.topic == topic::DEAD_LETTER.name {
                let letter = codec::decode::<schemas::dead_letter::DeadLetter>(&value)?;
                self.unread.push(letter.data.reason);
            }
        }
        Ok(())
    }

    /// An alert that was counted once more is a firing; what triggered it last tells when.
    fn note(&mut self, alert: &Envelope<Alert>) {
        let data = &alert.data;
        let before = self.known.iter_mut().find(|(id, _)| *id == data.alert);
        let is_more = match before {
            Some((_, count)) => std::mem::replace(count, data.count) < data.count,
            None => {
                self.known.push((data.alert, data.count));
                true
            }
        };
        let triggers = data.evidence.iter().filter(|of| of.role == EvidenceRole::Trigger);
        if let Some(last) = triggers.map(|of| of.time_ms).max().filter(|_| is_more) {
            self.fired.push(Fired {
                rule: data.rule.rule.clone(),
                tenant: alert.attributes.tenant.clone(),
                at_ms: last,
                labels: data.labels.clone().into_iter().collect(),
            });
        }
    }
}

fn take(processor: &mut dyn Processor, offset: &mut i64, mut record: Record) -> Vec<Output> {
    *offset += 1;
    record.offset = Offset(*offset);
    let mut effects = Effects::default();
    processor.process(&record, &mut Context::new(&mut effects, false));
    while processor.advance(&mut Context::new(&mut effects, false)) == Progress::Pending {}
    processor.flush(&mut Context::new(&mut effects, false));
    for store in processor.stores() {
        store.commit();
    }
    effects.outputs
}

fn record(arrival_ms: i64, value: Vec<u8>) -> Record {
    Record {
        offset: Offset(0),
        arrival: EventTime(arrival_ms),
        key: None,
        value: Some(value),
        headers: Vec::new(),
    }
}

//! The processor of one partition, and what it has said, one line each.

use std::collections::BTreeMap;

use correlator::{CorrelatorConfig, topology};
use schemas::alert::{Alert, AlertState};
use schemas::dead_letter::DeadLetter;
use schemas::envelope::Envelope;
use schemas::id::AlertId;
use schemas::incident::Incident;
use schemas::notification::{Notification, Occasion};
use schemas::time::Time;
use schemas::{codec, topic};
use stream::{Context, Effects, Offset, Output, Processor, Progress, Record, TopicPartition};

use super::{START_MS, Say, config, mark_of};

/// The processor of one partition, and what it has said.
pub(crate) struct World {
    processor: Box<dyn Processor>,
    offset: i64,
    is_marked: bool,
    names: Vec<AlertId>,
    lines: Vec<String>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) counts: BTreeMap<&'static str, u64>,
    pub(crate) alerts: Vec<Envelope<Alert>>,
    pub(crate) told: Vec<Envelope<Notification>>,
    pub(crate) incidents: Vec<Envelope<Incident>>,
}

impl World {
    pub(crate) fn new(yaml: &str) -> Self {
        Self::of(&config(yaml))
    }

    pub(crate) fn of(config: &CorrelatorConfig) -> Self {
        let topology = topology(config).unwrap();
        Self {
            processor: (topology.make)(&TopicPartition::new(topic::SIGNALS.name, 0)),
            offset: 0,
            is_marked: false,
            names: Vec::new(),
            lines: Vec::new(),
            outputs: Vec::new(),
            counts: BTreeMap::new(),
            alerts: Vec::new(),
            told: Vec::new(),
            incidents: Vec::new(),
        }
    }

    pub(crate) fn take(&mut self, mut record: Record) {
        record.offset = Offset(self.offset);
        self.offset += 1;
        let mut effects = Effects::default();
        self.processor.process(&record, &mut Context::new(&mut effects, false));
        while self.processor.advance(&mut Context::new(&mut effects, false)) == Progress::Pending {}
        self.note(effects);
        for store in self.processor.stores() {
            store.commit();
        }
    }

    /// A signal; where there are marks, there is one of its second before it.
    pub(crate) fn say(&mut self, say: Say) -> &mut Self {
        if self.is_marked {
            self.until(say.arrives);
        }
        self.take(say.record());
        self
    }

    /// Time passes to this second, as the stage above tells it.
    pub(crate) fn until(&mut self, at: i64) -> &mut Self {
        self.is_marked = true;
        self.take(mark_of(0, 1, at));
        self
    }

    fn note(&mut self, effects: Effects) {
        for (counted, amount) in effects.counts {
            *self.counts.entry(counted.what).or_default() += amount;
        }
        for output in effects.outputs {
            let value = output.value.as_deref().unwrap();
            let line = match &*output.topic {
                "isobar.alerts" => self.alert(codec::decode(value).unwrap()),
                "isobar.notifications" => self.notification(codec::decode(value).unwrap()),
                "isobar.incidents" => self.incident(codec::decode(value).unwrap()),
                "isobar.late" => "late".to_owned(),
                _ => {
                    let letter = codec::decode::<DeadLetter>(value).unwrap();
                    format!("refused: {}", letter.data.reason)
                }
            };
            self.lines.push(line);
            self.outputs.push(output);
        }
    }

    fn name(&mut self, id: AlertId) -> String {
        let place = self.names.iter().position(|known| *known == id);
        let place = place.unwrap_or_else(|| {
            self.names.push(id);
            self.names.len() - 1
        });
        format!("#{}", place + 1)
    }

    /// The alert that appeared as the nth, from 1.
    pub(crate) fn id(&self, number: usize) -> AlertId {
        self.names[number - 1]
    }

    fn alert(&mut self, envelope: Envelope<Alert>) -> String {
        let alert = &envelope.data;
        let name = self.name(alert.alert);
        let at = seconds(envelope.attributes.time);
        let mut words = vec![format!(
            "{at} {name} {} r{} {:?} x{}",
            state(alert.state),
            alert.revision,
            alert.level,
            alert.count
        )];
        if let Some(ends_ms) = alert.ends_at_ms {
            let span = [alert.starts_at_ms, ends_ms].map(|ms| (ms - START_MS) / 1_000);
            words.push(format!("{}..{}", span[0], span[1]));
        }
        words.extend(alert.closed.map(|closed| format!("{closed:?}").to_lowercase()));
        words.extend(alert.flapping.then(|| "flapping".to_owned()));
        words.extend(alert.acknowledged.as_ref().map(|taken| format!("by {}", taken.by)));
        words.extend(alert.silenced_by.map(|_| "silenced".to_owned()));
        if let Some(by) = alert.inhibited_by {
            words.push(format!("inhibited by {}", self.name(by)));
        }
        words.extend(alert.feedback.as_ref().map(|of| format!("{:?}", of.verdict).to_lowercase()));
        let line = words.join(" ");
        self.alerts.push(envelope);
        line
    }

    fn incident(&mut self, envelope: Envelope<Incident>) -> String {
        let told = &envelope.data;
        let at = seconds(envelope.attributes.time);
        let alerts: Vec<_> = told.alerts.iter().map(|alert| self.name(*alert)).collect();
        let line =
            format!("{at} incident r{} {:?}: {}", told.revision, told.state, alerts.join(" "));
        self.incidents.push(envelope);
        line
    }

    fn notification(&mut self, envelope: Envelope<Notification>) -> String {
        let told = &envelope.data;
        let at = seconds(envelope.attributes.time);
        let members: Vec<_> = told
            .members
            .iter()
            .map(|member| format!("{} {}", self.name(member.alert), state(member.state)))
            .collect();
        let what = match told.what {
            Occasion::Firing => "firing".to_owned(),
            Occasion::Escalated => format!("escalated {}", told.step),
            Occasion::Updated => "updated".to_owned(),
            Occasion::Resolved => "resolved".to_owned(),
        };
        let line = format!("{at} tell {} {what}: {}", told.receiver, members.join(", "));
        self.told.push(envelope);
        line
    }

    /// What was said since this was last asked.
    pub(crate) fn lines(&mut self) -> String {
        std::mem::take(&mut self.lines).join("\n")
    }

    /// The same, of what receivers hear.
    pub(crate) fn heard(&mut self) -> String {
        let lines = std::mem::take(&mut self.lines);
        let heard = lines.into_iter().filter(|line| line.contains(" tell "));
        heard.collect::<Vec<_>>().join("\n")
    }

    /// How many entries all stores hold.
    pub(crate) fn entries(&mut self) -> usize {
        self.processor.stores().iter().map(|store| store.len()).sum()
    }

    pub(crate) fn count(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or(0)
    }
}

fn seconds(time: Time) -> String {
    let ms = time.millis() - START_MS;
    if ms % 1_000 == 0 { (ms / 1_000).to_string() } else { format!("{ms}ms") }
}

fn state(state: AlertState) -> &'static str {
    match state {
        AlertState::Pending => "pending",
        AlertState::Firing => "firing",
        AlertState::Acknowledged => "acknowledged",
        AlertState::Suppressed => "suppressed",
        AlertState::Resolved => "resolved",
    }
}

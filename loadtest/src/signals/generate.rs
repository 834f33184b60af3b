//! Signals by seed: hits, alerts of another tool, logins, people who acknowledge and silence; late ones,
//! repeated ones; and the marks of the stage above.
//!
//! **Invariant:** silences and sources of inhibition come before everything they keep quiet, and last.

use std::collections::VecDeque;

use schemas::alert::Level;
use schemas::envelope::Extra;
use schemas::id::{AlertId, Fingerprint, IncidentId};
use schemas::mark::{self, InputProgress, Mark, Writer};
use schemas::{key, topic};
use stream::{EventTime, Offset, Record, partition_of};

use super::config::{FAILED, INHIBITED, LOGIN, SILENCED, SOURCE};
use super::say::{INCIDENT_ACTIONS, Said};
use crate::dice::{Dice, Stream};

const START_MS: i64 = 1_767_225_600_000;
/// Event time from one signal to the next.
const STEP_MS: i64 = 25;
const TENANTS: u64 = 24;
const SERVICES: u64 = 12;
/// Services per tenant whose hits are inhibited all along.
const DOWN: u64 = 2;
/// The source of an inhibition says so again this often, long before its alert would end.
const SOURCE_EVERY_MS: i64 = 300_000;
const DAY_MS: i64 = 86_400_000;
/// Alerts of this rule are spoken of by people: as many of the last as these.
const OPENING: &str = "hit0";
const OPENERS: usize = 64;
const MARK_EVERY_MS: i64 = 1_000;

/// So many signals, and the marks between them, each with its partition.
///
/// # Errors
/// When one cannot be written.
pub fn generate(seed: u64, signals: u64) -> anyhow::Result<Vec<(i32, Record)>> {
    let mut generator = Generator {
        dice: Dice::new(seed, Stream::Records),
        number: 0,
        records: Vec::new(),
        openers: VecDeque::new(),
    };
    generator.begin()?;
    let (mut marked_ms, mut source_ms) = (START_MS, START_MS);
    for step in 0..i64::try_from(signals)? {
        let now_ms = START_MS + step * STEP_MS;
        generator.one(now_ms)?;
        if now_ms >= marked_ms + MARK_EVERY_MS {
            marked_ms = now_ms;
            generator.marks(now_ms)?;
        }
        if now_ms >= source_ms + SOURCE_EVERY_MS {
            source_ms = now_ms;
            generator.sources(now_ms)?;
        }
    }
    // Time passes until what is quiet is over, and jumps beyond many reminders.
    let end_ms = START_MS + i64::try_from(signals)? * STEP_MS;
    for second in 0..3 {
        generator.marks(end_ms + DAY_MS + second * MARK_EVERY_MS)?;
    }
    Ok(generator.records)
}

struct Generator {
    dice: Dice,
    number: u64,
    records: Vec<(i32, Record)>,
    openers: VecDeque<Opener>,
}

/// A hit that may have opened an alert.
#[derive(Clone)]
struct Opener {
    tenant: String,
    service: String,
    number: u64,
}

impl Opener {
    fn alert(&self) -> AlertId {
        let labels = [("resource".to_owned(), Said::resource(&self.tenant, &self.service))];
        let fingerprint = Fingerprint::of(&self.tenant, OPENING, &labels.into());
        AlertId::of(&self.tenant, fingerprint, Said::event(self.number).into())
    }
}

fn tenant(number: u64) -> String {
    format!("tenant-{number}")
}

impl Generator {
    fn begin(&mut self) -> anyhow::Result<()> {
        for number in 0..TENANTS {
            let tenant = tenant(number);
            let silence =
                self.said(&tenant, START_MS, 0).silence(SILENCED, START_MS + 2 * DAY_MS)?;
            self.push(&tenant, silence)?;
        }
        self.sources(START_MS)?;
        self.marks(START_MS)
    }

    fn sources(&mut self, now_ms: i64) -> anyhow::Result<()> {
        for number in 0..TENANTS {
            let tenant = tenant(number);
            for down in 0..DOWN {
                let said = self.said(&tenant, now_ms, 0);
                let source = said.hit(SOURCE, Level::Info, &format!("{INHIBITED}{down}"))?;
                self.push(&tenant, source)?;
            }
        }
        Ok(())
    }

    fn said<'a>(&mut self, tenant: &'a str, arrival_ms: i64, delay_ms: i64) -> Said<'a> {
        self.number += 1;
        Said { tenant, number: self.number, time_ms: arrival_ms - delay_ms, arrival_ms }
    }

    fn push(&mut self, tenant: &str, record: Record) -> anyhow::Result<()> {
        let partitions = i32::try_from(topic::SIGNALS.partitions)?;
        let partition = partition_of(key::domain(tenant).as_bytes(), partitions);
        self.records.push((partition, record));
        Ok(())
    }

    fn one(&mut self, now_ms: i64) -> anyhow::Result<()> {
        let mut tenant = tenant(self.dice.below(TENANTS));
        let service = self.service();
        // One in ten comes late, a few of them too late for anything.
        let delay_ms = if self.dice.per_mille(100) { self.dice.between(0, 150_000) } else { 0 };
        let record = match self.dice.below(100) {
            0..45 => {
                let rule = format!("hit{}", self.dice.below(6));
                let is_urgent = self.dice.per_mille(500);
                let level = if is_urgent { Level::Critical } else { Level::Warning };
                if rule == OPENING {
                    self.remember(&tenant, &service);
                }
                self.said(&tenant, now_ms, delay_ms).hit(&rule, level, &service)?
            }
            45..60 => {
                let rule = if self.dice.per_mille(800) { FAILED } else { LOGIN };
                self.said(&tenant, now_ms, delay_ms).hit(rule, Level::Info, &service)?
            }
            60..96 => {
                let begun_ms = now_ms - now_ms.rem_euclid(60_000);
                let is_firing = self.dice.per_mille(600);
                let said = self.said(&tenant, now_ms, 0);
                said.of_tool(("TargetDown", is_firing), begun_ms, &service)?
            }
            96..98 => self.said(&tenant, now_ms, delay_ms).change(&service)?,
            // Often of nothing there is any more: a command that cannot be followed is a dead letter.
            98 => {
                let opener = self.opener(&tenant, &service);
                let alert = opener.alert();
                tenant.clone_from(&opener.tenant);
                self.said(&tenant, now_ms, 0).acknowledge(alert)?
            }
            _ => {
                let (one, other) = (self.opener(&tenant, &service), self.opener(&tenant, &service));
                let incidents = [&one, &other].map(|opener| IncidentId::of(opener.alert()));
                let action = self.dice.below(INCIDENT_ACTIONS);
                tenant.clone_from(&one.tenant);
                self.said(&tenant, now_ms, 0).of_incident(action, incidents)?
            }
        };
        if self.dice.per_mille(20) {
            self.push(&tenant, record.clone())?;
        }
        self.push(&tenant, record)
    }

    /// The hit that comes next may open an alert, which people then speak of.
    fn remember(&mut self, tenant: &str, service: &str) {
        if self.openers.len() == OPENERS {
            self.openers.pop_front();
        }
        let (tenant, service) = (tenant.to_owned(), service.to_owned());
        self.openers.push_back(Opener { tenant, service, number: self.number + 1 });
    }

    /// One of the hits that lately may have opened an alert; before any, one that is none.
    fn opener(&mut self, tenant: &str, service: &str) -> Opener {
        let at = usize::try_from(self.dice.below(OPENERS as u64)).unwrap_or_default();
        let (tenant, service) = (tenant.to_owned(), service.to_owned());
        self.openers.get(at).cloned().unwrap_or(Opener { tenant, service, number: 0 })
    }

    fn service(&mut self) -> String {
        match self.dice.below(20) {
            0 => SILENCED.to_owned(),
            1 => format!("{INHIBITED}{}", self.dice.below(DOWN)),
            _ => format!("service-{}", self.dice.below(SERVICES)),
        }
    }

    /// One mark for each partition, as the two workers above write them in turn.
    fn marks(&mut self, now_ms: i64) -> anyhow::Result<()> {
        for partition in 0..i32::try_from(topic::SIGNALS.partitions)? {
            for slot in 0..2 {
                let value = mark::encode(&mark_of(slot, now_ms))?;
                let record = Record {
                    offset: Offset(0),
                    arrival: EventTime(now_ms),
                    key: None,
                    value: Some(value),
                    headers: Vec::new(),
                };
                self.records.push((partition, record));
            }
        }
        Ok(())
    }
}

fn mark_of(slot: u32, read_until_ms: i64) -> Mark {
    let topic = "isobar.in.alerts".to_owned();
    let extra = Extra::new();
    let progress = InputProgress { topic, partition: slot, partitions: 2, read_until_ms, extra };
    let (topology, slot) = ("processors".to_owned(), slot.to_string());
    let writer = Writer { topology, slot, extra: Extra::new() };
    Mark { writer, inputs: vec![progress], extra: Extra::new() }
}

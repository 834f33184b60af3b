//! Reading a set as the services do: formats, events, signals.
//!
//! **Invariant:** readers get bytes and the time of arrival and nothing else; a record that is not read as
//! its format, or not as one event, is an error.

use anyhow::{Context as _, ensure};
use incidents::{Item, of_finding, of_signal};
use processors::canonical::Series;
use processors::normalize::{Sample, Taker, normalize};
use processors::service::signal_of;
use processors::tenant::Tenants;
use processors::{Input, Refusal};
use schemas::codec;
use schemas::envelope::Envelope;
use schemas::event::Event;
use schemas::finding::Finding;
use schemas::signal::Signal;
use schemas::time::Time;

use super::told::{FINDING, Told};

/// What a record is to those after the processors.
#[derive(Debug)]
pub struct Read {
    /// What it names, as the engine sees it; its `event` and its `record` are the ids it is told by.
    pub item: Item,
    /// The signal or finding, as it lies on the topic.
    pub value: Vec<u8>,
}

#[derive(Default)]
struct Signals(Vec<Envelope<Signal>>);

impl Taker for Signals {
    /// Every class is let through, so that calls of the audit log are changes.
    fn event(&mut self, event: Envelope<Event>) {
        self.0.push(signal_of(&event, Vec::new(), true));
    }
    fn sample(&mut self, _: &Series<'_>, _: i64, _: Sample) {}
    fn filtered(&mut self, _: &'static str) {}
    fn refused(&mut self, _: &Refusal, _: &[u8]) {}
}

/// What each record was read as.
///
/// # Errors
/// When a record is not read as what it is.
pub fn read(told: &[Told]) -> anyhow::Result<Vec<Read>> {
    let tenants = Tenants::default();
    told.iter().enumerate().map(|(row, told)| one(told, row, &tenants)).collect()
}

fn one(told: &Told, row: usize, tenants: &Tenants) -> anyhow::Result<Read> {
    let arrival = Time::from_millis(told.arrival_ms)?;
    if told.format == FINDING {
        let mut finding: Envelope<Finding> = codec::decode(&told.value)?;
        finding.attributes.arrival_time = arrival;
        return Ok(Read { item: of_finding(&finding), value: codec::encode(&finding)? });
    }
    let (input, mut signals) = (Input::new(&told.value, arrival), Signals::default());
    let (format, _) = normalize(&input, &format!("stories/{row}"), None, tenants, &mut signals);
    ensure!(format == told.format, "{} was read as {format}", told.format);
    ensure!(signals.0.len() == 1, "a record of {format} gave {} events", signals.0.len());
    let signal = signals.0.pop().context("one signal")?;
    Ok(Read { item: of_signal(&signal), value: codec::encode(&signal)? })
}

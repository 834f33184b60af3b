//! Which incident each row is part of, in the end: incidents merge while rows are read.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

use incidents::{Counts, Engine, Limits, of_event};
use processors::Refusal;
use processors::canonical::Series;
use processors::normalize::{Sample, Taker};
use schemas::envelope::{Attributes, Envelope, Payload};
use schemas::event::Event;
use schemas::id::{IncidentId, RecordId};
use schemas::incident::Incident as Told;
use schemas::source_class::SourceClass;
use schemas::time::Time;
use serde::Serialize;

/// What incidents say they come from.
const SOURCE: &str = "isobar.correlator";
/// After so many rows, what was told is taken out of the engine, and what it did is not undone.
const COLLECTED_ROWS: u64 = 4_096;

/// What became of all rows.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Summary {
    rows: u64,
    events: u64,
    points: u64,
    filtered: u64,
    /// Rows, or pieces of them, that cannot be read.
    pub(crate) unread: u64,
    /// Rows that are part of an incident.
    rows_assigned: u64,
    incidents: u64,
    /// Incidents that went into another.
    merged: u64,
    /// Merges that the bounds on an incident forbade.
    merges_refused: u64,
    /// Events too late to open an incident.
    late: u64,
    /// Events that came twice.
    repeated: u64,
    /// Incidents opened because another was full.
    children: u64,
    /// Incidents closed for want of room.
    incidents_evicted: u64,
    /// Things forgotten for want of room.
    keys_evicted: u64,
    /// Things not remembered, because others have all the room.
    keys_refused: u64,
    /// Events of tenants for which there was no room.
    tenants_refused: u64,
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} rows: {} events, {} points, {} filtered, {} cannot be read; {} rows in {} incidents",
            self.rows,
            self.events,
            self.points,
            self.filtered,
            self.unread,
            self.rows_assigned,
            self.incidents
        )
    }
}

/// Takes what rows hold, and remembers where it went.
pub(crate) struct Assignments {
    engine: Engine,
    arrival: Time,
    rows: Vec<Option<IncidentId>>,
    of_row: Option<IncidentId>,
    unread: Vec<String>,
    into: BTreeMap<IncidentId, IncidentId>,
    told: BTreeMap<IncidentId, Envelope<Told>>,
    pub(crate) summary: Summary,
}

impl Assignments {
    pub(crate) fn new(arrival: Time) -> Self {
        Self {
            engine: Engine::new(Limits::default()),
            arrival,
            rows: Vec::new(),
            of_row: None,
            unread: Vec::new(),
            into: BTreeMap::new(),
            told: BTreeMap::new(),
            summary: Summary::default(),
        }
    }

    /// What comes now is of this row; rows that were left out, being empty, are part of nothing.
    pub(crate) fn begin_row(&mut self, row: u64) {
        while (self.rows.len() as u64) < row {
            self.rows.push(None);
        }
        self.of_row = None;
    }

    /// Why parts of the row could not be read.
    pub(crate) fn end_row(&mut self) -> Vec<String> {
        self.summary.rows += 1;
        self.rows.push(self.of_row);
        if self.summary.rows.is_multiple_of(COLLECTED_ROWS) {
            self.collect();
        }
        std::mem::take(&mut self.unread)
    }

    /// Nothing comes after this.
    pub(crate) fn end(&mut self) {
        self.engine.tell_all();
        self.collect();
        self.summary.rows_assigned =
            (0..self.rows.len()).filter(|row| self.of(*row).is_some()).count() as u64;
        self.summary.incidents = self.told.len() as u64;
        self.summary.count(&self.engine.take_counts());
    }

    /// Keeps the last record of each incident that is not part of another.
    fn collect(&mut self) {
        self.engine.stores().into_iter().for_each(stream::Store::commit);
        for (tenant, told) in self.engine.told() {
            if told.merged_into.is_some() {
                self.told.remove(&told.incident);
            } else {
                self.told.insert(told.incident, envelope(&tenant, told, self.arrival));
            }
        }
    }

    /// The incident that a row is part of now.
    fn of(&self, row: usize) -> Option<IncidentId> {
        let mut id = (*self.rows.get(row)?)?;
        while let Some(next) = self.into.get(&id) {
            id = *next;
        }
        self.told.contains_key(&id).then_some(id)
    }

    pub(crate) fn write_rows(&self, out: &mut dyn Write) -> io::Result<()> {
        for row in 0..self.rows.len() {
            match self.of(row) {
                Some(id) => writeln!(out, "{row}\t{id}")?,
                None => writeln!(out, "{row}\t-")?,
            }
        }
        out.flush()
    }

    /// The incidents in the order of their beginning.
    pub(crate) fn incidents(&self) -> Vec<&Envelope<Told>> {
        let mut all: Vec<_> = self.told.values().collect();
        all.sort_by_key(|told| (told.data.opened_at_ms, told.data.incident));
        all
    }
}

impl Summary {
    fn count(&mut self, counts: &Counts) {
        self.merged = counts.merged;
        self.merges_refused = counts.merges_refused;
        self.late = counts.late;
        self.repeated = counts.repeated;
        self.children = counts.children;
        self.incidents_evicted = counts.incidents_evicted;
        self.keys_evicted = counts.keys_evicted;
        self.keys_refused = counts.keys_refused;
        self.tenants_refused = counts.tenants_refused;
    }
}

fn envelope(tenant: &str, data: Told, arrival: Time) -> Envelope<Told> {
    let (incident, revision) = (data.incident.to_string(), data.revision.to_string());
    let id = RecordId::of(Told::TYPE, &[&incident, &revision]);
    let last_ms = data.last_at_ms.unwrap_or(data.opened_at_ms);
    let attributes = Attributes {
        id,
        source: SOURCE.to_owned(),
        subject: Some(data.title.clone()),
        time: Time::from_millis(last_ms).unwrap_or(arrival),
        arrival_time: arrival,
        tenant: tenant.to_owned(),
        source_class: SourceClass::Alert,
        traceparent: None,
    };
    Envelope::new(attributes, data)
}

impl Taker for Assignments {
    fn event(&mut self, event: Envelope<Event>) {
        self.summary.events += 1;
        let taken = self.engine.take(&of_event(&event));
        self.into.extend(taken.merged);
        self.of_row = self.of_row.or(taken.incident);
    }

    fn sample(&mut self, _: &Series<'_>, _: i64, _: Sample) {
        self.summary.points += 1;
    }

    fn filtered(&mut self, _: &'static str) {
        self.summary.filtered += 1;
    }

    fn refused(&mut self, refusal: &Refusal, _: &[u8]) {
        self.summary.unread += 1;
        self.unread.push(refusal.to_string());
    }
}

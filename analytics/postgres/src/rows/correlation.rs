//! Alerts and incidents: the latest of each, and every revision.

use schemas::alert::Alert;
use schemas::envelope::Envelope;
use schemas::incident::Incident;

use super::{instant, json, number, text, word};
use crate::copy::Copy;
use crate::fold::Row;

/// The latest of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRow {
    id: u128,
    tenant: String,
    revision: i32,
    fingerprint: u128,
    state: String,
    level: String,
    title: String,
    starts_at_ms: i64,
    ends_at_ms: Option<i64>,
    incident: Option<u128>,
    record: String,
}

/// The latest of an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentRow {
    id: u128,
    tenant: String,
    revision: i32,
    state: String,
    level: String,
    title: String,
    opened_at_ms: i64,
    resolved_at_ms: Option<i64>,
    alerts: i32,
    record: String,
}

/// One revision of either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRow {
    id: u128,
    revision: i32,
    time_ms: i64,
    state: String,
    level: String,
    record: String,
}

pub(super) fn alert(record: &Envelope<Alert>) -> Result<(AlertRow, HistoryRow), String> {
    let Envelope { attributes, data, .. } = record;
    let row = AlertRow {
        id: data.alert.0.as_u128(),
        tenant: text(&attributes.tenant),
        revision: number("revision", data.revision)?,
        fingerprint: data.fingerprint.0.as_u128(),
        state: word(&data.state),
        level: word(&data.level),
        title: text(&data.title),
        starts_at_ms: instant(data.starts_at_ms)?,
        ends_at_ms: data.ends_at_ms.map(instant).transpose()?,
        incident: data.incident.map(|incident| incident.0.as_u128()),
        record: json(data)?,
    };
    let history = HistoryRow {
        id: row.id,
        revision: row.revision,
        time_ms: attributes.time.millis(),
        state: row.state.clone(),
        level: row.level.clone(),
        record: row.record.clone(),
    };
    Ok((row, history))
}

pub(super) fn incident(record: &Envelope<Incident>) -> Result<(IncidentRow, HistoryRow), String> {
    let Envelope { attributes, data, .. } = record;
    let row = IncidentRow {
        id: data.incident.0.as_u128(),
        tenant: text(&attributes.tenant),
        revision: number("revision", data.revision)?,
        state: word(&data.state),
        level: word(&data.level),
        title: text(&data.title),
        opened_at_ms: instant(data.opened_at_ms)?,
        resolved_at_ms: data.resolved_at_ms.map(instant).transpose()?,
        alerts: number("number of alerts", data.alerts.len())?,
        record: json(data)?,
    };
    let history = HistoryRow {
        id: row.id,
        revision: row.revision,
        time_ms: attributes.time.millis(),
        state: row.state.clone(),
        level: row.level.clone(),
        record: row.record.clone(),
    };
    Ok((row, history))
}

impl Row for AlertRow {
    type Key = u128;
    const FIELDS: i16 = 11;

    fn key(&self) -> u128 {
        self.id
    }

    fn supersedes(&self, earlier: &Self) -> bool {
        self.revision > earlier.revision
    }

    fn write(&self, to: &mut Copy) {
        to.uuid(self.id).text(&self.tenant).int(self.revision).uuid(self.fingerprint);
        to.text(&self.state).text(&self.level).text(&self.title).instant(self.starts_at_ms);
        to.maybe_instant(self.ends_at_ms).maybe_uuid(self.incident).json(&self.record);
    }
}

impl Row for IncidentRow {
    type Key = u128;
    const FIELDS: i16 = 10;

    fn key(&self) -> u128 {
        self.id
    }

    fn supersedes(&self, earlier: &Self) -> bool {
        self.revision > earlier.revision
    }

    fn write(&self, to: &mut Copy) {
        to.uuid(self.id).text(&self.tenant).int(self.revision).text(&self.state).text(&self.level);
        to.text(&self.title).instant(self.opened_at_ms).maybe_instant(self.resolved_at_ms);
        to.int(self.alerts).json(&self.record);
    }
}

impl Row for HistoryRow {
    type Key = (u128, i32);
    const FIELDS: i16 = 6;

    fn key(&self) -> Self::Key {
        (self.id, self.revision)
    }

    /// A revision is told once.
    fn supersedes(&self, _: &Self) -> bool {
        false
    }

    fn write(&self, to: &mut Copy) {
        to.uuid(self.id).int(self.revision).instant(self.time_ms).text(&self.state);
        to.text(&self.level).json(&self.record);
    }
}

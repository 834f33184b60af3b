//! What plain rules find: whatever comes soon after the last, of one service or at all, is one incident.

use std::collections::BTreeMap;

use incidents::{Item, Kind, Way};
use schemas::id::{AlertId, Fingerprint, IncidentId, RecordId};

use super::found::Assigned;
use super::read::Read;

/// Gaps as people would set them; they were not tuned.
const SERVICE_GAP_MS: i64 = 600_000;
const GAP_MS: i64 = 60_000;

/// A gap over the records of one service; those that name none in a field are alone.
pub(super) fn by_service(all: &[Read]) -> Assigned {
    let service = |item: &Item| {
        let named = |of: &&incidents::Mention| of.kind == Kind::Service && of.way == Way::Used;
        item.mentions.iter().find(named).map(|of| of.value.clone())
    };
    by_gap(all, SERVICE_GAP_MS, service)
}

/// A gap over all records.
pub(super) fn by_time(all: &[Read]) -> Assigned {
    by_gap(all, GAP_MS, |_| Some(String::new()))
}

fn by_gap(all: &[Read], gap_ms: i64, group: impl Fn(&Item) -> Option<String>) -> Assigned {
    let mut last: BTreeMap<String, (i64, IncidentId)> = BTreeMap::new();
    let of = |item: &Item| {
        let group = group(item)?;
        let known = last.get(&group).filter(|(last_ms, _)| item.time_ms - last_ms <= gap_ms);
        let incident = known.map_or_else(|| fresh(item), |(_, incident)| *incident);
        last.insert(group, (item.time_ms, incident));
        Some(incident)
    };
    all.iter().map(|read| &read.item).map(of).collect()
}

fn fresh(item: &Item) -> IncidentId {
    IncidentId::of(AlertId::of(
        "",
        Fingerprint::of("", "", &BTreeMap::new()),
        RecordId::from(item.event),
    ))
}

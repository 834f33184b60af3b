//! Firings of stateful rules, as the lifecycle takes them.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemas::envelope::Attributes;
use schemas::id::RecordId;
use schemas::source_class::SourceClass;

use crate::alert::{Identity, Occurrence, Says};
use crate::patterns::Firing;

const MINUTE_MS: i64 = 60_000;
/// A firing has no end of its own; its alert ends this long after its hits could last have come together.
const QUIET_MS: i64 = 15 * MINUTE_MS;

/// What let a rule fire: a record, or that time has passed.
pub(super) struct Cause {
    tenant: String,
    class: SourceClass,
    arrival_ms: i64,
}

impl Cause {
    pub(super) fn record(attributes: &Attributes) -> Self {
        Self {
            tenant: attributes.tenant.clone(),
            class: attributes.source_class,
            arrival_ms: attributes.arrival_time.millis(),
        }
    }

    pub(super) fn time(tenant: &str, at_ms: i64) -> Self {
        Self { tenant: tenant.to_owned(), class: SourceClass::Finding, arrival_ms: at_ms }
    }
}

/// A firing says that a condition holds; conditions of one rule are told apart by what its hits have in
/// common.
pub(super) fn occurrence(firing: &Firing, cause: &Cause) -> Occurrence {
    let stateful = &firing.stateful;
    let names: Arc<[String]> = firing.group.keys().cloned().collect();
    let mut labels: BTreeMap<String, String> = firing.group.clone();
    labels.insert("rule_title".to_owned(), stateful.title.clone());
    let last = firing.evidence.last().map(|entry| entry.record);
    let before = firing.evidence.iter().rev().skip(1);
    Occurrence {
        tenant: cause.tenant.clone(),
        rule: stateful.id.clone(),
        version: stateful.version.clone(),
        rule_title: Some(stateful.title.clone()),
        level: stateful.level,
        labels,
        identity: Identity::Named(names),
        says: Says::Holds,
        time_ms: firing.end_ms,
        arrival_ms: cause.arrival_ms,
        said_ms: cause.arrival_ms.max(firing.end_ms),
        episode_ms: None,
        class: cause.class,
        record: last.unwrap_or_else(|| RecordId::of("firing", &[&stateful.id])),
        before: before.map(|entry| (entry.record, entry.time_ms)).collect(),
        title: stateful.title.clone(),
        text: text(firing),
        advice: runbook(firing).map(str::to_owned),
        place: None,
        quiet_ms: stateful.within_ms().clamp(QUIET_MS, 24 * 60 * MINUTE_MS),
    }
}

/// Why it fired, and what to do about it.
fn text(firing: &Firing) -> String {
    runbook(firing).map_or(firing.reason.clone(), |runbook| format!("{}\n{runbook}", firing.reason))
}

fn runbook(firing: &Firing) -> Option<&str> {
    firing.stateful.runbook.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

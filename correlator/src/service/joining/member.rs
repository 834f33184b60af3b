//! Members of incidents, from what alerts are made of.
//!
//! **Invariant:** a record that several rules flag is a member for each; the first has the id of the record's
//! event, by which others find it.

use std::collections::BTreeMap;

use incidents::{Item, Stands, place_of, rule_of_service};
use schemas::alert::{Alert, Level};
use schemas::envelope::{Envelope, Extra};
use schemas::id::{AlertId, EventId, Fingerprint, RecordId, ResourceId};
use schemas::resource::Resource;

use crate::alert::{Identity, Occurrence};

/// The member that an occurrence is, by what its record names.
pub(super) fn occurring(record: &Item, at: usize, occurrence: &Occurrence, alert: AlertId) -> Item {
    let another = || another(&[&record.event.to_string(), &occurrence.rule]);
    Item {
        event: if at == 0 { record.event } else { another() },
        rule: Some(rule_of(record, &occurrence.rule)),
        level: occurrence.level,
        title: occurrence.title.clone(),
        stands: Stands::Alert(alert),
        advice: occurrence.advice.clone(),
        ..record.clone()
    }
}

/// What watches everything says little of two services, so it is another rule of each. A finding's own rule
/// says its measure as well.
fn rule_of(record: &Item, rule: &str) -> String {
    let own = record.rule.as_ref().filter(|own| own.starts_with(rule));
    own.cloned().unwrap_or_else(|| rule_of_service(rule.to_owned(), &record.mentions))
}

/// The member that a firing of a stateful rule is: it belongs where the records belong that it fired on. Where
/// these have nothing in common but their time it joins nothing, and belongs where the last of them does.
pub(super) fn of_firing(occurrence: &Occurrence, alert: AlertId) -> Item {
    let has_group = matches!(&occurrence.identity, Identity::Named(names) if !names.is_empty());
    let before = occurrence.before.iter().filter(|_| has_group).map(|(record, _)| *record);
    let Occurrence { tenant, rule, labels, level, title, .. } = occurrence;
    Item {
        event: another(&[&occurrence.record.to_string(), rule]),
        record: occurrence.record,
        time_ms: occurrence.time_ms,
        arrival_ms: occurrence.arrival_ms,
        because: before.chain([occurrence.record]).collect(),
        advice: occurrence.advice.clone(),
        ..raised(tenant, rule, labels, (alert, *level, title))
    }
}

/// The member that an alert is which fires without a record: by time, or because its silence ended.
pub(super) fn of_alert(alert: &Envelope<Alert>) -> Item {
    let (attributes, data) = (&alert.attributes, &alert.data);
    let mut labels = data.labels.clone();
    labels.extend(data.resource.iter().flat_map(|resource| resource.attributes.clone()));
    let shown_by = data.evidence.last().map(|evidence| evidence.record);
    let said_ms = attributes.time.millis();
    let raised_by = (data.alert, data.level, data.title.as_str());
    Item {
        event: another(&[&attributes.id.to_string()]),
        record: shown_by.unwrap_or(attributes.id),
        time_ms: said_ms,
        arrival_ms: attributes.arrival_time.millis().max(said_ms),
        because: shown_by.into_iter().collect(),
        ..raised(&attributes.tenant, &data.rule.rule, &labels, raised_by)
    }
}

/// A member that has no record of its own; its labels say where it holds.
fn raised(
    tenant: &str,
    rule: &str,
    labels: &BTreeMap<String, String>,
    (alert, level, title): (AlertId, Level, &str),
) -> Item {
    let resource = Resource {
        id: ResourceId::of(tenant, rule),
        attributes: labels.clone(),
        extra: Extra::new(),
    };
    Item {
        tenant: tenant.to_owned(),
        event: EventId::of(tenant, rule),
        record: EventId::of(tenant, rule).into(),
        time_ms: 0,
        arrival_ms: 0,
        action: rule.to_owned(),
        rule: Some(rule.to_owned()),
        place: place_of(&resource),
        session: None,
        mentions: Vec::new(),
        is_delivery: false,
        makes: false,
        level,
        title: title.to_owned(),
        fingerprint: Fingerprint::of(tenant, rule, labels),
        stands: Stands::Alert(alert),
        advice: None,
        because: Vec::new(),
        resource: Some(resource),
    }
}

/// The id of a member that has no event of its own.
fn another(parts: &[&str]) -> EventId {
    EventId(RecordId::of("isobar.member", parts).0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use schemas::source_class::SourceClass;

    use super::*;
    use crate::alert::Says;

    fn record(name: &str) -> RecordId {
        RecordId::of("test", &[name])
    }

    fn fired_by(group: &[&str]) -> Vec<RecordId> {
        let names: Vec<String> = group.iter().map(|name| (*name).to_owned()).collect();
        let occurrence = Occurrence {
            tenant: "acme".to_owned(),
            rule: "r".to_owned(),
            version: "1".to_owned(),
            rule_title: None,
            level: Level::Warning,
            labels: BTreeMap::new(),
            identity: Identity::Named(Arc::from(names)),
            says: Says::Holds,
            time_ms: 2_000,
            arrival_ms: 2_000,
            said_ms: 2_000,
            episode_ms: None,
            class: SourceClass::Finding,
            record: record("last"),
            before: vec![(record("first"), 1_000)],
            title: "Twice".to_owned(),
            text: String::new(),
            advice: None,
            place: None,
            quiet_ms: 1_000,
        };
        of_firing(
            &occurrence,
            AlertId::of("acme", Fingerprint::of("acme", "r", &BTreeMap::new()), record("x")),
        )
        .because
    }

    #[test]
    fn what_a_rule_fired_on_is_joined_only_where_it_has_something_in_common() {
        assert_eq!(fired_by(&["service"]), [record("first"), record("last")]);
        assert_eq!(fired_by(&[]), [record("last")]);
    }
}

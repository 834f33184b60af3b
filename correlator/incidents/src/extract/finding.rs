//! The item of a finding: a condition of a measure at a resource.

use naming::{Kind, Mention, Way, rule_of_service, services_of_labels};
use schemas::envelope::Envelope;
use schemas::finding::Finding;
use schemas::id::EventId;

use super::{level, place, title};
use crate::item::{Item, Stands};

/// The item of a finding. Whether it is an alert is for whoever keeps alerts to say.
#[must_use]
pub fn of_finding(finding: &Envelope<Finding>) -> Item {
    let (attributes, data) = (&finding.attributes, &finding.data);
    let labels = data.resource.attributes.iter().chain(&data.labels);
    let mut services = services_of_labels(labels.map(|(name, value)| (&**name, &**value)));
    services.sort();
    services.dedup();
    let mention = |value| Mention { kind: Kind::Service, value, way: Way::Used };
    let mentions: Vec<Mention> = services.into_iter().map(mention).collect();
    let rule = rule_of_service(format!("{} {}", data.detector, data.measure), &mentions);
    Item {
        event: EventId(attributes.id.0),
        record: attributes.id,
        stands: Stands::Event,
        tenant: attributes.tenant.clone(),
        time_ms: attributes.time.millis(),
        arrival_ms: attributes.arrival_time.millis(),
        action: format!("{} {}", attributes.source, data.detector),
        place: place(&data.resource, None, true),
        session: None,
        mentions,
        is_delivery: false,
        makes: false,
        level: level(data.severity),
        title: title(&rule, &data.reason),
        fingerprint: data.fingerprint,
        advice: None,
        because: Vec::new(),
        resource: Some(data.resource.clone()),
        rule: Some(rule),
    }
}

//! From drafts to records: ids, tenants, age, size.
//!
//! **Invariant:** an event's id is the hash of its feed and native id, so the same event has the same
//! id by every path; without a native id it is that of its place in the topic, which a replay repeats.

use std::collections::BTreeMap;

use schemas::envelope::{Attributes, Envelope, Extra};
use schemas::event::{Actor, Event, Network};
use schemas::id::{EventId, RecordId, ResourceId, SeriesId};
use schemas::raw::Raw;
use schemas::resource::{Hints, Resource};
use schemas::series::SeriesDefinition;
use schemas::time::Time;

use crate::draft::{Draft, DraftActor, DraftHints, DraftNetwork, DraftSeries, Labels};
use crate::identity::native_name;
use crate::input::Input;
use crate::tenant::Tenants;

/// Where in the input something stands.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Topic, partition and offset, or file and line.
    pub record: &'a str,
    /// Which of the record's events it is, from 0.
    pub index: usize,
}

/// The event of a draft.
#[must_use]
pub fn event(
    draft: &Draft<'_>,
    input: &Input<'_>,
    place: &Place<'_>,
    tenants: &Tenants,
) -> Envelope<Event> {
    let tenant = tenants.of(input, draft.account.as_deref());
    let time = draft.time_ms.and_then(|ms| Time::from_millis(ms).ok()).unwrap_or(input.arrival);
    let attributes = Attributes {
        id: RecordId::from(id_of(draft, place)),
        source: draft.source.to_string(),
        subject: draft.subject.as_deref().map(str::to_owned),
        time,
        arrival_time: input.arrival,
        tenant: tenant.to_owned(),
        source_class: draft.class,
        traceparent: input.header("traceparent").map(str::to_owned),
    };
    let raw = draft.raw.as_deref().and_then(|raw| Raw::new(on_one_line(raw)).ok());
    let data = Event {
        kind: draft.kind,
        class_uid: draft.class_uid,
        action: draft.action.to_string(),
        outcome: draft.outcome,
        severity: draft.severity,
        resource: resource(tenant, &draft.resource, &draft.source),
        actor: draft.actor.as_ref().map(actor),
        network: network(&draft.network),
        hints: hints(&draft.hints),
        text: draft.text.as_deref().map(str::to_owned),
        age_ms: input.arrival.millis() - time.millis(),
        size_bytes: draft.raw.as_ref().map_or(input.value.len(), |raw| raw.len()) as u64,
        raw,
        extra: draft.details.clone(),
    };
    Envelope::new(attributes, data)
}

/// JSON texts hold line ends only between their parts, where a space is as good.
fn on_one_line(raw: &str) -> String {
    if memchr::memchr2(b'\n', b'\r', raw.as_bytes()).is_none() {
        return raw.to_owned();
    }
    raw.replace(['\n', '\r'], " ")
}

fn id_of(draft: &Draft<'_>, place: &Place<'_>) -> EventId {
    match &draft.native_id {
        Some(native_id) => EventId::of(&draft.source, native_id),
        None => EventId::of(&draft.source, &format!("{}#{}", place.record, place.index)),
    }
}

fn resource(tenant: &str, attributes: &Labels<'_>, source: &str) -> Resource {
    let id = ResourceId::of(tenant, &native_name(attributes, source));
    Resource { id, attributes: owned(attributes), extra: Extra::new() }
}

fn owned(
    labels: &[(std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)],
) -> BTreeMap<String, String> {
    labels.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

fn actor(draft: &DraftActor<'_>) -> Actor {
    Actor {
        id: draft.id.to_string(),
        kind: draft.kind.as_deref().map(str::to_owned),
        name: draft.name.as_deref().map(str::to_owned),
        extra: Extra::new(),
    }
}

fn network(draft: &DraftNetwork<'_>) -> Option<Network> {
    let network = Network {
        source_address: draft.source_address.as_deref().map(str::to_owned),
        source_port: draft.source_port,
        destination_address: draft.destination_address.as_deref().map(str::to_owned),
        destination_port: draft.destination_port,
        user_agent: draft.user_agent.as_deref().map(str::to_owned),
        extra: Extra::new(),
    };
    (network != Network::default()).then_some(network)
}

fn hints(draft: &DraftHints<'_>) -> Hints {
    Hints {
        trace_id: draft.trace_id.as_deref().map(str::to_owned),
        request_id: draft.request_id.as_deref().map(str::to_owned),
        session_id: draft.session_id.as_deref().map(str::to_owned),
        change_ids: draft.change_ids.iter().map(ToString::to_string).collect(),
        extra: Extra::new(),
    }
}

/// A series with its ids. Its definition is made only when it is asked for: points are many, series few.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    /// Whose it is.
    pub tenant: &'a str,
    /// What is measured.
    pub resource: ResourceId,
    /// The series.
    pub id: SeriesId,
    draft: &'a DraftSeries<'a>,
}

impl<'a> Series<'a> {
    /// The series of a draft.
    #[must_use]
    pub fn of(draft: &'a DraftSeries<'a>, input: &Input<'a>, tenants: &'a Tenants) -> Self {
        let tenant = tenants.of(input, draft.account.as_deref());
        let resource = ResourceId::of(tenant, &native_name(draft.resource, draft.source));
        let mut labels: Vec<(&str, &str)> =
            draft.labels.iter().map(|(name, value)| (&**name, &**value)).collect();
        // Of a name that is given twice the last value counts, as in a map.
        labels.sort_by_key(|(name, _)| *name);
        let last = |(at, label): (usize, &(&'a str, &'a str))| {
            labels.get(at + 1).is_none_or(|next| next.0 != label.0).then_some(*label)
        };
        let last_ones = labels.iter().enumerate().filter_map(last);
        let id = SeriesId::of_sorted(resource, &draft.metric, last_ones);
        Self { tenant, resource, id, draft }
    }

    /// What it is.
    #[must_use]
    pub fn definition(&self) -> SeriesDefinition {
        let attributes = owned(self.draft.resource);
        SeriesDefinition {
            series: self.id,
            resource: Resource { id: self.resource, attributes, extra: Extra::new() },
            metric: self.draft.metric.to_string(),
            unit: self.draft.unit.as_deref().map(str::to_owned),
            temporality: self.draft.temporality,
            labels: owned(self.draft.labels),
            extra: Extra::new(),
        }
    }
}

//! All that an event names: in the record of its source, in its own fields, and in words for people.

use std::collections::BTreeMap;

use schemas::envelope::Envelope;
use schemas::event::Event;
use schemas::kind::Kind as Input;
use serde_json::Value;

use crate::walk::Walk;
use crate::{Kind, MENTIONS_MAX, Mention, Way, change, service};

/// An address that a call came from is part of its session; that of a finding is named by it.
const NO_ADDRESS: &str = "-";
/// So much of a text is read.
const TEXT_BYTES_MAX: usize = 2_048;
/// Fields beside an event's own in which people and tools write names.
const WRITTEN: [&str; 3] = ["alert_name", "branch", "message"];
/// Lists of names beside an event's own fields.
const LISTED: [&str; 1] = ["components"];

type Named = BTreeMap<(Kind, String), Way>;

/// What an event names, what links first; words that are only looked up come last, where there is room.
pub(crate) fn mentions(event: &Envelope<Event>, raw: &Value, of_session: bool) -> Vec<Mention> {
    let data = &event.data;
    let mut named = Named::new();
    Walk::new(data, &mut named).record(raw);
    commits_by_their_beginnings(&mut named);
    hints(data, &mut named);
    if !of_session {
        sides(data, &mut named);
    }
    let texts = texts(event);
    for change in texts.iter().flat_map(|text| change::of_text(text)) {
        named.insert((Kind::Change, change), Way::Used);
    }
    thread(data, &mut named);
    services(data, &mut named);
    let sought = sought(&named, &texts);
    let mention = |((kind, value), way)| Mention { kind, value, way };
    let mut mentions: Vec<Mention> = named.into_iter().map(mention).collect();
    // What links comes first, where there is too much.
    mentions.sort_by_key(|mention| !mention.way.links());
    mentions.extend(sought);
    mentions.truncate(MENTIONS_MAX);
    mentions
}

fn commits_by_their_beginnings(named: &mut Named) {
    let whole: Vec<String> = named
        .keys()
        .filter(|(kind, _)| *kind == Kind::Change)
        .map(|(_, value)| value.clone())
        .collect();
    for value in whole {
        if let Some(way) = named.remove(&(Kind::Change, value.clone())) {
            named.insert((Kind::Change, change::of_id(&value).unwrap_or(value)), way);
        }
    }
}

/// The ids by which sources say themselves what belongs together.
fn hints(data: &Event, named: &mut Named) {
    for change in data.hints.change_ids.iter().filter_map(|id| change::of_id(id)) {
        named.insert((Kind::Change, change), Way::Used);
    }
    if let Some(trace) = &data.hints.trace_id {
        named.insert((Kind::Trace, trace.clone()), Way::Used);
    }
}

/// The two sides of what a finding is about.
fn sides(data: &Event, named: &mut Named) {
    let network = data.network.as_ref();
    let addresses =
        network.into_iter().flat_map(|of| [&of.source_address, &of.destination_address]);
    for address in addresses.flatten().filter(|address| *address != NO_ADDRESS) {
        named.insert((Kind::Address, address.clone()), Way::Used);
    }
    if let Some(actor) = data.actor.as_ref().filter(|actor| !actor.id.is_empty()) {
        named.insert((Kind::Principal, actor.id.clone()), Way::Used);
    }
}

/// A message and its answers: an answer names what it answers.
fn thread(data: &Event, named: &mut Named) {
    if data.kind != Input::Messages {
        return;
    }
    let text = |name: &str| data.extra.get(name).and_then(Value::as_str);
    let channel = text("channel").unwrap_or_default();
    for message in ["thread", "message"].iter().filter_map(|name| text(name)) {
        named.insert((Kind::Trace, format!("{channel} {message}")), Way::Used);
    }
}

/// Services that fields name; what is one is no other name beside that.
fn services(data: &Event, named: &mut Named) {
    let attributes = data.resource.attributes.iter();
    let mut services = service::of_labels(attributes.map(|(name, value)| (&**name, &**value)));
    services.extend(service::of_extra(&data.extra));
    let lists = LISTED.iter().filter_map(|name| data.extra.get(*name)?.as_array()).flatten();
    services.extend(lists.filter_map(Value::as_str).filter_map(service::normal));
    named.retain(|(kind, value), _| {
        *kind != Kind::Name || !service::normal(value).is_some_and(|name| services.contains(&name))
    });
    for service in services {
        named.insert((Kind::Service, service), Way::Used);
    }
}

/// Words that somebody wrote for people. An audit log has its names in fields.
fn texts(event: &Envelope<Event>) -> Vec<&str> {
    let data = &event.data;
    if matches!(data.kind, Input::Audit | Input::Metrics) {
        return Vec::new();
    }
    let written = WRITTEN.iter().filter_map(|name| data.extra.get(*name)?.as_str());
    // What a message is about by itself is its channel, which is no word of it.
    let subject = event.attributes.subject.as_deref().filter(|_| data.kind != Input::Messages);
    let texts = subject.into_iter().chain(data.text.as_deref());
    texts.chain(written).map(beginning).collect()
}

fn beginning(text: &str) -> &str {
    text.get(..text.floor_char_boundary(TEXT_BYTES_MAX)).unwrap_or_default()
}

/// Words of texts, and parts of names, that may be services that a field names elsewhere.
fn sought(named: &Named, texts: &[&str]) -> Vec<Mention> {
    let names = named.keys().filter(|(kind, _)| *kind == Kind::Name);
    let parts = names.flat_map(|(_, name)| name.split(['/', ':']));
    let words = texts.iter().copied().chain(parts).flat_map(service::of_text);
    let mut sought: Vec<String> =
        words.filter(|word| !named.contains_key(&(Kind::Service, word.clone()))).collect();
    sought.sort();
    sought.dedup();
    let mention = |value| Mention { kind: Kind::Service, value, way: Way::Carried };
    sought.into_iter().map(mention).collect()
}

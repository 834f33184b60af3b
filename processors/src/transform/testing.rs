//! Events for the tables of the tests beside the code.

use std::collections::BTreeMap;

use schemas::envelope::Extra;
use schemas::event::{Event, Outcome, Severity};
use schemas::id::ResourceId;
use schemas::kind::Kind;
use schemas::resource::{Hints, Resource};
use serde_json::Value;

/// An event of a kind that says nothing yet.
pub(crate) fn event(kind: Kind) -> Event {
    Event {
        kind,
        class_uid: 0,
        action: String::new(),
        outcome: Outcome::Unknown,
        severity: Severity::Unknown,
        resource: Resource {
            id: ResourceId::of("t", "r"),
            attributes: BTreeMap::new(),
            extra: Extra::new(),
        },
        actor: None,
        network: None,
        hints: Hints::default(),
        text: None,
        age_ms: 0,
        size_bytes: 0,
        raw: None,
        extra: Extra::new(),
    }
}

/// What is added to an event with these details and this text, as a line of JSON.
pub(crate) fn added(kind: Kind, details: &Value, text: Option<&str>) -> String {
    let mut event = event(kind);
    event.extra = details.as_object().cloned().unwrap_or_default();
    event.text = text.map(str::to_owned);
    let before = event.extra.clone();
    super::apply(&mut event);
    let mut after = event.extra.clone();
    super::apply(&mut event);
    assert_eq!(event.extra, after, "once is as good as twice");
    after.retain(|name, value| before.get(name) != Some(value));
    serde_json::to_string(&after).unwrap()
}

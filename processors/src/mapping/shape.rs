//! What an event of a mapping is made of, and how a variant lays its fields over those of all.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use schemas::event::{Outcome, Severity};
use schemas::kind::Kind;
use schemas::source_class::SourceClass;
use serde::Deserialize;

use super::pick::Pick;
use super::reference::Scope;
use crate::draft::{Draft, DraftActor, DraftHints, DraftNetwork};
use crate::time;

/// Where each field of an event is found.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Shape {
    source: Option<String>,
    class: Option<SourceClass>,
    kind: Option<Kind>,
    class_uid: Option<u32>,
    id: Option<Pick>,
    time: Option<Pick>,
    action: Option<Pick>,
    outcome: Option<Pick>,
    severity: Option<Pick>,
    account: Option<Pick>,
    subject: Option<Pick>,
    text: Option<Pick>,
    actor: ActorShape,
    resource: BTreeMap<String, Pick>,
    network: NetworkShape,
    hints: HintsShape,
    details: BTreeMap<String, Pick>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ActorShape {
    id: Option<Pick>,
    kind: Option<Pick>,
    name: Option<Pick>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct NetworkShape {
    source_address: Option<Pick>,
    destination_address: Option<Pick>,
    user_agent: Option<Pick>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct HintsShape {
    trace_id: Option<Pick>,
    request_id: Option<Pick>,
    session_id: Option<Pick>,
    change_ids: Option<Vec<Pick>>,
}

impl Shape {
    /// This, where it says something; else what `base` says.
    pub(super) fn over(self, base: &Self) -> Self {
        let base = base.clone();
        Self {
            source: self.source.or(base.source),
            class: self.class.or(base.class),
            kind: self.kind.or(base.kind),
            class_uid: self.class_uid.or(base.class_uid),
            id: self.id.or(base.id),
            time: self.time.or(base.time),
            action: self.action.or(base.action),
            outcome: self.outcome.or(base.outcome),
            severity: self.severity.or(base.severity),
            account: self.account.or(base.account),
            subject: self.subject.or(base.subject),
            text: self.text.or(base.text),
            actor: ActorShape {
                id: self.actor.id.or(base.actor.id),
                kind: self.actor.kind.or(base.actor.kind),
                name: self.actor.name.or(base.actor.name),
            },
            resource: laid_over(base.resource, self.resource),
            network: NetworkShape {
                source_address: self.network.source_address.or(base.network.source_address),
                destination_address: self
                    .network
                    .destination_address
                    .or(base.network.destination_address),
                user_agent: self.network.user_agent.or(base.network.user_agent),
            },
            hints: HintsShape {
                trace_id: self.hints.trace_id.or(base.hints.trace_id),
                request_id: self.hints.request_id.or(base.hints.request_id),
                session_id: self.hints.session_id.or(base.hints.session_id),
                change_ids: self.hints.change_ids.or(base.hints.change_ids),
            },
            details: laid_over(base.details, self.details),
        }
    }

    /// What is missing or cannot be; `None` where all is well.
    pub(super) fn wrong(&self) -> Option<String> {
        let needed = [
            ("source", self.source.is_some()),
            ("class", self.class.is_some()),
            ("kind", self.kind.is_some()),
            ("action", self.action.is_some()),
        ];
        if let Some((missing, _)) = needed.into_iter().find(|(_, given)| !given) {
            return Some(format!("`event` has no `{missing}`"));
        }
        if let Some(name) = self.details.keys().find(|name| EVENT_FIELDS.contains(&name.as_str())) {
            return Some(format!(
                "`{name}` is a field of every event and cannot be a detail; name it otherwise"
            ));
        }
        let outcomes = ["success", "failure", "unknown"];
        let wrong = unknown("outcome", self.outcome.as_ref(), &outcomes);
        wrong.or_else(|| {
            unknown("severity", self.severity.as_ref(), &SEVERITIES.map(|(name, _)| name))
        })
    }

    /// The event of a value.
    pub(super) fn draft<'a>(&'a self, scope: Scope<'a>) -> Draft<'a> {
        let text = |pick: &'a Option<Pick>| pick.as_ref().and_then(|pick| pick.text(scope));
        let class = self.class.unwrap_or(SourceClass::Log);
        let source = self.source.as_deref().unwrap_or_default();
        let mut draft = Draft::new(source, class, self.kind.unwrap_or(Kind::Audit));
        draft.class_uid = self.class_uid.unwrap_or(0);
        draft.native_id = text(&self.id);
        draft.time_ms = self.time.as_ref().and_then(|pick| first_time(pick, scope));
        draft.action = text(&self.action).unwrap_or_default();
        draft.outcome = text(&self.outcome).map_or(Outcome::Unknown, |said| outcome(&said));
        draft.severity = text(&self.severity).map_or(Severity::Unknown, |said| severity(&said));
        draft.account = text(&self.account);
        draft.subject = text(&self.subject);
        draft.text = text(&self.text);
        draft.actor = text(&self.actor.id).map(|id| DraftActor {
            id,
            kind: text(&self.actor.kind),
            name: text(&self.actor.name),
        });
        let attribute = |(name, pick): (&'a String, &'a Pick)| {
            Some((Cow::Borrowed(name.as_str()), pick.text(scope)?))
        };
        draft.resource = self.resource.iter().filter_map(attribute).collect();
        draft.network = self.network.draft(scope);
        draft.hints = self.hints.draft(scope);
        let detail = |(name, pick): (&String, &Pick)| Some((name.clone(), pick.json(scope)?));
        draft.details = self.details.iter().filter_map(detail).collect();
        draft
    }
}

impl NetworkShape {
    fn draft<'a>(&'a self, scope: Scope<'a>) -> DraftNetwork<'a> {
        let text = |pick: &'a Option<Pick>| pick.as_ref().and_then(|pick| pick.text(scope));
        DraftNetwork {
            source_address: text(&self.source_address),
            destination_address: text(&self.destination_address),
            user_agent: text(&self.user_agent),
            ..DraftNetwork::default()
        }
    }
}

impl HintsShape {
    fn draft<'a>(&'a self, scope: Scope<'a>) -> DraftHints<'a> {
        let text = |pick: &'a Option<Pick>| pick.as_ref().and_then(|pick| pick.text(scope));
        let changes = self.change_ids.iter().flatten();
        let mut change_ids: Vec<_> = changes.flat_map(|pick| pick.texts(scope)).collect();
        let mut seen = BTreeSet::new();
        change_ids.retain(|id| seen.insert(id.clone()));
        DraftHints {
            trace_id: text(&self.trace_id),
            request_id: text(&self.request_id),
            session_id: text(&self.session_id),
            change_ids,
        }
    }
}

fn laid_over(
    mut base: BTreeMap<String, Pick>,
    over: BTreeMap<String, Pick>,
) -> BTreeMap<String, Pick> {
    base.extend(over);
    base
}

/// Of several places the first that holds a time, not only a text.
fn first_time(pick: &Pick, scope: Scope<'_>) -> Option<i64> {
    match pick {
        Pick::First(picks) => picks.iter().find_map(|pick| first_time(pick, scope)),
        pick => time::of_text(&pick.text(scope)?),
    }
}

/// Details stand beside these in an event, so they need other names.
const EVENT_FIELDS: [&str; 13] = [
    "kind",
    "class_uid",
    "action",
    "outcome",
    "severity",
    "resource",
    "actor",
    "network",
    "hints",
    "text",
    "age_ms",
    "size_bytes",
    "raw",
];

const SEVERITIES: [(&str, Severity); 7] = [
    ("unknown", Severity::Unknown),
    ("informational", Severity::Informational),
    ("low", Severity::Low),
    ("medium", Severity::Medium),
    ("high", Severity::High),
    ("critical", Severity::Critical),
    ("fatal", Severity::Fatal),
];

fn severity(said: &str) -> Severity {
    let found = SEVERITIES.iter().find(|(name, _)| name.eq_ignore_ascii_case(said));
    found.map_or(Severity::Unknown, |(_, severity)| *severity)
}

fn outcome(said: &str) -> Outcome {
    match said {
        _ if said.eq_ignore_ascii_case("success") => Outcome::Success,
        _ if said.eq_ignore_ascii_case("failure") => Outcome::Failure,
        _ => Outcome::Unknown,
    }
}

/// A word that is written into the mapping, and that the field cannot be.
fn unknown(field: &str, pick: Option<&Pick>, known: &[&str]) -> Option<String> {
    let said = pick?.literals().into_iter().find(|said| !known.contains(said))?;
    Some(format!("unknown {field} `{said}`, expected one of `{}`", known.join("`, `")))
}

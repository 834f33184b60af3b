//! An event for `PagerDuty`, by its Events API v2.
//!
//! **Invariant:** all events of a group have one `dedup_key`, so they are one incident there, and what ends
//! the group here ends the incident there.

use schemas::alert::{AlertState, Level};
use serde_json::{Value, json};

use super::{HttpRequest, Telling, is_resolved, line, time};
use crate::config::{Endpoint, PagerDuty, Secret};
use crate::text::{fit, one_line};

/// `PagerDuty` refuses longer summaries.
const SUMMARY_MAX: usize = 1_024;
const LINES_MAX: usize = 50;
const LINE_MAX: usize = 1_000;

pub(super) fn render(to: &PagerDuty, telling: Telling<'_>) -> HttpRequest {
    let endpoint = Endpoint { url: Secret::new(to.url.clone()), bearer_token: None };
    HttpRequest::json(&endpoint, &telling.key(), &payload(to, telling))
}

fn payload(to: &PagerDuty, telling: Telling<'_>) -> Value {
    let action = action(telling);
    let mut event = json!({
        "routing_key": to.routing_key.reveal(),
        "event_action": action,
        "dedup_key": telling.group_id(),
    });
    if let (true, Some(event)) = (action == "trigger", event.as_object_mut()) {
        event.insert("payload".to_owned(), details(telling));
        event.insert("client".to_owned(), json!("isobar"));
        if let Some(url) = telling.external_url {
            event.insert("client_url".to_owned(), json!(url));
        }
    }
    event
}

/// Acknowledged once somebody has taken on all that fires; a step of an escalation triggers, as it comes
/// only while nobody has.
fn action(telling: Telling<'_>) -> &'static str {
    if telling.is_over() {
        return "resolve";
    }
    let mut firing = telling.data().members.iter().filter(|member| !is_resolved(member)).peekable();
    let is_taken_on =
        firing.peek().is_some() && firing.all(|member| member.state == AlertState::Acknowledged);
    if is_taken_on { "acknowledge" } else { "trigger" }
}

fn details(telling: Telling<'_>) -> Value {
    let data = telling.data();
    let lines: Vec<_> =
        data.members.iter().take(LINES_MAX).map(|member| fit(&line(member), LINE_MAX)).collect();
    let more = telling.more(data.members.len() - lines.len());
    json!({
        "summary": fit(&one_line(&data.title), SUMMARY_MAX),
        "source": telling.told.attributes.tenant,
        "severity": severity(data.level),
        "timestamp": time(telling.told.attributes.time.millis()),
        "group": telling.group_key(),
        "class": data.members.first().map(|member| &member.rule),
        "custom_details": { "alerts": lines, "more": more, "delivery_key": telling.key() },
    })
}

fn severity(level: Level) -> &'static str {
    match level {
        Level::Info => "info",
        Level::Warning => "warning",
        Level::Critical | Level::Emergency => "critical",
    }
}

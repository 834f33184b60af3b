//! What is sent to a receiver, as bytes.
//!
//! **Invariant:** a function of the notification and the configuration alone, so that what is sent again
//! is the same to the byte, and with the same key: in the header `Idempotency-Key`, in `PagerDuty`'s
//! `dedup_key` (of the group, as it counts incidents), in a mail's `Message-ID`.

mod alertmanager;
mod email;
mod pagerduty;
mod slack;
mod teams;
mod webhook;

use std::fmt;

use schemas::alert::{AlertState, Level};
use schemas::envelope::Envelope;
use schemas::notification::{Member, Notification, Occasion};
use schemas::time::Time;
use serde_json::Value;

use crate::config::{Endpoint, Receiver};

pub(crate) use alertmanager::{alert_of, post};
pub use email::Mail;

/// What is sent.
#[derive(Debug)]
pub enum Outgoing {
    /// A request.
    Http(HttpRequest),
    /// A mail.
    Mail(Box<Mail>),
}

/// A POST of JSON.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// Where to; whoever knows it may post.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl fmt::Debug for HttpRequest {
    /// Nothing of it may be shown: address, headers and body hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

impl HttpRequest {
    fn json(endpoint: &Endpoint, key: &str, body: &Value) -> Self {
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            ("idempotency-key", key.to_owned()),
        ];
        if let Some(token) = &endpoint.bearer_token {
            headers.push(("authorization", format!("Bearer {}", token.reveal())));
        }
        let (url, body) = (endpoint.url.reveal().to_owned(), body.to_string().into_bytes());
        Self { url, headers, body }
    }
}

/// A notification, and what the messages about it need besides.
#[derive(Debug, Clone, Copy)]
pub struct Telling<'a> {
    /// The notification.
    pub told: &'a Envelope<Notification>,
    /// Where people look alerts up.
    pub external_url: Option<&'a str>,
}

/// Renders a notification for a receiver.
///
/// # Errors
/// When there is no such message: a mail to an address that is none.
pub fn render(receiver: &Receiver, telling: Telling<'_>) -> Result<Outgoing, String> {
    Ok(Outgoing::Http(match receiver {
        Receiver::Webhook(endpoint) => webhook::render(endpoint, telling),
        Receiver::Alertmanager(to) => alertmanager::render(to, telling),
        Receiver::Slack(endpoint) => slack::render(endpoint, telling),
        Receiver::Teams(endpoint) => teams::render(endpoint, telling),
        Receiver::PagerDuty(to) => pagerduty::render(to, telling),
        Receiver::Email(to) => {
            return email::render(to, telling).map(|mail| Outgoing::Mail(Box::new(mail)));
        }
    }))
}

impl<'a> Telling<'a> {
    fn data(self) -> &'a Notification {
        &self.told.data
    }

    fn key(self) -> String {
        self.data().delivery_key.to_string()
    }

    /// What stays the same while the group lasts.
    fn group_id(self) -> String {
        let data = self.data();
        data.group.as_ref().map_or(data.delivery_key, |group| group.id).to_string()
    }

    /// The tenant, the route and the labels: the same also when the group begins anew.
    fn group_key(self) -> String {
        let tenant = &self.told.attributes.tenant;
        let Some(group) = &self.data().group else { return format!("{tenant}/{}", self.key()) };
        let labels: Vec<_> =
            group.labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        format!("{tenant}/{}:{{{}}}", group.route, labels.join(","))
    }

    /// A link to the alert, where there is a page.
    fn link(self, member: &Member) -> Option<String> {
        self.external_url.map(|url| format!("{url}/alerts/{}", member.alert))
    }

    /// Nothing of it goes on.
    fn is_over(self) -> bool {
        let data = self.data();
        data.what == Occasion::Resolved
    }

    /// How it stands, in a word: the level while something fires.
    fn standing(self) -> &'static str {
        if self.is_over() { "resolved" } else { level_name(self.data().level) }
    }

    /// How many more alerts there are than are named, beyond those that were left out here.
    fn more(self, left_out_here: usize) -> u64 {
        self.data().left_out.saturating_add(left_out_here as u64)
    }
}

fn is_resolved(member: &Member) -> bool {
    member.state == AlertState::Resolved
}

/// A member in a line: how it stands, since when, and why.
fn line(member: &Member) -> String {
    let state = if is_resolved(member) { "resolved" } else { level_name(member.level) };
    let since = time(member.ends_at_ms.unwrap_or(member.starts_at_ms));
    crate::text::one_line(&format!("{state} since {since}: {}: {}", member.title, member.reason))
}

/// A time as people and tools read it.
fn time(ms: i64) -> String {
    let limits = (Time::MIN.millis(), Time::MAX.millis());
    Time::from_millis(ms.clamp(limits.0, limits.1))
        .map_or_else(|_| ms.to_string(), |at| at.to_string())
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Info => "info",
        Level::Warning => "warning",
        Level::Critical => "critical",
        Level::Emergency => "emergency",
    }
}

#[cfg(test)]
mod tests;

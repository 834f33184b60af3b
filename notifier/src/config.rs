//! Who can be told, and how each is reached. Secrets have been fetched already.
//!
//! **Invariant:** a secret is never shown, neither by `Debug` nor in an error: [`Secret::reveal`] is the
//! one way to it.

use std::collections::BTreeMap;
use std::fmt;

use schemas::notification::Channel;

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps it.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the wire and for nobody else.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// The section `notifier`, with all secrets at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotifierConfig {
    /// Receivers by name.
    pub receivers: BTreeMap<String, Receiver>,
    /// A notification that is this old and cannot be delivered is given up.
    pub give_up_after_ms: i64,
    /// One that is this old and cannot be delivered is told to be delayed.
    pub delayed_after_ms: i64,
    /// One attempt may take this long, from the name's resolution to the answer's last byte.
    pub timeout_ms: u64,
    /// Where people look alerts up; links in messages begin with it.
    pub external_url: Option<String>,
}

impl Default for NotifierConfig {
    fn default() -> Self {
        Self {
            receivers: BTreeMap::new(),
            give_up_after_ms: 24 * 3_600_000,
            delayed_after_ms: 5 * 60_000,
            timeout_ms: 10_000,
            external_url: None,
        }
    }
}

/// How one receiver is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receiver {
    /// By a request with Alertmanager's payload.
    Webhook(Endpoint),
    /// By alerts posted to an Alertmanager.
    Alertmanager(Alertmanager),
    /// By Slack's incoming webhook.
    Slack(Endpoint),
    /// By the webhook of a Teams workflow.
    Teams(Endpoint),
    /// By `PagerDuty`'s Events API v2.
    PagerDuty(PagerDuty),
    /// By mail.
    Email(Email),
}

impl Receiver {
    /// The channel, as notifications name it.
    #[must_use]
    pub fn channel(&self) -> Channel {
        match self {
            Self::Webhook(_) => Channel::Webhook,
            Self::Alertmanager(_) => Channel::Alertmanager,
            Self::Slack(_) => Channel::Slack,
            Self::Teams(_) => Channel::Teams,
            Self::PagerDuty(_) => Channel::PagerDuty,
            Self::Email(_) => Channel::Email,
        }
    }
}

/// An address that takes requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The address; whoever knows it may post.
    pub url: Secret,
    /// Sent as `Authorization: Bearer …`.
    pub bearer_token: Option<Secret>,
}

/// An Alertmanager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alertmanager {
    /// Its address, without `/api/v2/alerts`.
    pub endpoint: Endpoint,
    /// Alerts that fire are posted again this often, as an Alertmanager forgets them when it restarts.
    pub resend_every_ms: i64,
    /// An alert that was posted ends by itself after this long, should nobody ever post its end.
    pub holds_for_ms: i64,
}

/// An integration of a `PagerDuty` service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PagerDuty {
    /// The integration's key.
    pub routing_key: Secret,
    /// Where events go; another region's address, or a proxy's.
    pub url: String,
}

/// People, by mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// The server that takes mail from us.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: MailTls,
    /// Who we are to the server.
    pub user: Option<String>,
    /// And how it knows.
    pub password: Option<Secret>,
    /// Who it is from.
    pub from: String,
    /// Who it is for.
    pub to: Vec<String>,
}

/// Whether mail can be sent from and to this address.
///
/// # Errors
/// Why not.
pub fn check_mail_address(address: &str) -> Result<(), String> {
    let mailbox = address.parse::<lettre::message::Mailbox>();
    mailbox.map(drop).map_err(|error| format!("`{address}` is no mail address: {error}"))
}

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// By STARTTLS, or not at all: nothing is said before.
    StartTls,
    /// From the first byte.
    Implicit,
    /// Not. A password is not sent then.
    None,
}
